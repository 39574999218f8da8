"""Which DRGs some case reaches: cases made from the scheme's own lists are grouped; what none meets is named."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.scheme.rules import NEEDS, NEWBORN_DAYS, Entry, Level, Match
from yigongti.domains.money.drg.scheme.scheme import Adrg, Mdc, Scheme

if TYPE_CHECKING:
    from yigongti.domains.money.drg.grouping.compiled import Compiled

FEW, MANY = 12, 120
"""Codes tried of a procedure list at first, and where that reached nothing; four times as many principal diagnoses."""

MOST = 40_000
MOST_IN_ALL = {FEW: 1_500_000, MANY: 600_000}
"""Cases made for one ADRG, and in all of a round: where there could be more, evenly spread ones of them."""

PIECE = 50_000
"""Cases grouped at a time: memory does not grow with what is not reached."""

Made = tuple[int, int, int, int, str, tuple[str, ...], tuple[str, ...]]
"""sex, years, days, weight, principal diagnosis, other diagnoses, procedures"""


Samples = dict[Level, list[str]]


def _samples(scheme: Scheme) -> Samples:
    """Complications of each level, one of each exclusion table."""
    found: dict[Level, dict[str, str]] = {level: {} for level in Level}
    for code, one in sorted(scheme.complications.items()):
        found[one.level].setdefault(one.table, code)
    return {level: list(by_table.values()) for level, by_table in found.items()}


def unreached(scheme: Scheme) -> list[tuple[str, int, str]]:
    """DRGs no made case reached, how many were made for its ADRG, and what is likely the reason."""
    from yigongti.domains.money.drg.grouping.compiled import Compiled

    compiled, samples = Compiled(scheme), _samples(scheme)
    drgs: set[str] = set()
    adrgs: set[str] = set()
    tried: Counter[str] = Counter()
    for few in (FEW, MANY):  # whole lists are crossed for those only that a few codes of each did not reach
        open_ones = [
            (mdc, adrg)
            for mdc in scheme.mdcs
            for adrg in mdc.adrgs
            if not drgs.issuperset(drg.code for drg in adrg.drgs)
        ]
        most = max(min(MOST, MOST_IN_ALL[few] // max(len(open_ones), 1)), 3)
        made = (case for mdc, adrg in open_ones for case in _cases(scheme, mdc, adrg, few, most, samples, tried))
        while piece := list(islice(made, PIECE)):
            met_drgs, met_adrgs = _met(piece, compiled)
            drgs |= met_drgs
            adrgs |= met_adrgs
    found = []
    for mdc in scheme.mdcs:
        for place, adrg in enumerate(mdc.adrgs):
            for drg in adrg.drgs:
                if drg.code in drgs:
                    continue
                if adrg.code in adrgs:
                    why = _("{adrg}有病例到达，但没有能计入的合并症或并发症满足这一条件。").format(adrg=adrg.code)
                else:
                    before = "、".join(earlier.code for earlier in mdc.adrgs[:place]) or "—"
                    why = _("排在前面的组（{before}）或MDC可能已接收了它的全部病例。").format(before=before)
                found.append((drg.code, tried[adrg.code], why))
    return found


def _met(made: list[Made], compiled: "Compiled") -> tuple[set[str], set[str]]:
    """The DRGs and ADRGs some of these cases come to."""
    from yigongti.domains.money.drg.grouping.batch import Cases, outcomes

    others = [[compiled.diagnoses.number(code) for code in case[5]] for case in made]
    procedures = [[compiled.procedures.number(code) for code in case[6]] for case in made]
    numbers = outcomes(
        Cases(
            sex=np.array([case[0] for case in made], dtype=np.int8),
            age_years=np.array([case[1] for case in made], dtype=np.int32),
            age_days=np.array([case[2] for case in made], dtype=np.int32),
            birth_weight_g=np.array([case[3] for case in made], dtype=np.int32),
            principal=np.array([compiled.principals.number(case[4]) for case in made], dtype=np.int32),
            others=np.array([code for codes in others for code in codes], dtype=np.int32),
            others_at=np.cumsum([0, *map(len, others)], dtype=np.int64),
            procedures=np.array([code for codes in procedures for code in codes], dtype=np.int32),
            procedures_at=np.cumsum([0, *map(len, procedures)], dtype=np.int64),
        ),
        compiled,
    )
    met = [compiled.outcomes[number] for number in np.unique(numbers).tolist()]
    return {outcome.drg for outcome in met}, {outcome.adrg for outcome in met}


def _cases(
    scheme: Scheme, mdc: Mdc, adrg: Adrg, few: int, most: int, samples: Samples, tried: Counter[str]
) -> Iterator[Made]:
    sex = 2 if mdc.entry is Entry.FEMALE else 1
    newborn = adrg.match in (Match.NEWBORN_DIAGNOSIS, Match.NEWBORN_PROCEDURE, Match.NEWBORN_WEIGHT)
    infant = newborn or mdc.entry is Entry.UNDER_ONE_YEAR
    years, days = (0, NEWBORN_DAYS if newborn else NEWBORN_DAYS + 1) if infant else (40, 0)
    low = adrg.weight_band[0] if adrg.weight_band else 3000
    principals, procedures = _principals(scheme, mdc, adrg, few * 4), _procedures(scheme, adrg, few)
    companions = {code: _companions(scheme, mdc, adrg, code) for code in principals}
    others = {code: _others(scheme, code, samples) for code in principals}
    for principal, operations in _crossed(principals, procedures, most // 3):
        for other in others[principal]:
            tried[adrg.code] += 1
            yield sex, years, days, max(low, 1), principal, (*companions[principal], *other), operations


def _crossed(
    principals: list[str], procedures: list[tuple[str, ...]], most: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each diagnosis with each procedure; of too many pairs evenly spread ones, in which every one of both stands."""
    wide = len(procedures)
    pairs = len(principals) * wide
    step = max(-(-pairs // max(most, 1)), 1)
    while step > 1 and gcd(step, wide) > 1:
        step += 1
    for place in range(0, pairs, step):
        yield principals[place // wide], procedures[place % wide]


def _principals(scheme: Scheme, mdc: Mdc, adrg: Adrg, most: int) -> list[str]:
    any_diagnosis = adrg.match in (Match.NEWBORN_WEIGHT, Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID)
    listed = mdc.diagnoses if mdc.entry.by_diagnosis else scheme.listed_diagnoses
    if NEEDS[adrg.match].diagnoses and not any_diagnosis:
        listed &= adrg.diagnoses
    return _spread(listed, most)


def _companions(scheme: Scheme, mdc: Mdc, adrg: Adrg, principal: str) -> tuple[str, ...]:
    """Other diagnoses without which the case does not enter the MDC or fit the group."""
    found: tuple[str, ...] = ()
    if mdc.entry is Entry.TWO_BODY_SITES:
        mine = mdc.sites.get(principal, frozenset())
        elsewhere = [code for code, sites in mdc.sites.items() if sites - mine and code not in scheme.complications]
        elsewhere = elsewhere or [code for code, sites in mdc.sites.items() if sites - mine]
        found += (min(elsewhere),) if elsewhere else ()
    if (
        adrg.match in (Match.NEWBORN_WEIGHT, Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID)
        and principal not in adrg.diagnoses
    ):
        quiet = adrg.diagnoses - scheme.complications.keys()
        found += (min(quiet or adrg.diagnoses),)
    return found


def _procedures(scheme: Scheme, adrg: Adrg, few: int) -> list[tuple[str, ...]]:
    match = adrg.match
    if match in (Match.PROCEDURE_VALID, Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID):
        return [(code,) for code in _spread(scheme.valid_procedures, few)]
    if match is Match.DIAGNOSIS_AND_TAGS:
        return [tuple(min(adrg.procedures[tag]) for tag in sorted(alternative)) for alternative in adrg.alternatives]
    if match in (Match.TWO_LISTS, Match.DIAGNOSIS_AND_TWO_LISTS):
        firsts, seconds = _spread(adrg.procedures["1"], few // 4), _spread(adrg.procedures["2"], few // 4)
        return [(one, two) for one in firsts for two in seconds]
    if NEEDS[match].procedure_lists == 1:
        return [(code,) for code in _spread(adrg.procedures["1"], few)]
    return [()]


def _others(scheme: Scheme, principal: str, samples: Samples) -> list[tuple[str, ...]]:
    """Nothing; a CC that counts beside this principal diagnosis; an MCC that does."""
    table = scheme.exclusions.get(principal)
    found: list[tuple[str, ...]] = [()]
    for level in Level:
        for code in samples[level]:
            if not scheme.complications[code].table or scheme.complications[code].table != table:
                found.append((code,))
                break
    return found


def _spread(codes: Iterable[str], most: int) -> list[str]:
    """At most so many of the codes, evenly spread."""
    ordered = sorted(codes)
    step = max(len(ordered) // most, 1)
    return ordered[::step][:most]
