"""How much of a record is from when, where and of what kind: one query over all months, so that others read few.

The table of facts has a partition for each month. A query that doesn't say which months it means looks into every one
of them, which costs more than reading a page of facts; so it is asked once, and its answer says where to look.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from yigongti.domains.base.health_record.models import FactKind
from yigongti.kernel import clock

SYSTOLIC, DIASTOLIC = ("8480-6",), ("8462-4",)
GLUCOSE = ("14771-0", "1558-6", "14749-6", "15074-8", "2339-0", "2345-7")
"""LOINC: fasting plasma glucose in mmol/L, the same in mg/dL, then glucose without saying fasting."""
MEASURED = (SYSTOLIC, DIASTOLIC, GLUCOSE)

_OVERVIEW = """
    SELECT kind, institution_id, institution_name, date_trunc('month', happened_on::timestamp)::date,
        CASE WHEN kind = %(observation)s AND value IS NOT NULL AND code = ANY(%(codes)s) THEN code ELSE '' END AS of,
        CASE WHEN kind = %(observation)s AND value IS NOT NULL AND code = ANY(%(codes)s) THEN unit ELSE '' END AS unit,
        count(*)
    FROM health_record_fact
    WHERE resident_id = ANY(%(entries)s) AND superseded_by IS NULL
    GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Facts of one kind from one place in one month; ``code`` and ``unit`` where they are readings of a trend."""

    kind: str
    institution_id: int | None
    institution_name: str
    month: date
    code: str
    unit: str
    count: int


@dataclass(frozen=True)
class Window:
    """Days (both included) that hold what is asked for, and how many facts of them to pass over, newest first."""

    first: date
    last: date
    skip: int

    @property
    def days(self) -> tuple[date, date]:
        return self.first, self.last


def overview(entries: tuple[int, ...]) -> list[Part]:
    """What stands in the record of a person, by the entries of the index that are the person.

    For readers who have been let through: it names no reader.
    """
    codes = [code for codes in MEASURED for code in codes]
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, {"entries": list(entries), "codes": codes, "observation": FactKind.OBSERVATION.value})
        return [Part(*row) for row in cursor.fetchall()]


def window(parts: Iterable[Part], offset: int, limit: int) -> Window:
    """The months that hold the facts from ``offset`` on, newest first, ``limit`` of them."""
    first = last = None
    counts = _by_month(parts)
    skip, held = offset, 0
    for month in sorted(counts, reverse=True):
        if last is None and counts[month] <= skip:
            skip -= counts[month]
            continue
        last = last or month
        first = month
        held += counts[month]
        if held >= skip + limit:
            break
    return _window(first, last, skip)


def whole_window(parts: Iterable[Part], offset: int) -> Window:
    """All months there are: for what can't be counted beforehand."""
    months = [part.month for part in parts]
    return _window(min(months, default=None), max(months, default=None), offset)


def readings_since(parts: Iterable[Part], wanted: int) -> date | None:
    """The first day of the months that hold the newest ``wanted`` readings of each trend; None without any reading.

    A trend goes on in the code and unit of its newest reading. When its newest month has several, all are looked for.
    """
    parts = [part for part in parts if part.code]
    since = None
    for codes in MEASURED:
        of_trend = [part for part in parts if part.code in codes]
        newest = max((part.month for part in of_trend), default=None)
        for code, unit in {(part.code, part.unit) for part in of_trend if part.month == newest}:
            found = window((p for p in of_trend if (p.code, p.unit) == (code, unit)), 0, wanted).first
            since = found if since is None else min(since, found)
    return since


def _by_month(parts: Iterable[Part]) -> Counter[date]:
    counts: Counter[date] = Counter()
    for part in parts:
        counts[part.month] += part.count
    return counts


def _window(first: date | None, last: date | None, skip: int) -> Window:
    if first is None or last is None:
        return Window(date.min, date.min, 0)
    return Window(first, clock.next_month(last) - timedelta(days=1), skip)
