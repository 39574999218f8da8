"""The page of a referral: where it stands, both sides' parts, what may be done, and everything that was done."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments.api import SlotView
from yigongti.domains.care.referrals import selectors, slots
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import ANSWER, VIEW
from yigongti.domains.care.referrals.sight import sight
from yigongti.domains.care.referrals.summary import GROUPS
from yigongti.domains.care.referrals.urgent import READINGS
from yigongti.domains.care.referrals.web import asked
from yigongti.domains.care.referrals.web.forms import GROUP_LABELS, AcceptForm
from yigongti.domains.care.referrals.web.looks import note_reading
from yigongti.domains.care.referrals.workflow import WITH_THE_RECEIVER
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui import words
from yigongti.kernel.ui.cases import CasePage, Entry, case_page
from yigongti.kernel.workflow.api import StepRefused, take_step

FINDINGS = ("treat", "return", "end_here", "follow_up", "ask_again", "withdraw", "arrange_otherwise")
ON_THEIR_OWN_PAGE = ("accept", "reschedule")
LOOK_AHEAD = timedelta(days=14)
SLOTS_SHOWN = 24
POOL_ORDER = {"green": 0, "early": 1}
COLOURS = {
    "draft": "", "approval": "attention", "approval_late": "bad", "sent": "attention", "expired": "bad",
    "accepted": "info",
    "not_arrived": "bad", "arrived": "info", "treated": "info", "returned": "attention", "certified": "info",
    "followed_up": "good", "declined": "bad", "closed": "good", "redirected": "", "withdrawn": "",
}  # fmt: skip


@permission_required(VIEW)
def referral(request: HttpRequest, pk: int) -> HttpResponse:
    """One referral; a POST takes a step."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.one(actor, pk)
    answer = case_page(request, case, "referrals/referral.html", page_context(case, actor))
    if not isinstance(answer, HttpResponseRedirect):  # a step that was refused shows the page as well
        note_reading(case, actor)
    return answer


@permission_required(ANSWER)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the patient in (or change the appointment): the receiver's free slots, a bed, or at once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.one(actor, pk)
    if case.receiver_id is None or not actor.may(ANSWER, case.receiver_id):
        raise NotVisible
    step = "reschedule" if case.state == "accepted" else "accept"
    since = asked.day(request.GET.get("since", "")) or clock.today()
    department = request.GET.get("department", case.department).replace("\x00", "")[:60]
    found = _slots(case, actor, since, department)
    at_once = case.urgent or case.direction != "up"
    known: dict[str, Any] = {"slots": [(str(one.id), slot_words(one)) for one in found], "at_once": at_once}
    form = AcceptForm(
        request.POST or None,
        initial={"way": "slot" if found else "at_once" if at_once else "bed", "instructions": case.instructions},
        **known,
    )
    if request.method == "POST":
        gone = request.POST.get("slot") and request.POST["slot"] not in dict(known["slots"])
        if gone and request.POST.get("way") == "slot":
            form.is_valid()
            form.errors.clear()
            form.add_error("slot", _("这个号源刚刚被约走了，请另选一个。"))
        elif form.is_valid():
            try:
                taken = take_step(case, step, actor=actor, answers=form.cleaned_data)
            except StepRefused as refused:
                form.add_error(None, str(refused))
                found = _slots(case, actor, since, department)
                form.offer([(str(one.id), slot_words(one)) for one in found])
            else:
                messages.success(request, _("已接收，转出机构和患者会收到通知。"))
                return HttpResponseRedirect(taken.get_absolute_url())
    note_reading(case, actor)
    context = {
        **page_context(case, actor),
        "case": case,
        "form": form,
        "slots": found,
        "step": step,
        "since": since,
        "department": department,
    }
    return render(request, "referrals/accept.html", context, status=422 if request.method == "POST" else 200)


def _slots(case: Referral, actor: Actor, since: date, department: str) -> list[SlotView]:
    """The next free slots of the receiver within two weeks; of the department asked for, or of any where that has none.

    Of places for the same time with the same doctor the one kept for referrals is offered, so the public keeps its own.
    """
    assert case.receiver_id is not None
    until = since + LOOK_AHEAD
    try:
        found = slots.offered(case.receiver_id, actor=actor, since=since, until=until, department=department)
        if not found and department:
            found = slots.offered(case.receiver_id, actor=actor, since=since, until=until)
    except Forbidden:
        return []
    best: dict[tuple[int, datetime], SlotView] = {}
    for one in sorted(found, key=lambda slot: POOL_ORDER.get(slot.pool, len(POOL_ORDER))):
        best.setdefault((one.schedule_id, one.starts_at), one)
    return sorted(best.values(), key=lambda slot: (slot.starts_at, slot.id))[:SLOTS_SHOWN]


