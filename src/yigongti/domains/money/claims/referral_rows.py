"""The rows of ``claim_referrals``: a month of claims out of the county matched to certificates, with what the fund pays
either way; and noticing that the place's policy on it has changed."""

from datetime import date

import pyarrow as pa
from django.db import transaction

from yigongti.domains.money.claims.lake import REFERRAL_SCHEMA, REFERRALS, view
from yigongti.domains.money.claims.matching import Match, with_matches
from yigongti.domains.money.claims.models import ReferralTerms
from yigongti.domains.money.claims.terms import digest
from yigongti.kernel import clock
from yigongti.kernel.lake.api import engine, mark_stale, snapshot
from yigongti.kernel.policy import api as policy

_ROWS = """
    SELECT c.id, c.place, c.happened_on, m.status, m.certificate_id,
           c.fund_fen, c.total_fen - coalesce(c.self_expense_fen, 0), m.terms
    FROM claims c JOIN certificate_matches m ON m.claim_id = c.id
    ORDER BY c.happened_on, c.id
"""


def rows(month: date) -> pa.Table:
    """A month's rows, from the claims as they are published."""
    taken = snapshot("claims", month, clock.next_month(month))
    columns: list[list[object]] = [[] for _ in REFERRAL_SCHEMA]
    with engine() as backend:
        view(backend, "claims", taken)
        with with_matches(backend) as terms:
            found = backend.con.execute(_ROWS).fetchall()
    for *said, fund, base, nr in found:
        amounts = terms[nr].either_way(fund, base, referred=said[3] == Match.COVERED)
        for column, value in zip(
            columns, (*said, amounts.with_referral_fen, amounts.without_referral_fen), strict=True
        ):
            column.append(value)
    return pa.table(columns, schema=REFERRAL_SCHEMA)


def mark_if_terms_changed() -> bool:
    """Have every published month published again when what the places ask of care out of the county is no longer what
    it was when this was last looked at; whether it is."""
    now = digest(one.key for one in policy.places())
    with transaction.atomic():
        ReferralTerms.objects.get_or_create(pk=1)
        row = ReferralTerms.objects.select_for_update().get(pk=1)
        if row.digest == now:
            return False
        row.digest, row.changed_at = now, clock.now()
        row.save()
        mark_stale(REFERRALS, snapshot("claims").months)
    return True
