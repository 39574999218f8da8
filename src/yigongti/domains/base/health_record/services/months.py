"""The partitions of the facts: made when the first fact of a month comes in, without holding up readers or writers.

The present year and the two before it are cut by month, as they are reported, corrected and measured; older years have
a partition each, and all before 2015 share one. Every query on a resident plans over all partitions, so their number is
kept to some dozens.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from yigongti.kernel import clock

TABLE = "health_record_fact"
FIRST = date(2015, 1, 1)
"""Everything before this day lies in one partition (migration 0001)."""

YEARS_BY_MONTH = 2


def ensure_months(months: Iterable[date]) -> None:
    """Make the partitions these months lie in where they are missing, within the caller's transaction if there is one.

    A partition is built as a table of its own and then attached: attaching takes a lock that lets others read and write
    the other partitions. Two processes that need the same one wait for each other.
    """
    wanted = {clock.month_of(month) for month in months if month >= FIRST}
    if not wanted or not _uncovered(wanted):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{TABLE}.partitions"])
        for month in sorted(_uncovered(wanted)):
            if not _uncovered({month}):
                continue  # the year of an earlier one covers it
            name, start, end = _partition_for(month)
            cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
            cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", [start, end])


def _partition_for(month: date) -> tuple[str, date, date]:
    """Name and range of the partition to make: the year for an old month, unless some of its months have their own."""
    old = month.year < clock.today().year - YEARS_BY_MONTH
    months = [month.replace(month=m) for m in range(1, 13)]
    if old and not _existing(_by_month(m) for m in months):
        return _by_year(month), date(month.year, 1, 1), date(month.year + 1, 1, 1)
    return _by_month(month), month, clock.next_month(month)


def _by_month(month: date) -> str:
    return f"{TABLE}_{month:%Y_%m}"


def _by_year(month: date) -> str:
    return f"{TABLE}_{month:%Y}"


def _uncovered(months: set[date]) -> set[date]:
    """Those months that neither a partition of their own nor one of their year covers."""
    there = _existing(name for month in months for name in (_by_month(month), _by_year(month)))
    return {month for month in months if not {_by_month(month), _by_year(month)} & there}


def _existing(names: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NOT NULL", [list(names)])
        return {row[0] for row in cursor.fetchall()}
