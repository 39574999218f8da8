"""Events: how a lower tier tells those above what happened, without knowing them.

Promises: a subscriber hears of an event only after its transaction has committed; one subscriber's failure
is logged and keeps no other from hearing. What must stand exactly if the event's cause stands is written by a
subscriber ``within`` its transaction: it hears at once, and its failure is the cause's failure.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """Base of all events: frozen, named in the past tense, carrying ids rather than rows."""


E = TypeVar("E", bound=Event)
_subscribers: dict[type[Event], list[Callable[[Event], None]]] = defaultdict(list)
_within: dict[type[Event], list[Callable[[Event], None]]] = defaultdict(list)


def subscribe(kind: type[E], *, within: bool = False) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Decorator: call the function after the commit of every event of this kind, or ``within`` its transaction.

    Registering twice is once.
    """
    chosen = _within if within else _subscribers

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        if handler not in chosen[kind]:
            chosen[kind].append(handler)  # type: ignore[arg-type]
        return handler

    return register


def emit(event: Event) -> None:
    """Tell those within the transaction now, the others after it commits (at once, if there is none)."""
    for handler in _within[type(event)]:
        handler(event)
    for handler in _subscribers[type(event)]:
        transaction.on_commit(lambda handler=handler: _deliver(handler, event))  # type: ignore[misc]


def _deliver(handler: Callable[[Event], None], event: Event) -> None:
    try:
        handler(event)
    except Exception:
        log.exception("a subscriber of %s failed", type(event).__name__)
