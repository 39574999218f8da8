"""The list of claims: read from the lake, so that it is fast over millions and sums up as every other figure does.

``Claims`` is a sequence that asks when it is looked at: its length, a page of it, all of it a thousand at a time. The
same conditions make the rows and the sums.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, overload

from django.conf import settings
from ibis.backends.duckdb import Backend

from yigongti.domains.money.claims import selectors
from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.lake import view
from yigongti.domains.money.claims.matching import Match, with_matches
from yigongti.domains.money.claims.permissions import VIEW
from yigongti.domains.money.claims.policy import LATE_DAYS
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import Snapshot, engine, snapshot

REVERSAL, REVERSED, LATE = "reversal", "reversed", "late"
MARKS = (REVERSAL, REVERSED, LATE)
ORDERS = {
    "settled": "c.happened_on DESC, c.id DESC",
    "total": "c.total_fen DESC, c.id DESC",
    "fund": "c.fund_fen DESC, c.id DESC",
    "served": "c.service_start DESC, c.id DESC",
}


@dataclass(frozen=True)
class Which:
    """Which claims are meant; what is left out holds for all. Days are included on both sides; ``institutions`` and
    ``managing`` are ids of organisations (already with what is under them); ``ids`` claims by id."""

    since: date | None = None
    until: date | None = None
    served_since: date | None = None
    served_until: date | None = None
    institutions: frozenset[int] | None = None
    institution_named: str = ""
    managing: frozenset[int] | None = None
    inside: bool | None = None
    setting: str = ""
    insurance_kind: str = ""
    category: str = ""
    mark: str = ""
    match: str = ""
    record_no: str = ""
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Sums:
    """What a list adds up to, in fen. ``reversals`` of the ``claims`` are rows that take another back."""

    claims: int
    reversals: int
    persons: int
    total_fen: int
    fund_fen: int
    self_paid_fen: int
    beside_fen: int


@dataclass(frozen=True)
class Line:
    """A claim in the list, with what the list alone knows. ``match`` is None where no certificate is needed."""

    claim: ClaimView
    reversed: bool
    late: bool
    match: Match | None


class Claims(Sequence[Line]):
    """The claims of a place that a reader may see and a ``Which`` names. Raises Forbidden."""

    def __init__(self, actor: Actor, which: Which | None = None, order: str = "settled") -> None:
        actor.require(VIEW)
        self.actor, self.which, self.order = actor, which or Which(), order
        self._sums: Sums | None = None
        self._last: tuple[tuple[int, int], list[Line]] | None = None

    def narrowed(self, **changes: Any) -> "Claims":
        """The same list with some conditions changed."""
        return Claims(self.actor, replace(self.which, **changes), self.order)

    def ordered(self, order: str) -> "Claims":
        return Claims(self.actor, self.which, order)

    @property
    def taken(self) -> Snapshot:
        """The months that are looked into."""
        which = self.which
        start = clock.month_of(which.since) if which.since else None
        end = clock.next_month(clock.month_of(which.until)) if which.until and which.until < date(9999, 1, 1) else None
        return snapshot("claims", start, end)

    def sums(self) -> Sums:
        """What the rows add up to."""
        if self._sums is None:
            with self._asked() as ask:
                row = ask(
                    "count(*), count(*) FILTER (c.reverses <> ''), count(DISTINCT c.resident_id),"
                    " coalesce(sum(c.total_fen), 0), coalesce(sum(c.fund_fen), 0), coalesce(sum(c.self_paid_fen), 0),"
                    " coalesce(sum(coalesce(c.critical_illness_fen, 0) + coalesce(c.medical_aid_fen, 0)), 0)"
                )[0]
            self._sums = Sums(*(int(value) for value in row))
        return self._sums

    def __len__(self) -> int:
        return self.sums().claims

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        start, stop = index.start or 0, index.stop if index.stop is not None else len(self)
        if self._last is None or self._last[0] != (start, stop):
            self._last = ((start, stop), self._page(start, max(stop - start, 0)))
        return self._last[1]

    def __iter__(self) -> Iterator[Line]:
        for start in range(0, len(self), selectors.MOST_AT_ONCE):
            yield from self._page(start, selectors.MOST_AT_ONCE)

    def residents(self) -> list[int]:
        """Whom the list names, for the trail of an export."""
        with self._asked() as ask:
            return [int(row[0]) for row in ask("DISTINCT c.resident_id")]

    def ids(self, most: int = 100_000) -> list[int]:
        """The claims' ids in the list's order."""
        with self._asked() as ask:
            return [int(row[0]) for row in ask("c.id", f"ORDER BY {ORDERS[self.order]} LIMIT {int(most)}")]

    # -- inside

    def _page(self, start: int, size: int) -> list[Line]:
        with self._asked(flags=True) as ask:
            rows = ask(
                f"c.id, c.happened_on, taken_back.record_no IS NOT NULL, {_LATE}, m.status",
                f"ORDER BY {ORDERS[self.order]} LIMIT {int(size)} OFFSET {int(start)}",
            )
        if not rows:
            return []
        days = (min(row[1] for row in rows), max(row[1] for row in rows))
        found = {one.id: one for one in selectors.claims_read([row[0] for row in rows], days=days)}
        return [
            Line(found[pk], bool(back), bool(late), Match(status) if status else None)
            for pk, _on, back, late, status in rows
            if pk in found
        ]

    @contextmanager
    def _asked(self, *, flags: bool = False) -> Iterator[Any]:
        """Gives a function that selects from the claims meant: columns of ``c``, and what comes behind."""
        which = self.which
        late_days = LATE_DAYS.at(place=settings.PLACE).value
        joins, conditions = ["FROM claims c"], ["c.place = ?"]
        values: list[Any] = [settings.PLACE]
        if flags or which.mark == REVERSED:
            joins.append(
                "LEFT JOIN (SELECT DISTINCT source_id, reverses AS record_no FROM every_claim WHERE reverses <> '')"
                " taken_back ON taken_back.source_id = c.source_id AND taken_back.record_no = c.record_no"
            )
        if flags or which.mark == LATE:
            joins.append(_ARRIVED)
        matched = flags or bool(which.match)
        if matched:
            joins.append("LEFT JOIN certificate_matches m ON m.claim_id = c.id")
        _narrow(which, conditions, values)
        if not self.actor.everything:
            scope = sorted(self.actor.organisations(VIEW))
            conditions.append(
                "(c.institution_id IN (SELECT unnest(?)) OR c.managing_id IN (SELECT unnest(?))"
                " OR c.source_id IN (SELECT unnest(?)))"
            )
            values += [scope, scope, scope]
        where = f"{' '.join(joins)} WHERE {' AND '.join(conditions)}".replace("$late_days", str(int(late_days)))
        with engine() as backend:
            view(backend, "claims", self.taken)
            if "every_claim" in where:
                view(backend, "every_claim", snapshot("claims"))

            def ask(columns: str, behind: str = "") -> list[tuple[Any, ...]]:
                text = f"SELECT {columns.replace('$late_days', str(int(late_days)))} {where} {behind}"
                return backend.con.execute(text, values).fetchall()

            with _matches(backend, matched):
                yield ask


# When a source began to deliver a month: what it loads long afterwards as a whole is not late.
_ARRIVED = (
    "JOIN (SELECT source_id, date_trunc('month', happened_on) AS month, min(recorded_on) AS first_on FROM claims"
    " GROUP BY ALL) arrived ON arrived.source_id = c.source_id AND arrived.month = date_trunc('month', c.happened_on)"
)
_LATE = "c.recorded_on > greatest(last_day(c.happened_on), arrived.first_on) + $late_days"


@contextmanager
def _matches(backend: Backend, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    with with_matches(backend):
        yield


def _narrow(which: Which, conditions: list[str], values: list[Any]) -> None:
    """The conditions in SQL, with their values. Everything that came from a reader is a value, never text."""
    simple = (
        ("c.happened_on >= ?", which.since),
        ("c.happened_on <= ?", which.until),
        ("coalesce(c.service_end, c.service_start) >= ?", which.served_since),
        ("c.service_start <= ?", which.served_until),
        ("c.inside_county = ?", which.inside),
        ("c.setting = ?", which.setting or None),
        ("c.insurance_kind = ?", which.insurance_kind or None),
        ("c.category = ?", which.category or None),
        ("c.record_no = ?", which.record_no or None),
        ("contains(c.institution_name, ?)", which.institution_named or None),
        ("c.institution_id IN (SELECT unnest(?))", None if which.institutions is None else sorted(which.institutions)),
        ("c.managing_id IN (SELECT unnest(?))", None if which.managing is None else sorted(which.managing)),
        ("c.id IN (SELECT unnest(?))", None if which.ids is None else list(which.ids)),
        ("coalesce(m.status, 'not_needed') = ? AND NOT c.inside_county", which.match or None),
    )
    for condition, value in simple:
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if which.mark == REVERSAL:
        conditions.append("c.reverses <> ''")
    elif which.mark == REVERSED:
        conditions.append("taken_back.record_no IS NOT NULL")
    elif which.mark == LATE:
        conditions.append(_LATE)


def is_late(claim: ClaimView) -> bool:
    """Whether a claim came in later than policy allows after its month had ended and had begun to come in."""
    month = clock.month_of(claim.settled_on)
    with engine() as backend:
        view(backend, "claims", snapshot("claims", month, clock.next_month(month)))
        [(late,)] = backend.con.execute(
            "SELECT ? > greatest(last_day(?::date), coalesce(min(recorded_on), ?::date)) + ? FROM claims"
            " WHERE source_id = ?",
            [
                recorded := claim.recorded_at.astimezone(clock.ZONE).date(),
                claim.settled_on,
                recorded,
                LATE_DAYS.at(place=settings.PLACE).value,
                claim.source_id,
            ],
        ).fetchall()
    return bool(late)
