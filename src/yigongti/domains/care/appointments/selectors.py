"""Reads. Clinics and how full they are: open to all who may see bookings at all. Bookings: to their sides only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import nearest, release
from yigongti.domains.care.appointments.models import (
    Appointment,
    Schedule,
    Session,
    SessionState,
    Slot,
)
from yigongti.domains.care.appointments.permissions import BOOK, KEEP, RECEIVE, VIEW
from yigongti.domains.care.appointments.release import Rights
from yigongti.domains.care.appointments.texts import plain
from yigongti.domains.care.appointments.views import (
    WITH_SLOT,
    AppointmentView,
    SlotView,
    appointment_views,
    slot_views,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet

_CLINICS = "that there is a clinic is open to all who may book"


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
    """Free places the actor may book at this moment, the soonest first. Raises Forbidden."""
    if not actor.is_resident:
        actor.require(BOOK)
    side = None if actor.is_resident else booked_by_id or actor.home_organisation_id
    department = plain(department)
    to = release.Place(institution_id, department) if for_referral and institution_id is not None else None
    rights = release.rights_of(actor, side, referral=to)
    rows = _free(rights)
    if institution_id is not None:
        rows = rows.filter(session__institution_id=institution_id)
    if department:
        rows = rows.filter(session__schedule__department=department)
    if schedule_id is not None:
        rows = rows.filter(session__schedule_id=schedule_id)
    if since is not None:
        rows = rows.filter(session__day__gte=since)
    if until is not None:
        rows = rows.filter(session__day__lte=until)
    return slot_views(rows.order_by("starts_at", "session_id", "pool", "pk")[:limit])


def _free(rights: Rights) -> "QuerySet[Slot]":
    now = clock.now()
    return Slot.objects.select_related("session__schedule").filter(
        release.bookable(rights, now),
        is_open=True,
        booked__lt=F("quota"),
        starts_at__gt=now,
        session__state=SessionState.PUBLISHED,
    )


def offers_instead(case: Appointment, actor: Actor, *, limit: int = 24) -> list[SlotView]:
    """Equal places for somebody whose clinic was stopped, or who wants another time: the nearest first."""
    from yigongti.domains.care.appointments.services.booking import rights_to_change

    view = slot_views([case.slot])[0]
    return list(nearest.equal_places(view, rights_to_change(case, actor), most=limit))


# -- bookings: for their sides -----------------------------------------------------------------------------------


def visible_bookings(actor: Actor) -> ScopedQuerySet:
    """Bookings at or by the actor's institutions; a resident's own and his wards'."""
    if actor.is_resident:
        rows: ScopedQuerySet = Appointment.objects.unscoped("a resident's own").filter(resident_id__in=actor.residents)
    else:
        rows = Appointment.objects.visible_to(actor, VIEW)
    return rows.select_related(*WITH_SLOT)


def get(appointment_id: int, *, actor: Actor) -> AppointmentView:
    """One booking. Raises NotVisible."""
    case = visible_bookings(actor).filter(pk=appointment_id).first()
    if case is None:
        raise NotVisible
    return appointment_views([case])[0]


def of_resident(resident_id: int, *, actor: Actor, limit: int = 100) -> list[AppointmentView]:
    """A person's bookings as far as the actor may see them, the latest day first.

    For a resident: those of himself and his wards, whatever entry of the index they were made under.
    """
    entries = residents.cluster(resident_id)
    if actor.is_resident:
        if not set(entries) & actor.residents:
            raise NotVisible
        rows: ScopedQuerySet = Appointment.objects.unscoped("a resident's own").select_related(*WITH_SLOT)
    else:
        rows = visible_bookings(actor)
    return appointment_views(rows.filter(resident_id__in=entries).order_by("-starts_at", "-pk")[:limit])


def many(appointment_ids: Iterable[int]) -> dict[int, AppointmentView]:
    """Bookings by id, for domains that have let their reader through already."""
    rows = Appointment.objects.unscoped("the caller's cases name them").filter(pk__in=set(appointment_ids))
    return {view.id: view for view in appointment_views(rows.select_related(*WITH_SLOT))}


def of_referral(referral_id: int) -> list[AppointmentView]:
    """The bookings made by a referral, the newest first."""
    rows = Appointment.objects.unscoped("the referral lets its reader through").filter(referral_id=referral_id)
    return appointment_views(rows.select_related(*WITH_SLOT).order_by("-pk"))


def of_day(institution_ids: Iterable[int], day: date) -> "ScopedQuerySet":
    """Everybody whose clinic or slot is on a day: a clinic past midnight is on the lists of both."""
    start = clock.midnight(day)
    rows: ScopedQuerySet = Appointment.objects.unscoped("the desk's permission was checked").filter(
        Q(day=day) | Q(starts_at__gte=start, starts_at__lt=start + timedelta(days=1)),
        institution_id__in=list(institution_ids),
    )
    return rows.select_related(*WITH_SLOT)


