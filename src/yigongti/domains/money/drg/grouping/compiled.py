"""A scheme as arrays: codes become numbers, lists become tables looked up by them (adr/0019).

In an MDC, what one code decides alone (the principal diagnosis, the principal procedure) is the smallest rank of an
ADRG, one look-up each; the few groups that ask for more are tested one by one, on the cases of that MDC alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from yigongti.domains.money.drg.grouping.reasons import UNGROUPED, Reason, Status, sentence, status_of
from yigongti.domains.money.drg.scheme.rules import NEEDS, Entry, Level, Match, Severity
from yigongti.domains.money.drg.scheme.scheme import Adrg, Mdc, Scheme

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

NO_RANK = 65535
UNMAPPED, NO_CODE = -1, -2


class Codes:
    """Numbers of codes: spelling → number of the code it is grouped by; the last one stands for "no rule knows it".

    ``beside``: spellings of a second such table that shares the numbers.
    """

    def __init__(self, spellings: Mapping[str, str], lenient: bool, beside: Mapping[str, str] | None = None) -> None:
        self.codes = sorted({*spellings.values(), *(beside or {}).values()})
        self.size = len(self.codes) + 1
        self.nothing = len(self.codes)
        self.unknown = self.nothing if lenient else UNMAPPED
        self._place = place = {code: number for number, code in enumerate(self.codes)}
        self.spellings = sorted(spellings)
        self.numbers: Ints = np.array([place[spellings[code]] for code in self.spellings], dtype=np.int32)
        self._number = dict(zip(self.spellings, self.numbers.tolist(), strict=True))

    def number(self, code: str) -> int:
        return self._number.get(code, self.unknown)

    def members(self, codes: Iterable[str]) -> Bools:
        """A flag for each number; −1 and −2 (unmapped, none) look up the last two places, which are false."""
        flags = np.zeros(self.size + 2, dtype=np.bool_)
        flags[[self._place[code] for code in codes if code in self._place]] = True
        return flags

    def place(self, code: str) -> int:
        """The number of a code cases are grouped by; −1 when none ever is."""
        return self._place.get(code, -1)


@dataclass
class Test:
    """An ADRG that asks for more than one code: its rank in the MDC and the flags of its lists."""

    rank: int
    adrg: Adrg
    diagnoses: Bools | None
    procedures: dict[str, Bools]


@dataclass
class CompiledMdc:
    code: str
    entry: Entry
    bit: int
    by_diagnosis: npt.NDArray[np.uint16] | None = None
    by_procedure: npt.NDArray[np.uint16] | None = None
    always: int = NO_RANK
    tests: list[Test] = field(default_factory=list)
    first_medical: int = NO_RANK + 1
    adrg_of_rank: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    sites: npt.NDArray[np.uint64] | None = None
    qy: int = 0


@dataclass(frozen=True)
class Outcome:
    """A way a case can end; ``sentence`` has no code in it, so it can be shared by all that end so."""

    mdc: str
    adrg: str
    drg: str
    status: Status
    reason: Reason
    sentence: str


class Compiled:
    """Everything the batch path looks up, for one scheme in one language (sentences are made here)."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.qy = scheme.about.qy
        lenient = not (scheme.diagnosis_map or scheme.diagnosis_names)
        self.diagnoses = Codes(scheme.diagnosis_spellings, lenient, scheme.principal_spellings)
        self.principals = Codes(scheme.principal_spellings, lenient, scheme.diagnosis_spellings)
        self.procedures = Codes(scheme.procedure_spellings, not (scheme.procedure_map or scheme.procedure_names))
        self.valid = self.procedures.members(scheme.valid_procedures)
        self.outcomes: list[Outcome] = []
        self._places: dict[tuple[Reason, str], int] = {}
        for reason in Reason:
            if reason not in (Reason.GROUPED, Reason.QY, Reason.NO_ADRG, Reason.NO_SEVERITY):
                self.outcome(reason)
        self.entry_bits = np.zeros(self.diagnoses.size + 2, dtype=np.uint64)
        self.conditional = {entry: np.uint64(0) for entry in Entry}
        self.drg_of = np.zeros((len(scheme.adrgs), 3), dtype=np.int32)
        self.splits = np.zeros(len(scheme.adrgs), dtype=np.bool_)
        self._numbers = {code: number for number, code in enumerate(scheme.adrgs)}
        self.mdcs = [self._mdc(mdc, bit) for bit, mdc in enumerate(scheme.mdcs)]
        self._severity_tables()

    def outcome(self, reason: Reason, mdc: str = "", adrg: str = "") -> int:
        """The number of an outcome without a DRG, made when first asked for."""
        key = (reason, adrg or mdc)
        if key not in self._places:
            status = status_of(reason)
            drg = f"{mdc}QY" if reason is Reason.QY else "" if status is Status.INVALID else UNGROUPED
            self._places[key] = self._add(
                Outcome(
                    mdc, drg if reason is Reason.QY else adrg, drg, status, reason, sentence(reason, mdc=mdc, adrg=adrg)
                )
            )
        return self._places[key]

    def _add(self, outcome: Outcome) -> int:
        self.outcomes.append(outcome)
        return len(self.outcomes) - 1

    def _mdc(self, mdc: Mdc, bit: int) -> CompiledMdc:
        made = CompiledMdc(mdc.code, mdc.entry, bit)
        self.conditional[mdc.entry] |= np.uint64(1 << bit)
        if mdc.entry.by_diagnosis:
            self.entry_bits[self.diagnoses.members(mdc.diagnoses)] |= np.uint64(1 << bit)
            self.outcome(Reason.NO_ADRG, mdc.code)
        if mdc.entry is Entry.TWO_BODY_SITES:
            made.sites = self._sites(mdc)
        made.qy = self.outcome(Reason.QY, mdc.code)
        made.adrg_of_rank = np.array([self._numbers[adrg.code] for adrg in mdc.adrgs], dtype=np.int32)
        for rank, adrg in enumerate(mdc.adrgs):
            self._adrg(made, rank, adrg)
            self._drgs(mdc, adrg)
            if adrg.medical and made.first_medical > NO_RANK:
                made.first_medical = rank
        return made

    def _adrg(self, made: CompiledMdc, rank: int, adrg: Adrg) -> None:
        if adrg.match is Match.DIAGNOSIS:
            if made.by_diagnosis is None:
                made.by_diagnosis = np.full(self.diagnoses.size + 2, NO_RANK, dtype=np.uint16)
            _lower(made.by_diagnosis, self.diagnoses.members(adrg.diagnoses), rank)
        elif adrg.match in (Match.PROCEDURE, Match.PROCEDURE_VALID):
            if made.by_procedure is None:
                made.by_procedure = np.full(self.procedures.size + 2, NO_RANK, dtype=np.uint16)
            listed = (
                self.valid if adrg.match is Match.PROCEDURE_VALID else self.procedures.members(adrg.procedures["1"])
            )
            _lower(made.by_procedure, listed, rank)
        elif adrg.match is Match.ALWAYS:
            made.always = min(made.always, rank)
        else:
            made.tests.append(
                Test(
                    rank,
                    adrg,
                    self.diagnoses.members(adrg.diagnoses) if NEEDS[adrg.match].diagnoses else None,
                    {name: self.procedures.members(codes) for name, codes in adrg.procedures.items()},
                )
            )

    def _drgs(self, mdc: Mdc, adrg: Adrg) -> None:
        """The outcome of an ADRG by what the other diagnoses hold: nothing, a CC, an MCC."""
        number = self._numbers[adrg.code]
        self.splits[number] = len(adrg.drgs) > 1 or adrg.drgs[0].severity is not Severity.NONE
        made: dict[str, int] = {}
        for held in range(3):
            for drg in adrg.drgs:
                if drg.severity is Severity.NONE or held == 2 or (held == 1 and drg.severity is Severity.MCC_OR_CC):
                    if drg.code not in made:
                        words = sentence(
                            Reason.GROUPED,
                            mdc=mdc.code,
                            adrg=adrg.code,
                            drg=drg.code,
                            match=adrg.match,
                            severity=drg.severity,
                            splits=bool(self.splits[number]),
                        )
                        made[drg.code] = self._add(
                            Outcome(mdc.code, adrg.code, drg.code, Status.GROUPED, Reason.GROUPED, words)
                        )
                    self.drg_of[number, held] = made[drg.code]
                    break
            else:
                self.drg_of[number, held] = self.outcome(Reason.NO_SEVERITY, mdc.code, adrg.code)

    def _sites(self, mdc: Mdc) -> npt.NDArray[np.uint64]:
        names = sorted(frozenset().union(*mdc.sites.values()))
        bits = np.zeros(self.diagnoses.size + 2, dtype=np.uint64)
        for code, sites in mdc.sites.items():
            if (number := self.diagnoses.place(code)) >= 0:
                bits[number] = sum(1 << (names.index(site) % 64) for site in sites)
        return bits

    def _severity_tables(self) -> None:
        size, scheme = self.diagnoses.size + 2, self.scheme
        numbers = {
            table: n for n, table in enumerate(sorted({one.table for one in scheme.complications.values()}), start=1)
        }
        self.level = np.zeros(size, dtype=np.uint8)
        self.complication_table = np.zeros(size, dtype=np.int32)
        self.exclusion_table = np.full(size, -1, dtype=np.int32)
        for code, one in scheme.complications.items():
            if (number := self.diagnoses.place(code)) >= 0:
                self.level[number] = 2 if one.level is Level.MCC else 1
                self.complication_table[number] = numbers[one.table] if one.table else 0
        for code, table in scheme.exclusions.items():
            if (number := self.diagnoses.place(code)) >= 0:
                self.exclusion_table[number] = numbers.get(table, -1)


def _lower(ranks: npt.NDArray[np.uint16], flags: Bools, rank: int) -> None:
    ranks[flags] = np.minimum(ranks[flags], rank)
