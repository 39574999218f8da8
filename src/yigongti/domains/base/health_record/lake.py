"""What the health record publishes for measuring: visits as members report them, and what insurance settled.

The person and the place are joined while publishing, so that a measure needs one table only: ``managing_id`` is the
institution that looks after the person today, ``place`` the source's, ``category`` the three characters of ICD-10.
"""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

_COLUMNS = """
    SELECT fact.id, fact.happened_on, source.place, fact.resident_id, person.managing_institution_id,
           fact.source_id, fact.institution_id,
           coalesce(nullif(fact.institution_name, ''), nullif(institution.short_name, ''), institution.name, ''),
           fact.inside_county, fact.tier, fact.setting, left(upper(fact.code), 3), fact.tcm,
           fact.total_fen, fact.fund_fen, fact.self_paid_fen, fact.insurance_kind
    FROM health_record_fact fact
    JOIN organisation_organisation source ON source.id = fact.source_id
    LEFT JOIN organisation_organisation institution ON institution.id = fact.institution_id
    LEFT JOIN residents_resident sent ON sent.id = fact.resident_id
    LEFT JOIN residents_resident person ON person.id = coalesce(sent.merged_into_id, sent.id)
    WHERE fact.kind = '{kind}' AND fact.superseded_by IS NULL
      AND fact.happened_on >= %(start)s AND fact.happened_on < %(end)s
    ORDER BY fact.happened_on, fact.id
"""

_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("happened_on", pa.date32()),
        ("place", pa.string()),
        ("resident_id", pa.int64()),
        ("managing_id", pa.int64()),
        ("source_id", pa.int64()),
        ("institution_id", pa.int64()),
        ("institution_name", pa.string()),
        ("inside_county", pa.bool_()),
        ("tier", pa.string()),
        ("setting", pa.string()),
        ("category", pa.string()),
        ("tcm", pa.bool_()),
        ("total_fen", pa.int64()),
        ("fund_fen", pa.int64()),
        ("self_paid_fen", pa.int64()),
        ("insurance_kind", pa.string()),
    ]
)

ENCOUNTERS = register_dataset(Dataset("encounters", _SCHEMA, _COLUMNS.format(kind="encounter")))
CLAIMS = register_dataset(Dataset("claims", _SCHEMA, _COLUMNS.format(kind="claim")))

_PUBLISHED = {"encounter": ENCOUNTERS.name, "claim": CLAIMS.name}


def mark(kind: str, months: Iterable[date]) -> None:
    """Say, in the transaction that stores or replaces facts of a kind, which months changed."""
    if kind in _PUBLISHED:
        mark_stale(_PUBLISHED[kind], months)
