"""The closed vocabulary of a scheme's tables: entry conditions, match kinds, severity tests, and what each needs."""

from dataclasses import dataclass
from enum import StrEnum


class Entry(StrEnum):
    """When a case enters a major diagnostic category (MDC)."""

    PROCEDURE = "principal_procedure_valid"
    UNDER_ONE_YEAR = "principal_diagnosis_and_age_under_1_year"
    DIAGNOSIS = "principal_diagnosis"
    TWO_BODY_SITES = "principal_diagnosis_and_two_body_sites"
    MALE = "principal_diagnosis_and_male"
    FEMALE = "principal_diagnosis_and_female"

    @property
    def by_diagnosis(self) -> bool:
        """Whether the principal diagnosis must stand in the MDC's list."""
        return self is not Entry.PROCEDURE


class Match(StrEnum):
    """When a case that entered an MDC fits one of its adjacent groups (ADRG)."""

    DIAGNOSIS = "principal_diagnosis"
    PROCEDURE = "principal_procedure"
    DIAGNOSIS_AND_PROCEDURE = "principal_diagnosis_and_principal_procedure"
    PROCEDURE_VALID = "principal_procedure_valid"
    TWO_LISTS = "procedure_from_each_of_two_lists"
    DIAGNOSIS_AND_TWO_LISTS = "principal_diagnosis_and_procedure_from_each_of_two_lists"
    DIAGNOSIS_AND_TAGS = "principal_diagnosis_and_tagged_procedures"
    NEWBORN_DIAGNOSIS = "principal_diagnosis_and_newborn_28_days"
    NEWBORN_PROCEDURE = "principal_procedure_and_newborn_28_days"
    NEWBORN_WEIGHT = "any_diagnosis_and_birth_weight_and_newborn_28_days"
    ANY_DIAGNOSIS_AND_PROCEDURE_VALID = "any_diagnosis_and_principal_procedure_valid"
    NO_VALID_PROCEDURE = "no_valid_procedure"
    ALWAYS = "always"


@dataclass(frozen=True)
class Needs:
    """The code lists a match kind is tested with, and what its parameter says ("", "band" or "tags")."""

    diagnoses: bool = False
    procedure_lists: int = 0
    parameter: str = ""


NEEDS = {
    Match.DIAGNOSIS: Needs(diagnoses=True),
    Match.PROCEDURE: Needs(procedure_lists=1),
    Match.DIAGNOSIS_AND_PROCEDURE: Needs(diagnoses=True, procedure_lists=1),
    Match.PROCEDURE_VALID: Needs(),
    Match.TWO_LISTS: Needs(procedure_lists=2),
    Match.DIAGNOSIS_AND_TWO_LISTS: Needs(diagnoses=True, procedure_lists=2),
    Match.DIAGNOSIS_AND_TAGS: Needs(diagnoses=True, parameter="tags"),
    Match.NEWBORN_DIAGNOSIS: Needs(diagnoses=True),
    Match.NEWBORN_PROCEDURE: Needs(procedure_lists=1),
    Match.NEWBORN_WEIGHT: Needs(diagnoses=True, parameter="band"),
    Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID: Needs(diagnoses=True),
    Match.NO_VALID_PROCEDURE: Needs(),
    Match.ALWAYS: Needs(),
}


ANY_DIAGNOSIS = (Match.NEWBORN_WEIGHT, Match.ANY_DIAGNOSIS_AND_PROCEDURE_VALID)
"""Match kinds that look at the other diagnoses too."""


class Severity(StrEnum):
    """The test a DRG of an ADRG puts to the other diagnoses."""

    MCC = "mcc"
    MCC_OR_CC = "mcc_or_cc"
    NONE = "none"


class Level(StrEnum):
    """How much a complication or comorbidity weighs: major (MCC) or ordinary (CC)."""

    MCC = "MCC"
    CC = "CC"


class Qy(StrEnum):
    """What makes a case ambiguous (QY, 歧义): an operation that no surgical group of its MDC has a place for.

    ``off``: never; ``any``: any of the case's procedures is valid; ``principal``: its principal procedure is.
    """

    OFF = "off"
    ANY = "any"
    PRINCIPAL = "principal"


NEWBORN_DAYS = 28
"""A newborn is at most this many days old (shared reading of "newborn 28 days": age in days ≤ 28)."""


def band(text: str) -> tuple[int, int | None]:
    """A weight band in grams: ``[1500,2000)`` → (1500, 2000), ``[2500,)`` → (2500, None). Raises ValueError."""
    inside = text.strip()
    if not (inside.startswith("[") and inside.endswith(")")):
        raise ValueError(text)
    low, comma, high = inside[1:-1].partition(",")
    if not comma or not low.strip().isdecimal() or (high.strip() and not high.strip().isdecimal()):
        raise ValueError(text)
    if len(low.strip()) > 6 or len(high.strip()) > 6:
        raise ValueError(text)
    lowest, highest = int(low), int(high) if high.strip() else None
    if highest is not None and highest <= lowest:
        raise ValueError(text)
    return lowest, highest


def tags(text: str) -> tuple[frozenset[str], ...]:
    """Alternatives of tags: ``1&2 | 1&3&4`` → ({1, 2}, {1, 3, 4}). Raises ValueError."""
    alternatives = tuple(frozenset(tag.strip() for tag in part.split("&")) for part in text.split("|"))
    if any("" in alternative for alternative in alternatives):
        raise ValueError(text)
    return alternatives


def medical(adrg: str) -> bool:
    """Whether an ADRG is medical: second letter R–Z (A–J surgical, K–Q procedure outside the theatre)."""
    return adrg[1:2].upper() >= "R"
