"""Putting facts into the table, many at a time: what is new, what replaces, what was there already.

Works on canonical fact frames (FACT_SCHEMA). Keys known to the source are looked up first; what is new then goes
straight into the table by COPY, which costs half of a staging table and a join. An advisory lock per source keeps two
batches of one source from storing the same number twice.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db import connection

from yigongti.domains.base.health_record.services.months import ensure_months
from yigongti.kernel import clock
from yigongti.kernel.intake.api import MOMENT, REFUSAL, ROW

TEXTS = (
    "institution_name",
    "tier",
    "setting",
    "department",
    "practitioner",
    "patient_no",
    "encounter_no",
    "code_system",
    "code",
    "display",
    "value_text",
    "unit",
    "insurance_kind",
    "record_no",
)
"""Columns that hold "" where there is nothing; in frames that is null."""

FACT_SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "resident_id": pl.Int64(),
    "happened_on": pl.Date(),
    "happened_at": MOMENT,
    "ended_at": MOMENT,
    "source_id": pl.Int64(),
    "institution_id": pl.Int64(),
    "institution_name": pl.String(),
    "inside_county": pl.Boolean(),
    "tier": pl.String(),
    "setting": pl.String(),
    "department": pl.String(),
    "practitioner": pl.String(),
    "patient_no": pl.String(),
    "encounter_no": pl.String(),
    "code_system": pl.String(),
    "code": pl.String(),
    "display": pl.String(),
    "value": pl.String(),  # digits as sent: numeric in the database, never a float on the way
    "value_text": pl.String(),
    "unit": pl.String(),
    "total_fen": pl.Int64(),
    "fund_fen": pl.Int64(),
    "self_paid_fen": pl.Int64(),
    "insurance_kind": pl.String(),
    "tcm": pl.Boolean(),
    "detail": pl.String(),  # JSON
    "record_no": pl.String(),
    "content_hash": pl.String(),  # 32 hexadecimal digits
}


SEPARATOR = "\x1f"
"""Between the numbers of a look-up; intake refuses rows whose number holds a control character."""

_KNOWN = {"record_no": pl.String(), "known_id": pl.Int64(), "known_on": pl.Date(), "known_hash": pl.String()}
_LOOK_UP = """
    COPY (
        SELECT record_no, fact_id, happened_on, replace(content_hash::text, '-', '')
        FROM health_record_factkey
        WHERE source_id = %s AND kind = %s AND record_no = ANY (string_to_array(%s, %s))
    ) TO STDOUT (FORMAT csv)
"""


ROWS_AT_ONCE = 8_000


@dataclass(frozen=True)
class Written:
    """How many rows were new, replaced one that differed, were there already; the refused ones; the months changed."""

    stored: int
    updated: int
    unchanged: int
    refused: pl.DataFrame
    months: frozenset[date]


def write(facts: pl.DataFrame, *, kind: str, source_id: int, batch_id: int | None) -> Written:
    """Store facts of one kind from one source inside the caller's transaction. ``facts`` has ROW and FACT_SCHEMA.

    Rows of one call that carry the same number: equal ones count as one stored and the rest unchanged; differing ones
    are all refused, since nobody can say which is right.
    """
    facts, again, refused = _once_each(facts)
    if facts.is_empty():
        return Written(0, 0, again, refused, frozenset())
    months = _months(facts["happened_on"])
    _lock(source_id)  # before the months, always: so no two transactions can wait for each other
    ensure_months(months)
    known = _known(kind, source_id, facts["record_no"])
    if known.is_empty():
        _insert(facts, batch_id)
        return Written(facts.height, 0, again, refused, frozenset(months))
    joined = facts.join(known, on="record_no", how="left", maintain_order="left")
    fresh = joined.filter(pl.col("known_id").is_null()).drop(known.columns[1:])
    changed = joined.filter(pl.col("known_id").is_not_null() & (pl.col("known_hash") != pl.col("content_hash")))
    months = _months(fresh["happened_on"])
    if fresh.height:
        _insert(fresh, batch_id)
    if changed.height:
        _supersede(changed, kind, source_id, batch_id)
        months |= _months(changed["happened_on"]) | _months(changed["known_on"])
    unchanged = facts.height - fresh.height - changed.height + again
    return Written(fresh.height, changed.height, unchanged, refused, frozenset(months))


def _months(days: pl.Series) -> set[date]:
    return set(days.dt.month_start().unique().to_list())


def _once_each(facts: pl.DataFrame) -> tuple[pl.DataFrame, int, pl.DataFrame]:
    """One row per number, how many equal ones were left out, and refusals of those that differ."""
    refused = pl.DataFrame(schema=REFUSAL)
    if facts["record_no"].n_unique() == facts.height:
        return facts, 0, refused
    differing = facts.group_by("record_no").agg(pl.col("content_hash").n_unique().alias("n")).filter(pl.col("n") > 1)
    if differing.height:
        bad = facts.join(differing, on="record_no", how="semi", maintain_order="left")
        refused = bad.select(
            ROW,
            pl.lit("same_number").alias("code"),
            pl.lit(None, pl.String()).alias("column"),
            pl.lit(None, pl.String()).alias("value"),
        )
        facts = facts.join(differing, on="record_no", how="anti", maintain_order="left")
    once = facts.unique("record_no", keep="first", maintain_order=True)
    return once, facts.height - once.height, refused


def _lock(source_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"health_record.{source_id}"])


def _known(kind: str, source_id: int, numbers: pl.Series) -> pl.DataFrame:
    """The facts that now stand for these numbers: record_no, known_id, known_on, known_hash."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM health_record_factkey WHERE source_id = %s AND kind = %s)", [source_id, kind]
        )
        if not cursor.fetchone()[0]:
            return pl.DataFrame(schema=_KNOWN)
        text = io.BytesIO()
        query = cursor.mogrify(_LOOK_UP, [source_id, kind, _joined(numbers, SEPARATOR), SEPARATOR])
        with cursor.copy(query) as copy:  # Django's cursor for debugging takes no parameters here
            for block in copy:
                text.write(block)
    if text.tell() == 0:
        return pl.DataFrame(schema=_KNOWN)
    text.seek(0)
    return pl.read_csv(text, has_header=False, schema=_KNOWN, empty_string_is_null=False)


