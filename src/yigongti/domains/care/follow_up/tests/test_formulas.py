"""Bands of risk against a table worked out by hand: 160/100 and 13.9 are high, 140/90 and 7.0 raised."""

from datetime import date
from decimal import Decimal

import pytest

from yigongti.domains.care.follow_up.formulas import Limits, Measured, Risk, due_on, end_of, risk
from yigongti.kernel import clock

LIMITS = Limits(
    high=Measured(Decimal(160), Decimal(100), Decimal("13.9")), raised=Measured(Decimal(140), Decimal(90), Decimal(7))
)


@pytest.mark.parametrize(("measured", "expected"), [
    ((None, None, None), Risk.ROUTINE),
    ((120, 80, None), Risk.ROUTINE),
    ((139, 89, "6.9"), Risk.ROUTINE),
    ((140, 80, None), Risk.RAISED),
    ((120, 90, None), Risk.RAISED),
    ((None, None, "7.0"), Risk.RAISED),
    ((159, 99, "13.8"), Risk.RAISED),
    ((160, 80, None), Risk.HIGH),
    ((120, 100, None), Risk.HIGH),
    ((None, None, "13.9"), Risk.HIGH),
])  # fmt: skip
def test_bands(measured, expected):
    values = [None if value is None else Decimal(value) for value in measured]
    assert risk(Measured(*values), LIMITS, urgent=False) is expected
    assert risk(Measured(*values), LIMITS, urgent=True) is Risk.URGENT


def test_two_weeks_across_the_year_and_a_leap_day():
    assert due_on(date(2026, 12, 20), 14) == date(2027, 1, 3)
    assert due_on(date(2028, 2, 16), 14) == date(2028, 3, 1)
    assert end_of(date(2026, 12, 31)).isoformat() == "2027-01-01T00:00:00+08:00"
    assert end_of(date(2026, 12, 31)).tzinfo is clock.ZONE
