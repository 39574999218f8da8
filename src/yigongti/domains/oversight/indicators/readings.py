"""Reading a measure off the lake: conditions, groups, sums. Knows nothing of who asks.

All figures of one ``Reading`` come from one snapshot of the lake, so a figure, its trend, its break-down and the
list of records below it always agree.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yigongti.domains.oversight.indicators.formulas import Period
from yigongti.domains.oversight.indicators.measures import MEAN, Feed, Measure
from yigongti.domains.oversight.indicators.rules import Rules
from yigongti.kernel import clock
from yigongti.kernel.lake.api import Snapshot, engine, snapshot, table

HOME = "home"
"""Stands for the column a measure calls its ``home``."""


@dataclass(frozen=True)
class Cell:
    """Which part of a figure is meant. Empty fields don't narrow.

    ``part``: "of_which" (the numerator), "rest" (counted but not in it), or "" for all that is counted.
    ``homes``: ids of institutions the rows belong to (``homeless``: to none); ``equal``: columns with the value they
    have (None: none); ``categories``: ranges of ICD-10 categories (three characters), both ends included (``beyond``:
    none of them).
    """

    month: date | None = None
    homes: frozenset[int] | None = None
    homeless: bool = False
    equal: tuple[tuple[str, Any], ...] = ()
    categories: tuple[tuple[str, str], ...] = ()
    beyond: bool = False
    part: str = ""


@dataclass(frozen=True)
class Sums:
    """What a cell adds up to, in the measure's units. ``key`` is the group it stands for; ``median`` for means only."""

    key: Any
    numerator: int
    denominator: int
    median: Decimal | None = None


@dataclass(frozen=True)
class Month:
    """A month's sums, and how many rows each feed brought in it."""

    numerator: int
    denominator: int
    fed: Mapping[Feed, int]

    @property
    def missing(self) -> tuple[Feed, ...]:
        """The feeds that brought nothing."""
        return tuple(feed for feed, rows in self.fed.items() if not rows)


@dataclass(frozen=True)
class Row:
    """One record below a cell, as the lake holds it."""

    id: int
    happened_on: date


