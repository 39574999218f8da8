"""How a year in progress is going: the pace against the budget, where it would end, and who and what drives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.formulas.pace import Pace, pace
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.rules import NotComputable
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.money import yuan
from yigongti.kernel.notices.api import in_the_places_language, notify

DRIVERS = 8


@dataclass(frozen=True)
class HolderPace:
    """A holder's year so far. ``over``: by how much the forecast passes the budget, in fen (None: no forecast)."""

    id: int
    name: str
    budget: int
    monthly: tuple[int | None, ...]
    pace: Pace
    warns: bool

    @property
    def over(self) -> int | None:
        return None if self.pace.forecast is None else self.pace.forecast - self.budget

    @property
    def used_share(self) -> float:
        return self.pace.used / self.budget if self.budget else 0.0


@dataclass(frozen=True)
class Driver:
    """Something that drives use: ``share`` of its holder's use."""

    name: str
    fen: int
    share: float


def paces(found: Gathered) -> list[HolderPace]:
    """Each holder by the complete, published months from January on, without a gap."""
    if found.statement is None or found.sums is None:
        return []
    months = complete_months(found)
    try:
        allowed = found.rules.number(policy.FORECAST_OVER)
    except NotComputable:
        allowed = None
    made = []
    for holder in found.inputs.holders:
        line = found.statement.get("settle", holder.id) or found.statement.get("budget", holder.id)
        budget = line.fen if line else 0
        monthly = {m.month: fen for m, fen in found.sums.by_month(holder.id).items()}
        used = [monthly.get(m.month, 0) for m in months]
        late = found.statement.get("corrections", holder.id)
        one = pace(used, budget, late.fen if late else 0)
        warns = allowed is not None and one.forecast is not None and one.forecast * 100 > budget * (100 + allowed)
        shown = tuple(monthly.get(n) if n <= len(months) else None for n in range(1, 13))
        made.append(HolderPace(holder.id, holder.name, budget, shown, one, warns))
    return made


def complete_months(found: Gathered) -> list[date]:
    """The months from January on that are over and published, up to the first that is missing."""
    there = set(found.sums.months) if found.sums else set()
    now = clock.month_of(clock.today())
    made: list[date] = []
    for n in range(1, 13):
        month = date(found.year.year, n, 1)
        if month not in there or month >= now:
            break
        made.append(month)
    return made


def disease_drivers(found: Gathered) -> dict[int, list[Driver]]:
    """Disease groups by what the fund paid for each holder's insured, the largest first."""
    if found.snapshot is None or found.scope is None or not found.snapshot.files:
        return {}
    with found.reading() as read:
        rows = read.diseases()
    sums: dict[int, dict[str, int]] = {}
    for home, category, fen in rows:
        if home is not None:
            group = terminology.disease_group(category).key
            mine = sums.setdefault(home, {})
            mine[group] = mine.get(group, 0) + fen
    return {
        home: _largest([(str(terminology.group_named(key).label), fen) for key, fen in groups.items()])
        for home, groups in sums.items()
    }


def member_drivers(found: Gathered) -> dict[int, list[Driver]]:
    """Where each holder's insured were treated, by what the fund paid: members by name, the rest by where."""
    from yigongti.domains.money.insurance_fund.words import LINES

    if found.sums is None:
        return {}
    names = {m.id: m.name for m in found.inputs.members}
    sums: dict[int, dict[str, int]] = {}
    for cell in found.sums.cells:
        if cell.home is not None:
            name = names.get(cell.institution or 0) if cell.treated is not None else None
            mine = sums.setdefault(cell.home, {})
            key = name or str(LINES[f"use_{cell.where}"])
            mine[key] = mine.get(key, 0) + cell.fund_fen
    return {home: _largest(list(parts.items())) for home, parts in sums.items()}


def _largest(parts: Sequence[tuple[str, int]]) -> list[Driver]:
    whole = sum(fen for _name, fen in parts)
    ordered = sorted(parts, key=lambda part: (-part[1], part[0]))[:DRIVERS]
    return [Driver(name, fen, fen / whole if whole else 0.0) for name, fen in ordered]


@in_the_places_language()
def warn(found: Gathered, *, actor: Actor) -> int:
    """Tell the payer of each holder whose forecast passes its budget: once a month each. Gives how many."""
    from yigongti.domains.money.insurance_fund.permissions import PREPARE

    told = 0
    for one in paces(found):
        if not one.warns or one.over is None:
            continue
        notify(
            f"insurance_fund.pace:{found.year.pk}:{one.id}:{one.pace.months}",
            title=_("%(holder)s预计全年超出预算 %(yuan)s 元") % {"holder": one.name, "yuan": yuan(one.over)},
            address=found.year.get_absolute_url(),
            desk=(PREPARE, found.year.payer_id),
        )
        told += 1
    return told
