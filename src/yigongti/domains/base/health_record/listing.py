"""Rows about residents below a figure: those that concern the viewer's institutions, the same for every domain."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from yigongti.domains.base.health_record.permissions import LIST
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.access.api import Actor


class About(Protocol):
    """A row about a resident."""

    @property
    def resident_id(self) -> int: ...


K = TypeVar("K")
R = TypeVar("R", bound=About)


@dataclass(frozen=True)
class Concerning(Generic[R]):
    """Rows that concern the viewer, and what their residents are called (masked)."""

    rows: tuple[R, ...]
    names: Mapping[int, str]

    @property
    def resident_ids(self) -> set[int]:
        return {row.resident_id for row in self.rows}

    def name_of(self, row: R) -> str:
        return self.names.get(row.resident_id, "")


def concerning(
    actor: Actor, wanted: Iterable[K], found: Mapping[K, R], sides: Callable[[R], Iterable[int | None]]
) -> Concerning[R]:
    """Of the rows ``found`` those ``wanted``, in that order, as far as one of their ``sides`` (ids of institutions) or
    the institution that looks after the resident is the actor's. Raises Forbidden.

    What is wanted comes from a list already narrowed to the actor; what is outside is left out again here. The caller
    writes into the trail whose were listed.
    """
    actor.require(LIST)
    cards = residents.cards({row.resident_id for row in found.values()})
    scope = None if actor.everything else actor.organisations(LIST)

    def concerns(row: R) -> bool:
        card = cards.get(row.resident_id)
        return (
            scope is None
            or any(side in scope for side in sides(row))
            or (card is not None and card.managing_institution_id in scope)
        )

    own = tuple(row for key in wanted if (row := found.get(key)) is not None and concerns(row))
    return Concerning(own, {card.id: card.name for card in cards.values()})
