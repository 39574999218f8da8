"""Comparing two records of persons, aspect by aspect, on arrays of pairs: the one definition for every path.

``Persons`` holds a column of records as arrays; ``compare(a, i, b, j)`` says for each k at which level record
``i[k]`` of a stands to record ``j[k]`` of b. Nothing here knows what a level is worth (``weights`` does).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yigongti.domains.base.residents.names import Names
from yigongti.domains.base.residents.weights import Aspect, Born, Levels, Name, Number, Same

Rows = NDArray[np.int64]


NO_DAY = np.iinfo(np.int32).min


@dataclass(frozen=True)
class Dates:
    """Birth dates in parts; a part that is not known is 0."""

    year: NDArray[np.int16]
    month: NDArray[np.int8]
    day: NDArray[np.int8]

    @property
    def key(self) -> NDArray[np.uint64]:
        """One number for the whole date; 0 where it is not known to the day."""
        whole = self.year.astype(np.uint64) << np.uint64(16) | self.month.astype(np.uint64) << np.uint64(8)
        return np.where(self.day > 0, whole | self.day.astype(np.uint64), np.uint64(0))


def dates_of(days: NDArray[np.int32]) -> Dates:
    """From days since 1970-01-01; NO_DAY is not known."""
    known = days != NO_DAY
    day = np.where(known, days, 0).astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    return Dates(
        np.where(known, year, 0).astype(np.int16),
        np.where(known, month.astype(np.int64) % 12 + 1, 0).astype(np.int8),
        np.where(known, (day - month.astype("datetime64[D]")).astype(np.int64) + 1, 0).astype(np.int8),
    )


@dataclass(frozen=True)
class Persons:
    """Records as parallel arrays. A 64-bit key is equal where the value is; 0 means it is not known."""

    names: Names
    named: NDArray[np.bool_]  # the name stands for somebody
    sex: NDArray[np.int8]  # 1 male, 2 female, 0 not known
    born: Dates
    typed_sex: NDArray[np.int8]  # as typed, where an identity number says it too
    typed_born: Dates
    id_key: NDArray[np.uint64]  # of the identity document's number, with its kind
    id_valid: NDArray[np.bool_]  # passes its check, or is of a kind that has none
    id_digits: NDArray[np.uint8] | None  # n × 18, where numbers may be invalid
    card: NDArray[np.uint64]
    phone: NDArray[np.uint64]
    address: NDArray[np.uint64]
    household: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.sex)


def compare(a: Persons, i: Rows, b: Persons, j: Rows) -> Levels:
    """The levels of each pair (pairs × aspects, int8)."""
    levels = np.zeros((len(i), len(Aspect)), np.int8)
    levels[:, Aspect.NAME] = compare_names(a.names, i, b.names, j)
    levels[~(a.named[i] & b.named[j]), Aspect.NAME] = 0
    levels[:, Aspect.SEX] = _same(a.sex[i], b.sex[j])
    levels[:, Aspect.BORN] = compare_born(a.born, i, b.born, j)
    levels[:, Aspect.ID_NUMBER] = number = _compare_numbers(a, i, b, j)
    # Equal numbers say equal dates: whether it is the person or somebody's number borrowed, only what was typed tells.
    equal = np.flatnonzero(number == Number.EQUAL)
    levels[equal, Aspect.SEX] = _same(a.typed_sex[i[equal]], b.typed_sex[j[equal]])
    levels[equal, Aspect.BORN] = compare_born(a.typed_born, i[equal], b.typed_born, j[equal])
    for aspect, left, right in (
        (Aspect.CARD, a.card, b.card),
        (Aspect.PHONE, a.phone, b.phone),
        (Aspect.ADDRESS, a.address, b.address),
        (Aspect.HOUSEHOLD, a.household, b.household),
    ):
        levels[:, aspect] = _same(left[i], right[j])
    return levels


def _same(left: NDArray[np.generic], right: NDArray[np.generic]) -> NDArray[np.int8]:
    known = (left != 0) & (right != 0)
    return np.where(known, np.where(left == right, Same.EQUAL, Same.DIFFERENT), 0).astype(np.int8)


def compare_names(a: Names, i: Rows, b: Names, j: Rows) -> NDArray[np.int8]:
    """The level of two names. Whole-name keys settle most pairs; only the rest are looked at by character."""
    known = (a.length[i] > 0) & (b.length[j] > 0)
    level = np.where(known, Name.DIFFERENT, 0).astype(np.int8)
    surname = (a.surname[i] == b.surname[j]) & (a.surname[i] != 0)
    level[surname & known] = Name.SURNAME_ONLY
    given = (a.given[i] == b.given[j]) & (a.given[i] != 0) & (a.length[i] > 2)
    level[given & ~surname & known] = Name.OTHER_SURNAME

    rest = np.flatnonzero((level == Name.SURNAME_ONLY) | (level == Name.DIFFERENT))
    if len(rest):
        level[rest] = np.where((by_character := _by_character(a, i[rest], b, j[rest])) > 0, by_character, level[rest])
    for wins, left, right in (
        (Name.HEARD_ALIKE, a.heard[i], b.heard[j]),
        (Name.LOOK_ALIKE, a.shaped[i], b.shaped[j]),
        (Name.HOMOPHONE, a.sounding[i], b.sounding[j]),
        (Name.EXACT, a.written[i], b.written[j]),
    ):
        level[(left == right) & known] = wins
    return level


def _by_character(a: Names, i: Rows, b: Names, j: Rows) -> NDArray[np.int8]:
    """Swapped, one character different, missing or more; 0 where it is more than that."""
    found = np.zeros(len(i), np.int8)
    long, short = a.length[i].astype(int), b.length[j].astype(int)
    near = np.flatnonzero((np.abs(long - short) <= 1) & (np.maximum(long, short) >= 3) & (np.minimum(long, short) >= 2))
    if not len(near):
        return found
    i, j = i[near], j[near]
    width = max(a.codes.shape[1], b.codes.shape[1])
    left, right = _wide(a.codes[i], width), _wide(b.codes[j], width)
    left_sounds, right_sounds = _wide(a.sounds[i], width), _wide(b.sounds[j], width)
    length, other = a.length[i].astype(int), b.length[j].astype(int)
    even = length == other
    differ = left != right
    count = differ.sum(axis=1)
    unlike = (differ & (left_sounds != right_sounds)).sum(axis=1)  # a homophone and another slip may meet
    first = differ.argmax(axis=1)
    rows = np.arange(len(i))
    second = np.minimum(first + 1, width - 1)
    swapped = (
        even & (count == 2) & (left[rows, first] == right[rows, second]) & (left[rows, second] == right[rows, first])
    )
    # In three or more characters one may be quite another; in two that would leave the surname only.
    one = even & (length >= 3) & (count >= 1) & (count <= 2) & (unlike <= 1) & (count - unlike <= 1)
    # One character more: what follows the first difference is the same, shifted by one.
    more = np.abs(length - other) == 1
    longer = np.where((length > other)[:, None], left, right)
    shorter = np.where((length > other)[:, None], right, left)
    place = np.arange(width)[None, :]
    shifted = np.concatenate([longer[:, 1:], np.zeros((len(i), 1), longer.dtype)], axis=1)
    without = np.where(place < first[:, None], longer, shifted)
    more &= (without == shorter).all(axis=1)
    level = np.where(swapped, Name.SWAPPED, np.where(one | more, Name.ONE_CHARACTER, 0))
    found[near] = level
    return found


def _wide(columns: NDArray[np.generic], width: int) -> NDArray[np.generic]:
    missing = width - columns.shape[1]
    return np.pad(columns, ((0, 0), (0, missing))) if missing else columns


def compare_born(a: Dates, i: Rows, b: Dates, j: Rows) -> NDArray[np.int8]:
    """The level of two birth dates, as far as both are known."""
    year, month, day = a.year[i] == b.year[j], a.month[i] == b.month[j], a.day[i] == b.day[j]
    known = (a.year[i] != 0) & (b.year[j] != 0)
    to_the_day = (a.day[i] != 0) & (b.day[j] != 0)
    months_known = (a.month[i] != 0) & (b.month[j] != 0)
    swapped = year & (a.month[i] == b.day[j]) & (a.day[i] == b.month[j])
    level = np.where(
        to_the_day,
        np.where(
            year & month & day,
            Born.EXACT,
            np.where(
                swapped,
                Born.DAY_MONTH_SWAPPED,
                np.where((year & month) | (year & day) | (month & day), Born.ONE_PART, Born.DIFFERENT),
            ),
        ),
        np.where(year & (month | ~months_known), Born.SAME_YEAR, Born.DIFFERENT),
    )
    return np.where(known, level, 0).astype(np.int8)


def _compare_numbers(a: Persons, i: Rows, b: Persons, j: Rows) -> NDArray[np.int8]:
    left, right = a.id_key[i], b.id_key[j]
    known = (left != 0) & (right != 0)
    both_valid = a.id_valid[i] & b.id_valid[j]
    level = np.where(left == right, Number.EQUAL, np.where(both_valid, Number.DIFFERENT, Number.DIFFERENT_INVALID))
    level = np.where(known, level, 0).astype(np.int8)
    if a.id_digits is not None and b.id_digits is not None:
        doubtful = np.flatnonzero(level == Number.DIFFERENT_INVALID)
        slip = one_slip(a.id_digits[i[doubtful]], b.id_digits[j[doubtful]])
        level[doubtful[slip]] = Number.ONE_SLIP
    return level


def one_slip(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether two numbers (n × 18 digits) differ by one digit or by two swapped neighbours. Empty ones do not."""
    differ = left != right
    count = differ.sum(axis=1)
    rows, first = np.arange(len(left)), differ.argmax(axis=1)
    second = np.minimum(first + 1, left.shape[1] - 1)
    swapped = (count == 2) & (left[rows, first] == right[rows, second]) & (left[rows, second] == right[rows, first])
    filled = left.any(axis=1) & right.any(axis=1)
    result: NDArray[np.bool_] = filled & ((count == 1) | swapped)
    return result
