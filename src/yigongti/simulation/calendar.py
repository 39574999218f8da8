"""When people come: weekdays, holidays, seasons, hours of the day."""

from __future__ import annotations

from datetime import date

import numpy as np

from yigongti.simulation.draws import Draws, Ints, Table
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import EPOCH

KINDS = ("outpatient", "emergency", "inpatient", "pharmacy")
OUTPATIENT, EMERGENCY, INPATIENT, PHARMACY = range(4)
_HOLIDAY = 7


class Calendar:
    """Days of the simulated year by weight. ``first`` and ``days``: the year's first day (from 1970) and its length."""

    def __init__(self, parameters: Parameters) -> None:
        year = parameters["year"]
        self.first = _number(date(year, 1, 1))
        self.days = _number(date(year + 1, 1, 1)) - self.first
        every = np.arange(self.days) + self.first
        self.kind_of_day = (every + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
        for start, end in parameters["calendar.holidays"]:
            self.kind_of_day[_number(start) - self.first : _number(end) - self.first + 1] = _HOLIDAY
        for day in parameters["calendar.working_weekends"]:
            self.kind_of_day[_number(day) - self.first] = 0
        dates = (EPOCH + every.astype("timedelta64[D]")).astype("datetime64[D]")
        self.month = dates.astype("datetime64[M]").astype(np.int64) % 12
        week: dict[str, list[int]] = parameters["calendar.week"]
        seasons: dict[str, list[int]] = parameters["calendar.seasons"]
        self._seasons = {name: i for i, name in enumerate(seasons)}
        self._days = Table(
            [
                (np.array(week[kind])[self.kind_of_day] * np.array(season)[self.month]).tolist()
                for kind in KINDS
                for season in seasons.values()
            ]
        )
        self._hours = Table([parameters["calendar.hours"][kind] for kind in KINDS])

    def season_numbers(self, names: list[str]) -> Ints:
        """Numbers of the named seasons, for ``day``."""
        return np.array([self._seasons[name] for name in names], dtype=np.int64)

    def day(self, draws: Draws, kind: Ints, season: Ints) -> Ints:
        """A day of the year (0 = 1 January) for each visit of a kind and season."""
        return draws.pick(self._days, kind * len(self._seasons) + season)

    def minute(self, draws: Draws, kind: Ints) -> Ints:
        """A minute of the day."""
        return draws.pick(self._hours, kind) * 60 + draws.below(60, len(kind))

    def working_day(self, day: Ints) -> Ints:
        """The day itself or the next one that is neither a weekend nor a holiday (the year's last day stays)."""
        open_days = np.flatnonzero(self.kind_of_day < 5)
        return open_days[np.minimum(np.searchsorted(open_days, day), len(open_days) - 1)]


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
