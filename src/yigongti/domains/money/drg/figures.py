"""Figures of a period from one snapshot of the lake: by institution, department, group; each sums over the same rows.

Cases inside the county alone: what others treat is paid elsewhere. The region, against which cost and time are
measured, is all of them. Weights and indices are of grouped cases, CMI of those whose group has a weight; shares of
all.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.conf import settings

from yigongti.domains.money.drg.formulas import E4, GroupSum, Kind, cmi, index, low_risk_groups
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.lake import DATASET
from yigongti.domains.money.drg.permissions import FIGURES
from yigongti.domains.money.drg.policy import LOW_RISK_RULE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import engine, snapshot, table
from yigongti.kernel.policy.api import PolicyGap


@dataclass(frozen=True)
class Figures:
    """Of an institution, a department or a group. ``key``: its id, name or code; fen, days; None: nothing to divide by.

    ``weight_e4``: total weight × 10,000. ``deaths_unsaid``: low-risk cases whose claim does not say how they left: with
    any of them the mortality is not computable.
    """

    key: Any
    name: str
    cases: int
    grouped: int
    ambiguous: int
    ungroupable: int
    invalid: int
    high: int
    weight_e4: int
    cmi: Fraction | None
    cost_index: Fraction | None
    time_index: Fraction | None
    low_risk_cases: int
    low_risk_deaths: int
    deaths_unsaid: int
    total_fen: int
    fund_fen: int
    payment_fen: int
    stay_days: int

    @property
    def weight(self) -> Fraction:
        return Fraction(self.weight_e4, E4)

    @property
    def low_risk_mortality(self) -> Fraction | None:
        if not self.low_risk_cases or self.deaths_unsaid:
            return None
        return Fraction(self.low_risk_deaths, self.low_risk_cases)

    @property
    def without_group(self) -> Fraction | None:
        """Share of cases that came to no group."""
        return Fraction(self.cases - self.grouped, self.cases) if self.cases else None

    @property
    def mean_cost_fen(self) -> int | None:
        return round(Fraction(self.total_fen, self.cases)) if self.cases else None

    @property
    def mean_stay(self) -> Fraction | None:
        return Fraction(self.stay_days, self.cases) if self.cases else None


@dataclass(frozen=True)
class Report:
    """``region``: all cases inside the county. ``waiting``: months whose newest claims are not yet in.

    ``low_risk_rule``: named or by_mortality; ``low_risk``: the groups meant.
    """

    rows: tuple[Figures, ...]
    region: Figures
    waiting: int
    low_risk_rule: str
    low_risk: frozenset[str]


_SQL = """
    SELECT institution_id, max(institution_name), source_id, department, drg, status, outlier, bool_or(low_risk),
           count(*), sum(weight_e4), sum(total_fen), sum(fund_fen), sum(payment_fen), sum(stay_days),
           count(*) FILTER (died), count(*) FILTER (died IS NULL), weight_e4 > 0
    FROM cases WHERE place = $place AND happened_on BETWEEN $since AND $until AND inside_county
    GROUP BY institution_id, source_id, department, drg, status, outlier, weight_e4 > 0
