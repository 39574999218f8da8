"""What a screen is: a named rule over a period's claims and charge lines, and what it finds.

A screen asks in SQL over ``standing`` (claims that were not taken back, with some time before the period), ``lines``
(the charge lines of those), ``holders`` (institution → consortium) and ``deaths``. Its hits name claims by payer and
number, so that a claim sent anew is the same one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import pyarrow as pa
from django.conf import settings
from django.utils.functional import Promise
from ibis.backends.duckdb import Backend

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.policy.api import Parameter

T = TypeVar("T")
Facts = Mapping[str, Any]
Told = tuple[str, ...]


@dataclass(frozen=True)
class ClaimRef:
    """A claim as a finding names it: ``id`` is the version that stood when it was found.

    ``fen``: how much of what is in question lies in it; over all claims of a hit that is the hit's ``amount_fen``,
    unless nothing the fund paid is in question. ``list_fen``: where charges are in question, the part of them that the
    insurance list covers; None where ``fen`` is what the fund paid.
    """

    source_id: int
    record_no: str
    id: int
    fen: int = 0
    list_fen: int | None = None


@dataclass(frozen=True)
class Hit:
    """One thing to look at. ``amount_fen``: how much money is in question; ``risk`` 1–100; ``facts``: what the
    explanation is made of (JSON); ``key`` names the same thing when it is found again. ``found_on``: a run finds it if
    this day lies in its period; ``settled_last``: the last of its claims was settled then (left out: on ``found_on``).
    """

    key: str
    claims: tuple[ClaimRef, ...]
    resident_id: int
    institution_id: int | None
    institution_name: str
    source_id: int
    amount_fen: int
    risk: int
    first_on: date
    last_on: date
    found_on: date
    settled_last: date | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    """One running of the screens: the engine with its tables, the period (both days included), the place."""

    backend: Backend
    since: date
    until: date

    @property
    def place(self) -> str:
        return settings.PLACE

    def value(self, parameter: Parameter[T]) -> T:
        """What policy said at the end of the period. Raises PolicyGap."""
        return parameter.at(place=self.place, as_of=self.until).value

    @contextmanager
    def beside(self, name: str, rows: list[dict[str, Any]], schema: pa.Schema) -> Iterator[None]:
        """Within the block, these rows can be read in SQL under a name."""
        self.backend.con.register(name, pa.Table.from_pylist(rows, schema=schema))
        try:
            yield
        finally:
            self.backend.con.unregister(name)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query, by column."""
        found = self.backend.con.execute(query, list(values))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@dataclass(frozen=True)
class Screen:
    """A rule. ``clause``: what it goes by; ``run`` finds; ``tell`` makes sentences of a hit's facts for a reviewer;
    ``lines``: it needs charge lines."""

    name: str
    label: str | Promise
    clause: str | Promise
    run: Callable[[Run], Iterable[Hit]]
    tell: Callable[[Facts], Told]
    lines: bool = False


_screens: dict[str, Screen] = {}


def register(screen: Screen) -> Screen:
    """Add a screen. Raises ValueError for a second one of the same name."""
    if _screens.setdefault(screen.name, screen) is not screen:
        raise ValueError(f"screen {screen.name} is registered twice")
    return screen


def screens() -> dict[str, Screen]:
    """All screens by name, in the order they were registered."""
    return dict(_screens)


LOOK_BACK = timedelta(days=400)
"""How much before the period is read: a stay that ended before it may belong to one within."""


def ref(row: Mapping[str, Any], prefix: str = "", *, fen: int = 0) -> ClaimRef:
    return ClaimRef(row[f"{prefix}source_id"], row[f"{prefix}record_no"], row[f"{prefix}id"], fen)


def key_of_claims(payer_id: int, claims: Iterable[ClaimRef]) -> str:
    """What names a hit of a payer over these claims, in their order: a number of another payer's bears that payer, for
    two may have given the same number. What parts numbers is escaped in them."""
    return "|".join([str(payer_id), *(_named(one, payer_id) for one in claims)])


def _named(one: ClaimRef, payer_id: int) -> str:
    number = "".join(f"%{ord(char):02X}" if char in "|:%" else char for char in one.record_no)
    return number if one.source_id == payer_id else f"{one.source_id}:{number}"


def number_told(one: ClaimRef, payer_id: int) -> str:
    """A claim's number for a reviewer, with its payer's name where it isn't the payer the finding is before."""
    if one.source_id == payer_id:
        return one.record_no
    return f"{one.record_no}（{organisation.names([one.source_id]).get(one.source_id, '')}）"


def part(whole: int, share: int, of: int) -> int:
    """So many parts of a whole, in fen, rounded down: what is in question is never overstated."""
    return whole * share // of if of > 0 else 0
