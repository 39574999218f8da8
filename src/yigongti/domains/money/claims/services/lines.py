"""Storing charge lines in bulk: the new by COPY, what a payer says anew supersedes, the same again changes nothing."""

import io
from hashlib import blake2b

import polars as pl
from django.db import connection

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel import clock
from yigongti.kernel.intake.api import REFUSAL, ROW, Stored, Storing
from yigongti.kernel.privacy.api import key

PAYERS = frozenset({"insurance_body", "city", "county"})
"""As with settlements (ADR 13): the same bill told by two would count twice."""

HASH = "content_hash"
SENT = ("item_code", "item_name", "category", "quantity", "unit_price_yuan", "amount_fen", "charged_on", "pay_class")
SEPARATOR = "\x1f"
_KEY = ["claim_no", "line_no"]
_KNOWN = {
    "claim_no": pl.String(), "line_no": pl.String(), "known_id": pl.Int64(), "known_on": pl.Date(),
    "known_hash": pl.String(),
}  # fmt: skip


def prepare(frame: pl.DataFrame) -> pl.DataFrame:
    """What can be done before the chunk's turn comes: a keyed hash of what was said of each line."""
    text = pl.concat_str(
        [pl.lit(f"{name}=") + pl.col(name).cast(pl.String()) for name in SENT], separator=SEPARATOR, ignore_nulls=True
    )
    begun = blake2b(digest_size=16, key=key("claim-line"))
    found = []
    for said in frame.select(text.cast(pl.Binary()).alias("text"))["text"].to_list():
        one = begun.copy()
        one.update(said)
        found.append(one.digest())
    return frame.with_columns(pl.Series(HASH, found, pl.Binary()).bin.encode("hex"))


def store(frame: pl.DataFrame, storing: Storing) -> Stored:
    """Store one checked frame of lines in the caller's transaction."""
    if _sender_kind(storing) not in PAYERS:
        return Stored(0, 0, 0, _refusals(frame, "not_a_payer", "claim_no"))
    lines, again, refused = _once_each(frame)
    if lines.is_empty():
        return Stored(0, 0, again, refused)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"claims.lines.{storing.source_id}"])
    joined = lines.join(_known(storing.source_id, lines["claim_no"].unique()), on=_KEY, how="left")
    fresh = joined.filter(pl.col("known_id").is_null())
    changed = joined.filter(pl.col("known_id").is_not_null() & (pl.col("known_hash") != pl.col(HASH)))
    moved = pl.concat([fresh, changed])
    if moved.height:
        first = _reserve(moved.height)
        moved = moved.with_columns(pl.int_range(first, first + moved.height, dtype=pl.Int64).alias("id"))
        _supersede(moved.filter(pl.col("known_id").is_not_null()))
        _copy(moved, storing)
    days = pl.concat([moved["charged_on"], changed["known_on"]])
    return Stored(
        stored=fresh.height,
        updated=changed.height,
        unchanged=lines.height - moved.height + again,
        refused=refused,
        months=frozenset(days.dt.month_start().unique().to_list()),
    )


def _sender_kind(storing: Storing) -> str:
    kind = storing.memory.get("sender_kind")
    if kind is None:
        kind = organisation.get_many([storing.source_id])[storing.source_id].kind
        storing.memory["sender_kind"] = kind
    return str(kind)


def _refusals(rows: pl.DataFrame, code: str, column: str | None) -> pl.DataFrame:
    return rows.select(
        ROW,
        pl.lit(code).alias("code"),
        pl.lit(column, pl.String()).alias("column"),
        (pl.col(column) if column else pl.lit(None, pl.String())).alias("value"),
    ).cast(REFUSAL)  # type: ignore[arg-type]


def _once_each(frame: pl.DataFrame) -> tuple[pl.DataFrame, int, pl.DataFrame]:
    """One row per line, how many equal ones were left out, and refusals of those that differ."""
    differing = frame.group_by(_KEY).agg(pl.col(HASH).n_unique().alias("n")).filter(pl.col("n") > 1)
    bad = frame.join(differing, on=_KEY, how="semi", maintain_order="left")
    good = frame.join(differing, on=_KEY, how="anti", maintain_order="left")
    once = good.unique(_KEY, keep="first", maintain_order=True)
    return once, good.height - once.height, _refusals(bad, "same_number", None)


def _known(source_id: int, claims: pl.Series) -> pl.DataFrame:
    """The lines that stand for these settlements."""
    text = io.BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(
            "COPY (SELECT claim_no, line_no, id, charged_on, replace(content_hash::text, '-', '')"
            " FROM claims_chargeline WHERE source_id = %s AND superseded_by IS NULL"
            " AND claim_no = ANY (string_to_array(%s, %s))) TO STDOUT (FORMAT csv)",
            [source_id, claims.str.join(SEPARATOR).item(), SEPARATOR],
        )
        with cursor.copy(query) as copy:
            for block in copy:
                text.write(block)
    if text.tell() == 0:
        return pl.DataFrame(schema=_KNOWN)
    text.seek(0)
    return pl.read_csv(text, has_header=False, schema=_KNOWN, empty_string_is_null=False)


def _reserve(count: int) -> int:
    """The first of so many consecutive ids of the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('claims.line_ids', 0))")
        cursor.execute(
            "SELECT setval(seq, nextval(seq) + %s - 1) - %s + 1"
            " FROM (SELECT pg_get_serial_sequence('claims_chargeline', 'id')::regclass AS seq) AS its",
            [count, count],
        )
        return int(cursor.fetchone()[0])


def _supersede(changed: pl.DataFrame) -> None:
    if changed.is_empty():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claims_chargeline line SET superseded_by = new.id"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS new(known_id, id) WHERE line.id = new.known_id",
            [changed["known_id"].to_list(), changed["id"].to_list()],
        )


def _copy(lines: pl.DataFrame, storing: Storing) -> None:
    rows = lines.select(
        "id",
        pl.lit(storing.source_id).alias("source_id"),
        *_KEY,
        pl.col("item_code").fill_null(""),
        "item_name",
        "category",
        "quantity",
        pl.col("unit_price_yuan").alias("unit_price"),
        "amount_fen",
        "charged_on",
        pl.col("pay_class").fill_null(""),
        HASH,
        pl.lit(storing.batch_id, pl.Int64()).alias("batch_id"),
        pl.lit(clock.now().isoformat()).alias("recorded_at"),
    ).sort("charged_on", "claim_no", "line_no")
    text = io.BytesIO()
    rows.write_csv(text, include_header=False)
    statement = (
        f"COPY claims_chargeline ({', '.join(rows.columns)}) FROM STDIN"
        " (FORMAT csv, FORCE_NOT_NULL (item_code, pay_class))"
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getbuffer())
