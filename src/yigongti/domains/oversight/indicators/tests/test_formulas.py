from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.oversight.indicators.formulas import percentage, period


@pytest.mark.parametrize(
    ("text", "start", "end", "months"),
    [
        ("2025", date(2025, 1, 1), date(2026, 1, 1), 12),
        ("2025-Q1", date(2025, 1, 1), date(2025, 4, 1), 3),
        ("2025-Q4", date(2025, 10, 1), date(2026, 1, 1), 3),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1), 1),
        ("2025-12", date(2025, 12, 1), date(2026, 1, 1), 1),
    ],
)
def test_periods(text, start, end, months):
    found = period(text)
    assert (found.start, found.end, len(found.months())) == (start, end, months)


@pytest.mark.parametrize("text", ["", "25", "2025-13", "2025-00", "2025-Q5", "2025-1", "20251", "2025-Q1-01", "0000"])
def test_what_is_not_a_period(text):
    with pytest.raises(ValueError):
        period(text)


@given(st.integers(1900, 2999))
def test_a_year_is_its_quarters_is_its_months(year):
    quarters = [period(f"{year}-Q{q}") for q in range(1, 5)]
    assert [m for q in quarters for m in q.months()] == list(period(str(year)).months())
    assert all(a.end == b.start for a, b in pairwise(quarters))


def test_percentages_by_hand():
    assert percentage(873, 1000) == Decimal("87.3000")
    assert percentage(2, 3) == Decimal("66.6667")
    assert percentage(1, 80000, 2) == Decimal("0.00")
    assert percentage(1, 800, 2) == Decimal("0.13")  # 0.125 goes up
    assert percentage(0, 5) == Decimal("0.0000")
    assert percentage(0, 0) is None
