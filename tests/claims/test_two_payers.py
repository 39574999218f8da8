"""Two payers may give the same number: their claims, lines, reversals and findings are never taken for one."""

from dataclasses import replace

import pytest

from tests.claims.county import Here, back, claim, settled
from tests.claims.lines import charged, line
from tests.claims.test_screens import YEAR, found, numbers, stay
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api, selectors
from yigongti.domains.money.claims.screens.rules import ClaimRef, key_of_claims
from yigongti.kernel.access.api import Role, system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")


@pytest.fixture
def second(here: Here) -> Here:
    """The same county as the province's payer sends for it."""
    other = organisation("insurance_body", "second", Organisation.objects.get(pk=here.county), name="省医保局")
    return replace(here, bureau=other.pk)


def test_one_bill_under_one_number_of_two_payers_is_two_settlements(here: Here, second: Here) -> None:
    """S1 of the city and S1 of the province: one visit settled twice, 3,500.00 too much; the reviewer reads whose."""
    settled([claim(1, 1)], here)
    settled([claim(1, 1)], second, name="second.csv")
    assert len(api.Claims(SYSTEM)) == 2
    [one] = found("claimed_twice")
    assert (numbers(one), one.amount_fen) == (["S1", "S1"], 350_000)
    assert {part["source_id"] for part in one.claims} == {here.bureau, second.bureau}
    assert "S1、S1（省医保局）" in " ".join(api.finding(one.pk, actor=SYSTEM).told)


def test_crossed_numbers_of_two_payers_are_two_findings(here: Here, second: Here) -> None:
    """One visit is S1 here and S2 there, another S2 here and S1 there. Sent anew, the findings are the same two."""
    other = claim(2, 2, started_at="2025-04-01", ended_at="2025-04-08", settled_at="2025-04-08 11:00")
    settled([claim(1, 1), other], here)
    settled([claim(1, 1) | {"claim_no": "S2"}, other | {"claim_no": "S1"}], second, name="second.csv")
    first = found("claimed_twice")
    assert len(first) == 2 and len({one.key for one in first}) == 2
    settled([claim(1, 1, department="内科")], here, name="anew.csv")
    assert {one.pk for one in found("claimed_twice")} == {one.pk for one in first}


def test_what_parts_numbers_in_a_key_is_no_part_of_a_number() -> None:
    def key(*claims: tuple[int, str]) -> str:
        return key_of_claims(1, [ClaimRef(payer, number, 0) for payer, number in claims])

    groups = [
        [(1, "S1"), (1, "S2")], [(1, "S1|S2")], [(1, "S1"), (2, "S2")], [(1, "S1"), (1, "2:S2")],
        [(2, "S1"), (1, "S2")], [(1, "S1%7CS2")],
    ]  # fmt: skip
    assert len({key(*group) for group in groups}) == len(groups)
    assert key((1, "S1"), (1, "S2")) == "1|S1|S2"


def test_a_reversal_takes_back_its_own_payers_claim(here: Here, second: Here) -> None:
    first = claim(1, 1)
    settled([first, back(first, "S1R")], here)
    settled([claim(1, 2)], second, name="second.csv")
    mine, theirs = (selectors.numbered(payer.bureau, ["S1"])["S1"] for payer in (here, second))
    assert selectors.chain(mine).reversals and not selectors.chain(theirs).whole
    pages = [
        signed_in(Role.INSURANCE_OFFICER, where.bureau).get(one.address).content.decode()
        for where, one in ((here, mine), (second, theirs))
    ]
    assert ["已被冲销" in page for page in pages] == [True, False]
    lines = {line.claim.source_id: line.reversed for line in api.Claims(SYSTEM) if line.claim.record_no == "S1"}
    assert lines == {here.bureau: True, second.bureau: False}
    assert {one.claim.source_id for one in api.Claims(SYSTEM).narrowed(mark="reversed")} == {here.bureau}


def test_lines_are_of_their_own_payers_claim(here: Here, second: Here) -> None:
    """The province's S1 has the ward round twice, the city's S1 once."""
    settled([stay(1, "03-01", "03-08")], here)
    settled([stay(1, "03-01", "03-08", 2)], second, name="second.csv")
    charged([line("S1", 1)], here)
    charged([line("S1", 1), line("S1", 2)], second, name="second_items.csv")
    mine, theirs = (selectors.numbered(payer.bureau, ["S1"])["S1"] for payer in (here, second))
    assert [len(selectors.lines_of(one)) for one in (mine, theirs)] == [1, 2]
    [one] = found("repeat_charge")
    assert one.claims[0]["source_id"] == second.bureau and one.payer_id == second.bureau
    assert [row.id for row in api.findings(*YEAR, actor=SYSTEM)] == [one.pk]
