"""Who can send: the kernel knows senders only by id; the domain that keeps the directory says who they are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A sending organisation."""

    id: int
    name: str


Find = Callable[[str], Source | None]
Named = Callable[[Iterable[int]], list[Source]]


def _nobody(text: str) -> Source | None:
    return None


def _nameless(ids: Iterable[int]) -> list[Source]:
    return [Source(i, str(i)) for i in ids]


_find: Find = _nobody
_named: Named = _nameless


def register_sources(*, find: Find, named: Named) -> None:
    """Say how to find a sender by key, code or name, and what the senders with given ids are called (in page order)."""
    global _find, _named
    _find, _named = find, named


def find_source(text: str) -> Source | None:
    """The sender that a key, code or name means; None when there is none. Raises LookupError when it means several."""
    return _find(text)


def sources(ids: Iterable[int]) -> list[Source]:
    """The senders with these ids, in the order pages list them."""
    return _named(ids)


def source_name(source_id: int) -> str:
    """What a sender is called; its number where the directory doesn't know it."""
    found = _named([source_id])
    return found[0].name if found else str(source_id)
