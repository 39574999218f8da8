"""The end of the year: what a budget had to pay for, what is left of it or lacking, and whose that is.

    Δ = settle − use;  settle = budget ± adjustments;  use = own + other consortia + outside the county + others
Nobody is charged an overspend here: what is not compensated is computed and shown, and people decide what follows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from yigongti.domains.money.insurance_fund.formulas.budget import fen, percent

OWN, OTHER_HOLDER, OUTSIDE, OTHER_INSIDE, PHARMACY = "own", "other_holder", "outside", "other_inside", "pharmacy"
WHERE = (OWN, OTHER_HOLDER, OUTSIDE, OTHER_INSIDE, PHARMACY)

COVERS: dict[str, frozenset[str]] = {
    "all_payable_wherever_treated": frozenset(WHERE),
    "without_pharmacies": frozenset(WHERE) - {PHARMACY},
    "inside_county_only": frozenset(WHERE) - {OUTSIDE},
}
"""Which claims of its insured a holder's budget has to pay for."""


@dataclass(frozen=True)
class Terms:
    """What surplus and overspend rules may need. Rates in per cent, ``score`` in points (None: not assessed)."""

    settle_fen: int
    score: Decimal | None = None
    full_from: Decimal = Decimal(90)
    none_below: Decimal = Decimal(60)
    lower: Decimal = Decimal(85)
    upper: Decimal = Decimal(115)
    kept_share: Decimal = Decimal(50)
    fund_share: Decimal = Decimal(50)
    reasonable_fen: int = 0
    reasonable_share: Decimal = Decimal(50)


# -- a surplus: how much of it the holder keeps ---------------------------------------------------------------------


def kept(surplus_fen: int, terms: Terms) -> int:
    """All of it (结余留用)."""
    return surplus_fen


def kept_subject_to_assessment(surplus_fen: int, terms: Terms) -> int:
    """All of it from a full score on, none below the lowest, in proportion to the score between. Raises ValueError
    without a score."""
    return fen(surplus_fen * banded(_score(terms), terms.full_from, terms.none_below))


def surplus_in_band(surplus_fen: int, terms: Terms) -> int:
    """A share of what was saved down to the lower limit of the budget; what was saved beyond goes back to the fund."""
    inside = min(Fraction(surplus_fen), max(terms.settle_fen * (1 - percent(terms.lower)), Fraction(0)))
    return fen(inside * percent(terms.kept_share))


SURPLUS: dict[str, Callable[[int, Terms], int]] = {
    "kept": kept,
    "kept_subject_to_assessment": kept_subject_to_assessment,
    "shared_in_band": surplus_in_band,
}

# -- an overspend (positive): how much of it the fund pays ----------------------------------------------------------


def not_compensated(overspend_fen: int, terms: Terms) -> int:
    """Nothing (超支不补)."""
    return 0


def reasonable_part_shared(overspend_fen: int, terms: Terms) -> int:
    """The fund's share of the part that counts as reasonable (合理超支分担)."""
    return fen(min(overspend_fen, terms.reasonable_fen) * percent(terms.reasonable_share))


def overspend_in_band(overspend_fen: int, terms: Terms) -> int:
    """The fund's share of what was overspent up to the upper limit of the budget; beyond it nothing."""
    inside = min(Fraction(overspend_fen), max(terms.settle_fen * (percent(terms.upper) - 1), Fraction(0)))
    return fen(inside * percent(terms.fund_share))


OVERSPEND: dict[str, Callable[[int, Terms], int]] = {
    "not_compensated": not_compensated,
    "reasonable_part_shared": reasonable_part_shared,
    "shared_in_band": overspend_in_band,
}


def within_limit(overspend_fen: int, settle_fen: int, limit: Decimal, assessed_fen: int | None) -> int:
    """Reasonable is what does not exceed a part of the budget. In fen."""
    return max(0, min(overspend_fen, fen(settle_fen * percent(limit))))


def assessed_amount(overspend_fen: int, settle_fen: int, limit: Decimal, assessed_fen: int | None) -> int:
    """Reasonable is what an assessment found to be. Raises ValueError while there is none. In fen."""
    if assessed_fen is None:
        raise ValueError("the reasonable part has not been assessed")
    return min(overspend_fen, assessed_fen)


REASONABLE: dict[str, Callable[[int, int, Decimal, int | None], int]] = {
    "within_limit": within_limit,
    "assessed_amount": assessed_amount,
}

# -- the quality deposit ------------------------------------------------------------------------------------------


def banded(score: Decimal, full_from: Decimal, none_below: Decimal) -> Fraction:
    """The part of one that a score earns: all from ``full_from`` on, none below ``none_below``, score ÷ 100 between."""
    if score >= full_from:
        return Fraction(1)
    return Fraction(0) if score < none_below else Fraction(score) / 100


def by_bands(deposit_fen: int, score: Decimal, full_from: Decimal, none_below: Decimal) -> int:
    """The deposit returned by bands of the score. In fen."""
    return fen(deposit_fen * banded(score, full_from, none_below))


def in_proportion(deposit_fen: int, score: Decimal, full_from: Decimal, none_below: Decimal) -> int:
    """The deposit returned in proportion to the score out of a hundred. In fen."""
    return fen(deposit_fen * Fraction(max(Decimal(0), min(score, Decimal(100)))) / 100)


DEPOSITS: dict[str, Callable[[int, Decimal, Decimal, Decimal], int]] = {
    "by_bands": by_bands,
    "in_proportion": in_proportion,
}


def _score(terms: Terms) -> Decimal:
    if terms.score is None:
        raise ValueError("there is no score")
    return terms.score
