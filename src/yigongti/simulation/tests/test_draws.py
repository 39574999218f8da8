import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.simulation.draws import Draws, Table, expand, spread


def test_the_sequence_is_fixed_for_ever():
    """Philox and SeedSequence are what NumPy promises never to change; these numbers were written down once."""
    assert Draws(7, "visits", 0).raw(4).tolist() == [1168948995, 750163493, 1350742268, 44353828]
    assert Draws(7, "visits", 1).raw(2).tolist() != Draws(7, "visits", 0).raw(2).tolist()
    assert Draws(7, "claims", 0).raw(2).tolist() != Draws(7, "visits", 0).raw(2).tolist()


def test_columns_come_up_by_weight_within_four_standard_errors():
    weights = [[1, 2, 3, 0], [5, 0, 0, 5]]
    n = 120_000
    drawn = Draws(1, "t").pick(Table(weights), np.repeat([0, 1], n))
    for row in (0, 1):
        found = np.bincount(drawn[row * n : (row + 1) * n], minlength=4) / n
        wanted = np.array(weights[row]) / sum(weights[row])
        assert (np.abs(found - wanted) <= 4 * np.sqrt(wanted * (1 - wanted) / n) + 1e-12).all()


@pytest.mark.parametrize("mean", [0.004, 0.31, 2.5, 14.0])
def test_poisson_has_its_mean_and_variance(mean):
    n = 200_000
    drawn = Draws(2, "p").poisson(np.full(n, round(mean * 1000)))
    assert drawn.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / n) + 1e-4)
    assert drawn.var() == pytest.approx(mean, rel=0.05)


def test_lognormal_and_normal_have_their_middles():
    assert np.median(Draws(3, "l").lognormal_ppm(60, 50_001)) == pytest.approx(1_000_000, rel=0.02)
    z = Draws(3, "n").normal_milli(100_000)
    assert abs(z.mean()) < 12
    assert z.std() == pytest.approx(1000, rel=0.01)


@given(st.integers(0, 900_000), st.lists(st.integers(1, 1_000_000), min_size=1, max_size=60))
def test_spread_keeps_the_average_and_the_ceiling(total, factors):
    chances = spread(total, np.array(factors))
    assert chances.max() <= 950_000
    assert chances.min() >= 0
    assert chances.mean() <= total + 1
    if max(factors) * total < 900_000 * min(factors):  # nobody near the ceiling: proportions are kept
        assert chances.mean() == pytest.approx(total, rel=0.002, abs=2)


def test_expand_repeats_owners():
    assert expand(np.array([2, 0, 1])).tolist() == [0, 0, 2]


def test_a_row_of_nothing_is_no_table():
    with pytest.raises(ValueError, match="not all zero"):
        Table([[1, 2], [0, 0]])
