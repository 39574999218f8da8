"""The list of claims with its filters, its sums, and its export."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.claims import selectors
from yigongti.domains.money.claims.matching import Match
from yigongti.domains.money.claims.permissions import EXPORT, VIEW
from yigongti.domains.money.claims.register import LATE, ORDERS, REVERSAL, REVERSED, Claims, Line, Sums
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.money import yuan
from yigongti.kernel.ui import words
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, Filter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

SETTINGS = (
    ("inpatient", gettext_lazy("住院")), ("outpatient", gettext_lazy("门诊")),
    ("emergency", gettext_lazy("急诊")), ("pharmacy", gettext_lazy("药店")),
)  # fmt: skip
INSURANCE = (("01", gettext_lazy("职工医保")), ("02", gettext_lazy("居民医保")), ("99", gettext_lazy("其他")))
MARKS = (
    (REVERSAL, gettext_lazy("冲销")), (REVERSED, gettext_lazy("已被冲销")), (LATE, gettext_lazy("迟到")),
)  # fmt: skip
ORDER_WORDS = {
    "settled": gettext_lazy("结算日期，新的在前"),
    "total": gettext_lazy("总费用，多的在前"),
    "fund": gettext_lazy("基金支付，多的在前"),
    "served": gettext_lazy("就医日期，新的在前"),
}
HOLDERS = ("consortium", "management_area")
LONG_FEN = 1_000_000_000
"""From ten million yuan on an amount is too long for its card."""


@permission_required(VIEW)
def listing(request: HttpRequest) -> HttpResponseBase:
    """The claims the reader may see. The sums above the rows are of the same rows."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Claims(actor, order=_order(request)).narrowed(ids=_ids(request), person=_person(request))
    page = Listing(
        request,
        rows,
        name="claims",
        title=_("医保结算清单"),
        columns=COLUMNS,
        filters=filters(),
        export=EXPORT,
        empty=_("还没有结算"),
    )
    found = page.rows
    assert isinstance(found, Claims)
    _note(page, found, actor)
    return page.render(
        "claims/list.html",
        {"figures": figures(found.sums()), "waiting": found.taken.waiting, "one_person": rows.which.person is not None},
    )


@dataclass(frozen=True)
class Figure:
    """A sum above the list. A long amount is shown in ten thousands, with the exact one below it."""

    label: str
    value: str
    unit: str = ""
    note: str = ""


def money(label: str, fen: int, *notes: str) -> Figure:
    """An amount as a figure."""
    if abs(fen) < LONG_FEN:
        return Figure(label, yuan(fen), _("元"), words.joined(list(notes)))
    exact = _("%(amount)s 元") % {"amount": yuan(fen)}
    return Figure(label, f"{(fen + 500_000) // 1_000_000:,}", _("万元"), words.joined([exact, *notes]))


def figures(sums: Sums) -> list[Figure]:
    """What the rows add up to, for the head of the list."""
    counted = []
    if sums.persons is not None:
        counted.append(ngettext("%(n)s 人", "%(n)s 人", sums.persons) % {"n": f"{sums.persons:,}"})
    if sums.reversals:
        said = ngettext("其中冲销 %(n)s 笔", "其中冲销 %(n)s 笔", sums.reversals)
        counted.append(said % {"n": f"{sums.reversals:,}"})
    beside = []
    if sums.beside_fen:
        beside.append(_("另有大病保险和医疗救助 %(amount)s 元") % {"amount": yuan(sums.beside_fen)})
    return [
        Figure(_("结算笔数"), f"{sums.claims:,}", "", words.joined(counted)),
        money(_("总费用"), sums.total_fen),
        money(_("基金支付"), sums.fund_fen, *beside),
        money(_("个人支付"), sums.self_paid_fen),
    ]


def _note(page: Listing, found: Claims, actor: Actor) -> None:
    """Whom the page showed; for an export, all whom the list names."""
    if page.request.GET.get("export") in ("csv", "xlsx") and page.may_export:
        record(
            actor=actor,
            act="claims.list",
            subject="claims",
            resident_ids=set(found.residents()),
            detail={"rows": len(found), "exported": True},
        )
    elif page.page.rows:
        selectors.note_listed([line.claim for line in page.page.rows], actor)


def _order(request: HttpRequest) -> str:
    asked = request.GET.get("order", "")
    return asked if asked in ORDERS else "settled"


def _ids(request: HttpRequest) -> tuple[int, ...] | None:
    """Claims named one by one in the address; what is no number is passed over."""
    asked = request.GET.get("ids", "")[:4000]
    if not asked:
        return None
    return tuple(int(one) for one in asked.split(",")[:200] if one.isdecimal() and len(one) < 19)


def _person(request: HttpRequest) -> int | None:
    """The insured person whose claims are asked for: whom the entry in the address finally stands for."""
    asked = request.GET.get("person", "")
    if not asked.isdecimal() or len(asked) > 18:
        return None
    return health_record.persons({int(asked)}).get(int(asked), int(asked))


