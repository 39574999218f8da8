"""What takes a claim back stands where that claim does: whose insured, and under what certificate."""

from datetime import date

import pytest
from django.db import connection

from tests.claims.county import Here, back, claim, ids, settled
from tests.claims.test_referral_certificates import OUTSIDE, SYSTEM, certificate, who
from tests.claims.test_referral_rows import rows
from yigongti.domains.money.claims import api
from yigongti.kernel.lake.api import engine, mark_stale, publish_stale, snapshot, table

pytestmark = pytest.mark.django_db
JUNE = {"started_at": "2025-06-10 09:00", "ended_at": "", "settled_at": "2025-06-10 10:00"}


def published(column: str) -> dict[str, object]:
    with engine() as backend:
        found = table(backend, snapshot("claims")).to_pyarrow().to_pylist()
    return {row["record_no"]: row[column] for row in found}


def test_it_is_of_whoever_had_the_person_when_the_claim_was_settled(here: Here) -> None:
    """Settled in March with the hospital, handed to the centre in May, taken back in June: the hospital's again."""
    one, other = claim(1, 1), claim(2, 1, settled_at="2025-06-05 10:00")
    settled([one, other, back(one, "S3", **JUNE)], here)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE residents_resident SET managing_institution_id = %s WHERE id = %s",
                       [here.centre, who("S1")])  # fmt: skip
        cursor.execute(
            "INSERT INTO residents_managedbefore (managing_institution_id, pgh_created_at, pgh_label, pgh_obj_id)"
            " VALUES (%s, '2025-05-01 09:00+08', 'managed', %s)",
            [here.hospital, who("S1")],
        )
    mark_stale("claims", [date(2025, 3, 1), date(2025, 6, 1)])
    publish_stale()
    assert published("managing_id") == {"S1": here.hospital, "S2": here.centre, "S3": here.hospital}
    shown = {number: api.get(pk, actor=SYSTEM).managing_id for number, pk in ids().items()}
    assert shown == published("managing_id")


def test_a_certificate_that_has_ended_since_covers_what_takes_the_claim_back(here: Here) -> None:
    """Covered in March, for thirty days; taken back in June, with that day as its own: nothing is left either way."""
    one = claim(1, 1, **OUTSIDE)
    settled([one], here)
    made = certificate(here, who("S1"), 1)
    settled([back(one, "S2", **JUNE)], here, name="back.csv")
    assert rows() == {"S1": ("covered", made.pk, 350_000, 275_000), "S2": ("covered", made.pk, -350_000, -275_000)}
    taken = api.get(ids()["S2"], actor=SYSTEM)
    assert api.match_of(taken).match == "covered"
    worth = api.reimbursement(taken, api.match_of(taken))
    assert worth is not None and worth.amounts.without_referral_fen == -275_000


def test_what_came_before_the_claim_it_takes_back_is_published_again(here: Here) -> None:
    """The reversal of June came first: it is cancelled, and as old as the claim, from when that comes."""
    one = claim(1, 1)
    settled([back(one, "S2", **JUNE)], here)
    assert published("cancelled") == {"S2": False}
    settled([one], here, name="later.csv")
    assert published("cancelled") == {"S1": True, "S2": True}
    assert published("service_start") == {"S1": date(2025, 3, 1), "S2": date(2025, 3, 1)}
