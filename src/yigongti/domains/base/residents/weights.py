"""What each agreement and disagreement between two records of persons is worth: one table for every path.

Fellegi and Sunter (1969), against two alternatives instead of one. Two records that are not of one person are of
strangers or of two members of a household, and a household shares surname, phone and address by nature: evidence
that tells a person from strangers may tell nothing between twins. So every level carries three probabilities:
``same`` (both records are of one person), ``strangers`` and ``relatives``. The score is the smaller of the two
odds, softly: ``-log2(2**-s + 2**-r)``, in bits. 10 bits are odds of a thousand to one.

The probabilities come from the field's experience with registers (error rates of typed names, dates and numbers)
and hold for a Chinese county; names and dates that are common here count for less, by how common they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import log2

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

RELATIVES_PER_PERSON = 2.5  # others in one's household, as often meant as oneself when household evidence agrees
SMALLEST_WORLD = 100_000  # persons a stranger may be, however few of them the index knows yet
MISSING = 0  # every aspect's level 0: nothing is known on one side, nothing follows


class Aspect(IntEnum):
    """What is compared, in the order a person would look at it."""

    NAME = 0
    SEX = 1
    BORN = 2
    ID_NUMBER = 3
    CARD = 4
    PHONE = 5
    ADDRESS = 6
    HOUSEHOLD = 7


class Name(IntEnum):
    EXACT = 1
    HOMOPHONE = 2
    LOOK_ALIKE = 3
    HEARD_ALIKE = 4
    SWAPPED = 5
    ONE_CHARACTER = 6
    OTHER_SURNAME = 7
    SURNAME_ONLY = 8
    DIFFERENT = 9


class Born(IntEnum):
    EXACT = 1
    DAY_MONTH_SWAPPED = 2
    ONE_PART = 3
    SAME_YEAR = 4  # one side knows only the year (or year and month), and it agrees
    DIFFERENT = 5


class Number(IntEnum):
    EQUAL = 1
    ONE_SLIP = 2  # one digit wrong or two neighbours swapped, and one of the two numbers is invalid
    DIFFERENT_INVALID = 3
    DIFFERENT = 4


class Same(IntEnum):
    EQUAL = 1
    DIFFERENT = 2


@dataclass(frozen=True)
class Level:
    """How often this level is seen among pairs of one person, of strangers, of relatives."""

    code: str
    label: str | Promise
    same: float
    strangers: float
    relatives: float


TABLE: dict[Aspect, dict[int, Level]] = {
    Aspect.NAME: {
        Name.EXACT: Level("name_exact", _("姓名相同"), 0.93, 3e-4, 1e-5),
        Name.HOMOPHONE: Level("name_homophone", _("姓名同音"), 0.018, 6e-4, 4e-3),
        Name.LOOK_ALIKE: Level("name_look_alike", _("姓名字形相近"), 0.012, 1e-5, 2e-3),
        Name.HEARD_ALIKE: Level("name_heard_alike", _("姓名读音相近"), 0.008, 1e-3, 6e-3),
        Name.SWAPPED: Level("name_swapped", _("名字两字颠倒"), 0.003, 1e-5, 1e-3),
        Name.ONE_CHARACTER: Level("name_one_character", _("姓名差一个字"), 0.012, 1e-3, 0.12),
        Name.OTHER_SURNAME: Level("name_other_surname", _("名同姓不同"), 0.004, 6e-4, 5e-4),
        Name.SURNAME_ONLY: Level("name_surname_only", _("仅姓氏相同"), 0.005, 0.035, 0.45),
        Name.DIFFERENT: Level("name_different", _("姓名不同"), 0.004, 0.96, 0.40),
    },
    Aspect.SEX: {
        Same.EQUAL: Level("sex_equal", _("性别相同"), 0.995, 0.5, 0.5),
        Same.DIFFERENT: Level("sex_different", _("性别不同"), 0.005, 0.5, 0.5),
    },
    Aspect.BORN: {
        Born.EXACT: Level("born_exact", _("出生日期相同"), 0.955, 3.4e-5, 0.008),
        Born.DAY_MONTH_SWAPPED: Level("born_swapped", _("出生月日颠倒"), 0.006, 3.4e-5, 5e-5),
        Born.ONE_PART: Level("born_one_part", _("出生日期有一处不同"), 0.02, 0.004, 0.006),
        Born.SAME_YEAR: Level("born_same_year", _("出生年份相同"), 0.97, 0.0125, 0.03),
        Born.DIFFERENT: Level("born_different", _("出生日期不同"), 0.014, 0.996, 0.986),
    },
    Aspect.ID_NUMBER: {
        Number.EQUAL: Level("id_equal", _("证件号码相同"), 0.97, 1e-9, 1e-3),
        Number.ONE_SLIP: Level("id_one_slip", _("证件号码只差一处"), 0.02, 2e-4, 1e-3),
        Number.DIFFERENT_INVALID: Level("id_different_invalid", _("证件号码不同（有一个不合规）"), 0.006, 0.03, 0.03),
        Number.DIFFERENT: Level("id_different", _("证件号码不同"), 0.001, 0.97, 0.97),
    },
    Aspect.CARD: {
        Same.EQUAL: Level("card_equal", _("卡号相同"), 0.9, 1e-8, 1e-3),
        Same.DIFFERENT: Level("card_different", _("卡号不同"), 0.1, 1.0, 1.0),
    },
    Aspect.PHONE: {
        Same.EQUAL: Level("phone_equal", _("电话相同"), 0.75, 4e-6, 0.45),
        Same.DIFFERENT: Level("phone_different", _("电话不同"), 0.25, 1.0, 0.55),
    },
    Aspect.ADDRESS: {
        Same.EQUAL: Level("address_equal", _("住址相同"), 0.6, 1e-5, 0.9),
        Same.DIFFERENT: Level("address_different", _("住址不同"), 0.4, 1.0, 0.1),
    },
    Aspect.HOUSEHOLD: {
        Same.EQUAL: Level("household_equal", _("户号相同"), 0.9, 4e-6, 0.97),
        Same.DIFFERENT: Level("household_different", _("户号不同"), 0.1, 1.0, 0.03),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Commonness:
    """How often the name, the sound of the name and the birth date of each pair occur among ``total`` persons."""

    total: int
    name: NDArray[np.float64]
    sound: NDArray[np.float64]
    born: NDArray[np.float64]


Levels = NDArray[np.int8]  # pairs × aspects


def _matrix(alternative: str) -> NDArray[np.float64]:
    """Bits of every level against one alternative; 0 for what is missing."""
    bits = np.zeros((len(Aspect), 1 + max(len(levels) for levels in TABLE.values())))
    for aspect, levels in TABLE.items():
        for number, level in levels.items():
            bits[aspect, number] = log2(level.same / getattr(level, alternative))
    return bits


_against_strangers = _matrix("strangers")
_against_relatives = _matrix("relatives")


def bits(levels: Levels, common: Commonness) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each aspect of each pair is worth: against strangers, against relatives (pairs × aspects)."""
    aspects = np.arange(len(Aspect))[None, :]
    strangers = _against_strangers[aspects, levels]
    relatives = _against_relatives[aspects, levels]

    name, born = levels[:, Aspect.NAME], levels[:, Aspect.BORN]
    by_name = _share(common.name, common.total, 1e-4, 1_000)
    by_sound = _share(common.sound, common.total, 3e-4, 1_000)
    by_date = _share(common.born, common.total, 1 / 29_000, 29_000)
    for level, share in (
        (Name.EXACT, by_name),
        (Name.HOMOPHONE, by_sound),
        (Name.HEARD_ALIKE, 3 * by_sound),
    ):
        same = TABLE[Aspect.NAME][level].same
        strangers[:, Aspect.NAME] = np.where(
            name == level, np.log2(same / np.minimum(share, same)), strangers[:, Aspect.NAME]
        )
    same = TABLE[Aspect.BORN][Born.EXACT].same
    strangers[:, Aspect.BORN] = np.where(
        born == Born.EXACT, np.log2(same / np.minimum(by_date, same)), strangers[:, Aspect.BORN]
    )
    # An equal number contains the date and the sex: they add nothing against a stranger who has that number typed.
    equal = levels[:, Aspect.ID_NUMBER] == Number.EQUAL
    for aspect in (Aspect.BORN, Aspect.SEX):
        strangers[:, aspect] = np.where(equal, np.minimum(strangers[:, aspect], 0), strangers[:, aspect])
    return strangers, relatives


