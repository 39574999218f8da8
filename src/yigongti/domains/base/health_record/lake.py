"""What is published for measuring: claims and encounters, one row each, with what measures group and narrow by.

``resident_id`` is the person: the entry a merged one finally stands for; ``managing_id`` the institution that looks
after them today; ``category`` the three-character ICD-10 category, "" for what is not coded so. A fact that
was superseded is not published.
"""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from django.db import connection

from yigongti.domains.base.residents.api import MergeUndone, ResidentHandedOver, ResidentsMerged, cluster
from yigongti.kernel.events import subscribe
from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("resident_id", pa.int64(), nullable=False),
        pa.field("managing_id", pa.int64()),
        pa.field("source_id", pa.int64(), nullable=False),
        pa.field("institution_id", pa.int64()),
        pa.field("institution_name", pa.string(), nullable=False),
        pa.field("inside_county", pa.bool_(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("setting", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("total_fen", pa.int64()),
        pa.field("fund_fen", pa.int64()),
        pa.field("self_paid_fen", pa.int64()),
        pa.field("insurance_kind", pa.string(), nullable=False),
        pa.field("tcm", pa.bool_()),
    ]
)

_SELECT = """
    WITH RECURSIVE chain AS (
        SELECT id, merged_into_id FROM residents_resident WHERE merged_into_id IS NOT NULL
        UNION ALL
        SELECT chain.id, further.merged_into_id
        FROM chain JOIN residents_resident further ON further.id = chain.merged_into_id
        WHERE further.merged_into_id IS NOT NULL
    ), merged AS (
        SELECT chain.id, whole.id AS whole_id, whole.managing_institution_id
        FROM chain JOIN residents_resident whole ON whole.id = chain.merged_into_id AND whole.merged_into_id IS NULL
    )
    SELECT fact.id, sender.place, fact.happened_on, coalesce(merged.whole_id, fact.resident_id),
           coalesce(merged.managing_institution_id, resident.managing_institution_id),
           fact.source_id, fact.institution_id,
           coalesce(nullif(institution.short_name, ''), institution.name, fact.institution_name),
           fact.inside_county, fact.tier, fact.setting, fact.code,
           CASE WHEN fact.code_system LIKE 'icd10%%'
                THEN coalesce(substring(upper(fact.code) FROM '^[A-Z][0-9]{{2}}'), '') ELSE '' END,
           fact.total_fen, fact.fund_fen, fact.self_paid_fen, fact.insurance_kind, fact.tcm
    FROM health_record_fact fact
    JOIN organisation_organisation sender ON sender.id = fact.source_id
    LEFT JOIN organisation_organisation institution ON institution.id = fact.institution_id
    LEFT JOIN residents_resident resident ON resident.id = fact.resident_id
    LEFT JOIN merged ON merged.id = fact.resident_id
    WHERE fact.happened_on >= %(start)s AND fact.happened_on < %(end)s
      AND fact.kind = '{kind}' AND fact.superseded_by IS NULL
    ORDER BY fact.happened_on, fact.id
"""
"""Reads the directory and the master index by their tables: a month is joined where it lies, not row by row."""

CLAIMS = register_dataset(Dataset("claims", SCHEMA, _SELECT.format(kind="claim")))
ENCOUNTERS = register_dataset(Dataset("encounters", SCHEMA, _SELECT.format(kind="encounter")))


_PUBLISHED = {"claim": CLAIMS, "encounter": ENCOUNTERS}


def mark_changed(kind: str, months: Iterable[date]) -> None:
    """Have these months of a kind of fact published again, in the transaction that changed them."""
    if kind in _PUBLISHED:
        mark_stale(_PUBLISHED[kind].name, months)


def mark_residents_changed(resident_ids: Iterable[int]) -> None:
    """Have the months published again in which these residents have facts: who looks after them may have changed."""
    ids = sorted(set(resident_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT kind, date_trunc('month', happened_on)::date FROM health_record_fact"
            " WHERE resident_id = ANY(%s) AND kind = ANY(%s) AND superseded_by IS NULL",
            [ids, list(_PUBLISHED)],
        )
        rows = cursor.fetchall()
    for kind in _PUBLISHED:
        mark_changed(kind, [month for of, month in rows if of == kind])


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    mark_residents_changed(cluster(event.absorbed_id))


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    mark_residents_changed(cluster(event.absorbed_id))


@subscribe(ResidentHandedOver, within=True)
def _handed_over(event: ResidentHandedOver) -> None:
    mark_residents_changed(cluster(event.resident_id))
