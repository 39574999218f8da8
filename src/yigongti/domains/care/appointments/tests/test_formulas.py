"""Arithmetic against figures worked out by hand."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.care.appointments import formulas
from yigongti.domains.care.appointments.formulas import EARLY, GREEN, OPEN, Release
from yigongti.domains.care.appointments.working_days import CalendarGap, workday
from yigongti.kernel import clock


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONE)


def test_a_session_is_cut_and_a_short_rest_is_not():
    pieces = formulas.cut(moment("2026-11-24T08:00"), moment("2026-11-24T09:50"), 30)
    assert [f"{a:%H:%M}–{b:%H:%M}" for a, b in pieces] == ["08:00–08:30", "08:30–09:00", "09:00–09:30"]


def test_a_session_past_midnight_and_past_the_year_is_cut_in_one_row():
    starts, ends = formulas.span(date(2026, 12, 31), time(23), time(1))
    assert (starts, ends) == (moment("2026-12-31T23:00"), moment("2027-01-01T01:00"))
    assert [a for a, _ in formulas.cut(starts, ends, 60)] == [moment("2026-12-31T23:00"), moment("2027-01-01T00:00")]


@pytest.mark.parametrize(
    ("places", "early", "green", "expected"),
    [
        (40, 20, 10, {OPEN: 28, EARLY: 8, GREEN: 4}),
        (7, 20, 10, {OPEN: 5, EARLY: 1, GREEN: 1}),  # 4.9, 1.4, 0.7: the two odd places go to 0.9 and 0.7
        (3, 20, 10, {OPEN: 2, EARLY: 1, GREEN: 0}),  # 2.1, 0.6, 0.3
        (10, 0, 0, {OPEN: 10, EARLY: 0, GREEN: 0}),
    ],
)
def test_shares(places, early, green, expected):
    assert formulas.totals(places, early, green) == expected


def test_shares_beyond_the_whole_are_refused():
    with pytest.raises(ValueError, match="exceed"):
        formulas.totals(10, 60, 50)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=20),
    st.integers(0, 60).flatmap(lambda early: st.tuples(st.just(early), st.integers(0, 100 - early))),
)
def test_every_place_has_one_pool_and_pools_are_spread(quotas, shares):
    parts = formulas.totals(sum(quotas), *shares)
    pieces = formulas.dealt(quotas, parts)
    assert [sum(piece.values()) for piece in pieces] == quotas
    assert {pool: sum(piece.get(pool, 0) for piece in pieces) for pool in formulas.POOLS} == parts
    given_out, places = dict.fromkeys(formulas.POOLS, 0), 0
    for piece in pieces:  # no pool runs ahead of or behind its share by two places or more
        places += sum(piece.values())
        for pool in formulas.POOLS:
            given_out[pool] += piece.get(pool, 0)
            assert abs(given_out[pool] - parts[pool] * places / sum(quotas)) < 2


RULES = Release(7, time(7), 7, 1, time(17), 0, time(9))


def test_when_the_places_of_a_clinic_on_8_january_open():
    """Eight days into the year: family doctors book from a fortnight before, the public from New Year."""
    opens = formulas.openings(date(2027, 1, 8), RULES)
    assert opens[OPEN].public_from == moment("2027-01-01T07:00")
    assert opens[EARLY].family_doctor_from == moment("2026-12-25T07:00")
    assert opens[EARLY].public_from == moment("2027-01-07T17:00")
    assert opens[GREEN].public_from == moment("2027-01-08T09:00")
    assert opens[OPEN].family_doctor_from is opens[GREEN].family_doctor_from is None


def test_what_falls_back_never_opens_before_the_ordinary_places():
    opens = formulas.openings(date(2026, 11, 24), Release(1, time(7), 7, 5, time(17), 9, time(9)))
    assert opens[EARLY].public_from == opens[GREEN].public_from == moment("2026-11-23T07:00")


@pytest.mark.parametrize(
    ("day", "weekday", "moved"),
    [
        ("2026-11-23", 1, False),  # an ordinary Monday
        ("2026-11-22", 7, False),
        ("2026-10-01", None, True),  # National Day
        ("2026-10-10", 3, True),  # a Saturday worked for Wednesday, 7 October
        ("2026-02-14", 5, True),
        ("2026-02-15", None, True),
        ("2026-02-23", None, True),
        ("2026-02-24", 2, False),
        ("2026-12-31", 4, False),
        ("2027-01-01", None, True),
        ("2027-02-05", None, True),  # New Year's Eve of the lunar calendar
        ("2027-02-09", 2, False),
    ],
)
def test_the_calendar(day, weekday, moved):
    found = workday(date.fromisoformat(day))
    assert (found.weekday, found.moved) == (weekday, moved)


@pytest.mark.parametrize("day", [date(2025, 5, 1), date(2028, 1, 1)])
def test_a_year_nobody_has_entered_is_not_guessed(day):
    with pytest.raises(CalendarGap):
        workday(day)


@pytest.mark.parametrize(
    "text", ["2026-01-01", "2026: 2027-01-01", "2026: 2026-02-30", "2026: 2026-01-03~2026-01-01", "2026: x", "x: "]
)
def test_a_calendar_that_is_not_written_right_is_refused(text):
    with pytest.raises(formulas.Unreadable):
        formulas.days_off(text)
