"""The cases below a figure, and one case: its path in words, its payment step by step, what it was before."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.drg import selectors, special
from yigongti.domains.money.drg.grouping.reasons import STATUS_WORDS, Status
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.payment import KIND_WORDS
from yigongti.domains.money.drg.permissions import EXPORT, FIGURES
from yigongti.domains.money.drg.web import asked
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

NO_GROUP = "none"
STATUSES = [*((key.value, words) for key, words in STATUS_WORDS.items()), (NO_GROUP, _("没有入组（全部）"))]
SPECIAL_COLOURS = {
    "applied": "attention", "hearing": "info", "proposed": "attention", "granted": "good", "refused": "bad",
    "withdrawn": "", "lapsed": "bad",
}  # fmt: skip
STATUS_TAGS = {"grouped": "good", "ambiguous": "attention", "ungroupable": "bad", "invalid": "bad"}


@permission_required(FIGURES)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Cases the reader may see, newest first; an address from a figure narrows them to what it counted."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = selectors.cases(actor)
    institution = asked.number(request.GET.get("institution", ""))
    if institution is not None:
        rows = rows.filter(institution_id=institution, inside_county=True)
    if request.GET.get("no_department"):
        rows = rows.filter(department="")
    page = Listing(
        request,
        rows,
        name="drg_cases",
        title=_("病例入组清单"),
        order=("-settled_on", "-id"),
        columns=COLUMNS,
        filters=(
            DayRangeFilter("settled", _("结算日期"), by="settled_on", moments=False),
            TextFilter("drg", _("病组代码"), by=_of_drg),
            TextFilter("department", _("科室"), by="department"),
            ChoiceFilter("status", _("入组情况"), by=_of_status, choices=STATUSES),
            ChoiceFilter("outlier", _("支付类别"), by="outlier", choices=[(k.value, v) for k, v in KIND_WORDS.items()]),
        ),
        export=EXPORT,
        empty=_("没有病例"),
    )
    shown = {row.resident_id for row in page.page.rows} if page.page.rows else set()
    if shown:
        record(actor=actor, act="drg.list", subject="drg", resident_ids=shown, detail={"rows": len(page.page.rows)})
    return page.render("drg/cases.html", {"institution": institution})


def _of_drg(rows: Any, text: str) -> Any:
    return rows.filter(drg__istartswith=text.strip())


def _of_status(rows: Any, status: str) -> Any:
    return rows.exclude(status=Status.GROUPED) if status == NO_GROUP else rows.filter(status=status)


COLUMNS = (
    Column(
        "drg",
        _("病组"),
        lead=True,
        sort="drg",
        value=lambda row: row.drg or "–",
        href=lambda row: reverse("drg:case", args=[row.claim_id]),
    ),
    Column(
        "status",
        _("入组情况"),
        kind="tag",
        value=lambda row: STATUS_WORDS[Status(row.status)],
        tag=lambda row: STATUS_TAGS[row.status],
    ),
    Column("settled_on", _("结算日期"), kind="day", sort="settled_on"),
    Column("institution_name", _("机构"), chinese=True),
    Column("department", _("科室"), chinese=True),
    Column("code", _("主要诊断"), sort="code"),
    Column("outlier", _("支付类别"), value=lambda row: KIND_WORDS.get(row.outlier, row.outlier)),
    Column("weight_e4", _("权重"), kind="number", value=lambda row: f"{row.weight_e4 / 10_000:.4f}", sort="weight_e4"),
    Column("stay_days", _("住院日"), kind="number", sort="stay_days"),
    Column("total_fen", _("总费用"), kind="yuan", sort="total_fen"),
    Column("payment_fen", _("按病组基金支付"), kind="yuan", sort="payment_fen"),
    Column("fund_fen", _("实际基金支付"), kind="yuan", sort="fund_fen"),
)


@permission_required(FIGURES)
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case. The look is in the trail of whom it concerns."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if pk > 2**62:
        raise Http404
    found = selectors.grouped_claim(pk, actor=actor)
    row = found.row
    context = {
        "found": found,
        "row": row,
        "claim": found.claim,
        "status": STATUS_WORDS[Status(row.status)],
        "status_tag": STATUS_TAGS[row.status],
        "kind": KIND_WORDS.get(row.outlier, row.outlier),  # type: ignore[call-overload]
        "weight": f"{row.weight_e4 / 10_000:.4f}",
        "drg_name": found.scheme.drgs[row.drg].name if found.scheme and row.drg in found.scheme.drgs else "",
        "earlier": [_earlier(one) for one in found.earlier],
        "balance_fen": row.payment_fen - row.fund_fen,
        "reviews": [_reviewed(one) for one in special.of_claim(row.claim_id, actor)],
        "standing": _standing(row, actor),
        "differs": found.account is not None and found.account.payment.fund_fen != row.payment_fen,
    }
    return render(request, "drg/case.html", context)


def _reviewed(one: SpecialReview) -> dict[str, Any]:
    return {"get_absolute_url": one.get_absolute_url(), "title": one.title, "standing_label": one.standing_label,
            "colour": SPECIAL_COLOURS["lapsed" if one.lapsed_at else one.state]}  # fmt: skip


def _standing(row: GroupedClaim, actor: Actor) -> special.Standing | None:
    """Whether the reader may ask for a special review; nothing where the place says nothing of it."""
    try:
        return special.standing(row, actor=actor) if row.stands else None
    except PolicyGap:
        return None


def _earlier(row: GroupedClaim) -> dict[str, Any]:
    return {"row": row, "status": STATUS_WORDS[Status(row.status)], "weight": f"{row.weight_e4 / 10_000:.4f}"}
