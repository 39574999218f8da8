"""Who left hospital lately: for those who see to it that somebody looks after them."""

from dataclasses import dataclass
from datetime import date, timedelta

from yigongti.domains.base.health_record.models import Fact, FactKind, Setting
from yigongti.kernel import clock

LONGEST_STAY = timedelta(days=180)


@dataclass(frozen=True)
class Discharge:
    """A stay that ended: ``resident_id`` is the entry it came in under, ``on`` the day of discharge."""

    fact_id: int
    resident_id: int
    institution_id: int
    on: date
    code: str
    diagnosis: str


def discharges(*, since: date, until: date) -> list[Discharge]:
    """Stays in institutions of the place that ended between two days, both included, the earliest first.

    Names no reader: the platform itself asks, to open what has to be done. A stay of more than 180 days is not found.
    """
    rows = (
        Fact.objects.unscoped("the platform sees to it that nobody is forgotten")
        .filter(
            kind=FactKind.ENCOUNTER,
            setting=Setting.INPATIENT,
            institution_id__isnull=False,
            superseded_by=None,
            happened_on__range=(since - LONGEST_STAY, until),
            ended_at__gte=clock.midnight(since),
            ended_at__lt=clock.midnight(until + timedelta(days=1)),
        )
        .order_by("ended_at", "id")
        .values_list("id", "resident_id", "institution_id", "ended_at", "code", "display")
    )
    return [
        Discharge(pk, resident_id, institution_id, ended_at.astimezone(clock.ZONE).date(), code, display)
        for pk, resident_id, institution_id, ended_at, code, display in rows
    ]
