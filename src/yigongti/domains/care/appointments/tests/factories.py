"""A small county with clinics, people to book, and actors."""

from datetime import date, datetime, time, timedelta

from tests.support.people import person

from yigongti.domains.base.organisation import api as directory
from yigongti.domains.base.organisation.tests.factories import of_tier, organisation
from yigongti.domains.base.residents.tests import factories as index
from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment, Slot
from yigongti.kernel import clock
from yigongti.kernel.access.api import resident_actor, system_actor

MACHINE = system_actor("demo")
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=clock.ZONE)
"""A Monday morning in an ordinary week."""
TODAY = NOW.date()


def at(day: int | date, hour: int, minute: int = 0) -> datetime:
    """A moment; a number is days from TODAY."""
    on = TODAY + timedelta(days=day) if isinstance(day, int) else day
    return datetime.combine(on, time(hour, minute), tzinfo=clock.ZONE)


class County:
    """A city with a hospital (tertiary), another one (secondary), a community centre and its village clinic."""

    def __init__(self) -> None:
        self.city = organisation("city", "city")
        self.hospital = organisation("hospital", "hospital", self.city, name="市一院")
        self.second = organisation("hospital", "second", self.city, name="市二院")
        self.centre = organisation("community_centre", "centre", self.city, name="蓬朗卫生中心")
        self.village = organisation("village_clinic", "village", self.centre, name="蓬朗村卫生室")
        of_tier(self.hospital, "tertiary")
        of_tier(self.second, "secondary")
        of_tier(self.centre, "primary")
        of_tier(self.village, "village")
        self.doctor = person("doctor", self.hospital.pk, id=11, name="医生")
        self.coordinator = person("coordinator", self.hospital.pk, id=12, name="专员")
        self.director = person("director", self.hospital.pk, id=13, name="院长")
        self.family_doctor = person("doctor", self.centre.pk, id=14, name="家医")
        self.village_doctor = person("village_doctor", self.village.pk, id=15, name="村医")
        self.other_coordinator = person("coordinator", self.second.pk, id=16, name="二院专员")


def schedule(county: County, *, at_id=None, kind="doctor", department="心内科", doctor="王主任", expert=False, **rest):
    return api.keep_schedule(
        actor=MACHINE,
        institution_id=at_id or county.hospital.pk,
        kind=kind,
        department=department,
        doctor="" if kind == "clinic" else doctor,
        expert=expert,
        **rest,
    )


def weekly(row, weekday, starts=time(8), ends=time(9), minutes=30, quota=2, since=date(2026, 1, 1), **rest):
    return api.add_pattern(row.pk, api.Hours(weekday, starts, ends, minutes, quota, since, **rest), actor=MACHINE)


def published(row, since=0, until=0):
    return api.publish(
        row.institution_id,
        since=TODAY + timedelta(days=since),
        until=TODAY + timedelta(days=until),
        actor=MACHINE,
        schedule_ids=[row.pk],
    )


def clinic(county, *, day=1, starts=time(8), ends=time(9), minutes=30, quota=2, **rest):
    """A schedule with one published session on a day; gives its slots by time."""
    row = schedule(county, **rest)
    weekly(row, (TODAY + timedelta(days=day)).isoweekday(), starts, ends, minutes, quota)
    published(row, day, day)
    return list(Slot.objects.filter(session__schedule=row).order_by("starts_at", "pool"))


def _village() -> int:
    found = directory.by_key("kunshan", "village")
    assert found is not None
    return found.id


def residents(count: int, *, first: int = 1, strangers: bool = False) -> list[int]:
    """Ids of as many people, whom the village clinic looks after; nobody does where they are strangers."""
    village = None if strangers else _village()
    rows = []
    for n in range(first, first + count):
        born = date(1950 + n % 60, 1 + n % 12, 1 + n % 28)
        number = index.id_number(born, 2 + 2 * (n % 400))
        rows.append(
            index.person(
                f"民{chr(0x4E00 + n * 7)}{chr(0x5200 + n * 11)}",
                born,
                "2",
                id_number=number,
                managing_institution_id=village,
            )
        )
    return index.register(*rows)


def as_resident(*resident_ids: int):
    return resident_actor("居民本人", resident_ids)


def case_of(view) -> Appointment:
    return Appointment.objects.unscoped("test").get(pk=view.id)


def holds_true() -> None:
    """Counters are what they count, and never above the quota."""
    for slot in Slot.objects.all():
        live = Appointment.objects.unscoped("test").filter(
            slot=slot, state__in=("booked", "checked_in", "done", "no_show")
        )
        assert slot.booked == live.count() <= slot.quota
