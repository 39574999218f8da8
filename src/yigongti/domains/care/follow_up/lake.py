"""What is published for measuring: each follow-up in the month it was due, and whether it was done in time."""

from collections.abc import Iterable

import pyarrow as pa

from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("resident_id", pa.int64(), nullable=False),
        pa.field("managing_id", pa.int64()),
        pa.field("source_id", pa.int64()),
        pa.field("institution_id", pa.int64(), nullable=False),
        pa.field("institution_name", pa.string(), nullable=False),
        pa.field("setting", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("in_time", pa.bool_(), nullable=False),
    ]
)

FOLLOW_UPS = register_dataset(
    Dataset(
        "follow_ups",
        SCHEMA,
        """
        SELECT f.id, o.place, f.due_on, f.resident_id, r.managing_institution_id, f.asked_by_id, f.institution_id,
               coalesce(nullif(o.short_name, ''), o.name), '', '', f.reason, f.state,
               coalesce(f.state = 'done' AND f.done_on <= f.due_on, false)
        FROM follow_up_followup f
        JOIN organisation_organisation o ON o.id = f.institution_id
        LEFT JOIN residents_resident r ON r.id = f.resident_id
        WHERE f.due_on >= %(start)s AND f.due_on < %(end)s AND f.state <> 'dropped'
        ORDER BY f.due_on, f.id
        """,
    )
)
"""Reads the directory and the master index by their tables. One no longer wanted is not counted."""


def mark_changed(cases: Iterable[FollowUp]) -> None:
    """Have the months these are due in published again, in the transaction that changed them."""
    mark_stale(FOLLOW_UPS.name, [case.due_on for case in cases])
