"""Payment by hand: standard, outliers, bed-days, items, cases without a group; and the figures made of many cases."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.money.drg.formulas import (
    Bill,
    GroupSum,
    Kind,
    Terms,
    adjusted_standard,
    cmi,
    index,
    low_risk_groups,
    pay,
    pay_without_group,
    standard,
)

TERMS = Terms(
    base_rate_fen=Decimal(1_000_000),  # 10,000 yuan
    coefficient=Decimal("1.05"),
    pays="standard_less_patient",
    low_ratio=Decimal("0.4"),
    high_rule="one_ratio",
    high_ratio=Decimal(3),
    high_to_one=Decimal(3),
    high_to_two=Decimal("2.5"),
    high_above=Decimal(2),
    high_share=Decimal("0.8"),
    by_item_days=60,
    bed_day_mdcs=frozenset("T"),
    bed_day_from=30,
    bed_day_fen=Decimal(20_000),
    ambiguous="discounted",
    ungroupable="nothing",
    without_group_share=Decimal("0.7"),
)


def test_the_standard_is_weight_times_rate_times_coefficient() -> None:
    assert standard(8_000, TERMS) == 840_000  # 0.8 × 10,000 × 1.05 = 8,400.00 yuan
    assert standard(1, replace(TERMS, base_rate_fen=Decimal(1_000_050))) == 105  # 105.00525 fen
    assert standard(5_270, replace(TERMS, base_rate_fen=Decimal("765432"), coefficient=Decimal(1))) == 403_383


@pytest.mark.parametrize(
    ("kind", "whole", "fund", "mdc", "weight_e4", "total", "patient", "days"),
    [
        (Kind.NORMAL, 840_000, 640_000, "E", 8_000, 900_000, 200_000, 8),
        (Kind.NORMAL, 840_000, 640_000, "E", 8_000, 336_000, 200_000, 8),  # exactly 0.4 times: normal
        (Kind.LOW, 335_999, 235_999, "E", 8_000, 335_999, 100_000, 8),
        (Kind.NORMAL, 840_000, 0, "E", 8_000, 2_520_000, 900_000, 8),  # exactly 3 times: normal; never below nothing
        (Kind.HIGH, 840_000 + 80_000, 420_000, "E", 8_000, 2_620_000, 500_000, 8),
        (Kind.BY_ITEM, 5_000_000, 4_000_000, "E", 8_000, 5_000_000, 1_000_000, 61),
        (Kind.NORMAL, 840_000, 740_000, "E", 8_000, 900_000, 100_000, 60),
        (Kind.BED_DAY, 651_000, 551_000, "T", 8_000, 700_000, 100_000, 31),  # 200 × 1.05 × 31
        (Kind.NORMAL, 840_000, 740_000, "T", 8_000, 700_000, 100_000, 29),
        (Kind.UNPRICED, 700_000, 600_000, "E", None, 700_000, 100_000, 5),
    ],
)
def test_each_kind_by_hand(
    kind: Kind, whole: int, fund: int, mdc: str, weight_e4: int | None, total: int, patient: int, days: int
) -> None:
    found = pay(mdc, weight_e4, Bill(total, patient, days), TERMS)
    assert (found.kind, found.whole_fen, found.fund_fen) == (kind, whole, fund)


@pytest.mark.parametrize(("weight_e4", "times"), [(10_000, "3"), (10_001, "2.5"), (20_000, "2.5"), (20_001, "2")])
def test_the_limit_by_weight(weight_e4: int, times: str) -> None:
    terms = replace(TERMS, high_rule="ratio_by_weight", coefficient=Decimal(1))
    limit = int(Decimal(weight_e4) * 100 * Decimal(times))
    assert pay("E", weight_e4, Bill(limit, 0, 5), terms).kind is Kind.NORMAL
    assert pay("E", weight_e4, Bill(limit + 1, 0, 5), terms).kind is Kind.HIGH


def test_where_the_rate_holds_the_funds_part_alone_nothing_is_taken_off() -> None:
    terms = replace(TERMS, pays="standard_alone")
    assert pay("E", 8_000, Bill(900_000, 200_000, 8), terms).fund_fen == 840_000
    assert pay("E", 8_000, Bill(300_000, 100_000, 8), terms).fund_fen == 200_000  # a low one is paid as it cost


def test_cases_without_a_group() -> None:
    bill = Bill(1_000_000, 200_000, 5)
    assert pay_without_group(Kind.AMBIGUOUS, bill, TERMS).fund_fen == 500_000
    assert pay_without_group(Kind.UNGROUPABLE, bill, TERMS).fund_fen == 0
    assert pay_without_group(Kind.INVALID, bill, TERMS).whole_fen == 0


@given(
    weight=st.integers(1, 400_000),
    total=st.integers(0, 10**9),
    share=st.integers(0, 100),
    days=st.integers(1, 400),
    rule=st.sampled_from(["one_ratio", "ratio_by_weight"]),
)
def test_a_payment_is_never_below_nothing_and_a_dearer_case_is_never_worth_less(
    weight: int, total: int, share: int, days: int, rule: str
) -> None:
    terms = replace(TERMS, high_rule=rule)
    bill = Bill(total, total * share // 100, days)
    found = pay("E", weight, bill, terms)
    assert 0 <= found.fund_fen <= found.whole_fen
    dearer = pay("E", weight, replace(bill, total_fen=total + 1000), terms)
    if found.kind is not Kind.LOW or dearer.kind is not Kind.NORMAL:
        assert dearer.whole_fen >= found.whole_fen
    else:
        assert found.whole_fen < found.low_limit_fen


def one(drg: str, cases: int, weight: int = 10_000, total: int = 0, days: int = 0, died: int = 0) -> GroupSum:
    return GroupSum(drg, cases, weight * cases, total, days, died)


def test_cmi_and_indices_by_hand() -> None:
    sums = [one("A", 3, 5_000, total=300, days=30), one("B", 1, 20_000, total=400, days=5)]
    assert cmi(sums) == Fraction(35_000, 40_000)
    assert cmi([]) is None
    region = {"A": one("A", 10, total=500, days=100), "B": one("B", 4, total=800, days=40)}
    # A: mean 100 against 50, B: 400 against 200 → both 2; days A: 10 against 10, B: 5 against 10
    assert index(sums, region, "total_fen") == 2
    assert index(sums, region, "stay_days") == Fraction(3 * 1 + Fraction(1, 2), 4)
    assert index([one("Z", 1, total=5)], region, "total_fen") is None
    assert index(list(region.values()), region, "total_fen") == 1


def test_low_risk_by_mortality() -> None:
    region = [one("A", 1000, died=1), one("B", 100, died=5), one("C", 100, died=6), one("D", 100, died=7), one("E", 50)]
    logs = [math.log(x) for x in (0.001, 0.05, 0.06, 0.07)]
    mean = sum(logs) / 4
    limit = mean - math.sqrt(sum((x - mean) ** 2 for x in logs) / 4)
    assert logs[0] < limit < logs[1]
    assert low_risk_groups(region) == {"A", "E"}
    assert low_risk_groups([one("A", 10, died=1), one("B", 10)]) == {"B"}


def test_what_goes_by_cost_covers_the_cost_once_where_the_rate_holds_the_funds_part_alone() -> None:
    """Standard 10,500.00 the fund's alone; 200,000 yuan of which the patient bore 60,000. By the rule 10,500 + 80 % of
    168,500 = 145,300 of the fund, with the patient's 205,300: 140,000 are left to pay."""
    terms = replace(TERMS, pays="standard_alone")
    bill = Bill(20_000_000, 6_000_000, 10)
    found = pay("E", 10_000, bill, terms)
    assert (found.kind, found.whole_fen, found.fund_fen) == (Kind.HIGH, 14_530_000, 14_000_000)
    assert pay("E", 10_000, Bill(20_000_000, 1_000_000, 10), terms).fund_fen == 14_530_000
    assert pay("E", 10_000, Bill(20_000_000, 19_900_000, 10), terms).fund_fen == 1_050_000  # the standard stays
    assert adjusted_standard(20_000_000, bill, terms).fund_fen == 14_000_000
    assert adjusted_standard(12_000_000, bill, terms).fund_fen == 12_000_000
    assert adjusted_standard(20_000_000, bill, TERMS).fund_fen == 14_000_000
