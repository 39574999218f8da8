"""What the receiver answers: accepting with a slot, a bed or at once; declining; and what follows without an answer."""

from contextvars import ContextVar
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from yigongti.domains.care.appointments.api import AppointmentView
from yigongti.domains.care.referrals import deadlines, slots, telling
from yigongti.domains.care.referrals.models import Referral, Way
from yigongti.domains.care.referrals.permissions import ARRANGE
from yigongti.domains.care.referrals.services import routes
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, system_actor
from yigongti.kernel.workflow.api import StepRefused, history, take_step
from yigongti.kernel.workflow.table import Answers

WARD_OPENS = time(8, 0)
_releasing: ContextVar[bool] = ContextVar("releasing", default=False)
_losing: ContextVar[bool] = ContextVar("losing", default=False)
_moved_to: ContextVar[AppointmentView | None] = ContextVar("moved_to", default=None)


def accept(case: Referral, actor: Actor, answers: Answers) -> None:
    """Take the patient in. A slot that somebody else took a moment ago refuses the step, and nothing changes."""
    release(case, actor, _("转诊重新安排"))
    _take_in(case, actor, answers)
    now = clock.now()
    case.answered_at = case.answered_at or now
    case.accepted_at = now
    telling.accepted(case, _attempt(case))


def reschedule(case: Referral, actor: Actor, answers: Answers) -> None:
    """Another slot, bed or day for a patient who was accepted; the former slot is free again."""
    release(case, actor, _("转诊改约"))
    _take_in(case, actor, answers)
    case.accepted_at = clock.now()
    telling.accepted(case, _attempt(case))


def follow_booking(case: Referral, booking: AppointmentView) -> None:
    """The patient changed the appointment: the referral holds the new one. Raises StepRefused."""
    token = _moved_to.set(booking)
    try:
        take_step(case, "move_booking", actor=system_actor("referrals"), answers={"slot": _slot_words(booking)})
    finally:
        _moved_to.reset(token)


def lose_booking(case: Referral) -> None:
    """The place held for the referral fell away."""
    token = _losing.set(True)
    try:
        take_step(case, "lose_booking", actor=system_actor("referrals"))
    finally:
        _losing.reset(token)


def losing() -> bool:
    """Whether a place is just falling away; nobody takes that step but by cancelling it."""
    return _losing.get()


def booking_lost(case: Referral, actor: Actor, answers: Answers) -> None:
    gone, case.appointment_id, case.slot, case.expected_at = case.appointment_id, None, "", None
    telling.slot_gone(case, gone or 0)


def releasing() -> bool:
    """Whether a place is given back by the referral itself: then nobody need hear of it from appointments."""
    return _releasing.get()


def moved_to() -> AppointmentView | None:
    """The booking a referral is just following; nobody takes that step but by changing the booking."""
    return _moved_to.get()


def move_booking(case: Referral, actor: Actor, answers: Answers) -> None:
    booking = moved_to()
    assert booking is not None
    _hold(case, booking)
    title = _("患者已改约：%(what)s") % {"what": case.title}
    telling.page(case, f"moved.{booking.id}", title, ARRANGE, case.origin_id, body=case.slot, urgent=False)


def decline(case: Referral, actor: Actor, answers: Answers) -> None:
    case.answered_at = case.answered_at or clock.now()
    case.decline_code, case.advice = answers["code"], answers["advice"]
    telling.declined(case)


def expire(case: Referral, actor: Actor, answers: Answers) -> None:
    """Nobody answered in time: somebody over the receiver is called in, and sees the referral from now on."""
    if case.receiver_id is not None:
        case.overseer_id = routes.escalated_to(case.receiver_id, case.origin_id)
    telling.expired(case)


def release(case: Referral, actor: Actor, reason: str) -> None:
    """Give back the slot that is held for the referral, if there is one."""
    if case.appointment_id is None:
        return
    held, case.appointment_id, case.slot = case.appointment_id, None, ""
    token = _releasing.set(True)
    try:
        # who withdraws or reschedules may have no rights in that clinic: the platform gives the slot back for him
        slots.cancel(held, actor=system_actor("referrals"), reason=reason)
    except slots.BookingRefused:
        return  # cancelled, attended or stopped already: nothing is held any more
    finally:
        _releasing.reset(token)


def _take_in(case: Referral, actor: Actor, answers: Answers) -> None:
    way = answers["way"]
    case.way, case.ward, case.expected_at = way, "", None
    case.instructions = (answers.get("instructions") or "")[:500]
    if way == Way.SLOT:
        _book(case, actor, answers.get("slot"))
    elif way == Way.BED:
        ward, on = answers.get("ward"), answers.get("on")
        if not ward or not on:
            raise StepRefused(_("预留床位请写明病区、床位和入院日期。"))
        day = date.fromisoformat(on)
        if day < clock.today():
            raise StepRefused(_("入院日期已经过去。"))
        if day > clock.today() + deadlines.BED_WITHIN:
            raise StepRefused(_("入院日期太远，请填写一年内的日期。"))
        case.ward = ward[:100]
        case.expected_at = datetime.combine(day, WARD_OPENS, tzinfo=clock.ZONE)
    elif not case.urgent and case.direction == "up":
        raise StepRefused(_("普通上转请预留号源或床位；“随到随诊”只用于紧急转诊和下转、平转。"))


def _book(case: Referral, actor: Actor, said: str | None) -> None:
    if not said or not said.isascii() or not said.isdecimal() or len(said) > 18:
        raise StepRefused(_("请选择要预留的号源。"))
    try:
        taken = slots.book(int(said), case, actor=actor)
    except slots.BookingRefused as refused:
        raise StepRefused(str(refused)) from refused
    except (Forbidden, NotVisible) as refused:
        raise StepRefused(_("您不能使用这个号源，请另选一个。")) from refused
    _hold(case, taken)


def _hold(case: Referral, booking: AppointmentView) -> None:
    if booking.slot.institution_id != case.receiver_id:
        raise StepRefused(_("这个号源不属于转入机构，请另选一个。"))
    case.appointment_id = booking.id
    case.expected_at = booking.slot.starts_at
    case.slot = _slot_words(booking)


def _slot_words(booking: AppointmentView) -> str:
    starts = booking.slot.starts_at.astimezone(clock.ZONE)
    who = "·".join(part for part in (booking.slot.department, booking.slot.doctor) if part)
    return f"{starts:%Y-%m-%d %H:%M} {who}"[:200]


def _attempt(case: Referral) -> int:
    """A number for this answer's notice: how many lines the history has."""
    return len(history(case))
