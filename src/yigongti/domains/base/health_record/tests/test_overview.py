"""Where a page of a record is looked for: never in too few months."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.base.health_record.overview import Part, readings_since, window
from yigongti.kernel import clock

days = st.dates(date(2025, 1, 1), date(2025, 6, 30))


def parts(dates, code="", unit=""):
    return [Part("observation", 1, "", clock.month_of(day), code, unit, 1) for day in dates]


@given(st.lists(days, max_size=40), st.integers(0, 45), st.integers(1, 15))
def test_a_window_holds_the_page(dates, offset, limit):
    found = window(parts(dates), offset, limit)
    newest_first = sorted(dates, reverse=True)
    inside = [day for day in newest_first if found.first <= day <= found.last]
    assert inside[found.skip : found.skip + limit] == newest_first[offset : offset + limit]


def test_a_window_leaves_other_months_out():
    months = [date(2025, month, 9) for month in range(1, 13)]
    found = window(parts(months), 3, 2)
    assert (found.days, found.skip) == ((date(2025, 8, 1), date(2025, 9, 30)), 0)
    assert window([], 0, 10).days == (date.min, date.min)


def test_readings_go_back_as_far_as_the_slowest_trend():
    pressure = parts([date(2025, month, 1) for month in (3, 4, 5, 6)], "8480-6", "mmHg")
    glucose = parts([date(2025, 1, 1), date(2025, 2, 1)], "14771-0", "mmol/L")
    other_unit = parts([date(2024, 1, 1)], "14771-0", "mg/dL")
    assert readings_since(pressure, 2) == date(2025, 5, 1)
    assert readings_since([*pressure, *glucose], 2) == date(2025, 1, 1)
    assert readings_since([*pressure, *glucose, *other_unit], 2) == date(2025, 1, 1)
    assert readings_since(parts([date(2025, 1, 1)]), 2) is None
