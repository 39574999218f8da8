"""The standing results of a month against the new ones, in the database: what differs is replaced, nothing is lost."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db import connection

from yigongti.domains.money.drg.models import GroupedClaim
from yigongti.kernel import clock

NULL = "\\N"
NEW = "drg_new"
STORED = [
    "claim_id", "record_no", "place", "settled_on", "service_start", "service_end", "source_id", "institution_id",
    "institution_name", "managing_id", "resident_id", "inside_county", "tier", "department", "insurance_kind", "code",
    "scheme", "mdc", "adrg", "drg", "status", "reason", "outlier", "low_risk", "weight_e4", "standard_fen",
    "whole_fen", "payment_fen", "total_fen", "fund_fen", "patient_fen", "stay_days", "merged_into", "special_id",
    "died",
]  # fmt: skip


@dataclass(frozen=True)
class Final:
    """What a case is paid in the end, where that is not what it is paid by itself."""

    outlier: str
    whole_fen: int
    payment_fen: int
    merged_into: int | None
    special_id: int | None


@dataclass(frozen=True)
class Span:
    """A month of a place."""

    place: str
    month: date

    @property
    def values(self) -> list[Any]:
        return [self.place, self.month, clock.next_month(self.month)]


@contextmanager
def new_results(rows: pl.DataFrame | None) -> Iterator[None]:
    """The new results of a month in a table of their own (``drg_new``) for as long as they are compared."""
    names = ", ".join(STORED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {NEW} ON COMMIT DROP AS"  # noqa: S608 (names of this file)
            f" SELECT {names} FROM {GroupedClaim._meta.db_table} WITH NO DATA"
        )
        if rows is not None and len(rows):
            text = io.BytesIO()
            rows.rename({"id": "claim_id", "happened_on": "settled_on"}).select(STORED).write_csv(
                text, include_header=False, quote_style="non_numeric", null_value=NULL
            )
            with cursor.copy(f"COPY {NEW} ({names}) FROM STDIN (FORMAT csv, NULL '{NULL}')") as copy:
                copy.write(text.getvalue())
        cursor.execute(f"CREATE UNIQUE INDEX ON {NEW} (claim_id)")
        cursor.execute(f"ANALYZE {NEW}")  # nothing else tells the planner that this is no small table
        yield
        cursor.execute(f"DROP TABLE {NEW}")


def amend_new(final: dict[int, Final]) -> None:
    """Write what cases of the month are paid in the end over what they are paid by themselves."""
    if not final:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {NEW} n SET (outlier, whole_fen, payment_fen, merged_into, special_id)"  # noqa: S608
            f" = (v.outlier, v.whole_fen, v.payment_fen, v.merged_into, v.special_id) FROM {_VALUES}"
            " WHERE n.claim_id = v.id",
            _columns(final),
        )


def replace_month(span: Span) -> int:
    """Bring the standing results of a month to ``drg_new``; how many came or went."""
    table, names, now = GroupedClaim._meta.db_table, ", ".join(STORED), clock.now()
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM g.{name}" for name in STORED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET stands = false, replaced_at = %s WHERE id IN ("  # noqa: S608
            f" SELECT g.id FROM {table} g LEFT JOIN {NEW} n ON n.claim_id = g.claim_id"
            " WHERE g.stands AND g.place = %s AND g.settled_on >= %s AND g.settled_on < %s"
            f" AND (n.claim_id IS NULL OR {differs}))",
            [now, *span.values],
        )
        gone = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({names}, grouped_at, stands) SELECT {names}, %s, true FROM {NEW} n"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT 1 FROM {table} g WHERE g.stands AND g.claim_id = n.claim_id)",
            [now],
        )
        return max(gone, cursor.rowcount)


def replace_elsewhere(final: dict[int, Final]) -> None:
    """Replace standing results of other months, by their own ids: only what they are paid differs."""
    if not final:
        return
    table, now = GroupedClaim._meta.db_table, clock.now()
    changed = {"outlier", "whole_fen", "payment_fen", "merged_into", "special_id"}
    taken = ", ".join(f"v.{name}" if name in changed else f"g.{name}" for name in STORED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET stands = false, replaced_at = %s WHERE id = ANY (%s)",  # noqa: S608
            [now, sorted(final)],
        )
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(STORED)}, grouped_at, stands)"  # noqa: S608
            f" SELECT {taken}, %s, true FROM {table} g JOIN {_VALUES} ON v.id = g.id",
            [now, *_columns(final)],
        )


_VALUES = (
    "unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"
    " v(id, outlier, whole_fen, payment_fen, merged_into, special_id)"
)


def _columns(final: dict[int, Final]) -> list[Any]:
    kept = list(final.values())
    return [
        list(final),
        [one.outlier for one in kept],
        [one.whole_fen for one in kept],
        [one.payment_fen for one in kept],
        [one.merged_into for one in kept],
        [one.special_id for one in kept],
    ]
