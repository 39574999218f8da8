"""What is published: charge lines by the month they were charged; how claims out of the county stand to referral
certificates, by the claim's month; and reading them back, side by side.

A line names its claim by number: ``claim_items.claim_no`` is the ``claims.record_no`` of the same ``source_id``.
``claim_referrals.id`` is the ``claims.id``.
"""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from ibis.backends.duckdb import Backend

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents.api import MergeUndone, ResidentsMerged, cluster
from yigongti.domains.care.referrals.events import ReferralCertified, ReferralClosed
from yigongti.kernel.events import subscribe
from yigongti.kernel.lake.api import Dataset, Snapshot, mark_stale, register_dataset, table

LINES = "claim_items"
REFERRALS = "claim_referrals"

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


REFERRAL_SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("match", pa.string(), nullable=False),
        pa.field("certificate_id", pa.int64()),
        pa.field("with_fen", pa.int64(), nullable=False),
        pa.field("without_fen", pa.int64(), nullable=False),
    ]
)
"""One row per claim out of the county that needs a certificate, reversals too (below zero, as they are). ``match``:
matching.Match; ``certificate_id``: the certificate it turns on. ``with_fen``, ``without_fen``: what the fund pays with
a referral and without, by the place's policy of the day care began; one of them is what it did pay."""


def _referral_rows(month: date) -> pa.Table:
    from yigongti.domains.money.claims.referral_rows import rows

    return rows(month)


register_dataset(Dataset(REFERRALS, REFERRAL_SCHEMA, rows=_referral_rows, reads=("claims",)))


def mark_certificates_changed(resident_ids: Iterable[int]) -> None:
    """Have published again how the claims of these residents' entries stand to certificates."""
    mark_stale(REFERRALS, health_record.claim_months(resident_ids, outside_only=True))


@subscribe(ReferralCertified, within=True)
def _certified(event: ReferralCertified) -> None:
    mark_certificates_changed(cluster(event.resident_id))


@subscribe(ReferralClosed, within=True)
def _closed(event: ReferralClosed) -> None:
    if event.state == "withdrawn":  # what was certified no longer holds
        mark_certificates_changed(cluster(event.resident_id))


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    mark_certificates_changed(cluster(event.kept_id))


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    mark_certificates_changed({*cluster(event.kept_id), *cluster(event.absorbed_id)})


def mark_lines_changed(months: Iterable[date]) -> None:
    """Have these months of charge lines published again, in the transaction that changed them."""
    mark_stale(LINES, months)


def view(backend: Backend, name: str, snapshot: Snapshot) -> None:
    """Make a snapshot readable in SQL under a name, on the caller's engine."""
    backend.create_view(name, table(backend, snapshot), overwrite=True)
