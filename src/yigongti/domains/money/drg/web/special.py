"""Special reviews: the list with each institution's count, applying for one, one review with its steps."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.drg import special as reading
from yigongti.domains.money.drg.formulas import Kind
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.payment import KIND_WORDS
from yigongti.domains.money.drg.permissions import EXPORT, FIGURES, SPECIAL, SPECIAL_APPLY
from yigongti.domains.money.drg.policy import SPECIAL_MOST
from yigongti.domains.money.drg.reasons import Lapse, SpecialReason
from yigongti.domains.money.drg.selectors import result_of
from yigongti.domains.money.drg.services.special import LONGEST, SpecialRefused, apply_for
from yigongti.domains.money.drg.web import asked
from yigongti.domains.money.drg.web.cases import SPECIAL_COLOURS
from yigongti.domains.money.drg.workflow import SPECIAL as TABLE
from yigongti.domains.money.drg.workflow import Outcome
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.listing import Column, Listing


@permission_required(SPECIAL)
def listing(request: HttpRequest) -> HttpResponseBase:
    """The reviews the reader may see, the newest first, and how much of its share each institution has used."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = Listing(
        request,
        reading.visible(actor),
        name="drg_special",
        title=_("特例单议"),
        order=("-opened_at", "-id"),
        columns=COLUMNS,
        filters=(
            DayRangeFilter("settled", _("结算日期"), by="settled_on", moments=False),
            ChoiceFilter("state", _("状态"), by=_of_state, choices=tuple(TABLE.states.items())),
            ChoiceFilter("reason", _("申请理由"), by="reason", choices=tuple(SpecialReason.choices)),
            TextFilter("institution", _("机构"), by="institution_name"),
        ),
        export=EXPORT,
        empty=_("没有特例单议"),
    )
    exported = request.GET.get("export") in ("csv", "xlsx") and page.may_export
    shown = set(
        page.rows.order_by().values_list("resident_id", flat=True)  # type: ignore[union-attr]
        if exported
        else [row.resident_id for row in page.page.rows]
    )
    if shown:
        record(
            actor=actor,
            act="drg.special_list",
            subject="drg.special",
            resident_ids=shown,
            detail={"rows": len(shown), "exported": exported},
        )
    year = asked.number(request.GET.get("year", "")) or clock.today().year
    year = year if 2000 <= year <= 2100 else clock.today().year
    context: dict[str, Any] = {"year": year, "years": sorted({*reading.years(actor), year}, reverse=True)}
    try:
        context |= {"shares": reading.shares(year, actor=actor), "rule": SPECIAL_MOST.at(place=settings.PLACE)}
    except PolicyGap as gap:
        context["gap"] = str(gap)
    return page.render("drg/specials.html", context)


def _of_state(rows: Any, state: str) -> Any:
    return rows.filter(lapsed_at__isnull=False) if state == "lapsed" else rows.filter(state=state, lapsed_at=None)


def _colour(row: SpecialReview) -> str:
    return SPECIAL_COLOURS["lapsed" if row.lapsed_at is not None else row.state]


def _state(row: SpecialReview) -> SafeString:
    return format_html('<span class="tag tag--{}">{}</span>', _colour(row), row.standing_label)


COLUMNS = (
    Column("record_no", gettext_lazy("结算单号"), lead=True, href=lambda row: row.get_absolute_url()),
    Column("state", gettext_lazy("状态"), value=lambda row: row.standing_label, html=_state),
    Column("institution_name", gettext_lazy("机构"), chinese=True),
    Column("department", gettext_lazy("科室"), chinese=True),
    Column("drg", gettext_lazy("病组"), sort="drg"),
    Column("reason", gettext_lazy("申请理由"), value=lambda row: row.get_reason_display()),
    Column("settled_on", gettext_lazy("结算日期"), kind="day", sort="settled_on"),
    Column("total_fen", gettext_lazy("总费用"), kind="yuan", sort="total_fen"),
    Column("whole_fen", gettext_lazy("按病组的支付"), kind="yuan"),
    Column("decided_fen", gettext_lazy("决定的支付"), kind="yuan"),
)


class ApplicationForm(Form):
    """Why a case should be reviewed."""

    reason = forms.ChoiceField(label=gettext_lazy("申请理由"))
    explanation = forms.CharField(
        label=gettext_lazy("说明"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": "4"}),
        help_text=gettext_lazy("写明为什么不适合按病组标准支付；不写患者姓名"),
    )  # fmt: skip
    statement = forms.CharField(
        label=gettext_lazy("科室意见"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": "4"})
    )


@permission_required(SPECIAL_APPLY)
def new(request: HttpRequest, claim: int) -> HttpResponse:
    """Apply for a case of the reader's institution."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = result_of(claim, actor=actor) if claim <= 2**62 and actor.may(FIGURES) else None
    if row is None:
        raise Http404
    try:
        standing = reading.standing(row, actor=actor)
    except PolicyGap as gap:
        return render(request, "drg/special_new.html", {"row": row, "gap": str(gap)})
    if standing is None:
        raise Http404
    form = ApplicationForm(request.POST or None)
    form.fields["reason"].choices = standing.reasons  # type: ignore[attr-defined]
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = apply_for(claim, actor=actor, **form.cleaned_data)
            except SpecialRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("已申请。"))
                return HttpResponseRedirect(made.get_absolute_url())
    context = {"row": row, "standing": standing, "form": form, "bill": reading.bill_of(row), "kind": _kind(row)}
    return render(request, "drg/special_new.html", context, status=status)


def _kind(row: GroupedClaim) -> Any:
    return KIND_WORDS[Kind(row.outlier)]


@permission_required(SPECIAL)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One review: the case as applied for, what experts said, the decision, the steps open to the reader."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if pk > 2**62:
        raise Http404
    row = reading.get(pk, actor=actor)
    context = {
        "colour": _colour(row),
        "label": row.standing_label,
        "card": residents.card(row.resident_id),
        "kind": KIND_WORDS[Kind(row.kind)],
        "reason": row.get_reason_display(),
        "outcome": Outcome(row.outcome).label if row.outcome else "",
        "lapse": Lapse(row.lapse_reason).label if row.lapse_reason else "",
        "may_see_case": actor.may(FIGURES),
    }
    return case_page(request, row, "drg/special.html", context)
