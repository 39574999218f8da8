"""Blood pressure and glucose as they were measured: a person's own level, the year's course, the day's noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from yigongti.simulation.draws import Draws, Ints
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import People
from yigongti.simulation.visits import Visits, is_grass_roots

SYSTOLIC, DIASTOLIC, FASTING, GLYCATED = range(4)


@dataclass(frozen=True)
class Taken:
    """Readings: index of the visit, number of the item, the result as text."""

    visit: Ints
    code: Ints
    value: pl.Series


class Readings:
    """Items are LOINC codes; pressures in mmHg, glucose in mmol/L, glycated haemoglobin in %."""

    codes = ("8480-6", "8462-4", "14771-0", "4548-4")
    items = ("收缩压", "舒张压", "空腹血糖", "糖化血红蛋白")
    units = ("mmHg", "mmHg", "mmol/L", "%")

    def __init__(self, parameters: Parameters) -> None:
        self._first_visit = parameters.percent_ppm("visits.pressure_taken_percent")
        self._condition = {f["readings"]: key for key, f in parameters.group("conditions").items() if "readings" in f}

    def of(self, people: People, visits: Visits, level: Ints, days: int, draws: Draws) -> Taken:
        """The readings taken at these visits: at planned follow-up, and at some first visits of the over-35s."""
        pressure, glucose = self._condition["pressure"], self._condition["glucose"]
        person = visits.person
        first = is_grass_roots(level) & (people.age[person] >= 35) & draws.chance(self._first_visit, len(visits))
        with_pressure = np.flatnonzero((visits.planned & people.managed[pressure][person]) | first)
        with_glucose = np.flatnonzero(visits.planned & people.managed[glucose][person])
        with_glycated = with_glucose[draws.chance(330_000, len(with_glucose))]

        usual = self._usual_pressure(people, pressure, draws)
        better = np.where(people.managed[pressure] & ~people.controlled[pressure], 9, 0)
        at = person[with_pressure]
        n = len(at)
        course = better[at] * np.minimum(visits.day[with_pressure], days) // days
        systolic = usual[at] - course + draws.normal_milli(n) * 8 // 1000
        diastolic = usual[at] * 45 // 100 + 20 - course // 2 - people.age[at] // 12 + draws.normal_milli(n) * 6 // 1000
        # the last digit is even far more often than not
        even = draws.chance(600_000, n)
        systolic, diastolic = (np.where(even, value // 2 * 2, value) for value in (systolic, diastolic))
        systolic = np.clip(systolic, 78, 236)
        diastolic = np.clip(diastolic, 44, np.minimum(systolic - 14, 136))

        tenths = self._usual_glucose(people, glucose, draws)
        fasting = np.clip(tenths[person[with_glucose]] + draws.normal_milli(len(with_glucose)) * 8 // 1000, 31, 300)
        glycated = np.clip(
            tenths[person[with_glycated]] * 6 // 10 + 27 + draws.normal_milli(len(with_glycated)) * 4 // 1000, 42, 160
        )
        return Taken(
            visit=np.concatenate([with_pressure, with_pressure, with_glucose, with_glycated]),
            code=np.repeat([SYSTOLIC, DIASTOLIC, FASTING, GLYCATED], [n, n, len(fasting), len(glycated)]),
            value=pl.concat([_whole(systolic), _whole(diastolic), _tenths(fasting), _tenths(glycated)]),
        )

    @staticmethod
    def _usual_pressure(people: People, key: str, draws: Draws) -> Ints:
        n = len(people)
        vary = draws.normal_milli(n)
        usual = 110 + people.age // 4 + vary * 9 // 1000
        usual = np.where(people.conditions[key], 152 + vary * 11 // 1000, usual)
        return np.where(people.conditions[key] & people.controlled[key], 130 + vary * 6 // 1000, usual)

    @staticmethod
    def _usual_glucose(people: People, key: str, draws: Draws) -> Ints:
        vary = draws.normal_milli(len(people))
        usual = np.where(people.controlled[key], 64 + vary * 5 // 1000, 88 + vary * 17 // 1000)
        return np.where(people.conditions[key], usual, 53 + vary * 4 // 1000)


def _whole(values: Ints) -> pl.Series:
    return pl.Series(values).cast(pl.String)


def _tenths(values: Ints) -> pl.Series:
    frame = pl.DataFrame({"v": values})
    return frame.select(pl.concat_str(pl.col("v") // 10, pl.lit("."), pl.col("v") % 10)).to_series()
