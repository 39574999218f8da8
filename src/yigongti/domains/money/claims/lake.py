"""What is published: charge lines by the month they were charged; and reading claims and lines back, side by side.

A line names its claim by number: ``claim_items.claim_no`` is the ``claims.record_no`` of the same ``source_id``.
"""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from ibis.backends.duckdb import Backend

from yigongti.kernel.lake.api import Dataset, Snapshot, mark_stale, register_dataset, table

LINES = "claim_items"

LINE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("source_id", pa.int64(), nullable=False),
        pa.field("claim_no", pa.string(), nullable=False),
        pa.field("line_no", pa.string(), nullable=False),
        pa.field("item_code", pa.string(), nullable=False),
        pa.field("item_name", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("quantity", pa.decimal128(14, 4)),
        pa.field("unit_price", pa.decimal128(14, 4)),
        pa.field("amount_fen", pa.int64(), nullable=False),
        pa.field("pay_class", pa.string(), nullable=False),
    ]
)
"""``unit_price`` in yuan."""

register_dataset(
    Dataset(
        LINES,
        LINE_SCHEMA,
        """
        SELECT line.id, sender.place, line.charged_on, line.source_id, line.claim_no, line.line_no, line.item_code,
               line.item_name, line.category, line.quantity, line.unit_price, line.amount_fen, line.pay_class
        FROM claims_chargeline line JOIN organisation_organisation sender ON sender.id = line.source_id
        WHERE line.charged_on >= %(start)s AND line.charged_on < %(end)s AND line.superseded_by IS NULL
        ORDER BY line.charged_on, line.id
        """,
    )
)


def mark_lines_changed(months: Iterable[date]) -> None:
    """Have these months of charge lines published again, in the transaction that changed them."""
    mark_stale(LINES, months)


def view(backend: Backend, name: str, snapshot: Snapshot) -> None:
    """Make a snapshot readable in SQL under a name, on the caller's engine."""
    backend.create_view(name, table(backend, snapshot), overwrite=True)
