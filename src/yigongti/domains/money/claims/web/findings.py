"""Findings of fund supervision: the list by risk and amount, one finding with its steps, and running the screens."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, F, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.claims import findings as reading
from yigongti.domains.money.claims import selectors
from yigongti.domains.money.claims.confirmed import offered
from yigongti.domains.money.claims.models import Finding, Screening
from yigongti.domains.money.claims.permissions import EXPORT, FINDINGS, SCREEN, VIEW
from yigongti.domains.money.claims.screens import screens
from yigongti.domains.money.claims.services.screening import may_screen, require_payer
from yigongti.domains.money.claims.tasks import screen as screening_job
from yigongti.domains.money.claims.web.forms import ScreenForm
from yigongti.domains.money.claims.web.lists import Figure, institutions, money
from yigongti.domains.money.claims.workflow import FINDING
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.jobs.api import defer
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, Filter
from yigongti.kernel.ui.listing import Column, Listing

COLOURS = {
    "open": "attention", "reviewing": "info", "asked": "info", "unanswered": "bad", "answered": "attention",
    "proposed": "attention", "confirmed": "bad", "dismissed": "good",
}  # fmt: skip
HIGH, MIDDLE = 80, 60


def risk_words(risk: int) -> str:
    return _("高") if risk >= HIGH else _("中") if risk >= MIDDLE else _("低")


def risk_colour(risk: int) -> str:
    return "bad" if risk >= HIGH else "attention" if risk >= MIDDLE else ""


@permission_required(FINDINGS)
def listing(request: HttpRequest) -> HttpResponseBase:
    """The findings the reader may see, the riskiest and dearest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = Listing(
        request,
        reading.visible(actor),
        name="claims.findings",
        title=_("基金监管线索"),
        columns=COLUMNS,
        filters=filters(),
        order=("-risk", "-amount_fen", "pk"),
        export=EXPORT,
        empty=_("还没有线索"),
    )
    exported = request.GET.get("export") in ("csv", "xlsx") and page.may_export
    shown: list[int] = (
        list(page.rows.order_by().values_list("resident_id", flat=True))  # type: ignore[union-attr]
        if exported
        else [row.resident_id for row in page.page.rows]
    )
    if shown:
        reading.note_listed(shown, actor, exported=exported)
    sums = page.rows.order_by().aggregate(  # type: ignore[union-attr]
        n=Count("pk"), amount=Sum("amount_fen"), confirmed=Sum("confirmed_fen", filter=Q(state="confirmed")),
        waiting=Count("pk", filter=~Q(state__in=FINDING.final)),
    )  # fmt: skip
    context = {
        "figures": [
            Figure(_("线索"), f"{sums['n']:,}", "", _("其中 %(n)s 条未办结") % {"n": f"{sums['waiting']:,}"}),
            money(_("存疑金额"), sums["amount"] or 0),
            money(_("已认定金额"), sums["confirmed"] or 0),
        ],
        "may_screen": may_screen(actor),
        "last": Screening.objects.filter(place=settings.PLACE).order_by("-started_at").first(),
    }
    return page.render("claims/findings.html", context)


def _of_screen() -> list[tuple[str, str]]:
    return [(name, str(one.label)) for name, one in screens().items()]


def _changed(rows: Any, key: str) -> Any:
    if key == "gone":
        return rows.filter(gone_at__isnull=False)
    return rows.filter(changed_at__isnull=False, changed_at__gte=F("entered_at"))


def filters() -> Sequence[Filter]:
    risks = {
        "high": Q(risk__gte=HIGH), "middle": Q(risk__gte=MIDDLE, risk__lt=HIGH), "low": Q(risk__lt=MIDDLE)
    }  # fmt: skip
    return (
        ChoiceFilter("screen", _("筛查规则"), by="screen", choices=_of_screen),
        ChoiceFilter("state", _("状态"), by="state", choices=tuple(FINDING.states.items())),
        ChoiceFilter(
            "risk", _("风险"), by=lambda rows, key: rows.filter(risks[key]),
            choices=(("high", _("高")), ("middle", _("中")), ("low", _("低"))),
        ),
        ChoiceFilter(
            "institution", _("机构"), by=lambda rows, key: rows.filter(institution_id=int(key)), choices=institutions
        ),
        DayRangeFilter("settled", _("结算日期"), by="found_on", moments=False),
        ChoiceFilter(
            "facts", _("事实"), by=_changed, choices=(("changed", _("办理后有变化")), ("gone", _("已不再出现")))
        ),
    )  # fmt: skip


