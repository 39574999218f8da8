"""What the fund would have paid with and without a referral. Pure arithmetic, in fen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class EitherWay:
    """The fund's part of one bill with a referral and without, in fen. ``paid``: what it did pay."""

    with_referral_fen: int
    without_referral_fen: int
    paid_fen: int
    base_fen: int

    @property
    def difference_fen(self) -> int:
        return self.with_referral_fen - self.without_referral_fen


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _points_less(with_: int, base: int, percent: Decimal) -> int:
    return max(with_ - _whole(base * percent / 100), 0)


def _points_more(without: int, base: int, percent: Decimal) -> int:
    return min(without + _whole(base * percent / 100), base)


def _factor_less(with_: int, base: int, percent: Decimal) -> int:
    return _whole(with_ * (100 - percent) / 100)


def _factor_more(without: int, base: int, percent: Decimal) -> int:
    return min(_whole(without * 100 / (100 - percent)), base) if percent < 100 else base


Rule = Callable[[int, int, Decimal], int]
WITHOUT_REFERRAL: Mapping[str, tuple[Rule, Rule]] = {
    "points": (_points_less, _points_more),
    "factor": (_factor_less, _factor_more),
    "same": (lambda fund, _base, _percent: fund, lambda fund, _base, _percent: fund),
}
"""How a place lowers the fund's part without a referral: from with to without, and back."""


def either_way(fund_fen: int, base_fen: int, *, rule: str, percent: Decimal, referred: bool) -> EitherWay:
    """The fund's part either way, given what it paid and whether there was a referral.

    ``base_fen``: the part of the bill the insurance list covers (the total without what lies outside the list): points
    are points of it, and the fund never pays more than it. Nothing is below zero; half a fen is rounded up. A bill
    below zero (a reversal) is the mirror image of the one it takes back.
    """
    if fund_fen < 0 or base_fen < 0:
        mirror = either_way(-fund_fen, -base_fen, rule=rule, percent=percent, referred=referred)
        return EitherWay(-mirror.with_referral_fen, -mirror.without_referral_fen, fund_fen, base_fen)
    less, more = WITHOUT_REFERRAL[rule]
    if referred:
        return EitherWay(fund_fen, less(fund_fen, base_fen, percent), fund_fen, base_fen)
    return EitherWay(max(more(fund_fen, base_fen, percent), fund_fen), fund_fen, fund_fen, base_fen)
