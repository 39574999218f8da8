"""What the steps of a booking do besides changing its state. They run in the step's transaction.

Order of locks, everywhere in this domain: person, booking, slot (by id), trail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments import policy, words
from yigongti.domains.care.appointments.events import (
    AppointmentCancelled,
    AppointmentStopped,
    CheckedIn,
    CheckInUndone,
    NoShow,
)
from yigongti.domains.care.appointments.lake import mark_changed
from yigongti.domains.care.appointments.models import Appointment, Slot
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.events import emit
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers

_changing: ContextVar[bool] = ContextVar("changing", default=False)


@contextmanager
def changing() -> Iterator[None]:
    """Inside the block a cancelled booking is one that is changed: nobody need hear that it was cancelled."""
    token = _changing.set(True)
    try:
        yield
    finally:
        _changing.reset(token)


def give_back(case: Appointment, actor: Actor, answers: Answers) -> None:
    """The place is free again. Raises StepRefused for a resident once the time has come."""
    if actor.is_resident and case.starts_at <= clock.now():
        raise StepRefused(_("就诊时间已到，不能再自己取消。请联系就诊机构。"))
    _free(case)
    mark_changed([case.day])
    if not _changing.get():
        words.tell_cancelled(case, by_resident=actor.is_resident, reason=str(answers.get("reason") or ""))
    emit(AppointmentCancelled(case.pk, case.resident_id, case.referral_id, changed=_changing.get()))


def stop(case: Appointment, actor: Actor, answers: Answers) -> None:
    """The clinic does not take place: the person is told, and offered equal places."""
    _free(case)
    mark_changed([case.day])
    words.tell_stopped(case, str(answers.get("reason") or ""))
    emit(AppointmentStopped(case.pk, case.resident_id, case.referral_id))


def check_in(case: Appointment, actor: Actor) -> None:
    """The person is there. Raises StepRefused on another day."""
    if not is_today(case):
        day = f"{case.starts_at.astimezone(clock.ZONE):%Y-%m-%d %H:%M}"
        raise StepRefused(_("这个预约不是今天的（%(day)s），不能签到。") % {"day": day})
    case.checked_in_at = clock.now()
    mark_changed([case.day])
    emit(CheckedIn(case.pk, case.resident_id, case.referral_id))


def undo_check_in(case: Appointment, actor: Actor) -> None:
    """Somebody else's barcode was scanned."""
    case.checked_in_at = None
    mark_changed([case.day])
    emit(CheckInUndone(case.pk, case.resident_id, case.referral_id))


def finish(case: Appointment, actor: Actor) -> None:
    """The person was seen."""
    mark_changed([case.day])


def miss(case: Appointment, actor: Actor) -> None:
    """The person did not come; the place stays used up. Raises StepRefused before the grace time is over."""
    if clock.now() < case.ends_at + timedelta(minutes=policy.GRACE_MINUTES.at().value):
        raise StepRefused(_("还没有到判定爽约的时间。"))
    mark_changed([case.day])
    emit(NoShow(case.pk, case.resident_id, case.referral_id))


def is_today(case: Appointment) -> bool:
    """Whether somebody booked may be checked in now: on the clinic's day, on the slot's, or while it lasts.

    A clinic that goes on past midnight belongs to both days.
    """
    today = clock.today()
    late = case.ends_at + timedelta(minutes=policy.GRACE_MINUTES.at().value)
    return today in (case.day, case.starts_at.astimezone(clock.ZONE).date()) or case.starts_at <= clock.now() <= late


def _free(case: Appointment) -> None:
    freed = Slot.objects.filter(pk=case.slot_id, booked__gt=0).update(booked=F("booked") - 1)
    if not freed:
        raise RuntimeError(f"slot {case.slot_id} holds fewer bookings than there are")
