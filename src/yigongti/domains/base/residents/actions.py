"""What can be begun for a resident from where the resident is found: a domain above says so, in its navigation."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from yigongti.kernel.access.api import Actor, Permission


@dataclass(frozen=True)
class Action:
    """A button beside a resident. ``address`` gives the page for a resident's id; ``icon`` is one of the platform's."""

    name: str
    label: str | Promise
    address: Callable[[int], str]
    permission: Permission
    icon: str = "plus"
    order: int = 50


_actions: dict[str, Action] = {}


def register_action(action: Action) -> None:
    """Add an action; the same name again replaces it."""
    _actions[action.name] = action


def actions_for(actor: Actor) -> list[Action]:
    """What the actor may begin for residents, in order."""
    return sorted(
        (one for one in _actions.values() if actor.may(one.permission)), key=lambda one: (one.order, one.name)
    )
