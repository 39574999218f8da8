"""Appointments, for everybody above: what is free, booking it, and what became of it."""

from collections.abc import Iterable
from datetime import date

from yigongti.domains.care.appointments import hot, selectors
from yigongti.domains.care.appointments.arrivals import Arrival, register_arrivals
from yigongti.domains.care.appointments.listing import AppointmentLine, EarlyPlaces, early_places, rows_for
from yigongti.domains.care.appointments.permissions import BOOK, KEEP, RECEIVE, VIEW
from yigongti.domains.care.appointments.refusals import BookingRefused, ClinicRefused, SlotTaken
from yigongti.domains.care.appointments.services import booking
from yigongti.domains.care.appointments.services.desk import Scanned, check_in_resident, scan
from yigongti.domains.care.appointments.services.publishing import Published, publish, publish_ahead
from yigongti.domains.care.appointments.services.schedules import Hours, add_pattern, keep_schedule
from yigongti.domains.care.appointments.services.sessions import except_day, stop_session
from yigongti.domains.care.appointments.views import AppointmentView, SlotView
from yigongti.domains.care.appointments.working_days import is_working_day
from yigongti.kernel.access.api import Actor

__all__ = [
    "BOOK",
    "KEEP",
    "RECEIVE",
    "VIEW",
    "AppointmentLine",
    "AppointmentView",
    "Arrival",
    "BookingRefused",
    "ClinicRefused",
    "EarlyPlaces",
    "Hours",
    "Published",
    "Scanned",
    "SlotTaken",
    "SlotView",
    "add_pattern",
    "book",
    "cancel",
    "change",
    "check_in_resident",
    "checked_in_today",
    "departments",
    "early_places",
    "except_day",
    "full",
    "get",
    "institutions_with_clinics",
    "is_working_day",
    "keep_schedule",
    "many",
    "of_referral",
    "of_resident",
    "offered",
    "offers_instead",
    "publish",
    "publish_ahead",
    "register_arrivals",
    "rows_for",
    "scan",
    "stop_session",
]


def offered(
    *,
    actor: Actor,
    institution_id: int | None = None,
    department: str = "",
    schedule_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    for_referral: bool = False,
    booked_by_id: int | None = None,
    limit: int = 200,
) -> list[SlotView]:
    """Free places this actor may book now, the soonest first. Raises Forbidden.

    Family doctors (clinicians at a primary or village institution, ``booked_by_id`` or their own) also see early
    places, and a referral the green channel's of the institution asked for.
    """
    return selectors.offered(
        actor=actor,
        institution_id=institution_id,
        department=department,
        schedule_id=schedule_id,
        since=since,
        until=until,
        for_referral=for_referral,
        booked_by_id=booked_by_id,
        limit=limit,
    )


def book(
    slot_id: int,
    *,
    resident_id: int,
    actor: Actor,
    booked_by_id: int | None = None,
    referral_id: int | None = None,
    note: str = "",
) -> AppointmentView:
    """Book a place for a resident, who is told.

    ``booked_by_id``: the institution on whose behalf staff book (their own, left out); a resident books for himself and
    his wards. With ``referral_id``, which the caller has checked, green places are open, and the receiving
    institution's staff may book on behalf of whoever referred.

    Raises SlotTaken (with the nearest free places), BookingRefused (closed, not open yet, a limit, no-shows, two
    places at once; staff whom nothing ties to the person, see ``whom``), Forbidden, NotVisible. Then nothing has
    changed.
    """
    return booking.book(
        slot_id,
        resident_id=resident_id,
        actor=actor,
        booked_by_id=booked_by_id,
        referral_id=referral_id,
        note=note,
    )


def full(slot_id: int) -> SlotTaken | None:
    """The refusal of a slot without a place left, at the cost of one statement; None where there may be one.

    For pages on which thousands come at once: ask before looking up who they are.
    """
    found = hot.taken(slot_id)
    return found.refusal if found else None


def cancel(appointment_id: int, *, actor: Actor, reason: str = "") -> AppointmentView:
    """Give a place back: the resident before it begins, whoever booked, or the clinic.

    Raises BookingRefused, NotVisible.
    """
    return booking.cancel(appointment_id, actor=actor, reason=reason)


def change(appointment_id: int, slot_id: int, *, actor: Actor) -> AppointmentView:
    """Take another place instead, in one step; from a stopped clinic too. Gives the new booking.

    A referral's stays in its department: nothing of it is carried elsewhere. Raises as ``book`` does; the old
    booking then stands as it stood.
    """
    return booking.change(appointment_id, slot_id, actor=actor)


def get(appointment_id: int, *, actor: Actor) -> AppointmentView:
    """One booking, for its resident, its clinic and whoever booked. Raises NotVisible."""
    return selectors.get(appointment_id, actor=actor)


def of_resident(resident_id: int, *, actor: Actor) -> list[AppointmentView]:
    """A person's bookings as far as the actor may see them, the latest first. Raises NotVisible for a resident who
    does not act for the person."""
    return selectors.of_resident(resident_id, actor=actor)


def of_referral(referral_id: int) -> list[AppointmentView]:
    """The bookings of a referral, newest first; the referral has let its reader through."""
    return selectors.of_referral(referral_id)


def many(appointment_ids: Iterable[int]) -> dict[int, AppointmentView]:
    """Bookings by id, for a caller whose own cases name them."""
    return selectors.many(appointment_ids)


def offers_instead(appointment_id: int, *, actor: Actor) -> list[SlotView]:
    """Equal places that could be taken instead of a booking, the nearest first. Raises NotVisible."""
    return selectors.offers_instead(booking.visible(appointment_id, actor), actor)


def checked_in_today(*, actor: Actor, institution_id: int, department: str = "") -> list[AppointmentView]:
    """Who is there and waits, in the order they are seen. Raises Forbidden."""
    return selectors.checked_in_today(actor=actor, institution_id=institution_id, department=department)


def departments(institution_id: int | None = None) -> list[str]:
    """Departments with clinics, of one institution or all."""
    return selectors.departments(institution_id)


def institutions_with_clinics() -> list[int]:
    """Institutions that have clinics to book."""
    return selectors.institutions_with_clinics()
