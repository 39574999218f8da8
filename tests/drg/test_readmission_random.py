"""Stays that come in any order, are corrected and taken back: what stands is what all of them together make."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from tests.claims.county import Here, back, claim, settled
from tests.drg.rules import drg_rules
from tests.drg.test_claims import standing
from yigongti.domains.money.drg.formulas import Bill, pay
from yigongti.domains.money.drg.models import GroupedClaim
from yigongti.domains.money.drg.payment import rules_of
from yigongti.domains.money.drg.services.claims import regroup_due
from yigongti.kernel.access.api import system_actor

ACTOR = system_actor("test")
DAYS = 10


def made(chance: random.Random, n: int) -> dict[str, str]:
    """A stay of one of two persons at one of two institutions, within four months, for pneumonia light or heavy."""
    start = date(2025, 1, 1) + timedelta(days=chance.randrange(110))
    end = start + timedelta(days=chance.randint(1, 9))
    return claim(
        n, chance.choice((1, 2)), main_diagnosis_code="J15.902", age_years="60",
        other_diagnoses=chance.choice(("", "", "I50.900")), started_at=f"{start} 09:00", ended_at=f"{end} 10:00",
        settled_at=f"{end} 10:30", institution_name=chance.choice(("某市第一医院", "某镇卫生院")),
        total_yuan=f"{chance.randint(3_000, 9_000)}", fund_yuan="2000", self_paid_yuan="1000",
    )  # fmt: skip


def expected(rows: list[GroupedClaim]) -> dict[int, tuple[int, int | None]]:
    """By claim what the fund pays and with which it is paid, from the rule as it is written: each stay joins the one
    that ended last before it, at most ten days ago; the heaviest of a chain carries it, of equals the first."""
    chains: list[list[GroupedClaim]] = []
    for row in sorted(rows, key=lambda r: (r.service_start, r.service_end, r.settled_on, r.record_no)):
        key = (row.resident_id, row.institution_id, row.drg)
        near = [
            (other.service_end, place, chain)
            for chain in chains
            for place, other in enumerate(chain)
            if (other.resident_id, other.institution_id, other.drg) == key
            and 0 <= (row.service_start - other.service_end).days <= DAYS
        ]
        if near:
            max(near, key=lambda one: one[0])[2].append(row)
        else:
            chains.append([row])
    found: dict[int, tuple[int, int | None]] = {}
    for chain in chains:
        first = max(chain, key=lambda r: r.weight_e4)
        bill = Bill(sum(r.total_fen for r in chain), sum(r.patient_fen for r in chain), sum(r.stay_days for r in chain))
        terms = rules_of(first.place, first.settled_on, tier=first.tier, insurance_kind=first.insurance_kind).terms
        found |= {row.claim_id: (0, first.claim_id) for row in chain}
        found[first.claim_id] = (pay(first.mdc, first.weight_e4, bill, terms).fund_fen, None)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_any_history_comes_to_what_all_claims_together_make(here: Here, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with drg_rules(tmp_path, readmission__rule="merged", readmission__days=DAYS):
        sent: list[dict[str, str]] = []
        merged = 0
        for turn in range(6):
            new = [made(chance, 100 * turn + n) for n in range(chance.randint(1, 5))]
            again = [row | {"other_diagnoses": chance.choice(("", "I50.900"))} for row in sent if chance.random() < 0.2]
            settled([*new, *again], here, name=f"{turn}.csv")
            sent += new
            if turn == 4:
                gone = chance.choice(sent)
                settled([back(gone, "R1")], here, name="back.csv")
            regroup_due(settings.PLACE, actor=ACTOR)
            rows = list(standing().values())
            found = {row.claim_id: (row.payment_fen, row.merged_into) for row in rows}
            assert found == expected(rows), turn
            merged += sum(row.merged_into is not None for row in rows)
        assert merged
        assert regroup_due(settings.PLACE, actor=ACTOR) == []