def slot_words(slot: SlotView) -> str:
    """A slot for a radio button."""
    parts = [words.moment(slot.starts_at), slot.department, slot.doctor, slot.title]
    if slot.pool == "green":
        parts.append(_("绿色通道"))
    left = _("余 %(left)d") % {"left": slot.left}
    return " · ".join([part for part in parts if part] + [left])


def page_context(case: Referral, actor: Actor) -> dict[str, Any]:
    """What the page of a referral shows beside its steps and history."""
    ids = {case.origin_id, case.receiver_id, case.follow_up_id, case.approver_id, case.overseer_id} - {None}
    names = organisation.names(ids)  # type: ignore[arg-type]
    card = residents.card(residents.whole(case.resident_id) or case.resident_id)
    seen = sight(case, actor)
    readings = [
        (label, case.readings[name], unit) for name, label, unit in READINGS if case.readings.get(name) is not None
    ]
    items = case.summary.get("items", [])
    return {
        "card": card,
        "name": (card.full_name if seen.whole else card.name) if card else "",
        "names": names,
        "colour": COLOURS[case.state],
        "stages": stages(case),
        "sees": seen.whole,
        "lost": seen if seen.since is not None else None,
        "history": [] if seen.whole else history_without_findings(case, actor),
        "readings": readings,
        "summary": [(GROUP_LABELS[g], [i for i in items if i["group"] == g]) for g in GROUPS],
        "opens_record": _opens_record(case, actor),
        "access": access_words(case),
        "own_pages": ON_THEIR_OWN_PAGE,
        "overdue": case.due_at is not None and case.is_open and case.due_at < clock.now(),
        "certificate": getattr(case, "certificate", None) if case.outside else None,
        "redirected_from": _linked(case.redirected_from_id, actor),
        "redirected_to": _linked(case.redirected_to_id, actor),
    }


def history_without_findings(case: Referral, actor: Actor) -> list[Entry]:
    """Who did what when, without what was found and prescribed."""
    clinical = {str(step.label) for step in case.workflow.steps if step.name in FINDINGS}
    return [
        replace(entry, detail="") if str(entry.title) in clinical else entry for entry in CasePage(case, actor).timeline
    ]


def _linked(pk: int | None, actor: Actor) -> Referral | None:
    found: Referral | None = selectors.visible(actor).filter(pk=pk).first() if pk else None
    return found


def _opens_record(case: Referral, actor: Actor) -> bool:
    if not actor.may(health_record.VIEW):
        return False
    return health_record.relation(actor, case.resident_id) is not None


def access_words(case: Referral) -> str:
    """How long the receiver may read the record, for whoever looks at the referral."""
    if case.receiver_id is None:
        return ""
    if case.access_until is not None:
        until = words.moment(case.access_until)
        if case.access_until > clock.now():
            return _("接诊机构可查阅健康档案至 %(until)s") % {"until": until}
        return _("接诊机构的档案查阅已于 %(until)s 结束") % {"until": until}
    if case.state in WITH_THE_RECEIVER:
        return _("转诊办结前，接诊机构可查阅健康档案")
    return _("接收之前，接诊机构只能看到本页的病情摘要") if case.is_open else ""


def stages(case: Referral) -> list[dict[str, Any]]:
    """The stages of this kind of referral for ``<c-steps>``, with the moment each was passed."""
    if case.outside:
        way = [
            (_("提交"), case.opened_at if case.state != "draft" else None),
            (_("审批并签发证明"), case.accepted_at),
            (_("随访"), case.followed_up_on),
            (_("办结"), case.ended_at),
        ]
    else:
        way = [
            (_("发出"), case.sent_at),
            (_("接收"), case.accepted_at),
            (_("到诊"), case.arrived_at),
            *([] if case.straight_down else [(_("诊治"), case.treated_at), (_("转回"), case.returned_at)]),
            (_("随访"), case.followed_up_on),
            (_("办结"), case.ended_at),
        ]
    stopped = case.state in ("declined", "withdrawn", "redirected", "expired", "approval_late", "not_arrived")
    done = [bool(at) for _label, at in way]
    here = next((n for n, passed in enumerate(done) if not passed), len(way))
    if case.state == "closed":
        here = len(way)
    found = []
    for n, (label, at) in enumerate(way):
        state = "done" if at else "current" if n == here and not stopped else "todo"
        if n == here and stopped:
            state = "refused"
        note = (words.moment(at) if isinstance(at, datetime) else words.day(at)) if at else ""
        if state == "refused":
            note = case.state_label
        found.append({"label": label, "state": state, "note": note})
    return found
