"""Reads of prices and adjustments."""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any

from django.conf import settings

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.prices.formulas import Effect, Quantity, effect
from yigongti.domains.money.prices.models import Adjustment, Price
from yigongti.domains.money.prices.policy import USAGE_MONTHS
from yigongti.kernel import clock
from yigongti.kernel.access.api import NotVisible, ScopedQuerySet

UsageSource = Callable[[date, date, Collection[str]], Iterable[Quantity]]
_usage: UsageSource | None = None


def register_usage(source: UsageSource) -> None:
    """A domain above says here how often each institution charged items between two days, both included."""
    global _usage
    _usage = source


def prices_on(place: str, on: date) -> dict[tuple[str, str], int]:
    """Every price in force at a place on a day: (item code, tier) → fen."""
    rows = (
        Price.objects.filter(place=place, starts_on__lte=on)
        .order_by("code", "tier", "-starts_on")
        .distinct("code", "tier")
    )
    return {(code, tier): fen for code, tier, fen in rows.values_list("code", "tier", "fen") if fen is not None}


def items_on(place: str, on: date) -> list[dict[str, Any]]:
    """Every item with a price on a day: code, name, unit, and ``prices`` by tier in fen; by code."""
    rows = (
        Price.objects.filter(place=place, starts_on__lte=on)
        .order_by("code", "tier", "-starts_on")
        .distinct("code", "tier")
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.fen is not None:
            item = found.setdefault(row.code, {"code": row.code, "name": row.name, "unit": row.unit, "prices": {}})
            item["prices"][row.tier] = row.fen
    return list(found.values())


def price_at(item_codes: Collection[str], on: date, tier: str, *, place: str | None = None) -> dict[str, int]:
    """What items cost at a tier on a day, in fen; items without a price there are left out."""
    rows = (
        Price.objects.filter(place=place or settings.PLACE, starts_on__lte=on, tier=tier, code__in=list(item_codes))
        .order_by("code", "-starts_on")
        .distinct("code")
    )
    return {code: fen for code, fen in rows.values_list("code", "fen") if fen is not None}


def item_names(item_codes: Collection[str], *, place: str | None = None) -> dict[str, str]:
    """What the place's list calls items, by the latest price of each; codes it does not have are left out."""
    rows = Price.objects.filter(place=place or settings.PLACE, code__in=list(item_codes))
    return dict(rows.order_by("code", "-starts_on", "-pk").distinct("code").values_list("code", "name"))


def known_codes(place: str) -> set[str]:
    """The codes of all items the place's list has, or has had."""
    return set(Price.objects.filter(place=place).values_list("code", flat=True))


def set_later(place: str, on: date, keys: Collection[tuple[str, str]]) -> Price | None:
    """A price of one of these (item code, tier) that has been set from a later day on."""
    rows = Price.objects.filter(place=place, starts_on__gt=on, code__in={code for code, _tier in keys})
    return next((row for row in rows.order_by("starts_on", "code") if (row.code, row.tier) in keys), None)


def is_first(place: str) -> bool:
    """Whether a place has no prices yet."""
    return not Price.objects.filter(place=place).exists()


def adjustments(place: str) -> ScopedQuerySet:
    """The place's adjustments. What prices are to be is no institution's own: whoever may follow them sees all."""
    return Adjustment.objects.unscoped("prices are the place's").filter(place=place)


def adjustment(place: str, pk: int) -> Adjustment:
    """One adjustment. Raises NotVisible."""
    found: Adjustment | None = adjustments(place).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def usage_period(case: Adjustment) -> tuple[date, date]:
    """The whole months before the case was opened that its effect is worked out on: first and last day."""
    months = USAGE_MONTHS.at(place=case.place, as_of=case.starts_on).value
    opened = case.opened_at.astimezone(clock.ZONE).date()
    count = opened.year * 12 + opened.month - 1 - months
    return date(count // 12, count % 12 + 1, 1), date.fromordinal(opened.replace(day=1).toordinal() - 1)


def effect_of(case: Adjustment) -> Effect | None:
    """The effect on the period's services: on the quantities uploaded with it, else on those of the domain above.

    None where nothing was charged of any item that changes: then nothing can be said.
    """
    prices = {(line.code, line.tier): (line.before_fen, line.after_fen) for line in case.lines.all()}
    codes = {code for code, _tier in prices}
    usage = [
        Quantity(row.institution_id, row.code, row.quantity, row.fund_percent)
        for row in case.usage.filter(code__in=codes)
    ]
    if not usage and _usage is not None and not case.usage.exists():
        usage = list(_usage(*usage_period(case), codes))
    views = organisation.get_many({one.institution_id for one in usage})
    found = effect(prices, usage, {pk: view.tier for pk, view in views.items()})
    return found if found.before_fen or found.after_fen or found.unplaced else None


def missing_of(case: Adjustment) -> list[str]:
    """Items of which the uploaded file gives no quantity. What the domain above did not count was not charged."""
    said = set(case.usage.values_list("code", flat=True))
    return sorted(set(case.lines.values_list("code", flat=True)) - said) if said else []
