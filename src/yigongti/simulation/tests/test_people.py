import numpy as np
import pytest

from yigongti.simulation import people as population
from yigongti.simulation.people import EPOCH, Span


def _check_digit(front: str) -> str:
    """GB 11643 by the other road: the remainder that makes the whole weighted sum ≡ 1 (mod 11)."""
    for digit in "0123456789X":
        values = [10 if c == "X" else int(c) for c in front + digit]
        if sum(v * pow(2, 17 - i, 11) for i, v in enumerate(values)) % 11 == 1:
            return digit
    raise AssertionError(front)


def test_identity_numbers_are_valid_and_agree_with_birth_and_sex(crowd):
    days = EPOCH + crowd.born.astype("timedelta64[D]")
    for i in range(0, len(crowd), 37):
        number = str(crowd.id_number[i])
        if crowd.id_type[i] != "01" or not number:
            continue
        assert _check_digit(number[:17]) == number[17]
        assert number[6:14] == str(days[i]).replace("-", "")
        assert int(number[16]) % 2 == crowd.sex[i] % 2


def test_numbers_cards_and_phones_belong_to_one_person_also_across_chunks(figures, kunshan):
    chunks = [population.make(Span(5, c, 3, c * 4000, 4000), figures, kunshan) for c in range(3)]
    for name in ("id_number", "card"):
        all_of_them = np.concatenate([getattr(chunk, name) for chunk in chunks])
        given_out = all_of_them[all_of_them != ""]
        assert len(set(given_out)) == len(given_out)
    households = [set(chunk.household[chunk.resident].tolist()) for chunk in chunks]
    assert not households[0] & households[1]


def test_ages_follow_the_pyramid(crowd, figures):
    """Chi-square over the age groups, against the 99.9 % bound for 17 degrees of freedom (40.8)."""
    pyramid = figures["population.pyramid"]
    starts = sorted(pyramid)
    end_of_year = int((np.datetime64("2025-12-31") - EPOCH).astype(int))
    at_end = (end_of_year - crowd.born[crowd.resident]) // 365.2425
    seen = np.histogram(at_end, [*starts, 200])[0]
    wanted = np.array([pyramid[s] for s in starts]) / sum(pyramid.values()) * seen.sum()
    assert ((seen - wanted) ** 2 / wanted).sum() < 60  # twins and leap days blur the edges a little


def test_hypertension_and_diabetes_have_their_prevalence(crowd, figures):
    for key in ("htn", "dm"):
        prevalence = figures[f"conditions.{key}"]["prevalence"]
        starts = sorted(prevalence)
        for start, end in zip(starts[1:], [*starts[2:], 200], strict=True):
            group = (crowd.age >= start) & (crowd.age < end)
            share, n = crowd.conditions[key][group].mean() * 100, group.sum()
            wanted = prevalence[start]
            error = 100 * np.sqrt(wanted / 100 * (1 - wanted / 100) / n)
            assert share == pytest.approx(wanted, abs=4 * error + 0.6), (key, start)
    managed = crowd.managed["htn"].sum() / crowd.known["htn"][crowd.resident].sum()
    assert managed == pytest.approx(figures["conditions.htn"]["managed"] / 100, abs=0.05)


def test_diabetes_clusters_with_hypertension(crowd):
    adults = crowd.age >= 45
    with_htn = crowd.conditions["dm"][adults & crowd.conditions["htn"]].mean()
    without = crowd.conditions["dm"][adults & ~crowd.conditions["htn"]].mean()
    assert with_htn > 1.4 * without


def test_families_hold_together(crowd):
    children = np.flatnonzero(crowd.mother >= 0)
    mothers = crowd.mother[children]
    years = (crowd.born[children] - crowd.born[mothers]) / 365.25
    assert years.min() > 15
    assert years.max() < 50
    assert (crowd.sex[mothers] == population.WOMEN).all()
    assert (crowd.household[children] == crowd.household[mothers]).all()
    assert (crowd.home[children] == crowd.home[mothers]).all()
    sizes = np.bincount(crowd.household[crowd.resident])
    assert sizes.max() <= 10
    assert 1.7 < crowd.resident.sum() / (sizes > 0).sum() < 3.2


def test_twins_share_birth_and_mother(crowd):
    twins = np.flatnonzero(crowd.twin)
    assert len(twins) > 10
    pairs = {(int(crowd.mother[i]), int(crowd.born[i])) for i in twins}
    assert len(pairs) <= len(twins) / 2 + 1
    named = {str(crowd.name[i]) for i in twins}
    assert len(named) > len(twins) * 0.9


def test_newborns_may_lack_a_number_and_a_name(crowd):
    unnumbered = crowd.id_number == ""
    assert unnumbered.any()
    end_of_year = int((np.datetime64("2025-12-31") - EPOCH).astype(int))
    assert (end_of_year - crowd.born[unnumbered]).max() < 90
    assert any(str(name).endswith(("之子", "之女")) for name in crowd.name[unnumbered])


def test_full_days_move_on_to_another_region(figures, kunshan):
    """With 50 chunks a day and sex has ten serials: the eleventh person must get another region, not a double."""
    span = Span(1, 0, 50, 0, 3000)
    made = population.make(span, figures, kunshan)
    numbers = made.id_number[made.id_number != ""]
    assert len(set(numbers)) == len(numbers)
