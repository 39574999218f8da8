from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.kernel.money import fen, split, yuan

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)


@given(st.integers(-(10**15), 10**15), weights)
def test_parts_sum_to_the_whole_and_stay_within_a_fen_of_their_share(total, shares):
    parts = split(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - Fraction(total * share, sum(shares))) < 1


@given(st.integers(0, 10**12), weights)
def test_a_larger_weight_never_gets_less(total, shares):
    parts = split(total, shares)
    for i, a in enumerate(shares):
        for j, b in enumerate(shares):
            if a > b:
                assert parts[i] >= parts[j] or (i > j and parts[i] + 1 >= parts[j])


def test_worked_by_hand():
    # 100 fen among three equals: 33.3 each; the first gets the fen that is left.
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    # 10 fen by 0.15, 0.45, 0.40: 1.5, 4.5, 4.0; one fen left, tie at .5 goes to the earlier.
    assert split(10, [Decimal("0.15"), Decimal("0.45"), Decimal("0.40")]) == [2, 4, 4]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(0, [3, 5]) == [0, 0]


@pytest.mark.parametrize("shares", [[], [0, 0], [1, -1]])
def test_weights_that_mean_nothing(shares):
    with pytest.raises(ValueError):
        split(100, shares)


@pytest.mark.parametrize(("text", "amount"), [("12.34", 1234), ("0.005", 1), ("-0.005", -1), ("1e3", 100000), (7, 700)])
def test_fen(text, amount):
    assert fen(text) == amount


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,234", "1e999999", "-1e999999", "1e15", "sNaN"])
def test_what_is_not_money(text):
    with pytest.raises(ValueError):
        fen(text)


def test_yuan():
    assert yuan(123456789) == "1,234,567.89"
    assert yuan(-5) == "-0.05"