def _under(key: str) -> frozenset[int]:
    return organisation.under(int(key), clock.today())


def institutions() -> list[tuple[str, str]]:
    """Institutions of the place and what stands above them, to choose from."""
    found = organisation.organisations(settings.PLACE)
    above = [(str(one.id), one.label) for one in found if one.kind in HOLDERS]
    return above + sorted(((str(one.id), one.label) for one in found if one.is_institution), key=lambda pair: pair[1])


def filters() -> Sequence[Filter]:
    return (
        DayRangeFilter("settled", _("结算日期"), by=lambda rows, days: rows.narrowed(since=days[0], until=days[1])),
        DayRangeFilter(
            "served", _("就医日期"), by=lambda rows, days: rows.narrowed(served_since=days[0], served_until=days[1])
        ),
        ChoiceFilter(
            "institution", _("就诊机构"), by=lambda rows, key: rows.narrowed(institutions=_under(key)),
            choices=institutions,
        ),
        ChoiceFilter(
            "managing", _("参保人的管理机构"), by=lambda rows, key: rows.narrowed(managing=_under(key)),
            choices=institutions,
        ),
        TextFilter("named", _("机构名称"), by=lambda rows, text: rows.narrowed(institution_named=text)),
        ChoiceFilter(
            "where", _("就医地"), by=lambda rows, key: rows.narrowed(inside=key == "inside"),
            choices=(("inside", _("县域内")), ("outside", _("县域外"))),
        ),
        ChoiceFilter("setting", _("类别"), by=lambda rows, key: rows.narrowed(setting=key), choices=SETTINGS),
        ChoiceFilter(
            "insurance", _("参保类型"), by=lambda rows, key: rows.narrowed(insurance_kind=key), choices=INSURANCE
        ),
        ChoiceFilter(
            "match", _("县域外转诊证明"), by=lambda rows, key: rows.narrowed(match=key),
            choices=[(str(one), one.label) for one in Match],
        ),
        ChoiceFilter("mark", _("标记"), by=lambda rows, key: rows.narrowed(mark=key), choices=MARKS),
        TextFilter("no", _("结算单号"), by=lambda rows, text: rows.narrowed(record_no=text)),
        ChoiceFilter("order", _("排序"), by=lambda rows, _key: rows, choices=tuple(ORDER_WORDS.items())),
    )  # fmt: skip


def marks(line: Line) -> list[tuple[str, str]]:
    """What is to be known of a claim at a glance, as (colour, words)."""
    found = []
    if line.claim.reverses:
        found.append(("attention", _("冲销")))
    if line.reversed:
        found.append(("attention", _("已被冲销")))
    if line.late:
        found.append(("attention", _("迟到")))
    if line.claim.version > 1:
        found.append(("info", _("第 %(n)d 版") % {"n": line.claim.version}))
    if line.match is not None:
        found.append((line.match.kind, line.match.label))
    return found


def _tags(line: Line) -> SafeString:
    return format_html_join(
        " ", '<span class="tag{}">{}</span>', ((f" tag--{kind}" if kind else "", text) for kind, text in marks(line))
    )


def _institution(line: Line) -> SafeString:
    name = line.claim.institution_name
    if line.claim.inside_county:
        return format_html("{}", name)
    return format_html('{} <span class="tag">{}</span>', name, _("县域外"))


def _diagnosis(line: Line) -> str:
    return f"{line.claim.code} {line.claim.diagnosis}".strip()


COLUMNS: tuple[Column, ...] = (
    Column("settled", gettext_lazy("结算日期"), kind="day", value=lambda one: one.claim.settled_on),
    Column(
        "record_no", gettext_lazy("结算单号"), lead=True, value=lambda one: one.claim.record_no,
        href=lambda one: one.claim.address,
    ),
    Column("name", gettext_lazy("参保人"), value=lambda one: one.claim.name_masked),
    Column(
        "institution", gettext_lazy("就诊机构"), value=lambda one: one.claim.institution_name, html=_institution
    ),
    Column("setting", gettext_lazy("类别"), value=lambda one: one.claim.setting_label),
    Column("diagnosis", gettext_lazy("主要诊断"), value=_diagnosis, chinese=True),
    Column("start", gettext_lazy("就医开始"), kind="day", value=lambda one: one.claim.service_start, on_page=False),
    Column("end", gettext_lazy("就医结束"), kind="day", value=lambda one: one.claim.service_end, on_page=False),
    Column("insurance", gettext_lazy("参保类型"), value=lambda one: one.claim.insurance_label, on_page=False),
    Column("total", gettext_lazy("总费用（元）"), kind="yuan", value=lambda one: one.claim.total_fen),
    Column("fund", gettext_lazy("基金支付（元）"), kind="yuan", value=lambda one: one.claim.fund_fen),
    Column("own", gettext_lazy("个人支付（元）"), kind="yuan", value=lambda one: one.claim.self_paid_fen),
    Column(
        "marks", gettext_lazy("标记"), value=lambda one: "、".join(text for _kind, text in marks(one)), html=_tags
    ),
)  # fmt: skip
