"""Those who come without a booking of this domain: a domain above says here who they are (patients referred to a bed,
or to come at once)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yigongti.kernel.access.api import Actor


@dataclass(frozen=True)
class Arrival:
    """Somebody who came today without a booking and goes first. ``what`` is why, in words."""

    resident_id: int
    what: str
    at: datetime
    address: str


Finder = Callable[[tuple[int, ...], int, Actor], str | None]
Arrivals = Callable[[int, Actor], list[Arrival]]


def _nobody(entries: tuple[int, ...], institution_id: int, actor: Actor) -> str | None:
    return None


def _none(institution_id: int, actor: Actor) -> list[Arrival]:
    return []


_finder: Finder = _nobody
_arrivals: Arrivals = _none


def register_arrivals(finder: Finder, arrivals: Arrivals) -> None:
    """``finder`` notes the arrival of a person (all its entries) at an institution and gives the words for the desk,
    None where it knows nothing of him; ``arrivals`` are those of today."""
    global _finder, _arrivals
    _finder, _arrivals = finder, arrivals


def note(entries: tuple[int, ...], institution_id: int, actor: Actor) -> str | None:
    return _finder(entries, institution_id, actor)


def of_today(institution_id: int, actor: Actor) -> list[Arrival]:
    return _arrivals(institution_id, actor)
