"""What other domains put on a claim's page: a domain above registers a panel, as with actions for residents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.kernel.access.api import Actor, Permission


@dataclass(frozen=True)
class Panel:
    """A card on a claim's page. ``context`` gives what ``template`` draws for a claim and a reader, or None for no
    card; ``permission``: who may see it, or None for whoever sees the claim."""

    name: str
    title: str | Promise
    template: str
    context: Callable[[ClaimView, Actor], Mapping[str, Any] | None]
    permission: Permission | None = None
    order: int = 50


_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> None:
    """Add a panel; the same name again replaces it."""
    _panels[panel.name] = panel


@dataclass(frozen=True)
class Shown:
    """A panel as the page draws it."""

    name: str
    title: str
    template: str
    context: Mapping[str, Any]


def panels_for(claim: ClaimView, actor: Actor) -> list[Shown]:
    """The cards other domains have for a claim, in order."""
    found = []
    for panel in sorted(_panels.values(), key=lambda one: (one.order, one.name)):
        if panel.permission is not None and not actor.may(panel.permission):
            continue
        context = panel.context(claim, actor)
        if context is not None:
            found.append(Shown(panel.name, str(panel.title), panel.template, context))
    return found