def _state(row: Finding) -> SafeString:
    found = format_html('<span class="tag tag--{}">{}</span>', COLOURS[row.state], row.state_label)
    if row.gone_at is not None:
        found += format_html(' <span class="tag">{}</span>', _("已不再出现"))
    elif row.changed_at is not None and row.changed_at >= row.entered_at:
        found += format_html(' <span class="tag tag--attention">{}</span>', _("事实有变化"))
    return found


COLUMNS = (
    Column("label", gettext_lazy("筛查规则"), lead=True, href=lambda row: row.get_absolute_url()),
    Column(
        "risk", gettext_lazy("风险"), kind="tag", sort="risk", value=lambda row: risk_words(row.risk),
        tag=lambda row: risk_colour(row.risk),
    ),
    Column("amount_fen", gettext_lazy("存疑金额（元）"), kind="yuan", sort="amount_fen"),
    Column("institution_name", gettext_lazy("机构"), chinese=True),
    Column("first_on", gettext_lazy("起"), kind="day", sort="first_on"),
    Column("last_on", gettext_lazy("止"), kind="day"),
    Column("claims", gettext_lazy("结算（笔）"), kind="number", value=lambda row: len(row.claims)),
    Column("confirmed_fen", gettext_lazy("认定金额（元）"), kind="yuan"),
    Column("state", gettext_lazy("状态"), value=lambda row: row.state_label, html=_state),
)  # fmt: skip


@permission_required(FINDINGS)
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding: why, on which claims and lines, what changed, and the steps open to the reader."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if pk > 2**62:
        raise Http404
    row = reading.get(pk, actor=actor)
    claims = selectors.claims_read([one["id"] for one in row.claims])
    seen = [one for one in claims if actor.may(VIEW) and selectors.may_see(one, actor)]
    kept = list(row.versions.order_by("-number"))
    context = {
        "view": reading.view(row),
        "colour": COLOURS[row.state],
        "risk": risk_words(row.risk),
        "risk_colour": risk_colour(row.risk),
        "card": residents.card(row.resident_id),
        "claims": claims,
        "open": {one.id for one in seen},
        "charges": row.facts.get("charges", []),
        "versions": [
            {"row": one, "told": _told(row, one.facts), "newest": number == 0} for number, one in enumerate(kept)
        ],
        "changed": row.changed_at is not None and row.changed_at >= row.entered_at,
        "offered": offered(row),
    }
    return case_page(request, row, "claims/finding.html", context)


def _told(row: Finding, facts: dict[str, Any]) -> tuple[str, ...]:
    rule = screens().get(row.screen)
    return rule.tell(facts) if rule else ()


@permission_required(SCREEN)
def run(request: HttpRequest) -> HttpResponse:
    """Ask for a running of the screens; it is done in the background."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require_payer(actor)
    if request.method == "POST":
        form = ScreenForm(request.POST)
        if form.is_valid():
            since, until = form.cleaned_data["since"], form.cleaned_data["until"]
            defer(
                screening_job,
                once=f"claims.screen.{since}.{until}",
                since=since.isoformat(),
                until=until.isoformat(),
                account_id=actor.id,
            )
            messages.success(request, _("已排入后台，筛查完会通知您。"))
            return redirect("claims:findings")
    else:
        until = clock.month_of(clock.today()) - timedelta(days=1)
        form = ScreenForm(initial={"since": clock.month_of(until), "until": until})
    rules = [{"label": one.label, "clause": one.clause, "lines": one.lines} for one in screens().values()]
    runs = Screening.objects.filter(place=settings.PLACE).order_by("-started_at")[:10]
    return render(
        request,
        "claims/screen.html",
        {"form": form, "rules": rules, "runs": [_ran(one) for one in runs]},
        status=422 if form.is_bound else 200,
    )


def _ran(row: Screening) -> dict[str, Any]:
    counts = row.counts.values()
    return {
        "row": row,
        "who": row.started_by_name if row.started_by_id is not None else _("系统自动"),
        **{name: sum(one.get(name, 0) for one in counts) for name in ("found", "new", "changed", "gone")},
    }
