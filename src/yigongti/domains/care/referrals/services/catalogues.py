"""Bringing in an edition of the catalogue from a spreadsheet: read whole, judged by line, taken whole or not at all.

Columns, in any order (Chinese or English headers):

    起始编码 first · 截止编码 last (blank: the same) · 病种 name · 收治层级 tier (村级, 一级/基层, 二级, 三级;
    village, primary, secondary, tertiary) · 收治机构 institution (name, key or credit code) · 收治条件 condition

Each line names a tier or an institution, not both. ICD-10 codes, whole categories (I10) or finer (I63.9).
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.referrals.models import CatalogueEdition, CatalogueLine
from yigongti.domains.care.referrals.permissions import KEEP_CATALOGUE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake import sheets
from yigongti.kernel.intake.sheets import BadLine

HEADERS: dict[str, tuple[str, ...]] = {
    "first": ("起始编码", "first", "编码", "诊断编码", "icd10", "icd-10", "code"),
    "last": ("截止编码", "last", "终止编码", "结束编码"),
    "name": ("病种", "name", "病种名称", "疾病名称"),
    "tier": ("收治层级", "tier", "层级", "机构层级"),
    "institution": ("收治机构", "institution", "机构"),
    "condition": ("收治条件", "condition", "条件", "备注"),
}
TIER_WORDS = {
    "village": ("village", "村级", "村", "村卫生室"),
    "primary": ("primary", "一级", "基层", "一级（基层）", "乡级", "乡镇", "乡镇卫生院", "社区卫生服务中心"),
    "secondary": ("secondary", "二级", "县级"),
    "tertiary": ("tertiary", "三级"),
}
_CODE = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,8})?")
SHIPPED = Path(__file__).resolve().parent.parent / "data" / "catalogue.csv"
SHIPPED_FROM = date(2020, 1, 1)


class CatalogueRefused(ValueError):
    """The file as a whole can't be read or taken; ``str()`` says why."""


@dataclass(frozen=True)
class Line:
    """A good line as it will be kept."""

    number: int
    first: str
    last: str
    name: str
    tier: str
    institution_id: int | None
    institution: str
    condition: str


@dataclass(frozen=True)
class Reading:
    """A file, judged. It may be taken when nothing is bad."""

    file_name: str
    sha256: str
    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]


def read(data: bytes, file_name: str, *, place: str) -> Reading:
    """Read a spreadsheet and judge every line. Raises CatalogueRefused for what is wrong with the file as a whole."""
    try:
        rows = sheets.read(data, HEADERS, ("first", "name"), one_of=("tier", "institution"))
    except sheets.SheetRefused as refused:
        raise CatalogueRefused(str(refused)) from refused
    good: list[Line] = []
    bad: list[BadLine] = []
    places = _Places(place)
    seen: dict[tuple[str, str, str, int | None], int] = {}
    for row in rows:
        try:
            line = _line(row, places)
            key = (line.first, line.last, line.tier, line.institution_id)
            if key in seen:
                raise ValueError(_("与第 %(line)d 行重复") % {"line": seen[key]})
            seen[key] = row.number
        except ValueError as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            good.append(line)
    return Reading(file_name[-200:], hashlib.sha256(data).hexdigest(), tuple(good), tuple(bad))


