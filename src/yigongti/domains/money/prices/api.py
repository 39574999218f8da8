"""Prices of medical services, for everybody else: what an item costs on a day, and setting a place's prices."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.formulas import Quantity
from yigongti.domains.money.prices.selectors import is_first, item_names, price_at, register_usage
from yigongti.domains.money.prices.services import adjusting
from yigongti.domains.money.prices.services.adjusting import AdjustmentRefused
from yigongti.domains.money.prices.services.reading import NewPrice
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import take_step

__all__ = [
    "AdjustmentRefused",
    "NewPrice",
    "Quantity",
    "draft",
    "is_first",
    "item_names",
    "price_at",
    "register_usage",
    "take",
]


def draft(place: str, *, name: str, document: str, starts_on: date, prices: Sequence[NewPrice], actor: Actor) -> int:
    """Prepare an adjustment of prices as a draft; its id. Raises Forbidden, AdjustmentRefused."""
    made = adjusting.draft(place, name=name, document=document, starts_on=starts_on, prices=prices, actor=actor)
    return int(made.pk)


def take(place: str, adjustment_id: int, step: str, *, actor: Actor, answers: Mapping[str, Any] | None = None) -> None:
    """Take a step of the adjustment's state table. Raises NotVisible, StepRefused."""
    take_step(selectors.adjustment(place, adjustment_id), step, actor=actor, answers=answers)
