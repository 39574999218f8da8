"""Events: how a lower tier tells those above what happened, without knowing them.

Promises: a subscriber hears of an event only after its transaction has committed; one subscriber's failure
is logged and keeps no other from hearing. What must not be lost is deferred as a job by its subscriber.
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


def subscribe(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Decorator: call the function after the commit of every event of this kind. Registering twice is once."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        if handler not in _subscribers[kind]:
            _subscribers[kind].append(handler)  # type: ignore[arg-type]
        return handler

    return register


def emit(event: Event) -> None:
    """Tell the subscribers after the current transaction commits (at once, if there is none)."""
    for handler in _subscribers[type(event)]:
        transaction.on_commit(lambda handler=handler: _deliver(handler, event))  # type: ignore[misc]


def _deliver(handler: Callable[[Event], None], event: Event) -> None:
    try:
        handler(event)
    except Exception:
        log.exception("a subscriber of %s failed", type(event).__name__)
