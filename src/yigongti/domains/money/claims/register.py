"""The list of claims: read from the lake, so that it is fast over millions and sums up as every other figure does.

``Claims`` is a sequence that asks when it is looked at: its length, a page of it, all of it a thousand at a time. The
same conditions make the rows and the sums.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, overload

import pyarrow as pa
from django.conf import settings

from yigongti.domains.money.claims import selectors
from yigongti.domains.money.claims.claim_view import ClaimView
from yigongti.domains.money.claims.lake import REFERRALS, view
from yigongti.domains.money.claims.matching import Match
from yigongti.domains.money.claims.permissions import VIEW
from yigongti.domains.money.claims.policy import LATE_DAYS
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import Snapshot, engine, snapshot

COUNTED = 1_000_000
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
    ``managing`` are ids of organisations (already with what is under them); ``ids`` claims by id; ``person``: of one
    insured person."""

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
    person: int | None = None


@dataclass(frozen=True)
class Sums:
    """What a list adds up to, in fen. ``reversals`` of the ``claims`` are rows that take another back; ``persons`` is
    None where there are too many to count each one while a reader waits."""

    claims: int
    reversals: int
    persons: int | None
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
        return self._taken("claims")

    def _taken(self, dataset: str) -> Snapshot:
        which = self.which
        start = clock.month_of(which.since) if which.since else None
        end = clock.next_month(clock.month_of(which.until)) if which.until and which.until < date(9999, 1, 1) else None
        return snapshot(dataset, start, end)

    def sums(self) -> Sums:
        """What the rows add up to."""
        if self._sums is None:
            with self._asked() as ask:
                row = ask(
                    "count(*), count(*) FILTER (c.reverses <> ''),"
                    " coalesce(sum(c.total_fen), 0), coalesce(sum(c.fund_fen), 0), coalesce(sum(c.self_paid_fen), 0),"
                    " coalesce(sum(coalesce(c.critical_illness_fen, 0) + coalesce(c.medical_aid_fen, 0)), 0)"
                )[0]
                few = row[0] <= COUNTED
                persons = int(ask("count(DISTINCT c.resident_id)")[0][0]) if few else None
            claims, reversals, *amounts = (int(value) for value in row)
            self._sums = Sums(claims, reversals, persons, *amounts)
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
        """Some rows. Which they are is asked first, of few columns; what is to be known of them, of them alone."""
        with self._asked() as ask:
            rows = ask(
                "c.id, c.happened_on",
                f"ORDER BY {ORDERS[self.order]} LIMIT {int(size)} OFFSET {int(start)}",
            )
        if not rows:
            return []
        days = (min(on for _pk, on in rows), max(on for _pk, on in rows))
        found = {one.id: one for one in selectors.claims_read([pk for pk, _on in rows], days=days)}
        known = _flags(found.values(), {clock.month_of(on) for _pk, on in rows})
        return [Line(found[pk], *known[pk]) for pk, _on in rows if pk in found]

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        """Gives a function that selects from the claims meant: columns of ``c``, and what comes behind."""
        which = self.which
        late_days = LATE_DAYS.at(place=settings.PLACE).value
        joins, conditions = ["FROM claims c"], ["c.place = ?"]
        values: list[Any] = [settings.PLACE]
        if which.mark == REVERSED:
            joins.append(
                "LEFT JOIN (SELECT DISTINCT source_id, reverses AS record_no FROM every_claim WHERE reverses <> '')"
                " taken_back ON taken_back.source_id = c.source_id AND taken_back.record_no = c.record_no"
            )
        if which.mark == LATE:
            joins.append(_ARRIVED)
        if which.match:
            joins.append("LEFT JOIN referrals m ON m.id = c.id")
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
            if which.match:
                view(backend, "referrals", self._taken(REFERRALS))

            def ask(columns: str, behind: str = "") -> list[tuple[Any, ...]]:
                text = f"SELECT {columns.replace('$late_days', str(int(late_days)))} {where} {behind}"
                return backend.con.execute(text, values).fetchall()

            yield ask


# When a source began to deliver a month: what it loads long afterwards as a whole is not late.
_ARRIVED = (
    "JOIN (SELECT source_id, date_trunc('month', happened_on) AS month, min(recorded_on) AS first_on FROM claims"
    " GROUP BY ALL) arrived ON arrived.source_id = c.source_id AND arrived.month = date_trunc('month', c.happened_on)"
)
_LATE = "c.recorded_on > greatest(last_day(c.happened_on), arrived.first_on) + $late_days"


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
        ("c.resident_id = ?", which.person),
        ("coalesce(m.match, 'not_needed') = ? AND NOT c.inside_county", which.match or None),
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
        conditions += ["c.recorded_on > last_day(c.happened_on) + $late_days", _LATE]


def _flags(claims: Collection[ClaimView], months: Collection[date]) -> dict[int, tuple[bool, bool, Match | None]]:
    """Whether each claim was taken back, is late, and how it stands to certificates."""
    schema = pa.schema(
        [
            ("id", pa.int64()), ("source_id", pa.int64()), ("record_no", pa.string()), ("happened_on", pa.date32()),
            ("recorded_on", pa.date32()),
        ]
    )  # fmt: skip
    rows = [
        {
            "id": one.id, "source_id": one.source_id, "record_no": one.record_no, "happened_on": one.settled_on,
            "recorded_on": one.recorded_at.astimezone(clock.ZONE).date(),
        }
        for one in claims
    ]  # fmt: skip
    shown = {name: _of_months(name, months) for name in ("claims", REFERRALS)}
    late_days = LATE_DAYS.at(place=settings.PLACE).value
    with engine() as backend:
        view(backend, "every_claim", snapshot("claims"))
        view(backend, "these_months", shown["claims"])
        view(backend, "referrals", shown[REFERRALS])
        backend.con.register("claims", pa.Table.from_pylist(rows, schema=schema))
        try:
            found = backend.con.execute(_FLAGS.replace("$late_days", str(int(late_days)))).fetchall()
        finally:
            backend.con.unregister("claims")
    return {pk: (bool(back), bool(late), Match(status) if status else None) for pk, back, late, status in found}


def _of_months(dataset: str, months: Collection[date]) -> Snapshot:
    taken = snapshot(dataset, min(months), clock.next_month(max(months)))
    return replace(taken, files=tuple(file for file in taken.files if file[0] in months))


_FLAGS = f"""
    WITH back AS (
        SELECT DISTINCT e.source_id, e.reverses FROM every_claim e
        WHERE e.reverses <> '' AND e.reverses IN (SELECT record_no FROM claims)
    )
    SELECT c.id, back.reverses IS NOT NULL, coalesce({_LATE}, false), m.match
    FROM claims c
    LEFT JOIN back ON back.source_id = c.source_id AND back.reverses = c.record_no
    LEFT JOIN (
        SELECT source_id, date_trunc('month', happened_on) AS month, min(recorded_on) AS first_on FROM these_months
        GROUP BY ALL
    ) arrived ON arrived.source_id = c.source_id AND arrived.month = date_trunc('month', c.happened_on)
    LEFT JOIN referrals m ON m.id = c.id
"""  # noqa: S608  (constants)


def is_late(claim: ClaimView) -> bool:
    """Whether a claim came in later than policy allows after its month had ended and had begun to come in."""
    _back, late, _match = _flags([claim], [clock.month_of(claim.settled_on)])[claim.id]
    return late
