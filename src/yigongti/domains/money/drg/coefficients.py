"""Institutions' own coefficients: which one is in force on a day, and what last year's cases would make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.drg import policy
from yigongti.domains.money.drg.formulas import E4, own_coefficient
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.lake import DATASET
from yigongti.domains.money.drg.models import Coefficient, CoefficientTable, GroupedMonth
from yigongti.domains.money.drg.payment import Own, level_of
from yigongti.domains.money.drg.permissions import FIGURES
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.lake.api import engine, snapshot, table


class CoefficientsRefused(ValueError):
    """No table can be worked out; ``str()`` says why, for whoever asked."""


class Held:
    """The approved tables of a place, read once."""

    def __init__(self, place: str) -> None:
        rows: ScopedQuerySet = CoefficientTable.objects.unscoped("payment asks for no reader")
        tables = rows.filter(place=place, state="approved").order_by("-starts_on", "-approved_at", "-pk")
        self._tables = [(one.pk, one.year, one.starts_on) for one in tables]
        lines = Coefficient.objects.filter(table_id__in=[pk for pk, _year, _on in self._tables])
        self._lines = {(line.table_id, line.institution_id): line for line in lines}

    def table_on(self, on: date) -> int | None:
        """The table in force: of the day's year, the last to have begun, of several that begin together the newest."""
        return next((pk for pk, year, starts in self._tables if year == on.year and starts <= on), None)

    def of(self, institution_id: int | None, on: date) -> Own | None:
        """An institution's coefficient in force on a day."""
        pk = self.table_on(on)
        line = self._lines.get((pk, institution_id)) if pk is not None and institution_id is not None else None
        return own_of(line, on.year) if line is not None else None

    def standing(self, since: date, until: date) -> list[int]:
        """The tables in force at some time from ``since`` to ``until``, in their order."""
        began = {since, *(on for _pk, _year, on in self._tables if since <= on <= until)}
        return [pk for on in sorted(began) if (pk := self.table_on(on)) is not None]


def own_of(line: Coefficient, year: int) -> Own:
    return Own(
        line.coefficient,
        year,
        line.table_id,
        Fraction(line.weight_e4, E4 * line.cases),
        Fraction(line.level_weight_e4, E4 * line.level_cases),
        line.level_coefficient,
        line.few,
    )


@dataclass(frozen=True)
class Steps:
    """The rule a table is worked out by: per cent, coefficient, coefficient, cases."""

    width: Decimal
    step: Decimal
    most: Decimal
    least_cases: int


def steps_of(place: str, on: date) -> Steps:
    """Raises PolicyGap, CoefficientsRefused."""
    found = Steps(
        policy.CMI_WIDTH.at(place=place, as_of=on).value,
        policy.CMI_STEP.at(place=place, as_of=on).value,
        policy.CMI_MOST.at(place=place, as_of=on).value,
        policy.CMI_LEAST.at(place=place, as_of=on).value,
    )
    if found.width <= 0 or found.step < 0 or found.most < 0:
        raise CoefficientsRefused(_("调整机构系数的规则不成立：幅度须大于0，每次调整和最多调整不小于0。"))
    return found


@dataclass(frozen=True)
class Mix:
    """An institution's grouped cases of a year and its level's at the time asked for."""

    institution_id: int
    name: str
    level: str
    cases: int
    weight_e4: int


def mixes(place: str, payer_id: int, year: int, on: date) -> list[Mix]:
    """Grouped cases inside the county that the payer settled in a year, by institution, whose level is that of ``on``.

    Raises CoefficientsRefused while months of the year wait to be grouped or published, or without cases.
    """
    start, end = date(year, 1, 1), date(year + 1, 1, 1)
    taken, claimed = snapshot(DATASET, start, end), snapshot("claims", start, end)
    if taken.waiting or claimed.waiting or not _grouped(place, dict(claimed.files)):
        raise CoefficientsRefused(_("上年有的月份正在更新，请稍后再试。"))
    with engine() as backend:
        backend.create_view("cases", table(backend, taken), overwrite=True)
        found = backend.con.execute(
            """
            SELECT institution_id, max(institution_name), count(*), sum(weight_e4) FROM cases
            WHERE place = $place AND source_id = $payer AND inside_county AND status = $grouped AND weight_e4 > 0
              AND institution_id IS NOT NULL AND happened_on >= $start AND happened_on < $end
            GROUP BY institution_id ORDER BY institution_id
            """,
            {"place": place, "payer": payer_id, "grouped": Status.GROUPED.value, "start": start, "end": end},
        ).fetchall()
    if not found:
        raise CoefficientsRefused(_("%(year)s年没有已入组的病例。") % {"year": year})
    tiers = _tiers([row[0] for row in found], on)
    return [Mix(pk, name, level_of(tiers.get(pk, "")), cases, int(weight)) for pk, name, cases, weight in found]


def _grouped(place: str, files: dict[date, str]) -> bool:
    """Whether the months were grouped from these files of claims."""
    return files.items() <= set(GroupedMonth.objects.filter(place=place, month__in=files).values_list("month", "file"))


def _tiers(institution_ids: Iterable[int], on: date) -> dict[int, str]:
    spans = organisation.tier_spans(institution_ids)
    return {pk: tier for pk, tier, since, until in spans if since <= on and (until is None or on < until)}


def worked_out(found: list[Mix], steps: Steps, place: str, on: date) -> list[Coefficient]:
    """Each institution's line: its CMI against its level's, and what the steps make of the level's coefficient.

    Raises PolicyGap, CoefficientsRefused.
    """
    by_level: dict[str, list[Mix]] = {}
    for one in found:
        by_level.setdefault(one.level, []).append(one)
    lines = []
    for one in found:
        same = by_level[one.level]
        cases, weight = sum(mix.cases for mix in same), sum(mix.weight_e4 for mix in same)
        level = policy.COEFFICIENTS[one.level].at(place=place, as_of=on).value
        few = one.cases < steps.least_cases or weight == 0
        own = (
            level
            if few
            else own_coefficient(
                level,
                Fraction(one.weight_e4, one.cases),
                Fraction(weight, cases),
                width=steps.width,
                step=steps.step,
                most=steps.most,
            )
        )
        if own <= 0:
            raise CoefficientsRefused(_("%(name)s的机构系数会降到0，请核对规则。") % {"name": one.name})
        lines.append(
            Coefficient(
                institution_id=one.institution_id,
                institution_name=one.name,
                level=one.level,
                cases=one.cases,
                weight_e4=one.weight_e4,
                level_cases=cases,
                level_weight_e4=weight,
                level_coefficient=level,
                coefficient=own,
                few=few,
            )
        )
    return lines


def tables(actor: Actor) -> list[CoefficientTable]:
    """Every table of the place, the newest year first: what institutions are paid by is no secret among them. Raises
    Forbidden."""
    actor.require(FIGURES)
    rows: ScopedQuerySet = CoefficientTable.objects.unscoped("open to whoever reads figures here")
    return list(rows.filter(place=settings.PLACE).order_by("-year", "-starts_on", "-pk"))
