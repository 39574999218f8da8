"""From the money raised to each holder's amount and its monthly parts (facts: total budget; Xuchang 四（二）).

F  pool = insured persons × (individual contribution + subsidy), or as given
G  available = F − what is set aside
Aᵢ = total × shareᵢ × (1 + gᵢ), brought back to the total, inside floor and cap against last year
shareᵢ = α · nᵢkᵢ / Σnk + (1 − α) · Hᵢ        Hᵢ = σ · servicesᵢ / Σ + (1 − σ) · paymentsᵢ / Σ
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from yigongti.kernel.money import split

MONTHS = 12
Number = int | Decimal | Fraction


def fen(amount: Number) -> int:
    """An exact amount in fen as whole fen, half a fen away from zero."""
    exact = Fraction(amount)
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def percent(rate: Decimal) -> Fraction:
    """A rate in per cent as a fraction."""
    return Fraction(rate) / 100


# -- the pool and what is set aside -------------------------------------------------------------------------------


def persons_times_contribution(persons: int, individual_fen: int, subsidy_fen: int, given_fen: int | None) -> int:
    """Money raised in the year: insured persons × (individual contribution + subsidy). In fen."""
    return persons * (individual_fen + subsidy_fen)


def as_given(persons: int, individual_fen: int, subsidy_fen: int, given_fen: int | None) -> int:
    """The amount the insurance body gives out. In fen. Raises ValueError when it gave none."""
    if given_fen is None:
        raise ValueError("no amount is given")
    return given_fen


POOLS: dict[str, Callable[[int, int, int, int | None], int]] = {
    "resident_pooled_funds_current_year": persons_times_contribution,
    "given_amount": as_given,
}


def share_of_pool(pool_fen: int, persons: int, rate: Decimal, per_head_yuan: Decimal) -> int:
    """Set aside as a rate of the pool. In fen."""
    return fen(pool_fen * percent(rate))


def per_head(pool_fen: int, persons: int, rate: Decimal, per_head_yuan: Decimal) -> int:
    """Set aside as an amount for each insured person. In fen."""
    return fen(persons * Fraction(per_head_yuan) * 100)


SET_ASIDE: dict[str, Callable[[int, int, Decimal, Decimal], int]] = {
    "share_of_pool": share_of_pool,
    "per_head": per_head,
}


def total_to_share(available_fen: int, last_total_fen: int | None, growth_cap: Decimal) -> int:
    """What is shared out: all that is available, but no more than last year's total grown by the cap. In fen."""
    if last_total_fen is None or last_total_fen <= 0:
        return available_fen
    return min(available_fen, fen(last_total_fen * (1 + percent(growth_cap))))


# -- shares -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What a holder brings to the sharing. ``payments``, ``services``: weighted over past years (None: unknown)."""

    persons: int
    factor: Decimal = Decimal(1)
    payments: Fraction | None = None
    services: Fraction | None = None
    growth: Decimal = Decimal(0)  # per cent

    @property
    def heads(self) -> Fraction:
        return self.persons * Fraction(self.factor)


def weighted_history(years: Sequence[int], weights: Sequence[Decimal]) -> Fraction:
    """The mean of past years, the latest first, by weights brought to a sum of one over the years there are."""
    used = [Fraction(w) for w in weights[: len(years)]]
    if not used or sum(used) <= 0:
        raise ValueError("no weights")
    return sum((w * y for w, y in zip(used, years, strict=False)), Fraction(0)) / sum(used)


def parts_of_one(amounts: Sequence[Fraction]) -> list[Fraction]:
    """Each amount as a part of the whole. Raises ValueError when the whole is nothing or an amount is negative."""
    whole = sum(amounts, Fraction(0))
    if whole <= 0 or any(a < 0 for a in amounts):
        raise ValueError("nothing to share by")
    return [a / whole for a in amounts]


def persons_alone(holders: Sequence[Standing], alpha: Decimal, sigma: Decimal) -> list[Fraction]:
    """Shares by insured persons, each with the holder's risk factor."""
    return parts_of_one([h.heads for h in holders])


def history_alone(holders: Sequence[Standing], alpha: Decimal, sigma: Decimal) -> list[Fraction]:
    """Shares by past years: services with weight σ, payments with the rest."""
    weight = Fraction(sigma)
    shares = [Fraction(0)] * len(holders)
    if weight:
        known = [_known(h.services) for h in holders]
        shares = [s + weight * p for s, p in zip(shares, parts_of_one(known), strict=True)]
    if weight != 1:
        known = [_known(h.payments) for h in holders]
        shares = [s + (1 - weight) * p for s, p in zip(shares, parts_of_one(known), strict=True)]
    return shares


