"""The resident identity number (公民身份号码), GB 11643-1999: six digits of region, eight of the birth date, three
of order (odd for male, even for female), one check character by ISO 7064 MOD 11-2.

The number is unique and for life (居民身份证法 art. 3). It is never made up for somebody who has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

LENGTH = 18
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
OLDEST = 130  # years; nobody verified has reached 123

MALE, FEMALE = "1", "2"  # GB/T 2261.1; 0 unknown, 9 not stated
SEXES = ("0", MALE, FEMALE, "9")

# First two digits (GB/T 2260): provinces, Taiwan 71 and 83, Hong Kong 81, Macao 82, foreign permanent residents 9.
PROVINCES = frozenset(
    {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54}
    | {61, 62, 63, 64, 65, 71, 81, 82, 83, 91, 92, 93, 94, 95, 96, 97, 98, 99}
)


class Fault(StrEnum):
    """What is wrong with a number, from the outside in; only the first is told."""

    LENGTH = "id_length"
    CHARACTERS = "id_characters"
    REGION = "id_region"
    BIRTH_DATE = "id_birth_date"
    CHECK = "id_check"


ORDER = (Fault.LENGTH, Fault.CHARACTERS, Fault.REGION, Fault.BIRTH_DATE, Fault.CHECK)


class InvalidIdNumber(ValueError):
    """Not a resident identity number; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class IdNumber:
    """What a valid number says."""

    number: str
    region: str
    birth_date: date
    sex: str


def check_character(first_seventeen: str) -> str:
    """The eighteenth character: ``check_character("11010519491231002")`` is ``"X"``. Raises ValueError."""
    if len(first_seventeen) != 17 or not (first_seventeen.isascii() and first_seventeen.isdigit()):
        raise ValueError("seventeen digits are needed")
    return CHECKS[sum(int(d) * w for d, w in zip(first_seventeen, WEIGHTS, strict=True)) % 11]


def read_id_number(number: str, *, on: date) -> IdNumber:
    """Region, birth date and sex of a number as of a day (``x`` is taken as ``X``).

    Raises InvalidIdNumber: wrong length, other characters, no such province, a birth date that does not
    exist, is after ``on`` or more than 130 years before it, or a wrong check character.
    """
    number = number.strip().upper()
    if len(number) != LENGTH:
        raise InvalidIdNumber(Fault.LENGTH)
    if not (number.isascii() and number[:17].isdigit() and (number[17].isdigit() or number[17] == "X")):
        raise InvalidIdNumber(Fault.CHARACTERS)
    if int(number[:2]) not in PROVINCES:
        raise InvalidIdNumber(Fault.REGION)
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidIdNumber(Fault.BIRTH_DATE) from None
    if born > on or on.year - born.year > OLDEST:
        raise InvalidIdNumber(Fault.BIRTH_DATE)
    if check_character(number[:17]) != number[17]:
        raise InvalidIdNumber(Fault.CHECK)
    return IdNumber(number, number[:6], born, MALE if int(number[16]) % 2 else FEMALE)


def upgrade_fifteen(number: str, *, on: date) -> IdNumber:
    """The 18-character form of an old 15-digit number (two-digit year of the 1900s, no check character).

    Called only where a person says that the number is an old one: fifteen digits can also be a cut-off new
    one. Persons numbered as over a hundred years old carried 996–999 as order and need their true year: they
    are refused. Raises InvalidIdNumber.
    """
    number = number.strip()
    if len(number) != 15:
        raise InvalidIdNumber(Fault.LENGTH)
    if not (number.isascii() and number.isdigit()):
        raise InvalidIdNumber(Fault.CHARACTERS)
    if number[12:] in {"996", "997", "998", "999"}:
        raise InvalidIdNumber(Fault.BIRTH_DATE)
    first_seventeen = number[:6] + "19" + number[6:]
    return read_id_number(first_seventeen + check_character(first_seventeen), on=on)


@dataclass(frozen=True)
class IdNumbers:
    """A column of numbers, read: parallel arrays. ``fault`` is -1 for a valid number, else an index of ORDER."""

    digits: NDArray[np.uint8]  # n × 18; X is 10; rows of faulty length or characters are 0
    fault: NDArray[np.int8]
    born: NDArray[np.int32]  # days since 1970-01-01, only where valid
    sex: NDArray[np.int8]


def read_id_numbers(numbers: Iterable[str], *, on: date) -> IdNumbers:
    """``read_id_number`` for a column, about a million a second. The same verdicts, in the same order."""
    text = np.array([n.strip().upper() for n in numbers], dtype=np.str_)
    count = len(text)
    fault = np.full(count, -1, np.int8)
    if count == 0 or text.dtype.itemsize == 0:
        empty = np.zeros((count, LENGTH), np.uint8)
        fault[:] = ORDER.index(Fault.LENGTH)
        return IdNumbers(empty, fault, np.zeros(count, np.int32), np.zeros(count, np.int8))
    length_ok = np.char.str_len(text) == LENGTH
    codes = text.astype(f"<U{LENGTH}").view(np.uint32).reshape(count, LENGTH)
    is_digit = (codes >= 48) & (codes <= 57)
    is_x = codes[:, 17] == 88
    characters_ok = is_digit[:, :17].all(axis=1) & (is_digit[:, 17] | is_x)
    digits = np.where(is_digit, codes - 48, 0).astype(np.uint8)
    digits[:, 17] = np.where(is_x, 10, digits[:, 17])
    digits[~(length_ok & characters_ok)] = 0

    wide = digits.astype(np.int32)
    region_ok = np.isin(wide[:, 0] * 10 + wide[:, 1], sorted(PROVINCES))
    year = wide[:, 6:10] @ np.array([1000, 100, 10, 1], np.int32)
    month = wide[:, 10] * 10 + wide[:, 11]
    day = wide[:, 12] * 10 + wide[:, 13]
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    month_ok = (month >= 1) & (month <= 12)
    last = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[np.where(month_ok, month, 0)]
    last = last + (leap & (month == 2))
    safe = np.where(month_ok & (year >= 1), (year - 1970) * 12 + month - 1, 0)
    born = safe.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32) + day - 1
    today = (on - date(1970, 1, 1)).days
    born_ok = (year >= on.year - OLDEST) & month_ok & (day >= 1) & (day <= last) & (born <= today)
    sums = wide[:, :17] @ np.array(WEIGHTS, np.int32)
    expected = np.array([10 if c == "X" else int(c) for c in CHECKS])[sums % 11]
    check_ok = wide[:, 17] == expected

    for kind, ok in zip(reversed(ORDER), (check_ok, born_ok, region_ok, characters_ok, length_ok), strict=True):
        fault[~ok] = ORDER.index(kind)
    sex = np.where(wide[:, 16] % 2 == 1, 1, 2).astype(np.int8)
    return IdNumbers(digits, fault, born.astype(np.int32), sex)
