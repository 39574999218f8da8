"""What a viewer may ask of a measure: the figure, its trend, what it is made of, and the records below."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from statistics import median

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.oversight.indicators import policy
from yigongti.domains.oversight.indicators.catalogue import MEASURES, REPORTED
from yigongti.domains.oversight.indicators.dimensions import DIMENSIONS
from yigongti.domains.oversight.indicators.formulas import Period, growth, percentage, year_before
from yigongti.domains.oversight.indicators.formulas import period as period_of
from yigongti.domains.oversight.indicators.measures import MEAN, Measure
from yigongti.domains.oversight.indicators.permissions import VIEW, VIEW_RECORDS
from yigongti.domains.oversight.indicators.readings import Cell, Month, Records, reading
from yigongti.domains.oversight.indicators.rules import NOT_SAID, rules
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import snapshot
from yigongti.kernel.policy.api import PolicyGap, Value, find, parameters

MONTHS_TO_COMPARE = 3  # fewer have no usual month


@dataclass(frozen=True)
class Point:
    """One month of a trend; ``value`` None where it can't be computed."""

    month: date
    numerator: int
    denominator: int
    value: Decimal | None
    problem: str = ""


@dataclass(frozen=True)
class Figure:
    """A measure over a period. ``value`` in ``measure.value_unit`` (per cent for a share); None, with ``problem`` in
    words, where it is not computable.

    ``numerator`` in ``measure.numerator_unit`` (money: fen), ``denominator`` in ``measure.unit``; None where not
    computable. ``median`` stands beside a mean.
    ``before``: the value of the same months of the year before, where growth is asked for and there is one.
    ``doubts``: months whose data may be incomplete, in words; the figure is computed from what there is.
    """

    measure: Measure
    place: str
    period: Period
    numerator: int | None
    denominator: int | None
    value: Decimal | None
    problem: str
    target: Value[Decimal] | None
    trend: tuple[Point, ...]
    published_at: datetime | None
    waiting: int
    doubts: tuple[str, ...] = ()
    median: Decimal | None = None
    before: Decimal | None = None

    @property
    def growth(self) -> Decimal | None:
        """By how many per cent the figure has grown within a year; None where that is not known."""
        return None if self.value is None or self.before is None else growth(self.value, self.before)

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None when there is no figure or no target."""
        if self.value is None or self.target is None:
            return None
        return self.measure.reached(self.value, self.target.value)


@dataclass(frozen=True)
class Slice:
    """One line of a break-down. ``gap``: what there should be less of (see ``Measure.gap``); ``gap_share``: of all
    lines' gaps, in %."""

    key: str
    label: str
    numerator: int
    denominator: int
    value: Decimal | None
    gap: int
    gap_share: Decimal | None
    median: Decimal | None = None


def figure(
    measure: Measure, period: Period, *, actor: Actor, place: str | None = None, node: int | None = None
) -> Figure:
    """A measure of a place over a period, for all of it or what is under one organisation (``node``).

    Not computable too when the place doesn't say what counts as a visit. Raises Forbidden without ``indicators.view``.
    """
    actor.require(VIEW)
    place, homes = place or settings.PLACE, _homes(node)
    found = _figure(measure, period, place, homes)
    if not measure.growth or found.value is None:
        return found
    return replace(found, before=_figure(measure, year_before(period, clock.today()), place, homes).value)


def _figure(measure: Measure, period: Period, place: str, homes: frozenset[int] | None) -> Figure:
    whole = Cell(homes=homes)
    expected = _expected(period)
    target = None if measure.target is None else find(measure.target.name, place, _last_day(period))
    try:
        counting, thin = rules(place, period), policy.THIN_FEED.at(place, period.start).value
        with reading(measure, place, period, counting) as read:
            monthly = read.months(whole)
            middle = [s.median for s in read.sums(whole)] if measure.kind is MEAN else []
    except NOT_SAID as gap:
        why = _in_words(gap)
        trend = tuple(_point(measure, month, None, why) for month in expected)
        return Figure(measure, place, period, None, None, None, _no_figure(why), target, trend, None, 0)
    problems = _problems(measure, monthly, expected)
    trend = tuple(_point(measure, month, monthly.get(month), problems.get(month, "")) for month in expected)
    empty = Figure(
        measure, place, period, None, None, None, "", target, trend, read.snapshot.published_at, read.snapshot.waiting
    )
    if not expected:
        return replace(empty, problem=_("这段时间还没有开始"))
    if problems:
        return replace(empty, problem=_summary(problems, expected))
    numerator = sum(s.numerator for s in monthly.values())
    denominator = sum(s.denominator for s in monthly.values())
    value = measure.kind.value(numerator, denominator)
    if value is None:
        return replace(empty, problem=_("没有可计算的记录"))
    return replace(
        empty,
        numerator=numerator,
        denominator=denominator,
        value=value,
        doubts=_doubts(monthly, expected, thin),
        median=next(iter(middle), None),
    )


