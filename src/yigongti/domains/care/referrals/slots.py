"""The slots of appointments, as referrals use them: what may be chosen, holding one, giving it back."""

from datetime import date
from typing import TYPE_CHECKING

from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.appointments.api import AppointmentView, BookingRefused, SlotView
from yigongti.kernel.access.api import Actor, system_actor

if TYPE_CHECKING:
    from yigongti.domains.care.referrals.models import Referral

__all__ = ["BookingRefused", "book", "booking", "cancel", "offered"]


def offered(
    institution_id: int,
    *,
    actor: Actor,
    since: date | None = None,
    until: date | None = None,
    department: str = "",
) -> list[SlotView]:
    """Slots of an institution that are open to its referrals now, the soonest first. Raises Forbidden."""
    return appointments.offered(
        actor=actor, institution_id=institution_id, department=department, since=since, until=until,
        for_referral=True, booked_by_id=institution_id,
    )  # fmt: skip


def book(slot_id: int, case: "Referral", *, actor: Actor) -> AppointmentView:
    """Hold a slot for a referral. Raises BookingRefused (``str()`` for people), Forbidden, NotVisible."""
    return appointments.book(
        slot_id, resident_id=case.resident_id, actor=actor, booked_by_id=case.receiver_id, referral_id=case.pk
    )


def booking(appointment_id: int) -> AppointmentView:
    """A booking, for the platform itself."""
    return appointments.get(appointment_id, actor=system_actor("referrals"))


def cancel(appointment_id: int, *, actor: Actor, reason: str) -> None:
    """Give a slot back. Raises BookingRefused where nothing is held any more."""
    appointments.cancel(appointment_id, actor=actor, reason=reason)
