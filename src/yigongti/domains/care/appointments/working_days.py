"""Which days are worked, from the yearly notice on days off: by which weekday's hours a clinic works on a day."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from yigongti.domains.care.appointments import formulas, policy
from yigongti.kernel.policy.api import PolicyGap


class CalendarGap(Exception):
    """The year's notice on days off has not been entered: nobody can say whether the day is worked."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


@dataclass(frozen=True)
class Workday:
    """A day of the calendar. ``weekday``: whose hours are worked (1 Monday … 7 Sunday); None on a day off."""

    day: date
    weekday: int | None
    moved: bool  # a day off, or a day worked in place of another


def workday(day: date) -> Workday:
    """What kind of day it is. Raises CalendarGap where the year's notice is not there."""
    try:
        off_text = policy.DAYS_OFF.at(as_of=day).value
        made_up_text = policy.MADE_UP_DAYS.at(as_of=day).value
    except PolicyGap:
        raise CalendarGap(day.year) from None
    year, off = _days_off(off_text)
    made_up_year, made_up = _made_up_days(made_up_text)
    if year != day.year or made_up_year != day.year:
        raise CalendarGap(day.year)
    if day in made_up:
        return Workday(day, made_up[day], True)
    if day in off:
        return Workday(day, None, True)
    return Workday(day, day.isoweekday(), False)


def is_working_day(day: date) -> bool:
    """Whether offices work on a day: by the year's notice on days off, Monday to Friday where it is not there yet."""
    try:
        return workday(day).weekday in range(1, 6)
    except CalendarGap:
        return day.isoweekday() in range(1, 6)


_days_off = lru_cache(maxsize=16)(formulas.days_off)
_made_up_days = lru_cache(maxsize=16)(formulas.made_up_days)