def breakdown(
    measure: Measure,
    period: Period,
    by: str,
    *,
    actor: Actor,
    place: str | None = None,
    cell: Cell | None = None,
    node: int | None = None,
) -> list[Slice]:
    """What a figure is made of, by one of the measure's ``breakdowns``; the largest gap first.

    The slices' numerators and denominators sum to the figure's. Raises Forbidden, PolicyGap, Unsaid, ValueError for
    another ``by``.
    """
    actor.require(VIEW)
    if by not in measure.breakdowns:
        raise ValueError(by)
    dimension = DIMENSIONS[by]
    place = place or settings.PLACE
    asked = cell or Cell(homes=_homes(node))
    with reading(measure, place, period, rules(place, period)) as read:
        sums = dimension.grouped(read.sums(asked, by=dimension.column))
    labels = dimension.labels([s.key for s in sums])
    gap = sum(measure.gap(s.numerator, s.denominator) for s in sums)
    slices = [
        Slice(
            key="" if s.key is None else str(s.key),
            label=labels[s.key],
            numerator=s.numerator,
            denominator=s.denominator,
            value=measure.kind.value(s.numerator, s.denominator),
            gap=measure.gap(s.numerator, s.denominator),
            gap_share=percentage(measure.gap(s.numerator, s.denominator), gap),
            median=s.median,
        )
        for s in sums
    ]
    return sorted(slices, key=lambda s: (-s.gap, -s.denominator, s.label))


def records(
    measure: Measure,
    period: Period,
    cell: Cell,
    *,
    actor: Actor,
    place: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Records:
    """The newest records below a cell, as far as the viewer's institutions reach, and how many there are in all.

    Raises Forbidden without ``indicators.view_records``, PolicyGap, Unsaid.
    """
    actor.require(VIEW)
    actor.require(VIEW_RECORDS)
    place = place or settings.PLACE
    scope = None if actor.everything else actor.organisations(VIEW_RECORDS)
    with reading(measure, place, period, rules(place, period)) as read:
        return read.records(cell, scope=scope, limit=limit, offset=offset)


def cell_of(by: str, key: str, cell: Cell) -> Cell:
    """A cell narrowed to one slice of its break-down. Raises ValueError for a key that can't be one."""
    if by not in DIMENSIONS:
        raise ValueError(by)
    return DIMENSIONS[by].narrow(key, cell)


def label_of(by: str, key: str) -> str:
    """What a slice is called. Raises LookupError or ValueError for a key that can't be one."""
    dimension = DIMENSIONS[by]
    value = dimension.value(key)
    return dimension.labels([value])[value]


def latest_year() -> Period:
    """The year of the newest month for which there are both visits and claims; the present one when there is none."""
    months = [snapshot(dataset).months for dataset in REPORTED]
    present = clock.month_of(clock.today())
    shared = {month for month in frozenset.intersection(*months) if month <= present}
    return period_of(str(max(shared, default=present).year))


def measure_named(name: str) -> Measure:
    """Raises KeyError."""
    return MEASURES[name]


def _last_day(period: Period) -> date:
    return date.fromordinal(period.end.toordinal() - 1)


def _homes(node: int | None) -> frozenset[int] | None:
    """An organisation and what is under it today: a figure of a past year is asked for today's members."""
    return None if node is None else organisation.under(node, clock.today())


def _expected(period: Period) -> tuple[date, ...]:
    """The months that should be there: those of the period that are over, and the present one."""
    return tuple(month for month in period.months() if month <= clock.today())


def _problems(measure: Measure, monthly: Mapping[date, Month], expected: Iterable[date]) -> dict[date, str]:
    """For each month that can't be computed, why. The running month is forgiven a feed that has not come yet."""
    present = clock.month_of(clock.today())
    found: dict[date, str] = {}
    for month in expected:
        missing = monthly[month].missing if month in monthly else measure.feeds
        if missing and month != present:
            found[month] = str(missing[0].missing)
    return found


def _doubts(monthly: Mapping[date, Month], expected: Iterable[date], percent: int) -> tuple[str, ...]:
    """One sentence per feed that brought, in some months that are over, less than ``percent`` of its median month."""
    present = clock.month_of(clock.today())
    over = [month for month in expected if month in monthly and month != present]
    found = []
    for feed in monthly[over[0]].fed if len(over) >= MONTHS_TO_COMPARE else ():
        usual = median(monthly[month].fed[feed] for month in over)
        thin = [month for month in over if monthly[month].fed[feed] * 100 < usual * percent]
        if thin:
            named = "、".join(f"{month:%Y-%m}" for month in thin)
            found.append(_("%(months)s %(what)s，可能没有报全。") % {"months": named, "what": feed.thin})
    return tuple(found)


def _summary(problems: dict[date, str], expected: tuple[date, ...]) -> str:
    """One sentence: which feed is missing, and when, unless it is missing always."""
    by_feed: dict[str, list[date]] = defaultdict(list)
    for month, why in problems.items():
        by_feed[why].append(month)
    parts = []
    for why, months in by_feed.items():
        if len(months) == len(expected):
            parts.append(_no_figure(why))
        else:
            named = "、".join(f"{m:%Y-%m}" for m in sorted(months))
            parts.append(_("无法计算：%(months)s %(why)s") % {"why": why, "months": named})
    return "；".join(parts)


def _no_figure(why: str) -> str:
    return _("无法计算：%(why)s") % {"why": why}


def _in_words(gap: Exception) -> str:
    """What the place does not say: which value is lacking, and for which day."""
    if not isinstance(gap, PolicyGap):
        return str(gap)
    what = next(parameter.label for parameter in parameters() if parameter.name == gap.name)
    return _("没有规定“%(what)s”（%(day)s）") % {"what": what, "day": gap.as_of.isoformat()}


def _point(measure: Measure, month: date, sums: Month | None, problem: str) -> Point:
    numerator, denominator = (sums.numerator, sums.denominator) if sums else (0, 0)
    value = None if problem else measure.kind.value(numerator, denominator)
    return Point(month, numerator, denominator, value, problem)