"""


@dataclass(frozen=True)
class _Sum:
    institution_id: int | None
    institution_name: str
    source_id: int
    department: str
    drg: str
    status: str
    outlier: str
    low_risk: bool
    cases: int
    weight_e4: int
    total_fen: int
    fund_fen: int
    payment_fen: int
    stay_days: int
    died: int
    unsaid: int
    weighed: bool


def report(
    since: date, until: date, *, actor: Actor, by: str = "institution", institution_id: int | None = None,
    department: str | None = None,
) -> Report:  # fmt: skip
    """Figures of cases settled between two days, both included. Raises Forbidden.

    ``by``: institution, department or group; narrowed to an institution, and to a department of it.
    """
    actor.require(FIGURES)
    start, end = clock.month_of(since), clock.next_month(clock.month_of(until))
    taken = snapshot(DATASET, start, end)
    with engine() as backend:
        backend.create_view("cases", table(backend, taken), overwrite=True)
        found = backend.con.execute(_SQL, {"place": settings.PLACE, "since": since, "until": until}).fetchall()
    sums = [_Sum(*row) for row in found]
    region = _by_group(sums)
    rule = _low_risk_rule(until)
    low = low_risk_groups(region.values()) if rule == "by_mortality" else frozenset(s.drg for s in sums if s.low_risk)
    seen = actor.organisations(FIGURES)
    mine = [
        one
        for one in sums
        if (actor.everything or one.institution_id in seen or one.source_id in seen)
        and (institution_id is None or one.institution_id == institution_id)
        and (department is None or one.department == department)
    ]
    parts: dict[Any, list[_Sum]] = defaultdict(list)
    for one in mine:
        parts[_key(one, by)].append(one)
    rows = [_figures(key, _name(key, part, by), part, region, low) for key, part in parts.items()]
    rows.sort(key=lambda row: (-row.weight_e4, -row.cases, row.name))
    waiting = taken.waiting + snapshot("claims", start, end).waiting
    return Report(tuple(rows), _figures("", "", sums, region, low), waiting, rule, low)


def institution_figures(since: date, until: date, *, actor: Actor) -> tuple[Figures, ...]:
    """Figures by institution, as far as the actor stands. Raises Forbidden."""
    return report(since, until, actor=actor).rows


def _low_risk_rule(on: date) -> str:
    try:
        return LOW_RISK_RULE.at(place=settings.PLACE, as_of=on).value
    except PolicyGap:
        return "named"


def _key(one: _Sum, by: str) -> Any:
    if by == "institution":
        return one.institution_id or 0
    return one.department if by == "department" else one.drg or one.status


def _name(key: Any, part: list[_Sum], by: str) -> str:
    return max(one.institution_name for one in part) if by == "institution" else str(key)


def _by_group(sums: Iterable[_Sum]) -> dict[str, GroupSum]:
    """Grouped cases alone, added up by group."""
    parts: dict[str, list[_Sum]] = defaultdict(list)
    for one in sums:
        if one.status == Status.GROUPED:
            parts[one.drg].append(one)
    return {
        drg: GroupSum(
            drg,
            sum(one.cases for one in part),
            sum(one.weight_e4 for one in part),
            sum(one.total_fen for one in part),
            sum(one.stay_days for one in part),
            sum(one.died for one in part),
        )
        for drg, part in parts.items()
    }


def _figures(key: Any, name: str, part: list[_Sum], region: dict[str, GroupSum], low: frozenset[str]) -> Figures:
    groups = list(_by_group(part).values())
    by_status: dict[str, int] = defaultdict(int)
    for one in part:
        by_status[one.status] += one.cases
    lows = [one for one in part if one.drg in low and one.status == Status.GROUPED]
    return Figures(
        key=key,
        name=name,
        cases=sum(one.cases for one in part),
        grouped=by_status[Status.GROUPED],
        ambiguous=by_status[Status.AMBIGUOUS],
        ungroupable=by_status[Status.UNGROUPABLE],
        invalid=by_status[Status.INVALID],
        high=sum(one.cases for one in part if one.outlier == Kind.HIGH),
        weight_e4=sum(one.weight_e4 for one in groups),
        cmi=cmi(_by_group(one for one in part if one.weighed).values()),
        cost_index=index(groups, region, "total_fen"),
        time_index=index(groups, region, "stay_days"),
        low_risk_cases=sum(one.cases for one in lows),
        low_risk_deaths=sum(one.died for one in lows),
        deaths_unsaid=sum(one.unsaid for one in lows),
        total_fen=sum(one.total_fen for one in part),
        fund_fen=sum(one.fund_fen for one in part),
        payment_fen=sum(one.payment_fen for one in part),
        stay_days=sum(one.stay_days for one in part),
    )
