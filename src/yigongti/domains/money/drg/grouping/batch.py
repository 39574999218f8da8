"""Many cases at once: arrays in, the number of an outcome for each case out. Gives what ``one.group`` gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yigongti.domains.money.drg.grouping.case import (
    HEAVIEST_G,
    MISSING,
    OLDEST_INFANT_DAYS,
)
from yigongti.domains.money.drg.grouping.compiled import NO_CODE, NO_RANK, UNMAPPED, Compiled, CompiledMdc, Ints, Test
from yigongti.domains.money.drg.grouping.reasons import Reason
from yigongti.domains.money.drg.scheme.rules import NEWBORN_DAYS, Entry, Match, Qy


@dataclass
class Cases:
    """Typed arrays of n cases. Codes are numbers of ``Compiled.diagnoses`` and ``.procedures`` (UNMAPPED, NO_CODE).

    ``others`` and ``procedures`` hold the codes of all cases one after the other; those of case i lie from
    ``…_at[i]`` up to ``…_at[i + 1]``. ``readable``: None, or false for rows that could not be read.
    """

    sex: npt.NDArray[np.int8]
    age_years: npt.NDArray[np.int32]
    age_days: npt.NDArray[np.int32]
    birth_weight_g: npt.NDArray[np.int32]
    principal: Ints
    others: Ints
    others_at: npt.NDArray[np.int64]
    procedures: Ints
    procedures_at: npt.NDArray[np.int64]
    readable: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.sex)


PIECE = 65_536
"""Cases worked on at a time: what is looked at again and again stays in the processor's cache."""


def outcomes(cases: Cases, compiled: Compiled) -> Ints:
    """The number in ``compiled.outcomes`` for each case."""
    if len(cases) <= PIECE:
        return _outcomes(cases, compiled)
    return np.concatenate([_outcomes(_cut(cases, i, i + PIECE), compiled) for i in range(0, len(cases), PIECE)])


def _cut(cases: Cases, start: int, stop: int) -> Cases:
    stop = min(stop, len(cases))
    others_at, procedures_at = cases.others_at[start : stop + 1], cases.procedures_at[start : stop + 1]
    return Cases(
        cases.sex[start:stop],
        cases.age_years[start:stop],
        cases.age_days[start:stop],
        cases.birth_weight_g[start:stop],
        cases.principal[start:stop],
        cases.others[others_at[0] : others_at[-1]],
        others_at - others_at[0],
        cases.procedures[procedures_at[0] : procedures_at[-1]],
        procedures_at - procedures_at[0],
        None if cases.readable is None else cases.readable[start:stop],
    )


def _outcomes(cases: Cases, compiled: Compiled) -> Ints:
    found = np.full(len(cases), compiled.outcome(Reason.NO_MDC), dtype=np.int32)
    waiting = _refuse(cases, compiled, found)
    first = _principal_procedures(cases)
    first_valid = compiled.valid[first]
    bits = compiled.entry_bits[cases.principal]
    of = compiled.conditional
    bits &= ~np.where(cases.sex == 1, of[Entry.FEMALE], of[Entry.MALE])
    bits &= ~np.where(cases.age_years == 0, np.uint64(0), of[Entry.UNDER_ONE_YEAR])
    bits |= np.where(first_valid, of[Entry.PROCEDURE], np.uint64(0))
    bits[~waiting] = 0
    groups = np.full(len(cases), -1, dtype=np.int32)
    for mdc in compiled.mdcs:
        inside = np.flatnonzero(bits & np.uint64(1 << mdc.bit))
        if mdc.sites is not None and len(inside):
            inside = inside[_two_sites(cases, inside, mdc.sites)]
        if not len(inside):
            continue
        ranks = _ranks(cases, inside, first, mdc, compiled)
        fit = ranks < NO_RANK
        groups[inside[fit]] = mdc.adrg_of_rank[ranks[fit]]
        done = fit
        if compiled.qy is not Qy.OFF:
            odd = ranks >= mdc.first_medical
            if compiled.qy is Qy.PRINCIPAL:
                odd &= first_valid[inside]
            elif odd.any():
                odd &= _any(cases.procedures, cases.procedures_at, inside, compiled.valid)
            groups[inside[odd]] = -1
            found[inside[odd]] = mdc.qy
            done = fit | odd
        if mdc.entry.by_diagnosis:
            found[inside[~done]] = compiled.outcome(Reason.NO_ADRG, mdc.code)
        bits[inside[done]] = 0
    grouped = np.flatnonzero(groups >= 0)
    found[grouped] = compiled.drg_of[groups[grouped], _held(cases, grouped, groups, compiled)]
    return found


