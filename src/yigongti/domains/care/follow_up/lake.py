"""What is published for measuring: each follow-up in the month it was due, and whether it was done in time."""

from collections.abc import Iterable

import pyarrow as pa

from yigongti.domains.base.residents import api as residents
from yigongti.domains.base.residents.api import MergeUndone, ResidentHandedOver, ResidentsMerged
from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.kernel.events import subscribe
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
        WITH RECURSIVE person AS (
            SELECT id AS of, id, merged_into_id, managing_institution_id FROM residents_resident
            WHERE id IN (
                SELECT resident_id FROM follow_up_followup WHERE due_on >= %(start)s AND due_on < %(end)s
            )
            UNION ALL
            SELECT p.of, r.id, r.merged_into_id, r.managing_institution_id
            FROM person p JOIN residents_resident r ON r.id = p.merged_into_id
        )
        SELECT f.id, o.place, f.due_on, coalesce(r.id, f.resident_id), r.managing_institution_id, f.asked_by_id,
               f.institution_id,
               coalesce(nullif(o.short_name, ''), o.name), '', '', f.reason, f.state,
               coalesce(f.state = 'done' AND f.done_on <= f.due_on, false)
        FROM follow_up_followup f
        JOIN organisation_organisation o ON o.id = f.institution_id
        LEFT JOIN person r ON r.of = f.resident_id AND r.merged_into_id IS NULL
        WHERE f.due_on >= %(start)s AND f.due_on < %(end)s AND f.state <> 'dropped'
        ORDER BY f.due_on, f.id
        """,
    )
)
"""Reads the directory and the master index by their tables. One no longer wanted is not counted."""


def mark_changed(cases: Iterable[FollowUp]) -> None:
    """Have the months these are due in published again, in the transaction that changed them."""
    mark_stale(FOLLOW_UPS.name, [case.due_on for case in cases])


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    _mark_person(event.absorbed_id)


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    _mark_person(event.absorbed_id)


@subscribe(ResidentHandedOver, within=True)
def _handed_over(event: ResidentHandedOver) -> None:
    _mark_person(event.resident_id)


def _mark_person(resident_id: int) -> None:
    """Who somebody is, or who looks after them, has changed."""
    rows = FollowUp.objects.unscoped("figures name no reader").filter(resident_id__in=residents.cluster(resident_id))
    mark_changed(rows)
