"""What takes back a reversal, or more than there was: refused when it comes, named when it slipped in before."""

import pytest

from tests.claims.county import Here, back, claim, settled, standing
from tests.claims.test_coming_in import sentences
from tests.claims.test_screens import found, told
from tests.intake.county import counts

pytestmark = pytest.mark.django_db
FIRST = claim(1)
BACK = back(FIRST, "S1R")
AGAIN = BACK | {"claim_no": "S1RR", "reverses": "S1R"}


def test_a_reversal_is_not_taken_back_in_the_same_file(here: Here) -> None:
    batch = settled([FIRST, BACK, AGAIN, claim(2)], here)
    assert counts(batch) == (3, 0, 0, 1)
    assert any("本身是一笔冲销" in sentence and "S1R" in sentence for sentence in sentences(batch))
    assert [fact.record_no for fact in standing()] == ["S1", "S1R", "S2"]


def test_nor_later(here: Here) -> None:
    settled([FIRST, BACK], here)
    assert counts(settled([AGAIN], here, name="again.csv")) == (0, 0, 0, 1)
    assert counts(settled([BACK], here, name="same.csv")) == (0, 0, 1, 0)


def test_what_is_a_reversal_no_longer_may_be_taken_back(here: Here) -> None:
    settled([FIRST, BACK], here)
    plain = claim(1, claim_no="S1R")
    assert counts(settled([plain, back(plain, "S1RR")], here, name="plain.csv")) == (1, 1, 0, 0)


def test_one_that_came_before_is_named_by_the_screen(here: Here) -> None:
    assert counts(settled([AGAIN], here)) == (1, 0, 0, 0)
    settled([FIRST, BACK], here, name="late.csv")
    [one] = found("unfit_reversal")
    assert (one.facts["why"], one.facts["no"], one.amount_fen) == ("reversal", "S1R", 350_000)
    assert "本身就是一笔冲销，又被冲销 3,500.00 元" in told(one)


def test_more_of_the_total_than_there_was(here: Here) -> None:
    part = {"total_yuan": "-3000", "fund_yuan": "-1000", "self_paid_yuan": "-2000"}
    settled([FIRST, back(FIRST, "A", **part), back(FIRST, "B", **part)], here)
    [one] = found("unfit_reversal")
    assert "总费用 5,000.00 元，冲销合计 6,000.00 元" in told(one)
