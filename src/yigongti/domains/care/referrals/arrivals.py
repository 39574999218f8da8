"""What appointments tell referrals: who checks in has arrived; a booking that is changed is followed; one that falls
away must be made anew. And what they ask: whom of those without a booking a referral has announced."""

from django.utils.translation import gettext as _

from yigongti.domains.care.appointments.api import Arrival, register_arrivals
from yigongti.domains.care.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentStopped,
    CheckedIn,
    CheckInUndone,
)
from yigongti.domains.care.referrals import slots
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import RECEIVE
from yigongti.domains.care.referrals.services import answering
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, ScopedQuerySet, system_actor
from yigongti.kernel.events import subscribe
from yigongti.kernel.workflow.api import StepRefused, take_step


@subscribe(CheckedIn, within=True)
def _checked_in(event: CheckedIn) -> None:
    """The barcode scanned at the desk marks the arrival, in the check-in's own transaction."""
    case = _holding(event.referral_id, event.appointment_id)
    if case is None or case.state not in ("accepted", "not_arrived"):
        return
    take_step(case, "arrive", actor=system_actor("check_in", case.receiver_id))


@subscribe(CheckInUndone, within=True)
def _undone(event: CheckInUndone) -> None:
    """It was somebody else's barcode: the patient is not there."""
    case = _holding(event.referral_id, event.appointment_id)
    if case is not None and case.state == "arrived" and not case.straight_down:
        platform = system_actor("check_in", case.receiver_id)
        take_step(case, "undo_arrival", actor=platform, answers={"reason": _("签到已撤销")})


def _came(entries: tuple[int, ...], institution_id: int, actor: Actor) -> str | None:
    """Who was accepted at once or with a bed, or comes late, has no booking here today; the scan marks the arrival."""
    rows: ScopedQuerySet = Referral.objects.unscoped("the desk has the person before it")
    found = rows.filter(resident_id__in=entries, receiver_id=institution_id, state__in=("accepted", "not_arrived"))
    for case in found.order_by("-urgency", "accepted_at", "pk"):
        if case.state == "accepted" and not _expected_now(case):
            continue
        taker = actor if actor.may(RECEIVE, institution_id) else system_actor("check_in", institution_id)
        try:
            take_step(case, "arrive", actor=taker)
        except StepRefused:
            continue
        return _("转诊患者，已登记到诊，请优先接诊")
    return None


def _expected_now(case: Referral) -> bool:
    """Without a booking, and not for a later day."""
    if case.appointment_id is not None:
        return False
    return case.expected_at is None or case.expected_at.astimezone(clock.ZONE).date() <= clock.today()


def _of_today(institution_id: int, actor: Actor) -> list[Arrival]:
    """Today's arrivals without a booking, the urgent ones first."""
    rows: ScopedQuerySet = Referral.objects.unscoped("the desk of the institution they came to")
    found = rows.filter(
        receiver_id=institution_id, state="arrived", appointment_id=None, arrived_at__gte=clock.midnight(clock.today())
    )
    ordered = sorted(found, key=lambda case: (not case.urgent, case.arrived_at, case.pk))
    return [
        Arrival(
            case.resident_id,
            " · ".join(part for part in (case.get_urgency_display(), case.department, case.ward) if part),
            case.arrived_at,
            case.get_absolute_url(),
        )
        for case in ordered
    ]


register_arrivals(_came, _of_today)


@subscribe(AppointmentCancelled, within=True)
def _cancelled(event: AppointmentCancelled) -> None:
    if not event.changed and not answering.releasing():
        _slot_gone(event.referral_id, event.appointment_id)


@subscribe(AppointmentBooked, within=True)
def _changed(event: AppointmentBooked) -> None:
    """The patient took another time: the referral goes along, or neither changes (StepRefused)."""
    if event.replaces_id is None:
        return
    case = _holding(event.referral_id, event.replaces_id) or _without_place(event.referral_id)
    if case is not None and case.state == "accepted":
        answering.follow_booking(case, slots.booking(event.appointment_id))


@subscribe(AppointmentStopped, within=True)
def _stopped(event: AppointmentStopped) -> None:
    _slot_gone(event.referral_id, event.appointment_id)


def _slot_gone(referral_id: int | None, appointment_id: int) -> None:
    """The referral holds no place any more and both sides are told; the patient stays accepted, and the receiver makes
    a new appointment."""
    case = _holding(referral_id, appointment_id)
    if case is None or case.state != "accepted":
        return
    answering.lose_booking(case)


def _without_place(referral_id: int | None) -> Referral | None:
    """The referral, if its place was lost: the patient has found another one himself."""
    if referral_id is None:
        return None
    rows: ScopedQuerySet = Referral.objects.unscoped("a booking tells its referral")
    found: Referral | None = rows.filter(pk=referral_id).first()
    return found if found is not None and found.place_lost else None


def _holding(referral_id: int | None, appointment_id: int) -> Referral | None:
    """The referral, if this booking is the one it holds."""
    if referral_id is None:
        return None
    rows: ScopedQuerySet = Referral.objects.unscoped("a booking tells its referral")
    found: Referral | None = rows.filter(pk=referral_id, appointment_id=appointment_id).first()
    return found
