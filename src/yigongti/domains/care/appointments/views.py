"""What this domain hands out: frozen, by value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments.models import Appointment, Kind, Pool, Priority, Slot
from yigongti.kernel import clock


@dataclass(frozen=True)
class SlotView:
    """Places at one time of a clinic. ``pool``: open, early (家庭医生提前号) or green (转诊绿色通道号)."""

    id: int
    session_id: int
    schedule_id: int
    institution_id: int
    institution: str
    department: str
    doctor: str
    title: str
    kind: str
    expert: bool
    pool: str
    starts_at: datetime
    ends_at: datetime
    quota: int
    left: int
    day: date
    location: str

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def pool_label(self) -> str:
        return str(Pool(self.pool).label)

    @property
    def who(self) -> str:
        """What is booked, without the institution."""
        return " ".join(filter(None, (self.department, self.doctor, self.title)))

    @property
    def time(self) -> str:
        """08:00–08:30, in China."""
        return f"{self.starts_at.astimezone(clock.ZONE):%H:%M}–{self.ends_at.astimezone(clock.ZONE):%H:%M}"

    @property
    def when(self) -> str:
        """The date on which the slot begins, with its weekday, and the time."""
        return f"{day_words(self.starts_at.astimezone(clock.ZONE).date())} {self.time}"


@dataclass(frozen=True)
class AppointmentView:
    """A booking. ``referral_id`` where it comes of a referral; ``priority``: referred, family_doctor or ordinary."""

    id: int
    resident_id: int
    slot: SlotView
    state: str
    state_label: str
    number: str
    booked_at: datetime
    address: str
    referral_id: int | None
    priority: str
    priority_label: str
    booked_by_id: int | None
    booked_by: str
    early: bool
    note: str
    checked_in_at: datetime | None
    replaced_by_id: int | None

    @property
    def is_open(self) -> bool:
        return self.state in ("booked", "checked_in")

    @property
    def may_change(self) -> bool:
        """Whether another place may be taken for it: before it begins, or because the clinic was stopped."""
        if self.state == "stopped":
            return self.replaced_by_id is None
        return self.state == "booked"


def priority_words(priority: int) -> str:
    """Why somebody is seen before others; "" for everybody else."""
    return {Priority.REFERRED: _("转诊优先"), Priority.FAMILY_DOCTOR: _("家庭医生预约优先")}.get(Priority(priority), "")


def day_words(day: date) -> str:
    """A date as people say it: with its weekday; with the year where it is not this one."""
    year = "" if day.year == clock.today().year else "Y-"
    return f"{date_format(day, f'{year}m-d')} {date_format(day, 'D')}"


def slot_views(rows: Iterable[Slot]) -> list[SlotView]:
    """Slots read with their session and schedule; one look-up of names however many."""
    slots = list(rows)
    names = organisation.names({slot.session.institution_id for slot in slots})
    return [slot_view(slot, names) for slot in slots]


def slot_view(slot: Slot, names: dict[int, str]) -> SlotView:
    session, schedule = slot.session, slot.session.schedule
    return SlotView(
        id=slot.pk,
        session_id=session.pk,
        schedule_id=schedule.pk,
        institution_id=session.institution_id,
        institution=names.get(session.institution_id, ""),
        department=schedule.department,
        doctor=session.doctor,
        title=session.professional_title,
        kind=schedule.kind,
        expert=schedule.expert,
        pool=slot.pool,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        quota=slot.quota,
        left=slot.quota - slot.booked,
        day=session.day,
        location=schedule.location,
    )


def appointment_views(rows: Iterable[Appointment]) -> list[AppointmentView]:
    """Bookings read with slot, session and schedule (``WITH_SLOT``)."""
    found = list(rows)
    ids = {row.institution_id for row in found} | {row.booked_by_id for row in found if row.booked_by_id}
    names = organisation.names(ids)
    replaced = (
        dict(
            Appointment.objects.unscoped("which of the bookings at hand were changed")
            .filter(replaces__in=[row.pk for row in found if not row.is_open])
            .values_list("replaces_id", "pk")
        )
        if any(not row.is_open for row in found)
        else {}
    )
    return [appointment_view(row, names, replaced.get(row.pk)) for row in found]


WITH_SLOT = ("slot__session__schedule",)


def appointment_view(row: Appointment, names: dict[int, str], replaced_by_id: int | None = None) -> AppointmentView:
    return AppointmentView(
        id=row.pk,
        resident_id=row.resident_id,
        slot=slot_view(row.slot, names),
        state=row.state,
        state_label=row.state_label,
        number=row.number,
        booked_at=row.opened_at,
        address=row.get_absolute_url(),
        referral_id=row.referral_id,
        priority=Priority(row.priority).label,
        priority_label=priority_words(row.priority),
        booked_by_id=row.booked_by_id,
        booked_by=names.get(row.booked_by_id or 0, ""),
        early=row.early,
        note=row.note,
        checked_in_at=row.checked_in_at,
        replaced_by_id=replaced_by_id,
    )
