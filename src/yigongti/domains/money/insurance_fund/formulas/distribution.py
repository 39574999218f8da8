"""A surplus among the members of a holder: the parts always sum to it, to the fen. Which rule holds is policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from yigongti.domains.money.insurance_fund.formulas.budget import fen, percent
from yigongti.kernel.money import split

COUNTY, TOWN, VILLAGE = "county", "town", "village"
LEVELS = {"tertiary": COUNTY, "secondary": COUNTY, "primary": TOWN, "village": VILLAGE}
"""The level a tier of care belongs to."""


@dataclass(frozen=True)
class Sharer:
    """A member: its level, its services to the fund's insured in the year, its points (None: not assessed)."""

    level: str
    services: int
    points: Decimal | None = None


@dataclass(frozen=True)
class Shares:
    """What the rules may need."""

    ratio: dict[str, Decimal]
    grassroots_share: Decimal
    within: str


def by_service(amount_fen: int, members: Sequence[Sharer]) -> list[int]:
    """By services; equally where nobody gave any."""
    weights = [max(m.services, 0) for m in members]
    return split(amount_fen, weights if sum(weights) else [1] * len(members))


def by_points(amount_fen: int, members: Sequence[Sharer]) -> list[int]:
    """By assessment points. Raises ValueError while a member has none, or all have zero."""
    if any(m.points is None for m in members):
        raise ValueError("a member has no points")
    return split(amount_fen, [m.points or Decimal(0) for m in members])


def equally(amount_fen: int, members: Sequence[Sharer]) -> list[int]:
    return split(amount_fen, [1] * len(members))


WITHIN: dict[str, Callable[[int, Sequence[Sharer]], list[int]]] = {
    "by_service": by_service,
    "by_points": by_points,
    "equally": equally,
}


def tier_ratio(amount_fen: int, members: Sequence[Sharer], shares: Shares) -> list[int]:
    """County, town and village levels by a fixed ratio, of the levels there are; inside a level by ``within``."""
    levels = [level for level in (COUNTY, TOWN, VILLAGE) if any(m.level == level for m in members)]
    parts = split(amount_fen, [shares.ratio[level] for level in levels])
    return _into_groups(members, dict(zip(levels, parts, strict=True)), shares.within)


def service_volume(amount_fen: int, members: Sequence[Sharer], shares: Shares) -> list[int]:
    """All members by services."""
    return by_service(amount_fen, members)


def assessment_points(amount_fen: int, members: Sequence[Sharer], shares: Shares) -> list[int]:
    """All members by points."""
    return by_points(amount_fen, members)


def grassroots_first(amount_fen: int, members: Sequence[Sharer], shares: Shares) -> list[int]:
    """Town and village level first take their share, by ``within``; the rest goes to all members by services."""
    grass_roots = [i for i, m in enumerate(members) if m.level in (TOWN, VILLAGE)]
    first = fen(amount_fen * percent(shares.grassroots_share)) if grass_roots else 0
    parts = by_service(amount_fen - first, members)
    if grass_roots:
        firsts = WITHIN[shares.within](first, [members[i] for i in grass_roots])
        for i, part in zip(grass_roots, firsts, strict=True):
            parts[i] += part
    return parts


DISTRIBUTIONS: dict[str, Callable[[int, Sequence[Sharer], Shares], list[int]]] = {
    "tier_ratio": tier_ratio,
    "service_volume": service_volume,
    "assessment_points": assessment_points,
    "grassroots_first": grassroots_first,
}


def _into_groups(members: Sequence[Sharer], amounts: dict[str, int], within: str) -> list[int]:
    parts = [0] * len(members)
    for level, amount in amounts.items():
        group = [i for i, m in enumerate(members) if m.level == level]
        for i, part in zip(group, WITHIN[within](amount, [members[i] for i in group]), strict=True):
            parts[i] = part
    return parts
