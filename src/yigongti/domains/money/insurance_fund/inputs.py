"""What a year is computed from, besides its rules: persons, contributions, history, scores, and sums of claims. Plain
data that goes into the closed year as JSON and comes back the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

FORM = 2
"""The present version of the arithmetic of a year and of its form as JSON: see ``computing.FORMS``."""

RESIDENTS, EMPLOYEES = "residents", "employees"
INSURANCE_KINDS = {RESIDENTS: "02", EMPLOYEES: "01"}
"""The claims' insurance kind of each fund."""


@dataclass(frozen=True)
class Past:
    """A past year of a holder: fund payments for its insured (fen) and services its members gave them."""

    year: int
    payments_fen: int
    services: int
    source: str = "entered"  # or "claims"


@dataclass(frozen=True)
class Adjustment:
    """An agreed change of a holder's amount (fen, either sign) with its reason. ``source``: manual, carried; late in
    closings of form 1."""

    fen: int
    reason: str
    source: str = "manual"
    id: int = 0


@dataclass(frozen=True)
class Holder:
    """Who holds a budget. ``score``: the year's assessment; ``quarters``: the scores of the four (None: none yet)."""

    id: int
    name: str
    persons: int
    factor: Decimal = Decimal(1)
    growth: Decimal = Decimal(0)
    last_budget_fen: int | None = None
    past: tuple[Past, ...] = ()
    score: Decimal | None = None
    quarters: tuple[Decimal | None, ...] = (None, None, None, None)
    adjustments: tuple[Adjustment, ...] = ()
    reasonable_fen: int | None = None
    lead_id: int | None = None
    paid: tuple[tuple[int, int], ...] | None = None  # (month, fen) really paid; None: not said, so as planned
    overspend_choice: str = ""  # what people decided on an overspend: record_only, share_by_formula, carry_forward


@dataclass(frozen=True)
class Member:
    """A member of a holder in the year. ``tier``: tertiary, secondary, primary, village, "" (takes no share)."""

    id: int
    holder_id: int
    name: str
    tier: str
    points: Decimal | None = None
    persons: int = 0


@dataclass(frozen=True)
class Cell:
    """Claims of the fund alike in whose insured, where and when treated, and by whom.

    ``services``: visits and stays, without those taken back. ``home`` None: looked after by nobody who holds a budget.
    ``certified``: a referral certificate covers them (None: none is needed; in closings of form 1: whether one is
    named). ``missed_fen``: what the fund would have paid more with a referral, where one is needed and there is none.
    """

    home: int | None
    treated: int | None
    institution: int | None
    where: str
    month: date
    certified: bool | None
    services: int
    fund_fen: int
    total_fen: int
    missed_fen: int = 0

    def as_json(self) -> list[Any]:
        found = [self.home, self.treated, self.institution, self.where, self.month.isoformat(), self.certified,
                 self.services, self.fund_fen, self.total_fen]  # fmt: skip
        return [*found, self.missed_fen] if self.missed_fen else found

    @staticmethod
    def from_json(data: list[Any]) -> "Cell":
        home, treated, institution, where, month, *rest = data
        return Cell(home, treated, institution, where, date.fromisoformat(month), *rest)


@dataclass(frozen=True)
class Corrected:
    """Claims of another year, or taken back in this one, that count as use of this year. ``cause``: late, finding;
    ``of_year``: the year whose claims they are."""

    of_year: int
    cause: str
    cell: Cell