def _insert(facts: pl.DataFrame, batch_id: int | None) -> pl.DataFrame:
    """Store new facts and their keys; returns them with their ids."""
    numbered = _numbered(facts)
    _copy_facts(numbered, batch_id)
    _copy_keys(numbered)
    return numbered


def _numbered(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with ids from the table's sequence, by month, so that each partition is filled in one go, and by
    resident, so that its index is filled in order and what is read together lies together."""
    first = reserve_ids(facts.height)
    ids = pl.int_range(first, first + facts.height, dtype=pl.Int64).alias("id")
    by = pl.col("happened_on").dt.month_start(), pl.col("resident_id")
    return facts.sort(by, maintain_order=True).with_columns(ids)


def reserve_ids(count: int) -> int:
    """The first of so many consecutive ids from the table's sequence. Whoever adds a fact takes its id here: a plain
    ``nextval`` of somebody else could fall among those just taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('health_record.ids', 0))")
        try:
            cursor.execute(
                "SELECT setval(seq, nextval(seq) + %s - 1) - %s + 1 "
                "FROM (SELECT pg_get_serial_sequence('health_record_fact', 'id')::regclass AS seq) AS its",
                [count, count],
            )
            return int(cursor.fetchone()[0])
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('health_record.ids', 0))")


def _copy_facts(facts: pl.DataFrame, batch_id: int | None) -> None:
    used = [name for name in FACT_SCHEMA if facts[name].null_count() < facts.height]  # the rest has its default
    rows = facts.select(
        "id",
        *used,
        pl.lit(batch_id, pl.Int64()).alias("batch_id"),
        pl.lit(clock.now().isoformat()).alias("recorded_at"),
    )
    _copy("health_record_fact", rows, force_not_null=[name for name in TEXTS if name in used])


def _copy_keys(facts: pl.DataFrame) -> None:
    keys = facts.select("source_id", "kind", "record_no", pl.col("id").alias("fact_id"), "happened_on", "content_hash")
    _copy("health_record_factkey", keys.sort("record_no"))


def _copy(table: str, rows: pl.DataFrame, force_not_null: Sequence[str] = ()) -> None:
    options = ["FORMAT csv"]
    if force_not_null:
        options.append(f"FORCE_NOT_NULL ({', '.join(force_not_null)})")
    statement = f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN ({', '.join(options)})"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for some in rows.iter_slices(ROWS_AT_ONCE):  # the server reads one piece while the next is being written
            text = io.BytesIO()
            some.write_csv(text, include_header=False, datetime_format="%Y-%m-%dT%H:%M:%S%z")
            copy.write(text.getbuffer())


def _supersede(changed: pl.DataFrame, kind: str, source_id: int, batch_id: int | None) -> None:
    """Store what replaces known facts, mark those as superseded, and point the keys at the new ones."""
    numbered = _numbered(changed)
    _copy_facts(numbered, batch_id)
    with connection.cursor() as cursor:
        # Month by month, so that the planner looks into one partition only. A fact withdrawn by hand stays withdrawn;
        # what the source says now stands beside it.
        for (month,), part in numbered.group_by(pl.col("known_on").dt.truncate("1mo")):
            cursor.execute(
                """
                UPDATE health_record_fact fact SET superseded_by = new.id
                FROM unnest(string_to_array(%s, ',')::bigint[], string_to_array(%s, ',')::bigint[]) AS new(known_id, id)
                WHERE fact.happened_on >= %s AND fact.happened_on < %s
                  AND fact.id = new.known_id AND fact.superseded_by IS NULL
                """,
                [_joined(part["known_id"], ","), _joined(part["id"], ","), month, clock.next_month(month)],
            )
        cursor.execute(
            """
            UPDATE health_record_factkey key
            SET fact_id = new.id, happened_on = new.happened_on, content_hash = new.hash
            FROM unnest(
                string_to_array(%s, %s), string_to_array(%s, ',')::bigint[],
                string_to_array(%s, ',')::date[], string_to_array(%s, ',')::uuid[]
            ) AS new(record_no, id, happened_on, hash)
            WHERE key.source_id = %s AND key.kind = %s AND key.record_no = new.record_no
            """,
            [
                _joined(numbered["record_no"], SEPARATOR),
                SEPARATOR,
                *(_joined(numbered[name], ",") for name in ("id", "happened_on", "content_hash")),
                source_id,
                kind,
            ],
        )


def _joined(values: pl.Series, separator: str) -> str:
    """Many values as one text: the server splits it far faster than a client quotes an array."""
    return str(values.cast(pl.String()).str.join(separator).item())
