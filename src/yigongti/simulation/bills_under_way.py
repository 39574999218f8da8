"""The price list the demo place has, and its bills looked through: what the screens of fund supervision find is left to
whoever tries the platform."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from yigongti.domains.money.claims import api as claims
from yigongti.domains.money.prices import api as prices
from yigongti.kernel.access.api import Actor
from yigongti.simulation.charges import Charges
from yigongti.simulation.place import LEVELS, OUTSIDE

Say = Callable[[str], None]


def set_prices(first: Actor, second: Actor, place: str, year: int, say: Say) -> None:
    """The place's first prices: those the bills are made with, from before the year. Raises prices.AdjustmentRefused,
    StepRefused."""
    if not prices.is_first(place):
        return
    items = [
        prices.NewPrice(code, name, unit, level, by_level[level])
        for code, name, unit, by_level in Charges().priced()
        for level in LEVELS[OUTSIDE + 1 :]
    ]
    made = prices.draft(
        place, name="虚构的第一批价格", document="虚构的文件，不是任何地方的",
        starts_on=date(year - 2, 1, 1), prices=items, actor=first,
    )  # fmt: skip
    prices.take(place, made, "submit", actor=first)
    relies_on = {"measured_elsewhere": "首次建立目录，没有调整前的价格"}
    prices.take(place, made, "approve_unmeasured", actor=second, answers=relies_on)
    say(f"prices: {len(items) // (len(LEVELS) - 1)} items at {len(LEVELS) - 1} levels")


def look_through(first: Actor, year: int, say: Say) -> None:
    """Screen the year's claims, unless something was found before."""
    since, until = date(year, 1, 1), date(year, 12, 31)
    if claims.findings(since, until, actor=first):
        return
    found = claims.screen(since, until, actor=first).counts
    say(f"bills looked through: {sum(one.get('found', 0) for one in found.values())} findings")
