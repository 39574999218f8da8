"""The fund's year, for everybody above: finding one, beginning it with what a place knows, taking its steps."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yigongti.domains.money.insurance_fund import selectors
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.services import drafting
from yigongti.domains.money.insurance_fund.services.drafting import DraftRefused
from yigongti.domains.money.insurance_fund.workflow import FUND_YEAR
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.workflow.api import StepRefused, take_step

__all__ = ["FUND_YEAR", "DraftRefused", "HolderView", "StepRefused", "begin", "find", "holders", "step"]


@dataclass(frozen=True)
class HolderView:
    """Who holds a budget in a year, and how many insured persons they look after."""

    organisation_id: int
    name: str
    persons: int


def find(place: str, year: int, fund_kind: str, *, actor: Actor) -> int | None:
    """The id of a year, if there is one the actor may see."""
    try:
        return int(selectors.named(place, year, fund_kind, actor=actor).pk)
    except NotVisible:
        return None


def begin(
    place: str,
    year: int,
    fund_kind: str,
    *,
    individual_fen: int,
    subsidy_fen: int,
    past: Mapping[int, tuple[int, int]],
    actor: Actor,
) -> int:
    """Open a year and enter each person's contributions, and what each insured person's past years came to: fund
    payments (fen) and services, by year. Raises Forbidden, DraftRefused."""
    made = drafting.open_year(place, year, fund_kind, actor=actor)
    persons = _persons(made)
    entries = {
        pk: drafting.HolderEntry(
            Decimal(1), Decimal(0), None, {before: (fen * n, services * n) for before, (fen, services) in past.items()}
        )
        for pk, n in persons.items()
    }
    drafting.enter(
        made, actor=actor, individual_fen=individual_fen, subsidy_fen=subsidy_fen, given_fen=None, holders=entries,
        persons={}, points={},
    )  # fmt: skip
    return int(made.pk)


def holders(year_id: int, *, actor: Actor) -> list[HolderView]:
    """Who holds a budget in a year. Raises NotVisible."""
    found = selectors.year(year_id, actor=actor)
    persons = _persons(found)
    return [HolderView(row.organisation_id, row.name, persons[row.pk]) for row in found.holders()]


def _persons(year: FundYear) -> Counter[int]:
    """Insured persons by holder."""
    counted: Counter[int] = Counter({row.pk: 0 for row in year.holders()})
    for member in year.members():
        assert member.holder_id is not None
        counted[member.holder_id] += member.persons or 0
    return counted


def step(year_id: int, name: str, *, actor: Actor, answers: Mapping[str, Any] | None = None) -> str:
    """Take a step of a year; gives the state it is in then. Raises NotVisible, StepRefused."""
    return take_step(selectors.year(year_id, actor=actor), name, actor=actor, answers=answers).state
