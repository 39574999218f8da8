"""A place's own accounts, from a file: checked by line, opened in every book of the place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books.chart import chart_of
from yigongti.domains.money.books.models import ChartAccount, VoucherLine
from yigongti.domains.money.books.permissions import CHART
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake.sheets import BadLine, Row, read
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, AccountSpec, EntryRefused
from yigongti.kernel.ledger.models import Account, Line

HEADERS = {
    "code": ("科目编码", "编码", "code"),
    "name": ("科目名称", "名称", "name"),
    "kind": ("类别", "kind"),
    "internal": ("医共体内部往来", "internal"),
}
KINDS = {
    "资产": AccountKind.ASSET, "负债": AccountKind.LIABILITY, "净资产": AccountKind.NET_ASSET,
    "收入": AccountKind.INCOME, "费用": AccountKind.EXPENSE,
} | {str(kind.value): kind for kind in AccountKind}  # fmt: skip
FIRST_DIGIT = dict(zip("12345", AccountKind, strict=True))
YES = ("是", "yes", "1", "true")
POSTED_BY_TEMPLATES = {code for one in TEMPLATES.values() for code, _amount in one.debits + one.credits}
_CODE = re.compile(r"[1-5][0-9]{3,19}")


@dataclass(frozen=True)
class ChartReading:
    """A file, judged: it may be taken when nothing is bad."""

    accounts: tuple[AccountSpec, ...]
    bad: tuple[BadLine, ...]


def read_file(data: bytes, *, place: str) -> ChartReading:
    """Judge a file of accounts. Raises SheetRefused for what is wrong with it as a whole."""
    known = {spec.code: spec for spec in chart_of(place)}
    good: list[AccountSpec] = []
    bad: list[BadLine] = []
    for row in read(data, HEADERS, ("code", "name", "kind")):
        try:
            spec = _spec(row)
            _check(spec, known)
        except ValueError as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            known[spec.code] = spec
            good.append(spec)
    return ChartReading(tuple(good), tuple(bad))


def take(place: str, accounts: Sequence[AccountSpec], *, document: str, actor: Actor) -> int:
    """Add accounts to a place's chart and to all its books, all or none. Returns how many. It is for whoever is
    appointed to the whole place. Raises Forbidden, EntryRefused."""
    for top in _tops(place):
        actor.require(CHART, top)
    if not document.strip():
        raise EntryRefused(_("请写明依据文件。"))
    with transaction.atomic():
        known = {spec.code: spec for spec in chart_of(place)}
        for spec in accounts:
            try:
                _check(spec, known)
            except ValueError as error:
                raise EntryRefused(f"{spec.code}：{error}") from error
            known[spec.code] = spec
            if _used_heading(place, spec.code):
                raise EntryRefused(_("科目%(code)s的上级科目已经记过账，不能再设明细。") % {"code": spec.code})
        ChartAccount.objects.bulk_create(
            ChartAccount(
                place=place, code=spec.code, name=spec.name, kind=spec.kind, internal=spec.internal,
                document=document.strip(),
            )
            for spec in accounts
        )  # fmt: skip
        for book in ledger.books(place=place):
            ledger.add_accounts(book.id, accounts, actor=actor)
        record(
            actor=actor, act="books.import_chart", subject=f"chart:{place}",
            detail={"codes": [spec.code for spec in accounts]},
        )  # fmt: skip
    return len(accounts)


def may_take(place: str, actor: Actor) -> bool:
    """Whether the actor may add to the place's chart."""
    return all(actor.may(CHART, top) for top in _tops(place))


def _tops(place: str) -> list[int]:
    return [view.id for view in organisation.organisations(place) if view.parent_id is None]


def _spec(row: Row) -> AccountSpec:
    code, name = row.said["code"], row.said["name"]
    if not _CODE.fullmatch(code):
        raise ValueError(_("科目编码要以1到5开头，4到20位数字"))
    if not name:
        raise ValueError(_("没有科目名称"))
    kind = KINDS.get(row.said["kind"])
    if kind is None:
        raise ValueError(_("类别要写资产、负债、净资产、收入或费用"))
    if kind != FIRST_DIGIT[code[0]]:
        raise ValueError(
            _("编码以%(digit)s开头的科目应是%(kind)s") % {"digit": code[0], "kind": FIRST_DIGIT[code[0]].label}
        )
    return AccountSpec(code, name[:100], kind, row.said["internal"].casefold() in YES)


def _check(spec: AccountSpec, known: dict[str, AccountSpec]) -> None:
    if spec.code in known:
        raise ValueError(_("已有科目%(code)s") % {"code": spec.code})
    if any(code.startswith(spec.code) for code in known):
        raise ValueError(_("科目%(code)s下面已有明细科目") % {"code": spec.code})
    if any(spec.code.startswith(code) for code in POSTED_BY_TEMPLATES):
        raise ValueError(_("平台按上级科目自动记账，不能再设明细"))
    if len(spec.code) > 4 and not any(spec.code.startswith(code) for code in known):
        raise ValueError(_("没有上级科目"))


def _used_heading(place: str, code: str) -> bool:
    """Whether an account above this one has been posted to, or is about to be, in any book of the place."""
    books = [book.id for book in ledger.books(place=place)]
    above = [code[:length] for length in range(4, len(code))]
    accounts = Account.objects.unscoped("whether an account is used").filter(book_id__in=books, code__in=above)
    drafted = VoucherLine.objects.filter(account__in=accounts, voucher__state__in=("draft", "submitted", "checked"))
    return Line.objects.unscoped("the same").filter(account__in=accounts).exists() or drafted.exists()
