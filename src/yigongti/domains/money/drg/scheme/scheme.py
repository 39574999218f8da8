"""A scheme in memory: what the tables say, ready for the one-case path and for compiling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from yigongti.domains.money.drg.scheme.rules import ANY_DIAGNOSIS, Entry, Level, Match, Qy, Severity, medical


@dataclass(frozen=True)
class About:
    """``scheme.yaml``: the scheme's name, version, place ("" for any), first day and first day no longer in force."""

    name: str
    version: str
    place: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    source: str = ""
    qy: Qy = Qy.OFF
    demonstration: bool = False


@dataclass(frozen=True)
class Drg:
    code: str
    severity: Severity
    name: str


@dataclass(frozen=True)
class Adrg:
    """``procedures``: list (or tag) → codes; ``weight_band`` in grams, the upper end not included."""

    code: str
    mdc: str
    match: Match
    drgs: tuple[Drg, ...]
    diagnoses: frozenset[str] = frozenset()
    procedures: Mapping[str, frozenset[str]] = field(default_factory=dict)
    alternatives: tuple[frozenset[str], ...] = ()
    weight_band: tuple[int, int | None] | None = None

    @property
    def medical(self) -> bool:
        return medical(self.code)


@dataclass(frozen=True)
class Mdc:
    """``sites``: of an MDC of two body sites, diagnosis → its sites."""

    code: str
    name: str
    entry: Entry
    diagnoses: frozenset[str]
    adrgs: tuple[Adrg, ...]
    sites: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Complication:
    level: Level
    table: str


@dataclass(frozen=True)
class Weight:
    """Of a DRG from a day: relative weight × 10,000, mean cost in fen, mean stay in days × 100, low risk of death."""

    weight_e4: int
    mean_cost_fen: int
    mean_stay_e2: int
    low_risk: bool


@dataclass(frozen=True)
class Scheme:
    """``digest``: SHA-256 of the tables, in hex. ``diagnosis_names`` and ``procedure_names`` are the whole code
    lists, or empty; ``further_names`` are for people to read and decide nothing.
    """

    about: About
    digest: str
    mdcs: tuple[Mdc, ...]
    complications: Mapping[str, Complication]
    exclusions: Mapping[str, str]
    valid_procedures: Mapping[str, str]
    diagnosis_map: Mapping[str, str]
    procedure_map: Mapping[str, str]
    diagnosis_names: Mapping[str, str]
    further_names: Mapping[str, str]
    procedure_names: Mapping[str, str]
    weights: Mapping[str, tuple[tuple[date, Weight], ...]]

    @property
    def key(self) -> str:
        """What a result is stored under: version and the beginning of the digest."""
        return f"{self.about.version}@{self.digest[:12]}"

    @cached_property
    def drgs(self) -> dict[str, Drg]:
        """Every DRG by its code, in the scheme's order."""
        return {drg.code: drg for mdc in self.mdcs for adrg in mdc.adrgs for drg in adrg.drgs}

    @cached_property
    def adrgs(self) -> dict[str, Adrg]:
        return {adrg.code: adrg for mdc in self.mdcs for adrg in mdc.adrgs}

    @cached_property
    def grouping_diagnoses(self) -> frozenset[str]:
        """What a principal diagnosis is looked for in: the lists of MDCs and ADRGs."""
        of_mdcs = (mdc.diagnoses for mdc in self.mdcs)
        of_adrgs = (adrg.diagnoses for adrg in self.adrgs.values())
        return frozenset().union(*of_mdcs, *of_adrgs)

    @cached_property
    def further_diagnoses(self) -> frozenset[str]:
        """What other diagnoses are looked for in: complications, body sites, ADRGs that take any diagnosis."""
        sites = (mdc.sites for mdc in self.mdcs)
        of_any = (adrg.diagnoses for adrg in self.adrgs.values() if adrg.match in ANY_DIAGNOSIS)
        return frozenset().union(self.complications, *sites, *of_any)

    @cached_property
    def listed_diagnoses(self) -> frozenset[str]:
        """Diagnoses the grouper's own tables name."""
        return self.grouping_diagnoses.union(self.complications, self.exclusions)

    @cached_property
    def grouping_procedures(self) -> frozenset[str]:
        """Procedures the lists of ADRGs name."""
        return frozenset().union(*(codes for adrg in self.adrgs.values() for codes in adrg.procedures.values()))

    @cached_property
    def listed_procedures(self) -> frozenset[str]:
        return self.grouping_procedures.union(self.valid_procedures)

    @cached_property
    def principal_spellings(self) -> dict[str, str]:
        """Every diagnosis code the scheme understands → the code it is grouped by as a principal diagnosis."""
        return _spellings(self.grouping_diagnoses, self.diagnosis_map, self.listed_diagnoses, self.diagnosis_names)

    @cached_property
    def diagnosis_spellings(self) -> dict[str, str]:
        """The same for other diagnoses."""
        return _spellings(self.further_diagnoses, self.diagnosis_map, self.listed_diagnoses, self.diagnosis_names)

    @cached_property
    def procedure_spellings(self) -> dict[str, str]:
        return _spellings(self.grouping_procedures, self.procedure_map, self.listed_procedures, self.procedure_names)

    def principal(self, code: str) -> str | None:
        """The code a principal diagnosis is grouped by; None: the scheme can't map it.

        A code stands for itself where a table that is looked at in its place names it. Another goes through the map;
        one that only another table or the code list names groups nothing and disturbs nothing. A scheme without map and
        code list can't tell a wrong code from one it has no rule for, and lets it be.
        """
        found = self.principal_spellings.get(code)
        return found if found is not None or self.diagnosis_map or self.diagnosis_names else code

    def diagnosis(self, code: str) -> str | None:
        """The code an other diagnosis is grouped by; None: the scheme can't map it."""
        found = self.diagnosis_spellings.get(code)
        return found if found is not None or self.diagnosis_map or self.diagnosis_names else code

    def procedure(self, code: str) -> str | None:
        """The code a procedure is grouped by; None: the scheme can't map it."""
        found = self.procedure_spellings.get(code)
        return found if found is not None or self.procedure_map or self.procedure_names else code

    def diagnosis_name(self, code: str) -> str:
        """The name of a diagnosis; "" when the scheme's lists don't name it."""
        return self.diagnosis_names.get(code, "") or self.further_names.get(code, "")

    def procedure_name(self, code: str) -> str:
        """The name of a procedure; "" when the scheme's lists don't name it."""
        return self.procedure_names.get(code, "") or self.valid_procedures.get(code, "")

    def weight(self, drg: str, on: date) -> Weight | None:
        """The weight in force on a day; None when the scheme gives none."""
        found = None
        for since, weight in self.weights.get(drg, ()):
            if since <= on:
                found = weight
        return found


def _spellings(
    own: frozenset[str], mapped: Mapping[str, str], listed: frozenset[str], named: Mapping[str, str]
) -> dict[str, str]:
    """``own``: what is looked at in this place; ``listed``: what any table names. A map that leads to no table takes no
    code away from one that names it."""
    useful = {code: to for code, to in mapped.items() if to in listed or code not in listed}
    return {code: code for code in named} | {code: code for code in listed} | useful | {code: code for code in own}


def spelt(code: str) -> str:
    """A code as the tables spell it: no spaces, capitals, the filler x small (``i63.900X001`` → ``I63.900x001``)."""
    code = code.strip()
    return code[:1].upper() + code[1:].upper().replace("X", "x")