def checked_in_today(*, actor: Actor, institution_id: int, department: str = "") -> list[AppointmentView]:
    """Who is there and waits, in the order they are seen: referred, by a family doctor, then by time.

    Raises Forbidden.
    """
    actor.require(RECEIVE, institution_id)
    rows = of_day([institution_id], clock.today()).filter(state="checked_in")
    if department := plain(department):
        rows = rows.filter(department=department)
    return appointment_views(rows.order_by("priority", "starts_at", "checked_in_at", "pk"))


# -- clinics -----------------------------------------------------------------------------------------------------


def schedules(actor: Actor) -> ScopedQuerySet:
    """All schedules there are. Raises Forbidden."""
    actor.require(VIEW)
    rows: ScopedQuerySet = Schedule.objects.unscoped(_CLINICS)
    return rows


def schedule(schedule_id: int, actor: Actor) -> Schedule:
    """One schedule. Raises Forbidden, NotVisible."""
    found: Schedule | None = schedules(actor).filter(pk=schedule_id).first()
    if found is None:
        raise NotVisible
    return found


def session(session_id: int, actor: Actor) -> Session:
    """One clinic on a date. Raises Forbidden, NotVisible."""
    actor.require(VIEW)
    rows: ScopedQuerySet = Session.objects.unscoped(_CLINICS).select_related("schedule")
    found: Session | None = rows.filter(pk=session_id).first()
    if found is None:
        raise NotVisible
    return found


@dataclass(frozen=True)
class ClinicDay:
    """A session in a view of a week: how many places there are, and how many of them are left, by pool."""

    id: int
    schedule_id: int
    label: str
    day: date
    starts_at: Any
    ends_at: Any
    state: str
    state_label: str
    substituted: bool
    expert: bool
    quota: int
    left: int
    address: str

    @property
    def time(self) -> str:
        return f"{self.starts_at.astimezone(clock.ZONE):%H:%M}–{self.ends_at.astimezone(clock.ZONE):%H:%M}"


def week(
    actor: Actor,
    institution_id: int,
    first: date,
    *,
    department: str = "",
    schedule_id: int | None = None,
    days: int = 7,
) -> list[ClinicDay]:
    """The sessions of an institution on the days from ``first``, by day and time. Raises Forbidden."""
    actor.require(VIEW)
    rows = (
        Session.objects.unscoped(_CLINICS)
        .select_related("schedule")
        .filter(institution_id=institution_id, day__gte=first, day__lt=first + timedelta(days=days))
        .annotate(places=Sum("slots__quota"), taken=Sum("slots__booked"))
        .order_by("day", "starts_at", "schedule__department", "pk")
    )
    if department := plain(department):
        rows = rows.filter(schedule__department=department)
    if schedule_id is not None:
        rows = rows.filter(schedule_id=schedule_id)
    if not (actor.everything or actor.may(KEEP, institution_id)):
        rows = rows.exclude(state=SessionState.DRAFT)
    return [
        ClinicDay(
            id=row.pk,
            schedule_id=row.schedule_id,
            label=row.label,
            day=row.day,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            state=row.state,
            state_label=str(SessionState(row.state).label),
            substituted=bool(row.substitute),
            expert=row.schedule.expert,
            quota=row.places or 0,
            left=(row.places or 0) - (row.taken or 0),
            address=row.get_absolute_url(),
        )
        for row in rows
    ]


def slots(session_id: int) -> list[Slot]:
    """The slots of a session, by time and pool."""
    return list(Slot.objects.filter(session_id=session_id).order_by("starts_at", "pool"))


def departments(institution_id: int | None = None) -> list[str]:
    """Departments that have a schedule in use, by name."""
    rows = Schedule.objects.unscoped(_CLINICS).filter(active=True)
    if institution_id is not None:
        rows = rows.filter(institution_id=institution_id)
    return list(rows.order_by("department").values_list("department", flat=True).distinct())


def institutions_with_clinics() -> list[int]:
    """Institutions that have a schedule in use."""
    rows = Schedule.objects.unscoped(_CLINICS).filter(active=True)
    return list(rows.order_by("institution_id").values_list("institution_id", flat=True).distinct())


@dataclass(frozen=True)
class Counts:
    """How a day stands at a desk."""

    expected: int
    here: int
    done: int
    missed: int


def day_counts(institution_ids: Iterable[int], day: date) -> Counts:
    """How many are expected, here, seen, and did not come."""
    found = dict(of_day(institution_ids, day).order_by().values_list("state").annotate(count=Count("pk")))
    return Counts(*(found.get(state, 0) for state in ("booked", "checked_in", "done", "no_show")))