@dataclass(frozen=True)
class Records:
    """Records below a cell: ``total`` is the cell's count, ``visible`` how many the viewer may see, ``rows`` a page."""

    total: int
    visible: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Reading:
    """A measure of a place over a period, read from one snapshot."""

    measure: Measure
    place: str
    period: Period
    rules: Rules
    snapshot: Snapshot
    _backend: Backend = field(repr=False)
    _rows: ir.Table = field(repr=False)

    def sums(self, cell: Cell, by: str = "") -> list[Sums]:
        """Numerator and denominator of a cell: in all (one entry, key None), or per value of a column (HOME: the
        measure's own). An empty cell gives no entry."""
        rows = self._cell(cell)
        counted = self.measure.counted(rows, self.rules)
        inside = counted & self.measure.of_which(rows, self.rules)
        totals: dict[str, ir.Scalar] = {
            "numerator": self._sum(rows, inside, self.measure.numerator_of),
            "denominator": self._sum(rows, counted, self.measure.denominator_of),
            "n": rows.count(),
        }
        if self.measure.kind is MEAN:
            totals["median"] = rows[self.measure.numerator_of].median()
        if not by:
            found = rows.aggregate(**totals)
        else:
            found = rows.group_by(key=rows[self._column(by)]).aggregate(**totals).order_by("key")
        return [
            Sums(r.get("key"), int(r["numerator"] or 0), int(r["denominator"] or 0), _exact(r.get("median")))
            for r in found.to_pyarrow().to_pylist()
            if r["n"]
        ]

    def months(self, cell: Cell) -> dict[date, Month]:
        """Each month's sums of a cell, and how much each feed brought that month, wherever it was. One scan.

        Days are grouped and then added up: cutting ten million dates down to their months costs more than the sums.
        """
        rows = self._rows
        everywhere = self.measure.counted(rows, self.rules)
        counted = everywhere & self._within(rows, cell)
        inside = counted & self.measure.of_which(rows, self.rules)
        found = rows.group_by(day=rows.happened_on).aggregate(
            numerator=self._sum(rows, inside, self.measure.numerator_of),
            denominator=self._sum(rows, counted, self.measure.denominator_of),
            **{feed.name: (everywhere & feed.among(rows, self.rules)).sum() for feed in self.measure.feeds},
        )
        days: dict[date, list[dict[str, Any]]] = defaultdict(list)
        for row in found.to_pyarrow().to_pylist():
            days[clock.month_of(row["day"])].append(row)
        return {
            month: Month(
                sum(int(r["numerator"] or 0) for r in of_month),
                sum(int(r["denominator"] or 0) for r in of_month),
                {feed: sum(int(r[feed.name] or 0) for r in of_month) for feed in self.measure.feeds},
            )
            for month, of_month in days.items()
        }

    def records(self, cell: Cell, *, scope: frozenset[int] | None, limit: int, offset: int = 0) -> Records:
        """How many records lie below a cell, and the newest of those that belong to an institution in ``scope``.

        ``scope`` None: all of them. One scan counts by month; then only the months the page lies in are read.
        """
        rows = self._cell(cell)
        seen = rows if scope is None else self._scoped(rows, scope)
        months = self._counts(seen)
        total = sum((months if scope is None else self._counts(rows)).values())
        found: list[Row] = []
        skip = offset
        for month in sorted(months, reverse=True):
            if skip >= months[month]:
                skip -= months[month]
                continue
            found += self._page(replace(cell, month=month), scope, limit - len(found), skip)
            skip = 0
            if len(found) >= limit:
                break
        return Records(total=total, visible=sum(months.values()), rows=tuple(found))

    def _counts(self, rows: ir.Table) -> Counter[date]:
        """Rows by month, counted by day (see ``months``)."""
        counted: Counter[date] = Counter()
        for row in rows.group_by(day=rows.happened_on).aggregate(n=rows.count()).to_pyarrow().to_pylist():
            counted[clock.month_of(row["day"])] += row["n"]
        return counted

    def _page(self, cell: Cell, scope: frozenset[int] | None, limit: int, offset: int) -> list[Row]:
        """Records of one month's cell, newest first, from that month's file alone."""
        files = tuple(one for one in self.snapshot.files if one[0] == cell.month)
        part = table(self._backend, replace(self.snapshot, files=files))
        month = replace(self, _rows=part.filter(part.place == self.place))
        rows = month._scoped(month._cell(cell), scope)
        page = rows.order_by(rows.happened_on.desc(), rows.id.desc()).limit(limit, offset=offset)
        return [Row(r["id"], r["happened_on"]) for r in page.select("id", "happened_on").to_pyarrow().to_pylist()]

    def _scoped(self, rows: ir.Table, scope: frozenset[int] | None) -> ir.Table:
        if scope is None:
            return rows
        ids = sorted(scope)
        return rows.filter(rows.institution_id.isin(ids) | rows.managing_id.isin(ids) | rows.source_id.isin(ids))

    def _sum(self, rows: ir.Table, where: ir.BooleanValue, column: str) -> ir.IntegerScalar:
        """A column over the rows that meet a condition, or, without one, their number."""
        if column:
            return where.ifelse(rows[column], 0).sum().cast("int64")
        return where.sum().cast("int64")

    def _cell(self, cell: Cell) -> ir.Table:
        rows = self._rows
        return rows.filter(self.measure.counted(rows, self.rules) & self._within(rows, cell))

    def _within(self, rows: ir.Table, cell: Cell) -> ir.BooleanValue:
        """The condition that a row lies in a cell."""
        conditions: list[ir.BooleanValue] = []
        if cell.month is not None:
            conditions.append(rows.happened_on.truncate("M") == ibis.literal(cell.month))
        if cell.homes is not None:
            conditions.append(rows[self.measure.home].isin(sorted(cell.homes)))
        if cell.homeless:
            conditions.append(rows[self.measure.home].isnull())
        for column, value in cell.equal:
            conditions.append(rows[column].isnull() if value is None else rows[column] == value)
        if cell.categories:
            within = ibis.or_(*(rows.category.between(first, last) for first, last in cell.categories))
            conditions.append(~within if cell.beyond else within)
        if cell.part:
            conditions.append(self._part(rows, cell.part))
        return ibis.and_(*conditions) if conditions else ibis.literal(True)

    def _part(self, rows: ir.Table, part: str) -> ir.BooleanValue:
        inside = self.measure.of_which(rows, self.rules)
        if part == "of_which":
            return inside
        return ~inside if self.measure.rest is None else self.measure.rest(rows, self.rules)

    def _column(self, by: str) -> str:
        return self.measure.home if by == HOME else by


def _exact(median: float | None) -> Decimal | None:
    """The middle of whole numbers is whole or a half: a float holds it exactly."""
    return None if median is None else Decimal(str(median))


@contextmanager
def reading(measure: Measure, place: str, period: Period, rules: Rules) -> Iterator[Reading]:
    """Open the lake for one measure of one place over one period."""
    taken = snapshot(measure.dataset, period.start, period.end)
    with engine() as backend:
        rows = table(backend, taken)
        yield Reading(measure, place, period, rules, taken, backend, rows.filter(rows.place == place))
