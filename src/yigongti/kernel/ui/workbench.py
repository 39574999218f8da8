"""The workbench's cards: a domain below the portals says here what it shows on the first page after sign-in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from yigongti.kernel.access.api import Actor, Permission


@dataclass(frozen=True)
class Card:
    """A card. ``context`` gives the template's variables, or None when there is nothing to show to this actor.

    ``template`` draws the inside of the card (no heading). ``side`` puts it in the narrow column. ``more`` is the
    ``url_name`` of the page with everything.
    """

    name: str
    title: str | Promise
    template: str
    context: Callable[[Actor], Mapping[str, Any] | None]
    permission: Permission | Iterable[Permission] | None = None
    order: int = 50
    side: bool = True
    more: str = ""

    def open_to(self, actor: Actor) -> bool:
        """Whether the actor may see the card (anywhere)."""
        if self.permission is None:
            return True
        needed = [self.permission] if isinstance(self.permission, Permission) else self.permission
        return any(actor.may(permission) for permission in needed)


@dataclass(frozen=True)
class QuickLink:
    """A button on the workbench for the thing a role does most. ``icon`` is a symbol of ``static/ui/icons.svg``."""

    label: str | Promise
    url_name: str
    permission: Permission
    icon: str = "file"
    order: int = 50
    hint: str | Promise = ""


_cards: dict[str, Card] = {}
_links: dict[str, QuickLink] = {}


def register_card(card: Card) -> None:
    """Add a card; the same name again replaces it."""
    _cards[card.name] = card


def register_link(link: QuickLink) -> None:
    """Add a quick link; the same ``url_name`` again replaces it."""
    _links[link.url_name] = link


def cards_for(actor: Actor) -> list[tuple[Card, Mapping[str, Any]]]:
    """The cards an actor sees, in order, with what they show."""
    shown = []
    for card in sorted(_cards.values(), key=lambda one: (one.order, one.name)):
        if card.open_to(actor) and (context := card.context(actor)) is not None:
            shown.append((card, context))
    return shown


def links_for(actor: Actor) -> list[QuickLink]:
    """The quick links an actor may use, in order."""
    return sorted(
        (one for one in _links.values() if actor.may(one.permission)), key=lambda one: (one.order, one.url_name)
    )
