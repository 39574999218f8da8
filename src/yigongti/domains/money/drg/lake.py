"""What is published: one row for each inpatient claim that stands, with its group, weight and payment by the group.

``id`` is the claim's. ``weight_e4``: relative weight × 10,000, 0 without one. ``standard_fen``: weight × rate ×
coefficient; ``payment_fen``: what the fund pays by the group; ``total_fen``, ``fund_fen``: as the claim was settled,
less what was taken back of it in part.
``outlier``: what it is paid as (formulas.Kind).
"""

import pyarrow as pa

from yigongti.kernel.lake.api import Dataset, register_dataset

DATASET = "drg_cases"

_COLUMNS: tuple[tuple[str, pa.DataType, bool, str], ...] = (
    ("id", pa.int64(), False, "claim_id"),
    ("place", pa.string(), False, "place"),
    ("happened_on", pa.date32(), False, "settled_on"),
    ("resident_id", pa.int64(), False, "resident_id"),
    ("managing_id", pa.int64(), True, "managing_id"),
    ("source_id", pa.int64(), False, "source_id"),
    ("institution_id", pa.int64(), True, "institution_id"),
    ("institution_name", pa.string(), False, "institution_name"),
    ("inside_county", pa.bool_(), False, "inside_county"),
    ("tier", pa.string(), False, "tier"),
    ("setting", pa.string(), False, "'inpatient'"),
    ("code", pa.string(), False, "code"),
    ("category", pa.string(), False, "coalesce(substring(upper(code) FROM '^[A-Z][0-9]{2}'), '')"),
    ("department", pa.string(), False, "department"),
    ("service_end", pa.date32(), True, "service_end"),
    ("mdc", pa.string(), False, "mdc"),
    ("adrg", pa.string(), False, "adrg"),
    ("drg", pa.string(), False, "drg"),
    ("status", pa.string(), False, "status"),
    ("weight_e4", pa.int64(), False, "weight_e4"),
    ("standard_fen", pa.int64(), False, "standard_fen"),
    ("payment_fen", pa.int64(), False, "payment_fen"),
    ("total_fen", pa.int64(), False, "total_fen"),
    ("fund_fen", pa.int64(), False, "fund_fen"),
    ("stay_days", pa.int32(), False, "stay_days"),
    ("died", pa.bool_(), True, "died"),
    ("outlier", pa.string(), False, "outlier"),
    ("low_risk", pa.bool_(), False, "low_risk"),
    ("insurance_kind", pa.string(), False, "insurance_kind"),
    ("scheme", pa.string(), False, "scheme"),
)

SCHEMA = pa.schema([pa.field(name, kind, nullable=nullable) for name, kind, nullable, _ in _COLUMNS])

register_dataset(
    Dataset(
        DATASET,
        SCHEMA,
        f"""
        SELECT {", ".join(column for _, _, _, column in _COLUMNS)} FROM drg_groupedclaim
        WHERE stands AND settled_on >= %(start)s AND settled_on < %(end)s
        ORDER BY settled_on, claim_id
        """,  # noqa: S608 (constants of this file)
    )
)