@dataclass(frozen=True)
class YearInputs:
    """One year of one fund. ``given_fen``: the pool where it is given and not computed. ``corrections``: use beside the
    year's own claims, by cell."""

    place: str
    year: int
    fund_kind: str
    holders: tuple[Holder, ...]
    members: tuple[Member, ...]
    individual_fen: int = 0
    subsidy_fen: int = 0
    given_fen: int | None = None
    corrections: tuple[Corrected, ...] = ()

    @property
    def persons(self) -> int:
        return sum(h.persons for h in self.holders)

    def as_json(self) -> dict[str, Any]:
        corrections = [[c.of_year, c.cause, c.cell.as_json()] for c in self.corrections]
        return {
            **({"corrections": corrections} if corrections else {}),
            "place": self.place,
            "year": self.year,
            "fund_kind": self.fund_kind,
            "individual_fen": self.individual_fen,
            "subsidy_fen": self.subsidy_fen,
            "given_fen": self.given_fen,
            "holders": [
                {
                    "id": h.id,
                    "name": h.name,
                    "persons": h.persons,
                    "factor": str(h.factor),
                    "growth": str(h.growth),
                    "last_budget_fen": h.last_budget_fen,
                    "past": [vars(p) for p in h.past],
                    "score": _text(h.score),
                    "quarters": [_text(q) for q in h.quarters],
                    "adjustments": [vars(a) for a in h.adjustments],
                    "reasonable_fen": h.reasonable_fen,
                    "lead_id": h.lead_id,
                    "paid": None if h.paid is None else [list(one) for one in h.paid],
                    "overspend_choice": h.overspend_choice,
                }
                for h in self.holders
            ],
            "members": [{**vars(m), "points": _text(m.points)} for m in self.members],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "YearInputs":
        holders = tuple(
            Holder(
                **{
                    **h,
                    "factor": Decimal(h["factor"]),
                    "growth": Decimal(h["growth"]),
                    "past": tuple(Past(**p) for p in h["past"]),
                    "score": _number(h["score"]),
                    "quarters": tuple(_number(q) for q in h["quarters"]),
                    "adjustments": tuple(Adjustment(**a) for a in h["adjustments"]),
                    "paid": None if h.get("paid") is None else tuple((month, fen) for month, fen in h["paid"]),
                }
            )
            for h in data["holders"]
        )
        members = tuple(Member(**{**m, "points": _number(m["points"])}) for m in data["members"])
        corrections = tuple(Corrected(y, cause, Cell.from_json(c)) for y, cause, c in data.get("corrections", ()))
        return YearInputs(**{**data, "holders": holders, "members": members, "corrections": corrections})


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@dataclass(frozen=True)
class ClaimSums:
    """Sums of a year's claims; ``months`` are those published, of those the year needs."""

    cells: tuple[Cell, ...]
    months: tuple[date, ...] = ()
    _sums: dict[str, dict[Any, int]] = field(default_factory=dict, compare=False, repr=False)

    def _summed(self, name: str, key: Any, value: Any) -> dict[Any, int]:
        if name not in self._sums:
            sums: dict[Any, int] = {}
            for cell in self.cells:
                k = key(cell)
                sums[k] = sums.get(k, 0) + value(cell)
            self._sums[name] = sums
        return self._sums[name]

    def with_corrections(self, corrections: Iterable[Corrected]) -> "ClaimSums":
        """These sums with the corrections among them."""
        more = tuple(one.cell for one in corrections)
        return ClaimSums(self.cells + more, self.months) if more else self

    @property
    def total_fen(self) -> int:
        return sum(cell.fund_fen for cell in self.cells)

    def use(self, holder: int | None, where: str) -> int:
        """Fund payments for a holder's insured by where they were treated."""
        return self._summed("use", lambda c: (c.home, c.where), lambda c: c.fund_fen).get((holder, where), 0)

    def by_month(self, holder: int) -> dict[date, int]:
        found = self._summed("month", lambda c: (c.home, c.month), lambda c: c.fund_fen)
        return {month: fen for (home, month), fen in found.items() if home == holder}

    def between(self) -> dict[tuple[int, int], int]:
        """Fund payments for one holder's insured treated at another: (home, treated) → fen."""
        found = self._summed("between", lambda c: (c.home, c.treated, c.where), lambda c: c.fund_fen)
        return {(h, t): fen for (h, t, where), fen in found.items() if where == "other_holder" and h is not None}

    def services_at(self, holder: int, institution: int) -> int:
        """Services a member gave the fund's insured, of whatever holder, while it belonged to this one."""
        found = self._summed("services", lambda c: (c.treated, c.institution), lambda c: c.services)
        return found.get((holder, institution), 0)

    def paid_to(self, holder: int, institution: int) -> int:
        """Fund payments for care at a member while it belonged to this holder."""
        found = self._summed("paid", lambda c: (c.treated, c.institution), lambda c: c.fund_fen)
        return found.get((holder, institution), 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "months": [m.isoformat() for m in self.months],
            "cells": [c.as_json() for c in self.cells],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "ClaimSums":
        cells = tuple(Cell.from_json(c) for c in data["cells"])
        return ClaimSums(cells, tuple(date.fromisoformat(m) for m in data["months"]))
