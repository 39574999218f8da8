"""The partitions of the facts: made when the first fact of a month comes in, without holding up readers or writers."""

from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from yigongti.kernel import clock

FIRST_MONTH = date(2015, 1, 1)
"""Months from here on have a partition each; everything before shares one (migration 0001)."""


def ensure_months(months: Iterable[date]) -> None:
    """Make the partitions of these months where they are missing, within the caller's transaction if there is one.

    A partition is built as a table of its own and then attached: attaching takes a lock that lets others read and write
    the other months. Two processes that need the same month wait for each other.
    """
    wanted = {f"health_record_fact_{m:%Y_%m}": m.replace(day=1) for m in months if m >= FIRST_MONTH}
    if not wanted or not _missing(wanted):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('health_record.months', 0))")
        for name in _missing(wanted):
            cursor.execute(f"CREATE TABLE {name} (LIKE health_record_fact INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
            cursor.execute(
                f"ALTER TABLE health_record_fact ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)",
                [wanted[name], clock.next_month(wanted[name])],
            )


def _missing(names: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NULL", [list(names)])
        return sorted(row[0] for row in cursor.fetchall())