def _refuse(cases: Cases, compiled: Compiled, found: Ints) -> npt.NDArray[np.bool_]:
    """Marks cases that can't be grouped, the first reason first; returns which can."""
    waiting = np.ones(len(cases), dtype=np.bool_)
    years, days, weight = cases.age_years, cases.age_days, cases.birth_weight_g
    infant = years == 0
    newborn = infant & (days >= 0) & (days <= NEWBORN_DAYS)
    refusals = [
        (Reason.NO_SEX, (cases.sex != 1) & (cases.sex != 2)),
        (Reason.NO_AGE, years == MISSING),
        (Reason.BAD_AGE, years < 0),
        (Reason.NO_AGE_DAYS, infant & (days == MISSING)),
        (Reason.BAD_AGE_DAYS, infant & ((days < 0) | (days > OLDEST_INFANT_DAYS))),
        (Reason.NO_WEIGHT, newborn & (weight == MISSING)),
        (Reason.BAD_WEIGHT, newborn & ((weight < 1) | (weight > HEAVIEST_G))),
        (Reason.NO_DIAGNOSIS, cases.principal == NO_CODE),
        (Reason.UNMAPPED_PRINCIPAL, cases.principal == UNMAPPED),
        (Reason.UNMAPPED_OTHER, _holds_unmapped(cases.others, cases.others_at)),
        (Reason.UNMAPPED_PROCEDURE, _holds_unmapped(cases.procedures, cases.procedures_at)),
    ]
    if cases.readable is not None:
        refusals.insert(0, (Reason.ROW, ~cases.readable))
    for reason, which in refusals:
        if which is not None and which.any():
            found[which & waiting] = compiled.outcome(reason)
            waiting &= ~which
    return waiting


def _holds_unmapped(codes: Ints, at: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_] | None:
    bad = np.flatnonzero(codes == UNMAPPED)
    if not len(bad):
        return None
    flags = np.zeros(len(at) - 1, dtype=np.bool_)
    flags[np.searchsorted(at, bad, side="right") - 1] = True
    return flags


def _principal_procedures(cases: Cases) -> Ints:
    first = np.full(len(cases), NO_CODE, dtype=np.int32)
    has = np.flatnonzero(cases.procedures_at[1:] > cases.procedures_at[:-1])
    first[has] = cases.procedures[cases.procedures_at[has]]
    return first


