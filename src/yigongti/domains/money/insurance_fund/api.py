"""The fund's years, for everybody above: which there are, their figures, and opening and running one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yigongti.domains.money.insurance_fund import gathering, selectors
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE, VIEW
from yigongti.domains.money.insurance_fund.services import drafting
from yigongti.domains.money.insurance_fund.services.drafting import DraftRefused, HolderEntry
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import take_step

__all__ = [
    "APPROVE",
    "PREPARE",
    "VIEW",
    "DraftRefused",
    "HolderEntry",
    "HolderView",
    "YearView",
    "enter",
    "figures",
    "holders",
    "open_year",
    "take",
    "years",
]


@dataclass(frozen=True)
class YearView:
    """One year of one fund. ``address``: its page."""

    id: int
    place: str
    year: int
    fund_kind: str
    state: str
    title: str
    address: str
    frozen: bool


@dataclass(frozen=True)
class HolderView:
    """Who holds a budget in a year, or is a member of one (``holder_id``: the entry of its holder)."""

    id: int
    organisation_id: int
    holder_id: int | None
    name: str
    kind: str
    persons: int | None


def years(actor: Actor) -> list[YearView]:
    """The years the actor takes part in, the latest first."""
    return [_view(row) for row in selectors.years(actor).order_by("-year", "fund_kind")]


def open_year(place: str, year: int, fund_kind: str, *, actor: Actor) -> YearView:
    """Begin a year with what is known. Raises Forbidden, DraftRefused."""
    return _view(drafting.open_year(place, year, fund_kind, actor=actor))


def holders(year_id: int, *, actor: Actor) -> list[HolderView]:
    """Holders and members of a year. Raises NotVisible."""
    case = selectors.year(year_id, actor=actor)
    return [
        HolderView(row.pk, row.organisation_id, row.holder_id, row.name, row.kind, row.persons)
        for row in [*case.holders(), *case.members()]
    ]


def enter(
    year_id: int,
    *,
    actor: Actor,
    individual_fen: int,
    subsidy_fen: int,
    given_fen: int | None = None,
    holders: Mapping[int, HolderEntry] | None = None,
    persons: Mapping[int, int | None] | None = None,
) -> None:
    """Enter what a drafted year is computed from, by the ids of ``holders()``. Raises Forbidden, DraftRefused."""
    drafting.enter(
        selectors.year(year_id, actor=actor), actor=actor, individual_fen=individual_fen, subsidy_fen=subsidy_fen,
        given_fen=given_fen, holders=holders or {}, persons=persons or {}, points={},
    )  # fmt: skip


def take(year_id: int, step: str, *, actor: Actor, answers: Mapping[str, Any] | None = None) -> YearView:
    """Take a step of the year's state table. Raises NotVisible, StepRefused."""
    return _view(take_step(selectors.year(year_id, actor=actor), step, actor=actor, answers=answers))


def figures(year_id: int, *, actor: Actor) -> dict[str, int]:
    """Every line of the year's statement by its key, in fen; of a closed year the frozen ones. Raises NotVisible."""
    found = gathering.gather(selectors.year(year_id, actor=actor))
    return {line.key: line.fen for line in found.statement.lines} if found.statement else {}


def _view(row: FundYear) -> YearView:
    return YearView(
        row.pk, row.place, row.year, row.fund_kind, row.state, row.title, row.get_absolute_url(), row.frozen
    )  # fmt: skip
