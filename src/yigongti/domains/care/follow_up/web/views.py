"""The list of whom to follow up, one follow-up, and the visit itself: made for a phone at somebody's door."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.follow_up import selectors
from yigongti.domains.care.follow_up.formulas import Risk
from yigongti.domains.care.follow_up.models import RISK_LABELS, FollowUp, Reason
from yigongti.domains.care.follow_up.permissions import FOLLOW_UP, VIEW
from yigongti.domains.care.follow_up.services import keeping
from yigongti.domains.care.follow_up.web.forms import ADHERENCE, VisitForm, ways
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.workflow.api import StepRefused

MOST = 2_000
MEASURED = (
    ("systolic", gettext_lazy("收缩压"), "mmHg"),
    ("diastolic", gettext_lazy("舒张压"), "mmHg"),
    ("glucose", gettext_lazy("空腹血糖"), "mmol/L"),
    ("pulse", gettext_lazy("心率"), gettext_lazy("次/分")),
    ("temperature", gettext_lazy("体温"), "℃"),
)
OUTCOMES = (
    ("done", gettext_lazy("已随访")),
    ("in_time", gettext_lazy("按时随访")),
    ("overdue", gettext_lazy("逾期未随访")),
)
RISK_TAGS = {Risk.URGENT: "bad", Risk.HIGH: "bad", Risk.RAISED: "attention", Risk.ROUTINE: ""}
STATE_TAGS = {"open": "info", "late": "bad", "done": "good", "dropped": ""}


@permission_required(VIEW)
def listing(request: HttpRequest, *, everything: bool = False) -> HttpResponseBase:
    """Whom to follow up, the highest risk first; or ``everything``: those that are done, and those asked of others."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.follow_ups(actor).order_by("-due_on", "pk") if everything else selectors.waiting(actor)
    rows = _named(list(found[:MOST]), actor)
    return Listing(
        request,
        rows,
        name="follow-ups",
        title=_("随访"),
        columns=[
            Column("person", _("居民"), lead=True, href=lambda row: row.get_absolute_url()),
            Column("risk", _("风险"), kind="tag", value=lambda r: r.risk_label, tag=lambda r: RISK_TAGS[Risk(r.risk)]),
            Column("why", _("最近测量"), chinese=True),
            Column("reason", _("事由"), value=lambda row: row.get_reason_display()),
            Column("about", _("情况"), chinese=True),
            Column("due_at", _("期限"), kind="due", on_page=not everything),
            Column("due_on", _("期限"), kind="day", on_page=everything),
            Column(
                "state",
                _("状态"),
                kind="tag",
                value=lambda row: row.state_label,
                tag=lambda row: STATE_TAGS[row.state],
                on_page=everything,
            ),
            Column("institution", _("随访机构"), on_page=everything),
        ],
        filters=[
            TextFilter("q", _("居民或情况"), by=_saying),
            ChoiceFilter("reason", _("事由"), by=_of_reason, choices=Reason.choices),
            *(
                [
                    DayRangeFilter("due", _("期限"), by=_due_within, moments=False),
                    ChoiceFilter("outcome", _("办理"), by=_of_outcome, choices=OUTCOMES),
                    ChoiceFilter("at", _("随访机构"), by=_at, choices=_places(rows)),
                ]
                if everything
                else []
            ),
            ChoiceFilter(
                "risk", _("风险"), by=_of_risk, choices=[(str(int(r)), label) for r, label in RISK_LABELS.items()]
            ),
        ],
        empty=_("没有要随访的居民"),
    ).render(
        "follow_up/list.html",
        {"everything": everything, "not_everything": not everything, "may_measure": actor.may(FOLLOW_UP)},
    )


def _named(rows: list[FollowUp], actor: Actor) -> list[FollowUp]:
    """The rows with what their residents are called: in full where one's own institution follows them up."""
    cards = residents.cards(row.resident_id for row in rows)
    names = organisation.names({row.institution_id for row in rows})
    for row in rows:
        card = cards.get(row.resident_id)
        own = actor.may(FOLLOW_UP, row.institution_id)
        row.person = (card.full_name if own else card.name) if card else ""  # type: ignore[attr-defined]
        row.institution = names.get(row.institution_id, "")  # type: ignore[attr-defined]
    if rows:
        record(
            actor=actor, act="follow_up.list", subject="follow-ups", resident_ids={row.resident_id for row in rows},
            detail={"residents": len(rows)},
        )  # fmt: skip
    return rows


def _saying(rows: Sequence[Any], text: str) -> list[Any]:
    return [row for row in rows if text in row.person or text in row.about]


def _of_reason(rows: Sequence[Any], reason: str) -> list[Any]:
    return [row for row in rows if row.reason == reason]


def _due_within(rows: Sequence[Any], span: tuple[date | None, date | None]) -> list[Any]:
    since, until = span
    return [row for row in rows if (since is None or row.due_on >= since) and (until is None or row.due_on <= until)]


def _of_outcome(rows: Sequence[Any], outcome: str) -> list[Any]:
    return [row for row in rows if outcome in _outcomes(row)]


def _outcomes(row: FollowUp) -> set[str]:
    """Under which of OUTCOMES a follow-up counts; one dropped counts under none."""
    if row.state == "done":
        return {"done", "in_time"} if row.done_on and row.done_on <= row.due_on else {"done"}
    return {"overdue"} if row.state != "dropped" and row.due_on < clock.today() else set()


def _at(rows: Sequence[Any], institution_id: str) -> list[Any]:
    return [row for row in rows if str(row.institution_id) == institution_id]


