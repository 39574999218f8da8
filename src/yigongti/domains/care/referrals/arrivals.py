"""What appointments tell referrals: who checks in has arrived; a booking that is changed is followed; one that falls
away must be made anew."""

from yigongti.domains.care.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentStopped,
    CheckedIn,
)
from yigongti.domains.care.referrals import slots, telling
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services import answering
from yigongti.kernel.access.api import Actor, ScopedQuerySet, actor_by_id, system_actor
from yigongti.kernel.events import subscribe
from yigongti.kernel.workflow.api import StepRefused, take_step


@subscribe(CheckedIn, within=True)
def _checked_in(event: CheckedIn) -> None:
    """The barcode scanned at the desk marks the arrival, in the check-in's own transaction."""
    case = _holding(event.referral_id, event.appointment_id)
    if case is None or case.state not in ("accepted", "not_arrived"):
        return
    actor_id = getattr(event, "actor_id", None)
    actor: Actor = actor_by_id(actor_id) if actor_id else system_actor("check_in", case.receiver_id)
    try:
        take_step(case, "arrive", actor=actor)
    except StepRefused:
        # whoever may check in at that desk may not receive referrals: the platform notes what the scan has shown
        take_step(case, "arrive", actor=system_actor("check_in", case.receiver_id))


@subscribe(AppointmentCancelled, within=True)
def _cancelled(event: AppointmentCancelled) -> None:
    if not event.changed:
        _slot_gone(event.referral_id, event.appointment_id)


@subscribe(AppointmentBooked, within=True)
def _changed(event: AppointmentBooked) -> None:
    """The patient took another time: the referral goes along, or neither changes (StepRefused)."""
    if event.replaces_id is None:
        return
    case = _holding(event.referral_id, event.replaces_id)
    if case is not None and case.state == "accepted":
        answering.follow_booking(case, slots.booking(event.appointment_id))


@subscribe(AppointmentStopped, within=True)
def _stopped(event: AppointmentStopped) -> None:
    _slot_gone(event.referral_id, event.appointment_id)


def _slot_gone(referral_id: int | None, appointment_id: int) -> None:
    """Both sides are told; the patient stays accepted, and the receiver makes a new appointment."""
    case = _holding(referral_id, appointment_id)
    if case is None or case.state != "accepted":
        return
    telling.slot_gone(case, appointment_id)


def _holding(referral_id: int | None, appointment_id: int) -> Referral | None:
    """The referral, if this booking is the one it holds."""
    if referral_id is None:
        return None
    rows: ScopedQuerySet = Referral.objects.unscoped("a booking tells its referral")
    found: Referral | None = rows.filter(pk=referral_id, appointment_id=appointment_id).first()
    return found
