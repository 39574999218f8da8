"""What was taken back counts as no visit, and its money cancels out, in whichever month it was taken back."""

from datetime import datetime

import pytest

from tests.claims.county import Here, back, claim, settled
from yigongti.domains.oversight.indicators import api as indicators
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_july():
    with clock.fixed(datetime(2025, 7, 1, 9, tzinfo=clock.ZONE)):
        yield


def figure(name: str, period: str) -> tuple[int | None, int | None]:
    found = indicators.figure(indicators.measure_named(name), indicators.period(period), actor=system_actor("test"))
    return found.numerator, found.denominator


OUTSIDE = {"inside_county": "0", "institution_name": "上海某医院"}
IN_MAY = {"settled_at": "2025-05-06 09:00"}


def test_a_stay_taken_back_two_months_later_is_no_stay(here: Here) -> None:
    wrong = claim(3)
    settled([claim(1), claim(2, **OUTSIDE), wrong], here)
    assert figure("in_county_admission_rate", "2025-03") == (2, 3)
    settled([back(wrong, "S9", **IN_MAY), claim(8, **IN_MAY), claim(7, **OUTSIDE, **IN_MAY)], here, name="may.csv")
    assert figure("in_county_admission_rate", "2025-03") == (1, 2)
    assert figure("in_county_admission_rate", "2025-05") == (1, 2)
    # 3,500 in and out of the county in March, the wrong one still standing there; taken out again in May
    assert figure("fund_share_in_county", "2025-03") == (2 * 350_000, 3 * 350_000)
    assert figure("fund_share_in_county", "2025-05") == (0, 350_000)
    # neither the wrong stay nor what took it back is a cost of stays
    assert figure("inpatient_cost_in_county", "2025-03") == (500_000, 1)
    assert figure("inpatient_cost_in_county", "2025-05") == (500_000, 1)
    assert figure("inpatient_reimbursement_rate", "2025-03") == (2 * 350_000, 2 * 500_000)


def test_a_part_taken_back_leaves_the_stay(here: Here) -> None:
    whole = claim(1)
    part = back(whole, "S9", total_yuan="-100.00", fund_yuan="-70.00", self_paid_yuan="-30.00")
    settled([whole, claim(2, **OUTSIDE), part], here)
    assert figure("in_county_admission_rate", "2025-03") == (1, 2)
    assert figure("inpatient_cost_in_county", "2025-03") == (490_000, 1)


def test_a_reversal_that_was_itself_a_mistake_gives_the_stay_back(here: Here) -> None:
    one = claim(1)
    settled([one, claim(2, **OUTSIDE), claim(3)], here)
    settled([back(one, "S9", **IN_MAY)], here, name="back.csv")
    assert figure("in_county_admission_rate", "2025-03") == (1, 2)
    settled([claim(9, **IN_MAY)], here, name="not-back.csv")  # the same number, now an ordinary settlement
    assert figure("in_county_admission_rate", "2025-03") == (2, 3)


def test_two_parts_make_the_whole(here: Here) -> None:
    """The month of the first part, too, counts otherwise once the second has come."""
    one = claim(1)
    half = {"total_yuan": "-2500.00", "fund_yuan": "-1750.00", "self_paid_yuan": "-750.00"}
    settled([one, claim(2, **OUTSIDE), claim(3)], here)
    settled([back(one, "S8", **half, settled_at="2025-04-02 09:00"), claim(4, settled_at="2025-04-03 09:00")], here)
    assert figure("inpatient_cost_in_county", "2025-04") == (500_000 - 250_000, 1)
    settled([back(one, "S9", **half, **IN_MAY)], here, name="second.csv")
    assert figure("in_county_admission_rate", "2025-03") == (1, 2)
    assert figure("inpatient_cost_in_county", "2025-04") == (500_000, 1)
