"""Arithmetic of payment by group: whole fen, exact rates; each formula that policy may choose has a name here.

Facts behind it: docs/drg.md. Amounts are rounded half up to the fen once, at the end of each step of the account.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

E4 = 10_000
"""Weights are whole numbers of ten-thousandths."""


class Kind(StrEnum):
    """What a case is paid as."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    BED_DAY = "bed_day"
    BY_ITEM = "by_item"
    AMBIGUOUS = "ambiguous"
    UNGROUPABLE = "ungroupable"
    INVALID = "invalid"
    UNPRICED = "unpriced"
    MERGED = "merged"
    READMISSION = "readmission"
    SPECIAL = "special"
    NO_RULE = "no_rule"


@dataclass(frozen=True)
class Terms:
    """The rules of a place on a day, for one insurance kind and one institution. Rates in fen, shares from 0 to 1."""

    base_rate_fen: Decimal
    coefficient: Decimal
    pays: str
    low_ratio: Decimal
    high_rule: str
    high_ratio: Decimal
    high_to_one: Decimal
    high_to_two: Decimal
    high_above: Decimal
    high_share: Decimal
    by_item_days: int
    bed_day_mdcs: frozenset[str]
    bed_day_from: int
    bed_day_fen: Decimal
    ambiguous: str
    ungroupable: str
    without_group_share: Decimal


@dataclass(frozen=True)
class Bill:
    """What a case cost (fen) and how long it lay: ``stay_days`` at least 1.

    ``longest``: the days of the longest of several stays paid as one, 0 where there is one alone.
    """

    total_fen: int
    patient_fen: int
    stay_days: int
    longest: int = 0


@dataclass(frozen=True)
class Payment:
    """``standard_fen``: the group's standard here; ``whole_fen``: the case's worth; ``fund_fen``: the fund's part."""

    kind: Kind
    standard_fen: int
    whole_fen: int
    fund_fen: int
    high_limit_fen: int = 0
    low_limit_fen: int = 0


def fen(amount: Decimal) -> int:
    """To whole fen, half up."""
    return int(amount.to_integral_value(rounding=ROUND_HALF_UP))


def standard(weight_e4: int, terms: Terms) -> int:
    """Weight × base rate × institution coefficient, in fen."""
    return fen(Decimal(weight_e4) * terms.base_rate_fen * terms.coefficient / E4)


def one_ratio(weight_e4: int, terms: Terms) -> Decimal:
    """The same limit for every group."""
    return terms.high_ratio


def ratio_by_weight(weight_e4: int, terms: Terms) -> Decimal:
    """A lower limit the heavier the group: up to 1, up to 2, above."""
    if weight_e4 <= E4:
        return terms.high_to_one
    return terms.high_to_two if weight_e4 <= 2 * E4 else terms.high_above


HIGH_RULES: Mapping[str, Callable[[int, Terms], Decimal]] = {"one_ratio": one_ratio, "ratio_by_weight": ratio_by_weight}


def standard_less_patient(whole_fen: int, bill: Bill) -> int:
    """The fund pays what the case is worth less what the patient bears; never below nothing."""
    return max(whole_fen - bill.patient_fen, 0)


def standard_alone(whole_fen: int, bill: Bill) -> int:
    """The rate holds the fund's part alone, so the case's worth is the fund's."""
    return max(whole_fen, 0)


PAYS: Mapping[str, Callable[[int, Bill], int]] = {
    "standard_less_patient": standard_less_patient,
    "standard_alone": standard_alone,
}


def pay(mdc: str, weight_e4: int | None, bill: Bill, terms: Terms) -> Payment:
    """A grouped case: by bed-day, by item, low, high or normal, in this order. ``weight_e4`` None: no weight."""
    if weight_e4 is None:
        return Payment(Kind.UNPRICED, 0, bill.total_fen, PAYS["standard_less_patient"](bill.total_fen, bill))
    worth = standard(weight_e4, terms)
    high = fen(Decimal(worth) * HIGH_RULES[terms.high_rule](weight_e4, terms))
    low = fen(Decimal(worth) * terms.low_ratio)
    kind, whole, part = Kind.NORMAL, worth, PAYS[terms.pays]
    days = bill.longest or bill.stay_days
    if mdc in terms.bed_day_mdcs and days >= terms.bed_day_from:
        kind, whole = Kind.BED_DAY, fen(terms.bed_day_fen * terms.coefficient * bill.stay_days)
    elif days > terms.by_item_days:
        kind, whole, part = Kind.BY_ITEM, bill.total_fen, standard_less_patient
    elif bill.total_fen < low:
        kind, whole, part = Kind.LOW, bill.total_fen, standard_less_patient
    elif bill.total_fen > high:
        kind, whole = Kind.HIGH, worth + fen(Decimal(bill.total_fen - high) * terms.high_share)
    fund = part(whole, bill)
    if kind is Kind.HIGH:
        fund = min(fund, max(left_to_pay(bill), part(worth, bill)))
    return Payment(kind, worth, whole, fund, high, low)


