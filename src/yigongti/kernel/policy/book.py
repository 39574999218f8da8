"""The book in use, and the questions it answers.

Promises that the value in force on a day is the latest one that began on or before it at the nearest
place up the chain that has one in force, and that a missing value raises PolicyGap, never a guess.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from yigongti.kernel import clock
from yigongti.kernel.policy.loader import Book, load
from yigongti.kernel.policy.parameters import Parameter, declared
from yigongti.kernel.policy.plan_files import Organisations
from yigongti.kernel.policy.values import Clause, Document, Place, PolicyGap, Value

_lock = threading.Lock()
_book: Book | None = None
_other: ContextVar[Book | None] = ContextVar("policy_book", default=None)


def book() -> Book:
    """The book of ``settings.POLICIES``, read once per process. Raises PolicyErrors for mistakes."""
    global _book
    if (other := _other.get()) is not None:
        return other
    if _book is None:
        with _lock:
            if _book is None:
                _book = load(settings.POLICIES, declared())
    return _book


def reload() -> None:
    """Forget the book; the next question reads the files again."""
    global _book
    with _lock:
        _book = None


@contextmanager
def reading(folder: Path) -> Iterator[Book]:
    """Answer from another policies folder inside the block (for tests and for checking a draft)."""
    token = _other.set(load(folder, declared()))
    try:
        yield book()
    finally:
        _other.reset(token)


def places() -> tuple[Place, ...]:
    """Every place with a plan, without the country, by division code."""
    found = (place for place in book().places.values() if place.parent is not None)
    return tuple(sorted(found, key=lambda place: (place.division, place.key)))


def place(key: str | None = None) -> Place:
    """A place by its key; without one, the place this system serves. Raises KeyError."""
    return book().places[key or settings.PLACE]


def at(name: str, place: str | None = None, as_of: date | None = None) -> Value[Any]:
    """The value of a parameter in force at a place on a day, with its citation.

    ``place`` defaults to the place this system serves and ``as_of`` to today; whatever is computed for a
    period passes the period's own day. Falls back to the place's parents. Raises PolicyGap when no value
    is in force or the parameter is unknown, KeyError for an unknown place.
    """
    source, key, day = book(), place or settings.PLACE, as_of or clock.today()
    chain = source.chain(key)
    for step in chain:
        for value in source.values.get((step.key, name), ()):
            if value.covers(day):
                return value
    raise PolicyGap(name, str(chain[0]), day, _spans(name, chain), known=name in source.parameters)


def _spans(name: str, chain: tuple[Place, ...]) -> tuple[str, ...]:
    return tuple(
        f"{step} {value.effective_from} – {value.effective_to or ''}".rstrip()
        for step in chain
        for value in book().values.get((step.key, name), ())
    )


def find(name: str, place: str | None = None, as_of: date | None = None) -> Value[Any] | None:
    """The value in force or None; for pages that show a gap. What computes uses ``at``."""
    try:
        return at(name, place=place, as_of=as_of)
    except PolicyGap:
        return None


def history(name: str, place: str | None = None) -> tuple[Value[Any], ...]:
    """Every value ever set for a parameter at the place and above it, nearest place first, then by date."""
    source = book()
    return tuple(
        value for step in source.chain(place or settings.PLACE) for value in source.values.get((step.key, name), ())
    )


def parameters() -> tuple[Parameter[Any], ...]:
    """Every parameter there is, used or listed, by name."""
    return tuple(sorted(book().parameters.values(), key=lambda parameter: parameter.name))


def subject_label(subject: str) -> str:
    """What a subject is called, in the active language."""
    return str(book().subjects.get(subject, subject))


def gaps(place: str | None = None, as_of: date | None = None) -> tuple[Parameter[Any], ...]:
    """Parameters that code uses and that have no value at the place on the day."""
    return tuple(p for p in parameters() if p.used and find(p.name, place=place, as_of=as_of) is None)


def unconfirmed(place: str | None = None, as_of: date | None = None) -> tuple[Value[Any], ...]:
    """The values in force that the place has still to confirm."""
    found = (find(p.name, place=place, as_of=as_of) for p in parameters())
    return tuple(value for value in found if value is not None and not value.confirmed)


def documents(place: str | None = None) -> tuple[Document, ...]:
    """The documents of the place and of the places above it, newest first."""
    keys = [step.key for step in book().chain(place or settings.PLACE)]
    found = (document for document in book().documents.values() if document.place in keys)
    return tuple(sorted(found, key=lambda d: (keys.index(d.place), -(d.issued_on or date.min).toordinal())))


def clauses(place: str | None = None) -> tuple[Clause, ...]:
    """The clauses of the place's plan in the document's order; empty when it has none."""
    return book().clauses.get(place or settings.PLACE, ())


def organisations(place: str | None = None) -> Organisations | None:
    """The organisations the place's plan names; None when it names none."""
    return book().organisations.get(place or settings.PLACE)
