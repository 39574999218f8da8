"""What evidence is worth, in cases worked out by hand from the table's probabilities."""

from datetime import date
from math import log2

import numpy as np
import polars as pl
import pytest

from yigongti.domains.base.residents import weights
from yigongti.domains.base.residents.cleaning import clean
from yigongti.domains.base.residents.comparison import compare, one_slip
from yigongti.domains.base.residents.incoming import COLUMNS
from yigongti.domains.base.residents.tests.factories import id_number, person
from yigongti.domains.base.residents.weights import TABLE, Aspect, Born, Commonness, Name, Number, Same

TODAY = date(2026, 11, 22)
BORN = date(1980, 5, 17)
MILLION = 1_000_000


def levels_of(one, other):
    rows = [{name: row.get(name) for name in COLUMNS} for row in (one, other)]
    persons = clean(pl.DataFrame(rows, schema=COLUMNS), on=TODAY).persons_in_the_clear
    return compare(persons, np.array([0]), persons, np.array([1]))[0]


def score(found, *, name=10.0, sound=30.0, born=34.0, total=MILLION):
    common = Commonness(total, np.array([name]), np.array([sound]), np.array([born]))
    return float(weights.scores(np.array([found], np.int8), common)[0])


def pair(one, other, **common):
    return score(levels_of(one, other), **common)


def test_name_date_and_sex_worked_by_hand():
    """A name of 10 in a million and a birth date of 34: prior, name, date, sex against strangers; relatives are far."""
    found = levels_of(person("张三丰", BORN, "1"), person("张三丰", BORN, "1"))
    assert found.tolist() == [Name.EXACT, Same.EQUAL, Born.EXACT, 0, 0, 0, 0, 0]
    strangers = (
        -log2(1e6)
        + log2(0.93 / ((10 + 0.1) / (1e6 + 1000)))
        + log2(0.995 / 0.5)
        + log2(0.955 / ((34 + 1) / (1e6 + 29000)))
    )
    relatives = -log2(2.5) + log2(0.93 / 1e-5) + log2(0.995 / 0.5) + log2(0.955 / 0.008)
    by_hand = -log2(2**-strangers + 2**-relatives)
    assert score(found) == pytest.approx(by_hand)
    assert 11 < by_hand < 13


def test_a_common_name_says_less_than_a_rare_one():
    same = person("王伟", BORN, "1")
    rare, common = pair(same, same, name=1, sound=3), pair(same, same, name=700, sound=3000)
    assert rare - common > 7
    assert common < 9 < rare  # a common name and a date are a question, a rare one a link


def test_an_equal_identity_number_links_and_its_date_is_not_counted_twice():
    number = id_number(BORN, 121)
    one = person("张三丰", BORN, "1", id_number=number)
    assert pair(one, one) > 20
    strangers, _ = weights.bits(
        np.array([levels_of(one, one)]), Commonness(MILLION, np.array([10.0]), np.array([30.0]), np.array([34.0]))
    )
    assert strangers[0, Aspect.BORN] == strangers[0, Aspect.SEX] == 0


def test_a_borrowed_number_does_not_link():
    number = id_number(BORN, 121)
    owner = person("张三丰", BORN, "1", id_number=number)
    borrower = person("陈小红", "1985-02-03", "2", id_number=number)
    assert pair(owner, borrower) < 0


@pytest.mark.parametrize(
    ("other", "linked"),
    [
        (person("张三丰", BORN, "1", phone="13812345678"), True),
        (person("张三峰", BORN, "1", id_number=id_number(BORN, 121)), True),  # homophone, same number
        (person("张三丰", "1980-05-07", "1", phone="13812345678"), True),  # one part of the date
        (person("张三丰", None, "1", phone="13812345678", address="玉山镇一村3号"), True),
        (person("张三丰", BORN, "2"), False),
        (person("张四海", BORN, "1", phone="13812345678"), False),
        (person("张三丰", BORN, "1", id_number=id_number(BORN, 199)), False),  # another man's number
    ],
)
def test_which_pairs_link(other, linked):
    one = person("张三丰", BORN, "1", id_number=id_number(BORN, 121), phone="13812345678", address="玉山镇一村3号")
    assert (pair(one, other) >= 9) is linked


def test_twins_do_not_link_whatever_they_share():
    born = date(2015, 6, 1)
    shared = {"phone": "13900001111", "address": "玉山镇一村3号", "household_no": "H7"}
    one = person("张佳怡", born, "2", **shared)
    for other in ("张佳悦", "张佳宁", "张欣怡", "张晨"):
        assert pair(one, person(other, born, "2", **shared)) < 9
    numbered = [
        person(name, born, "2", id_number=id_number(born, serial), **shared)
        for name, serial in (("张佳怡", 222), ("张佳悦", 224))
    ]
    assert pair(*numbered) < -3  # not even a question


def test_a_typing_slip_in_the_number_is_told_from_a_twins_number():
    born = date(2015, 6, 1)
    number, twin = id_number(born, 222), id_number(born, 224)
    slip = number[:13] + str((int(number[13]) + 1) % 10) + number[14:]
    swapped = number[:9] + number[10] + number[9] + number[11:]
    wanted = {slip: Number.ONE_SLIP, twin: Number.DIFFERENT, number: Number.EQUAL}
    if swapped != number:
        wanted[swapped] = Number.ONE_SLIP
    for other, level in wanted.items():
        one, two = person("张佳怡", born, "2", id_number=number), person("张佳怡", born, "2", id_number=other)
        assert levels_of(one, two)[Aspect.ID_NUMBER] == level
    empty = np.zeros((1, 18), np.uint8)
    assert not one_slip(empty, empty)[0]


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("1980-05-17", Born.EXACT),
        ("1980-05-07", Born.ONE_PART),
        ("1980-06-17", Born.ONE_PART),
        ("1970-05-17", Born.ONE_PART),
        ("1981-06-17", Born.DIFFERENT),
        (None, 0),
    ],
)
def test_levels_of_dates(other, level):
    assert levels_of(person("甲", BORN), person("甲", other))[Aspect.BORN] == level


def test_day_and_month_swapped():
    found = levels_of(person("甲", "1980-03-07"), person("甲", "1980-07-03"))
    assert found[Aspect.BORN] == Born.DAY_MONTH_SWAPPED


def test_the_levels_of_an_aspect_are_probabilities():
    """Except that a date known only to the year is compared in a way of its own."""
    for aspect, levels in TABLE.items():
        for alternative in ("same", "strangers", "relatives"):
            shares = [getattr(level, alternative) for level in levels.values() if level.code != "born_same_year"]
            assert all(0 < share <= 1 for share in shares)
            assert sum(shares) == pytest.approx(1, abs=0.03), (aspect, alternative)


def test_reasons_name_what_counts_most_first():
    one = person("张三丰", BORN, "1", phone="13812345678")
    other = person("张三峰", BORN, "1", phone="13812345678")
    found = levels_of(one, other)
    common = Commonness(MILLION, np.array([10.0]), np.array([30.0]), np.array([34.0]))
    strangers, relatives = weights.bits(np.array([found]), common)
    told = weights.reasons(found.tolist(), strangers[0].tolist(), relatives[0].tolist())
    assert {reason.code for reason in told} == {"name_homophone", "sex_equal", "born_exact", "phone_equal"}
    assert [abs(reason.bits) for reason in told] == sorted((abs(r.bits) for r in told), reverse=True)
    assert "姓名同音" in {reason.text for reason in told}
