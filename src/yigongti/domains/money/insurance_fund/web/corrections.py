"""What a closed year differs by since, and what an open year took of such differences and of confirmed findings."""

from logging import getLogger
from typing import Any

import duckdb
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund import gathering, selectors
from yigongti.domains.money.insurance_fund.computing import UnknownForm
from yigongti.domains.money.insurance_fund.formulas.clearing import WHERE
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import Correction
from yigongti.domains.money.insurance_fund.permissions import APPROVE, CLAIMS, PREPARE
from yigongti.domains.money.insurance_fund.services import closing, correcting
from yigongti.domains.money.insurance_fund.services.correcting import Difference
from yigongti.domains.money.insurance_fund.web.figures import NARROWING, corrections_below, kept_gone, within
from yigongti.domains.money.insurance_fund.web.year import head
from yigongti.domains.money.insurance_fund.words import LINES, whose
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import KeptDamaged
from yigongti.kernel.ui.listing import Column, Listing

logger = getLogger(__name__)
CAUSES = {Correction.LATE: gettext_lazy("清算后到达或变更"), Correction.FINDING: gettext_lazy("核实扣减")}


@permission_required(PREPARE, APPROVE)
def late_claims(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came, changed or went after the year was closed, and how much of it later years took."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.year(pk, actor=actor)
    if not (actor.may(PREPARE, case.payer_id) or actor.may(APPROVE, case.payer_id)):
        actor.require(PREPARE, case.payer_id)
    if not case.frozen:
        raise Http404
    found = gathering.gather(case)
    again = None
    if request.method == "POST":
        try:
            again = closing.rerun(case.closing, actor=actor)
        except UnknownForm as unknown:
            messages.error(request, str(unknown))
        except KeptDamaged as damaged:
            logger.error("kept claims of a closed year: %s", damaged)
            messages.error(request, _("冻结时保存的结算数据已经丢失或被改动，请立即联系平台运维。"))
    names = dict(found.scope.homes.names) if found.scope else {}
    try:
        rows = correcting.since_closing(case.closing)
    except (duckdb.Error, OSError) as gone:
        return kept_gone(request, found, gone)
    took: dict[tuple[int, str], set[str]] = {}
    taken = Correction.objects.filter(of_year=case, cause=Correction.LATE)
    for source, number, year in taken.values_list("source_id", "record_no", "into__year").distinct():
        took.setdefault((source, number), set()).add(str(year))
    page = Listing(
        request, rows, name="fund-late", title=_("迟到的结算单"),
        columns=[
            Column("record_no", gettext_lazy("结算单号"), lead=True, value=lambda r: r.slot.record_no,
                   href=lambda r: reverse("claims:claim", args=[r.told.claim_id])),
            Column("what", gettext_lazy("变化"), kind="tag", value=_change,
                   tag=lambda r: "attention" if r.told.gone else "info"),
            Column("happened_on", gettext_lazy("结算日期"), kind="day", value=lambda r: r.told.happened_on),
            Column("recorded_on", gettext_lazy("到达日期"), kind="day", value=lambda r: r.told.recorded_on),
            Column("home", gettext_lazy("预算单位"), value=lambda r: names.get(r.slot.home_id, _("无"))),
            Column("institution", gettext_lazy("就诊机构"), value=lambda r: r.told.institution_name, chinese=True),
            Column("fund", gettext_lazy("基金支付变化"), kind="yuan", value=lambda r: r.target.fund_fen),
            Column("open", gettext_lazy("尚未计入"), kind="yuan", value=lambda r: r.open.fund_fen),
            Column("taken", gettext_lazy("计入年度"), value=lambda r: "、".join(sorted(took.get(r.slot.number, ())))),
        ],
        empty=_("清算以后没有变化"),
    )  # fmt: skip
    return page.render("insurance_fund/late.html", {**head(found, actor, "late"), "again": again,
                                                    "closing": case.closing})  # fmt: skip


def _change(row: Difference) -> str:
    if row.told.gone:
        return _("已撤下或被更正")
    if not row.target.fund_fen and row.target.services < 0:
        return _("已被冲销")
    return _("清算后到达") if row.target.services else _("清算后变更")


@permission_required(CLAIMS)
def corrections(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The corrections this year counts as use, claim by claim, all or those below a figure.

    As with claims: what isn't shown to a reader is summed only as far as it is a figure of the statement anyway.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = gathering.gather(selectors.year(pk, actor=actor))
    rows = _narrowed(request, found)
    mine, every = within(actor, found), rows
    if mine is not None:
        rows = rows.filter(Q(institution_id__in=mine) | Q(home_id__in=mine))
    fund = (every if _is_figure(request, found) else rows).aggregate(fen=Sum("fund_fen"))["fen"] or 0
    names = whose(found)
    page = Listing(
        request, rows.select_related("of_year"), name="fund-corrections", title=_("更正"),
        columns=[
            Column("record_no", gettext_lazy("结算单号"), lead=True,
                   href=lambda r: reverse("claims:claim", args=[r.claim_id])),
            Column("cause", gettext_lazy("原因"), kind="tag", value=lambda r: str(CAUSES[r.cause]),
                   tag=lambda r: "attention" if r.cause == Correction.FINDING else "info"),
            Column("of_year", gettext_lazy("所属年度"), value=lambda r: r.of_year.year),
            Column("happened_on", gettext_lazy("结算日期"), kind="day"),
            Column("home", gettext_lazy("预算单位"), value=lambda r: names.get(r.home_id, "")),
            Column("where", gettext_lazy("在哪里就医"), value=lambda r: str(LINES[f"use_{r.where}"])),
            Column("institution_name", gettext_lazy("就诊机构"), chinese=True),
            Column("services", gettext_lazy("服务量"), kind="number"),
            Column("fund_fen", gettext_lazy("基金支付"), kind="yuan"),
            Column("taken_at", gettext_lazy("计入时间"), kind="moment"),
        ],
        order=("-taken_at", "pk"),
        empty=_("这一年没有更正"),
    )  # fmt: skip
    record(
        actor=actor, act="insurance_fund.look_at_claims", subject=f"insurance_fund.year:{pk}",
        detail={"of": "corrections", "shown": len(page.page.rows)},
    )  # fmt: skip
    context = {**head(found, actor, "corrections"), "fund": fund, "narrowed": mine is not None}
    return page.render("insurance_fund/corrections.html", context)


def _is_figure(request: HttpRequest, found: Gathered) -> bool:
    """Whether all corrections are asked for, or those below a line of the statement and no others."""
    asked = {name: request.GET[name] for name in NARROWING if request.GET.get(name)}
    lines = found.statement.lines if found.statement else ()
    return not asked or any(
        asked == {name: str(value) for name, value in narrowed.items()}
        for line in lines
        if (narrowed := corrections_below(line)) is not None
    )


def _narrowed(request: HttpRequest, found: Gathered) -> QuerySet[Correction]:
    """What a figure's address asks for. What makes no sense is a page that doesn't exist."""
    rows = Correction.objects.filter(into=found.year)
    asked: dict[str, Any] = {}
    for name, column in (("home", "home_id"), ("treated", "treated_id"), ("institution", "institution_id")):
        text = request.GET.get(name, "")
        if text in ("", "all"):
            continue
        if not (text.isdecimal() and len(text) <= 18):
            raise Http404
        asked[column] = int(text)
    if where := request.GET.get("where", ""):
        if where not in WHERE:
            raise Http404
        asked["where"] = where
    if outside := request.GET.get("outside", ""):
        rows = rows.filter(where="outside") if outside == "1" else rows.exclude(where="outside")
    certified = {"": None, "1": {"referred": True}, "0": {"referred": False}, "exempt": {"referred": None}}
    said = request.GET.get("certified", "")
    if said not in certified:
        raise Http404
    return rows.filter(**asked, **({"referred__isnull": True} if said == "exempt" else certified[said] or {}))