def _ragged(
    at: npt.NDArray[np.int64], which: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the codes of some cases, and for each the place of its case in ``which``."""
    lengths = at[which + 1] - at[which]
    owners = np.repeat(np.arange(len(which)), lengths)
    before = np.cumsum(lengths) - lengths
    positions = np.arange(len(owners)) + (at[which] - before)[owners]
    return positions, owners


def _any(
    codes: Ints, at: npt.NDArray[np.int64], which: npt.NDArray[np.intp], flags: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """For each case of ``which``: does it hold a code with a flag?"""
    found = np.zeros(len(which), dtype=np.bool_)
    positions, owners = _ragged(at, which)
    found[owners[flags[codes[positions]]]] = True
    return found


def _two_sites(cases: Cases, which: npt.NDArray[np.intp], sites: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    touched = sites[cases.principal[which]].copy()
    positions, owners = _ragged(cases.others_at, which)
    np.bitwise_or.at(touched, owners, sites[cases.others[positions]])
    return (touched & (touched - np.uint64(1))) != 0


def _ranks(
    cases: Cases, inside: npt.NDArray[np.intp], first: Ints, mdc: CompiledMdc, compiled: Compiled
) -> npt.NDArray[np.uint16]:
    """The rank of the first ADRG of the MDC each case fits; NO_RANK for none."""
    ranks = np.full(len(inside), mdc.always, dtype=np.uint16)
    if mdc.by_diagnosis is not None:
        np.minimum(ranks, mdc.by_diagnosis[cases.principal[inside]], out=ranks)
    if mdc.by_procedure is not None:
        np.minimum(ranks, mdc.by_procedure[first[inside]], out=ranks)
    for test in mdc.tests:
        candidates = np.flatnonzero(ranks > test.rank)
        if len(candidates):
            fit = _fits(cases, inside[candidates], first, test, compiled)
            ranks[candidates[fit]] = test.rank
    return ranks


def _fits(
    cases: Cases, which: npt.NDArray[np.intp], first: Ints, test: Test, compiled: Compiled
) -> npt.NDArray[np.bool_]:
    match, adrg = test.adrg.match, test.adrg
    if match is Match.NO_VALID_PROCEDURE:
        return ~_any(cases.procedures, cases.procedures_at, which, compiled.valid)
    fit: npt.NDArray[np.bool_]
    if match is Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID:
        fit = compiled.valid[first[which]]
    elif match in (Match.NEWBORN_DIAGNOSIS, Match.NEWBORN_PROCEDURE, Match.NEWBORN_WEIGHT):
        fit = (cases.age_years[which] == 0) & (cases.age_days[which] <= NEWBORN_DAYS)
    else:
        fit = np.ones(len(which), dtype=np.bool_)
    if match is Match.NEWBORN_WEIGHT:
        low, high = adrg.weight_band or (0, 0)
        weight = cases.birth_weight_g[which]
        fit &= (weight >= low) & (weight < (high if high is not None else HEAVIEST_G + 1))
    if test.diagnoses is not None:
        principal = test.diagnoses[cases.principal[which]]
        if match in (Match.NEWBORN_WEIGHT, Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID):
            principal |= _any(cases.others, cases.others_at, which, test.diagnoses)
        fit &= principal
    if match in (Match.DIAGNOSIS_AND_PROCEDURE, Match.NEWBORN_PROCEDURE):
        fit &= test.procedures["1"][first[which]]
    elif match in (Match.TWO_LISTS, Match.DIAGNOSIS_AND_TWO_LISTS):
        fit = _narrow(cases, which, fit, test, [frozenset(("1", "2"))])
    elif match is Match.DIAGNOSIS_AND_TAGS:
        fit = _narrow(cases, which, fit, test, list(adrg.alternatives))
    return fit


def _narrow(
    cases: Cases,
    which: npt.NDArray[np.intp],
    fit: npt.NDArray[np.bool_],
    test: Test,
    alternatives: list[frozenset[str]],
) -> npt.NDArray[np.bool_]:
    """Of the cases that still fit, those whose procedures carry all lists of one alternative together."""
    left = np.flatnonzero(fit)
    carried = {
        name: _any(cases.procedures, cases.procedures_at, which[left], test.procedures[name])
        for name in frozenset().union(*alternatives)
    }
    holds = np.zeros(len(left), dtype=np.bool_)
    for alternative in alternatives:
        holds |= np.logical_and.reduce([carried[name] for name in alternative])
    result = np.zeros(len(which), dtype=np.bool_)
    result[left] = holds
    return result


def _held(cases: Cases, grouped: npt.NDArray[np.intp], groups: Ints, compiled: Compiled) -> npt.NDArray[np.int8]:
    """2 where a case has an MCC that counts, 1 where it has a CC, 0 where neither; only looked at where it matters."""
    held = np.zeros(len(grouped), dtype=np.int8)
    matters = np.flatnonzero(compiled.splits[groups[grouped]])
    positions, owners = _ragged(cases.others_at, grouped[matters])
    codes = cases.others[positions]
    level = compiled.level[codes]
    some = np.flatnonzero(level)
    codes, owners, level = codes[some], owners[some], level[some]
    tables = compiled.exclusion_table[cases.principal[grouped[matters[owners]]]]
    counts = compiled.complication_table[codes] != tables
    for wanted in (1, 2):
        held[matters[owners[counts & (level == wanted)]]] = wanted
    return held