def take(
    data: bytes,
    file_name: str,
    *,
    place: str,
    name: str,
    document: str,
    starts_on: date,
    actor: Actor,
    clause: str = "",
    evidence: str = "",
) -> CatalogueEdition:
    """Take an edition in, whole. The same file for the same day again changes nothing.

    Raises Forbidden; CatalogueRefused where a line is bad or another edition begins that day: then nothing is stored.
    """
    actor.require(KEEP_CATALOGUE)
    reading = read(data, file_name, place=place)
    if reading.bad:
        raise CatalogueRefused(_("有 %(n)d 行有误，没有导入。") % {"n": len(reading.bad)})
    standing = CatalogueEdition.objects.filter(place=place, starts_on=starts_on).first()
    if standing is not None and standing.sha256 == reading.sha256:
        return standing
    try:
        with transaction.atomic():
            made = CatalogueEdition.objects.create(
                place=place,
                name=name.strip(),
                document=document.strip(),
                clause=clause.strip(),
                evidence=evidence,
                starts_on=starts_on,
                file_name=reading.file_name,
                sha256=reading.sha256,
                taken_at=clock.now(),
                taken_by_id=actor.id,
                taken_by_name=actor.name[:100],
            )
            CatalogueLine.objects.bulk_create(
                CatalogueLine(
                    edition=made, number=one.number, first=one.first, last=one.last, name=one.name, tier=one.tier,
                    institution_id=one.institution_id, condition=one.condition,
                )
                for one in reading.lines
            )  # fmt: skip
            record(
                actor=actor,
                act="referrals.take_catalogue",
                subject=f"catalogue:{made.pk}",
                detail={"place": place, "starts_on": starts_on.isoformat(), "lines": len(reading.lines)},
            )
    except IntegrityError as error:
        raise CatalogueRefused(_("已有一版目录从 %(day)s 起执行，请换一个日期。") % {"day": starts_on}) from error
    return made


@transaction.atomic
def load_shipped(actor: Actor) -> CatalogueEdition:
    """The platform's own default catalogue, for places that have none yet. Loaded again it changes nothing, unless the
    platform has come with a newer one."""
    data = SHIPPED.read_bytes()
    own = CatalogueEdition.objects.filter(place="national", starts_on=SHIPPED_FROM)
    own.exclude(sha256=hashlib.sha256(data).hexdigest()).delete()
    return take(
        data,
        SHIPPED.name,
        place="national",
        name="默认病种收治目录",
        document="平台默认值（由各地确认）",
        evidence="R-M",
        starts_on=SHIPPED_FROM,
        actor=actor,
    )


def template() -> bytes:
    """An empty workbook with the columns and three lines to show how."""
    examples = (
        ("I10", "I15", "高血压", "一级", "", "血压<180/110且无急性并发症"),
        ("J06", "", "急性上呼吸道感染", "村级", "", ""),
        ("C34", "", "肺癌", "三级", "", ""),
    )
    return sheets.template("病种收治目录", HEADERS, examples)


class _Places:
    """Institutions by what a line calls them; each looked up once."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._known: dict[str, int] = {}

    def find(self, text: str) -> int:
        if text not in self._known:
            try:
                found = organisation.find(text, place=self._place)
            except organisation.AmbiguousOrganisation as several:
                raise ValueError(str(several)) from several
            if found is None or not found.is_institution:
                raise ValueError(_("机构目录中没有“%(name)s”") % {"name": text})
            self._known[text] = found.id
        return self._known[text]


def _line(row: sheets.Row, places: _Places) -> Line:
    said = row.said
    first = _code(said["first"], _("起始编码"))
    last = _code(said["last"] or said["first"], _("截止编码"))
    if last[: len(first)] < first[: len(last)]:
        raise ValueError(_("截止编码“%(last)s”在起始编码“%(first)s”之前") % {"first": first, "last": last})
    if not said["name"]:
        raise ValueError(_("没有写病种"))
    tier_said, institution_said = said["tier"], said["institution"]
    if bool(tier_said) == bool(institution_said):
        raise ValueError(_("请写收治层级或收治机构，只写一项"))
    tier = ""
    if tier_said:
        tier = next((key for key, labels in TIER_WORDS.items() if tier_said.casefold() in labels), "")
        if not tier:
            raise ValueError(_("不认识的收治层级“%(tier)s”") % {"tier": tier_said})
    return Line(
        number=row.number,
        first=first,
        last=last,
        name=said["name"][:120],
        tier=tier,
        institution_id=places.find(institution_said) if institution_said else None,
        institution=institution_said,
        condition=said["condition"][:300],
    )


def _code(text: str, label: str) -> str:
    folded = text.strip().upper().replace("＊", "*").rstrip("*+†")
    if not _CODE.fullmatch(folded):
        raise ValueError(_("%(label)s“%(code)s”不是 ICD-10 编码") % {"label": label, "code": text})
    return folded