def _places(rows: Sequence[Any]) -> list[tuple[str, str]]:
    return sorted({(str(row.institution_id), row.institution) for row in rows}, key=lambda one: one[1])


def _of_risk(rows: Sequence[Any], risk: str) -> list[Any]:
    return [row for row in rows if str(row.risk) == risk]


@permission_required(VIEW)
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """One follow-up: who and why, the care plan, what was found; what it asks for next."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.follow_up(actor, pk)
    own = actor.may(FOLLOW_UP, case.institution_id)
    card = residents.card(case.resident_id)
    record(actor=actor, act="follow_up.view", subject=f"follow_up:{pk}", resident_id=case.resident_id)
    return case_page(
        request,
        case,
        "follow_up/follow_up.html",
        {
            "card": card,
            "person": (card.full_name if own else card.name) if card else "",
            "phones": residents.phones(case.resident_id) if own else [],
            "institution": organisation.names([case.institution_id]).get(case.institution_id, ""),
            "asked_by": organisation.names([case.asked_by_id]).get(case.asked_by_id, "") if case.asked_by_id else "",
            "referral": _referral(case, actor),
            "may_visit": own and case.is_open,
            "findings": _findings(case),
            "urgent": _urgent(case, actor) if own else None,
            "risk_tag": RISK_TAGS[Risk(case.risk)],
            "state_tag": STATE_TAGS[case.state],
        },
        elsewhere=("done",),
    )


def _referral(case: FollowUp, actor: Actor) -> referrals.ReferralView | None:
    """The referral behind it, where the reader may see it."""
    if case.referral_id is None:
        return None
    try:
        return referrals.get(case.referral_id, actor=actor)
    except NotVisible:
        return None


def _findings(case: FollowUp) -> dict[str, Any] | None:
    if not case.findings:
        return None
    symptoms = dict(referrals.SYMPTOMS)
    measured = case.findings.get("measured", {})
    return {
        "way": dict(ways()).get(case.findings.get("way", ""), ""),
        "readings": [(label, measured[name], unit) for name, label, unit in MEASURED if name in measured],
        "symptoms": [symptoms.get(code, code) for code in case.findings.get("symptoms", ())],
        "adherence": dict(ADHERENCE).get(case.findings.get("adherence", ""), ""),
    }


def _urgent(case: FollowUp, actor: Actor) -> dict[str, Any] | None:
    """The criteria of urgent referral that were met, and where the referral is begun; None when there are none."""
    if not case.findings.get("urgent"):
        return None
    measured: dict[str, Any] = {name: Decimal(value) for name, value in case.findings.get("measured", {}).items()}
    criteria = referrals.urgent_criteria(
        **measured, symptoms=case.findings.get("symptoms", ()), as_of=case.done_on or clock.today()
    )
    under_way = [one for one in referrals.of_resident(case.resident_id, actor=actor) if one.open]
    may_start = actor.may(referrals.SEND) and not under_way
    return {
        "criteria": criteria,
        "start": referrals.start_address(case.resident_id, criteria, measured) if may_start else "",
        "under_way": under_way[0] if under_way else None,
    }


@permission_required(FOLLOW_UP)
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Do a follow-up."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.follow_up(actor, pk)
    actor.require(FOLLOW_UP, case.institution_id)
    if not case.is_open:
        messages.warning(request, _("这次随访已经办结。"))
        return redirect(case)
    form = VisitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = keeping.record_visit(case, form.visit(), actor=actor)
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            return _said(request, case, found)
    return _visit_page(request, case.resident_id, form, case)


@permission_required(health_record.VIEW)
def measure(request: HttpRequest) -> HttpResponse:
    """Measure a resident whom no follow-up waits for (``?resident=``); one that waits is done instead.

    Without a relation to the resident the record has to be opened first, for a reason the resident will see.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    actor.require(health_record.OBSERVE)
    text = request.GET.get("resident", "")
    card = residents.card(int(text)) if text.isdecimal() and len(text) < 19 else None
    if card is None:
        messages.info(request, _("请先查找居民，再为其测量。"))
        return redirect("residents:search")
    if waiting := selectors.waiting_of(card.id, actor):
        return redirect("follow_up:visit", pk=waiting[0].pk)
    if health_record.relation(actor, card.id) is None:
        messages.info(request, _("您与这位居民没有诊疗或管理关系，请先说明理由打开档案，再测量。"))
        return redirect("health_record:record", resident_id=card.id)
    form = VisitForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and actor.home_organisation_id is not None:
        case, found = keeping.measure(card.id, form.visit(), institution_id=actor.home_organisation_id, actor=actor)
        return _said(request, case, found)
    return _visit_page(request, card.id, form, None)


def _said(request: HttpRequest, case: FollowUp, found: keeping.Found) -> HttpResponse:
    if found.criteria:
        messages.warning(request, _("随访已保存。测量结果达到紧急转诊标准，请立即处理。"))
    elif found.next is not None:
        messages.success(request, _("随访已保存，下次随访：%(on)s。") % {"on": found.next.due_on.isoformat()})
    else:
        messages.success(request, _("随访已保存。"))
    return redirect(case)


def _visit_page(request: HttpRequest, resident_id: int, form: VisitForm, case: FollowUp | None) -> HttpResponse:
    card = residents.card(resident_id)
    record(
        actor=request.actor,  # type: ignore[attr-defined]
        act="follow_up.view",
        subject=f"follow_up:{case.pk}" if case else f"resident:{resident_id}",
        resident_id=resident_id,
    )
    context = {"form": form, "case": case, "card": card, "person": card.full_name if card else ""}
    return render(request, "follow_up/visit.html", context, status=422 if form.is_bound else 200)
