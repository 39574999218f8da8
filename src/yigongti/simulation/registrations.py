"""How a person is known at one institution: its own number, and the name, dates and numbers as somebody typed them."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import polars as pl

from yigongti.simulation.draws import Bools, Draws, Ints, Table
from yigongti.simulation.names import mistype
from yigongti.simulation.parameters import Parameters
from yigongti.simulation.people import EPOCH, People
from yigongti.simulation.place import LEVELS, Place

SLIPS = ("", "homophone", "lookalike", "swapped_birth", "wrong_birth")
_PREFIXES = ("", "P", "JD", "B", "H0", "R")
_NUMBERS = 99_999_989  # a prime: times 7 368 787 modulo it, no two persons get the same number
_OLD_PHONE = 14_300_000_000


@dataclass(frozen=True)
class Registrations:
    """``frame``: one row per registration: patient_no, name, sex, birth_date, id_type, id_number, phone, slip."""

    frame: pl.DataFrame
    _keys: Ints
    _places: int

    def rows(self, person: Ints, place: Ints, second: Bools) -> Ints:
        """The row of ``frame`` for each (person, place, first or second number)."""
        return np.searchsorted(self._keys, _key(person, place, second, self._places))


def _key(person: Ints, place: Ints, second: Bools, places: int) -> Ints:
    return (person * places + place) * 2 + second


class Desks:
    """Registers people. Place number ``bureau`` is the insurance bureau, which knows everybody by card."""

    def __init__(self, parameters: Parameters, place: Place) -> None:
        self._figures = parameters["dirt.registrations"]
        self._place = place
        self.bureau = len(place.sites)
        self._level = [LEVELS[level] for level in place.level] + ["bureau"]
        self._prefix = np.array([_PREFIXES[crc32(site.key.encode()) % len(_PREFIXES)] for site in place.sites] + ["C"])
        slips = [self._figures[slip] for slip in SLIPS[1:]]
        self._slips = Table([1_000_000 - sum(slips), *slips])

    def second_numbers(self, person: Ints, place: Ints, draws: Draws) -> Bools:
        """Which rows stand under a second number: some people are registered twice at the same place."""
        pair = person * (self.bureau + 1) + place
        pairs, of_row = np.unique(pair, return_inverse=True)
        twice = draws.chance(self._figures["second_number"], len(pairs))
        return twice[of_row] & draws.chance(400_000, len(person))

    def register(self, people: People, person: Ints, place: Ints, second: Bools, draws: Draws) -> Registrations:
        """Registrations for all the given rows, each pair of person and place (and number) once."""
        places = self.bureau + 1
        keys = np.unique(_key(person, place, second, places))
        again = (keys % 2).astype(bool)
        who, where = keys // 2 // places, keys // 2 % places
        n = len(keys)
        slip = draws.pick(self._slips, n=n)
        name = people.name[who].copy()
        choice = draws.below(1 << 20, n)
        for i in np.flatnonzero((slip == 1) | (slip == 2)):
            name[i] = mistype(str(name[i]), "homophones" if slip[i] == 1 else "lookalikes", int(choice[i]))
        slip = np.where(((slip == 1) | (slip == 2)) & (name == people.name[who]), 0, slip)
        born = people.born[who].copy()
        # not those of small children: a date after their first visits would not only be wrong, but refused
        slip = np.where((slip >= 3) & (people.age[who] < 2), 0, slip)
        born, slip = _mistyped_births(born, slip, choice)

        unnumbered = np.array([self._figures["unnumbered"].get(level, 0) for level in self._level], dtype=np.int64)
        unphoned = np.array([self._figures["no_phone"].get(level, 0) for level in self._level], dtype=np.int64)
        # where the birth date was typed by hand there was no card to copy the number from
        id_number = np.where(draws.chance(unnumbered[where]) | (slip >= 3), "", people.id_number[who])
        id_type = np.where(id_number == "", "", people.id_type[who])
        phone = np.where(draws.chance(unphoned[where]), "", people.phone[who])
        old = draws.chance(self._figures["old_phone"], n) & (phone != "")
        old_phone = (_OLD_PHONE + people.number[who] * 40_503 % _NUMBERS).astype("U11")
        frame = pl.DataFrame(
            {
                "patient_no": self._numbers(people, who, where, again),
                "name": name,
                "sex": people.sex[who],
                "birth_date": pl.Series(born.astype(np.int32)).cast(pl.Date),
                "id_type": id_type,
                "id_number": id_number,
                "phone": np.where(old, old_phone, phone),
                "slip": np.array(SLIPS)[slip],
            }
        )
        return Registrations(frame, keys, places)

    def _numbers(self, people: People, who: Ints, where: Ints, again: Bools) -> pl.Series:
        number = (people.number[who] * 2 + again) * 7_368_787 % _NUMBERS
        frame = pl.DataFrame({"prefix": self._prefix[where], "number": number, "card": people.card[who]})
        own = pl.concat_str("prefix", pl.col("number").cast(pl.String).str.zfill(8))
        return frame.select(pl.when(pl.lit(pl.Series(where == self.bureau))).then("card").otherwise(own)).to_series()


def _mistyped_births(born: Ints, slip: Ints, choice: Ints) -> tuple[Ints, Ints]:
    """Day and month swapped, or a digit of the year or day wrong; a date that cannot be swapped stays as it is."""
    days = EPOCH + born.astype("timedelta64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    day = (days - months).astype(np.int64)  # from 0
    month = (months - years).astype(np.int64)  # from 0
    swappable = (slip == 3) & (day < 12) & (day != month)
    swapped = (years + day.astype("timedelta64[M]")).astype("datetime64[M]") + month.astype("timedelta64[D]")
    swapped_days = (swapped.astype("datetime64[D]") - EPOCH).astype(np.int64)
    # ten years or one day too early: never in the future
    wrong = born - np.where(choice % 2 == 0, 3653, 1)
    born = np.where(swappable, swapped_days, np.where(slip == 4, wrong, born))
    return born, np.where((slip == 3) & ~swappable, 0, slip)