def persons_and_history(holders: Sequence[Standing], alpha: Decimal, sigma: Decimal) -> list[Fraction]:
    """α of the share by insured persons, the rest by past years. They sum to one."""
    a = Fraction(alpha)
    shares = [a * p for p in persons_alone(holders, alpha, sigma)]
    if a == 1:
        return shares
    return [s + (1 - a) * h for s, h in zip(shares, history_alone(holders, alpha, sigma), strict=True)]


def _known(amount: Fraction | None) -> Fraction:
    if amount is None:
        raise ValueError("history is not known")
    return amount


ALLOCATIONS: dict[str, Callable[[Sequence[Standing], Decimal, Decimal], list[Fraction]]] = {
    "persons_and_history": persons_and_history,
    "persons_alone": persons_alone,
    "history_alone": history_alone,
}


def within_bounds(
    total: int, weights: Sequence[Fraction], lows: Sequence[Fraction], highs: Sequence[Fraction | None]
) -> tuple[list[Fraction], bool]:
    """Parts of a total in proportion to weights, none below its low or above its high; exactly the total together.

    There is one factor t with Σ min(max(t·wᵢ, lowᵢ), highᵢ) = total; it is found exactly. Where the bounds leave no
    such division, the parts are in proportion to the bounds that stand in the way, and the second answer is True.
    """
    if sum(lows, Fraction(0)) > total:
        return _in_proportion(total, lows), True
    if all(h is not None for h in highs) and sum((h for h in highs if h is not None), Fraction(0)) < total:
        return _in_proportion(total, [h or Fraction(0) for h in highs]), True

    def parts(t: Fraction) -> list[Fraction]:
        found = []
        for w, low, high in zip(weights, lows, highs, strict=True):
            part = max(t * w, low)
            found.append(part if high is None else min(part, high))
        return found

    bends = sorted({b / w for w, *bs in zip(weights, lows, highs, strict=True) if w > 0 for b in bs if b is not None})
    below, above = Fraction(0), None
    for bend in bends:  # the sum grows with t, in straight lines between the bends
        if sum(parts(bend), Fraction(0)) <= total:
            below = bend
        else:
            above = bend
            break
    start = sum(parts(below), Fraction(0))
    if start == total:
        return parts(below), False
    far = above if above is not None else below + 1
    slope = (sum(parts(far), Fraction(0)) - start) / (far - below)
    if slope == 0:  # whoever could take more has no weight
        return _in_proportion(total, parts(below)), True
    return parts(below + (total - start) / slope), False


def _in_proportion(total: int, amounts: Sequence[Fraction]) -> list[Fraction]:
    whole = sum(amounts, Fraction(0))
    return [total * a / whole if whole else Fraction(total, len(amounts)) for a in amounts]


# -- by month and quarter ----------------------------------------------------------------------------------------


def equal_months(budget_fen: int, ratio: Decimal, year: int) -> list[int]:
    """Twelve equal prepayments of budget × ratio; what does not divide is in the last. In fen."""
    total = fen(budget_fen * percent(ratio))
    each = total // MONTHS
    return [each] * (MONTHS - 1) + [total - each * (MONTHS - 1)]


def by_days(budget_fen: int, ratio: Decimal, year: int) -> list[int]:
    """Twelve prepayments by the days of each month, 29 February included. In fen, exactly budget × ratio together."""
    return split(fen(budget_fen * percent(ratio)), [monthrange(year, month)[1] for month in range(1, MONTHS + 1)])


PREPAYMENTS: dict[str, Callable[[int, Decimal, int], list[int]]] = {"equal_months": equal_months, "by_days": by_days}


def record_only(amount_fen: int, score: Decimal | None, below: Decimal, share: Decimal) -> int:
    """Nothing is held back for a quarter's score."""
    return 0


def hold_when_low(amount_fen: int, score: Decimal | None, below: Decimal, share: Decimal) -> int:
    """What is held back of the next quarter's prepayments when a quarter's score is below the limit. In fen."""
    return fen(amount_fen * percent(share)) if score is not None and score < below else 0


QUARTERS: dict[str, Callable[[int, Decimal | None, Decimal, Decimal], int]] = {
    "record_only": record_only,
    "hold_when_low": hold_when_low,
}
