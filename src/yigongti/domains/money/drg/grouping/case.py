"""A case as the grouper takes it: typed, whatever the source wrote; what can't be read stays so, never a crash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from yigongti.domains.money.drg.grouping.reasons import Reason
from yigongti.domains.money.drg.scheme.rules import NEWBORN_DAYS
from yigongti.domains.money.drg.scheme.scheme import spelt

MISSING, UNREADABLE = -1, -2
"""Stand where a number should."""

OLDEST_YEARS, OLDEST_INFANT_DAYS, HEAVIEST_G = 150, 366, 20_000

COLUMNS = (
    "case_id",
    "sex",
    "age_years",
    "age_days",
    "birth_weight_g",
    "principal_diagnosis",
    "other_diagnoses",
    "principal_procedure",
    "other_procedures",
)
"""Of a file of cases; lists are joined by ``|``."""

_SEXES = {"1": 1, "2": 2, "男": 1, "女": 2, "M": 1, "F": 2, "m": 1, "f": 2}


def number(value: Any, most: int) -> int:
    """A whole number from 0 to ``most``; MISSING when there is none, UNREADABLE when it is no such number.

    ``"65"``, ``65``, ``"65.0"`` and ``" 65 "`` are the same.
    """
    if value is None:
        return MISSING
    text = str(value).strip()
    if not text:
        return MISSING
    whole, point, rest = text.partition(".")
    if not whole.isdecimal() or not whole.isascii() or len(whole) > 9 or (point and rest.strip("0")):
        return UNREADABLE
    found = int(whole)
    return found if found <= most else UNREADABLE


def sex_of(value: Any) -> int:
    """1 male, 2 female, 0 neither: ``1``, ``"1"``, ``"1.0"``, ``"男"`` and ``"M"`` are the same."""
    text = str(value).strip() if value is not None else ""
    if text.endswith(".0"):
        text = text[:-2]
    return _SEXES.get(text, 0)


def codes(value: Any) -> tuple[str, ...]:
    """Codes of a list or of text joined by ``|``, as the tables spell them, without the empty ones."""
    if value is None:
        return ()
    parts: Iterable[Any] = value.split("|") if isinstance(value, str) else value
    return tuple(code for part in parts if part is not None and (code := spelt(str(part))))


@dataclass(frozen=True)
class Case:
    """One inpatient case. Any of the fields may be given as text; ``procedures`` has the principal one first.

    ``sex`` becomes 1, 2 or 0; numbers become whole numbers, MISSING or UNREADABLE. Days are only looked at below one
    year, the birth weight (grams) only of newborns up to 28 days.
    """

    principal_diagnosis: str
    sex: Any = 0
    age_years: Any = MISSING
    age_days: Any = MISSING
    birth_weight_g: Any = MISSING
    other_diagnoses: Any = ()
    procedures: Any = ()
    case_id: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "principal_diagnosis", spelt(str(self.principal_diagnosis or "")))
        put(self, "sex", sex_of(self.sex))
        for name, most in (("age_years", OLDEST_YEARS), ("age_days", 10**6), ("birth_weight_g", 10**6)):
            value = getattr(self, name)
            if value not in (MISSING, UNREADABLE):
                put(self, name, number(value, most))
        put(self, "other_diagnoses", codes(self.other_diagnoses))
        put(self, "procedures", codes(self.procedures))

    @property
    def newborn(self) -> bool:
        """Up to 28 days old."""
        return self.age_years == 0 and 0 <= self.age_days <= NEWBORN_DAYS

    @property
    def principal_procedure(self) -> str:
        """The first listed; "" without any."""
        return self.procedures[0] if self.procedures else ""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Case":
        """A case from a row with the columns of a file of cases."""
        return cls(
            case_id=str(row.get("case_id") or "").strip(),
            sex=row.get("sex"),
            age_years=number(row.get("age_years"), OLDEST_YEARS),
            age_days=number(row.get("age_days"), 10**6),
            birth_weight_g=number(row.get("birth_weight_g"), 10**6),
            principal_diagnosis=str(row.get("principal_diagnosis") or ""),
            other_diagnoses=row.get("other_diagnoses"),
            procedures=(*codes(row.get("principal_procedure")), *codes(row.get("other_procedures"))),
        )


def why_invalid(case: Case) -> Reason | None:
    """The first thing that keeps a case from being grouped at all; None when nothing does."""
    if case.sex not in (1, 2):
        return Reason.NO_SEX
    if case.age_years < 0:
        return Reason.NO_AGE if case.age_years == MISSING else Reason.BAD_AGE
    if case.age_years == 0:
        if case.age_days == MISSING:
            return Reason.NO_AGE_DAYS
        if not 0 <= case.age_days <= OLDEST_INFANT_DAYS:
            return Reason.BAD_AGE_DAYS
        if case.age_days <= NEWBORN_DAYS:
            if case.birth_weight_g == MISSING:
                return Reason.NO_WEIGHT
            if not 1 <= case.birth_weight_g <= HEAVIEST_G:
                return Reason.BAD_WEIGHT
    if not case.principal_diagnosis:
        return Reason.NO_DIAGNOSIS
    return None