def scores(levels: Levels, common: Commonness) -> NDArray[np.float64]:
    """The score of each pair in bits: log2 of the odds that both records are of one person."""
    strangers, relatives = bits(levels, common)
    return combined(strangers, relatives, common.total)


def combined(strangers: NDArray[np.float64], relatives: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    """From the bits of the aspects to the odds against both alternatives together."""
    against_strangers = strangers.sum(axis=1) - log2(max(total, SMALLEST_WORLD))
    against_relatives = relatives.sum(axis=1) - log2(RELATIVES_PER_PERSON)
    softened: NDArray[np.float64] = -np.logaddexp2(-against_strangers, -against_relatives)
    return softened


def _share(count: NDArray[np.float64], total: int, typical: float, trust: int) -> NDArray[np.float64]:
    """How often a value occurs, drawn towards the typical while little has been seen."""
    share: NDArray[np.float64] = (count + typical * trust) / (total + trust)
    return share


@dataclass(frozen=True)
class Reason:
    """One aspect of a comparison, for people: what was found and how much it says (bits, rounded)."""

    code: str
    text: str
    bits: float


def reasons(levels: Sequence[int], strangers: Sequence[float], relatives: Sequence[float]) -> tuple[Reason, ...]:
    """The aspects of one pair in words, each with its weight against the nearer alternative; the weightiest first."""
    nearer = strangers if sum(strangers) <= sum(relatives) else relatives
    found = [
        Reason(level.code, str(level.label), round(float(nearer[aspect]), 1))
        for aspect in Aspect
        if (level := TABLE[aspect].get(int(levels[aspect]))) is not None
    ]
    return tuple(sorted(found, key=lambda reason: -abs(reason.bits)))