def left_to_pay(bill: Bill) -> int:
    """What a case cost beyond what the patient bore: what goes by the cost pays no more, whatever the rate holds."""
    return max(bill.total_fen - bill.patient_fen, 0)


def pay_without_group(kind: Kind, bill: Bill, terms: Terms) -> Payment:
    """An ambiguous, ungroupable or invalid case: nothing until corrected, or its cost at a discount."""
    rule = terms.ambiguous if kind is Kind.AMBIGUOUS else terms.ungroupable
    if rule == "nothing":
        return Payment(kind, 0, 0, 0)
    whole = fen(Decimal(bill.total_fen) * terms.without_group_share)
    return Payment(kind, 0, whole, standard_less_patient(whole, bill))


def adjusted_standard(whole_fen: int, bill: Bill, terms: Terms) -> Payment:
    """A special review's other standard: the fund's part follows by the place's rule."""
    return Payment(Kind.SPECIAL, 0, whole_fen, min(PAYS[terms.pays](whole_fen, bill), left_to_pay(bill)))


def by_item(bill: Bill) -> Payment:
    """A special review's actual cost."""
    return Payment(Kind.SPECIAL, 0, bill.total_fen, standard_less_patient(bill.total_fen, bill))


def together(bills: Iterable[Bill]) -> Bill:
    """The bill of several stays paid as one."""
    kept = list(bills)
    return Bill(
        sum(b.total_fen for b in kept),
        sum(b.patient_fen for b in kept),
        sum(b.stay_days for b in kept),
        max((b.longest or b.stay_days for b in kept), default=0),
    )


def own_coefficient(
    level: Decimal, own: Fraction, mean: Fraction, *, width: Decimal, step: Decimal, most: Decimal
) -> Decimal:
    """The level's coefficient, ``step`` more (less) for every full ``width`` per cent by which the institution's CMI
    lies above (below) the mean of its level, at most ``most`` either way and never below nothing (facts §5.5; the steps
    are the platform's).
    """
    away = (own / mean - 1) * 100 / Fraction(width)
    steps = math.floor(abs(away)) * (1 if away > 0 else -1)
    change = max(min(steps * step, most), -most)
    return max(level + change, Decimal(0))


@dataclass(frozen=True)
class GroupSum:
    """Cases of one group at one institution (or department): sums of weight (e4), cost (fen), stay (days), deaths."""

    drg: str
    cases: int
    weight_e4: int
    total_fen: int
    stay_days: int
    died: int


def cmi(sums: Iterable[GroupSum]) -> Fraction | None:
    """Case-mix index: total weight ÷ cases."""
    kept = list(sums)
    cases = sum(one.cases for one in kept)
    return Fraction(sum(one.weight_e4 for one in kept), E4 * cases) if cases else None


def index(sums: Sequence[GroupSum], region: Mapping[str, GroupSum], of: str) -> Fraction | None:
    """Cost or time index: Σ(own mean ÷ the region's mean × own cases) ÷ own cases, over groups the region knows.

    ``of``: ``total_fen`` (cost index) or ``stay_days`` (time index). Facts §5.5; aggregation as recalled (R-H).
    """
    weighted, cases = Fraction(0), 0
    for one in sums:
        whole = region.get(one.drg)
        if one.cases and whole is not None and whole.cases and getattr(whole, of) > 0:
            weighted += Fraction(getattr(one, of), one.cases) / Fraction(getattr(whole, of), whole.cases) * one.cases
            cases += one.cases
    return weighted / cases if cases else None


def low_risk_groups(region: Iterable[GroupSum]) -> frozenset[str]:
    """Groups whose ln(mortality) lies below the mean less one standard deviation; without deaths: low risk as well.

    Over the groups with deaths; fewer than two of them give no spread, and then only those without deaths are low.
    """
    kept = [one for one in region if one.cases]
    logs = {one.drg: math.log(one.died / one.cases) for one in kept if one.died}
    without = frozenset(one.drg for one in kept if not one.died)
    if len(logs) < 2:
        return without
    mean = sum(logs.values()) / len(logs)
    spread = math.sqrt(sum((value - mean) ** 2 for value in logs.values()) / len(logs))
    return without | frozenset(drg for drg, value in logs.items() if value < mean - spread)
