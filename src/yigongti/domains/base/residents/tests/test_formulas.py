"""GB 11643, against numbers printed in the standard, hand-made faults, and the scalar against the column form."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.base.residents import formulas
from yigongti.domains.base.residents.formulas import Fault, InvalidIdNumber

TODAY = date(2026, 11, 22)


def read(number):
    return formulas.read_id_number(number, on=TODAY)


def test_the_examples_of_the_standard():
    """GB 11643-1999, 4.4: 11010519491231002X (female) and 440524188001010014 (male)."""
    woman = read("11010519491231002x")
    assert (woman.region, woman.birth_date, woman.sex) == ("110105", date(1949, 12, 31), "2")
    assert woman.number == "11010519491231002X"
    assert formulas.check_character("44052418800101001") == "4"
    man = formulas.read_id_number("440524188001010014", on=date(1999, 7, 1))
    assert (man.birth_date, man.sex) == (date(1880, 1, 1), "1")
    assert read("34052419800101001X").sex == "1"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("1101051949123100", Fault.LENGTH),
        ("", Fault.LENGTH),
        ("110105491231002", Fault.LENGTH),  # fifteen digits are not upgraded silently
        ("1101051949123100AX", Fault.CHARACTERS),
        ("X1010519491231002X", Fault.CHARACTERS),
        ("１1010519491231002X", Fault.CHARACTERS),
        ("00010519491231002X", Fault.REGION),
        ("11010519490231002X", Fault.BIRTH_DATE),
        ("11010519001231002X", Fault.CHECK),
        ("11010518801231002X", Fault.BIRTH_DATE),  # 146 years ago
        ("11010520261123002X", Fault.BIRTH_DATE),  # tomorrow
        ("110105194912310021", Fault.CHECK),
        ("11010519491231020X", Fault.CHECK),  # two digits swapped
    ],
)
def test_faults(number, fault):
    with pytest.raises(InvalidIdNumber) as caught:
        read(number)
    assert caught.value.fault is fault


def test_old_numbers_are_upgraded_only_when_asked():
    upgraded = formulas.upgrade_fifteen("110105491231002", on=TODAY)
    assert upgraded.number == "11010519491231002X"
    with pytest.raises(InvalidIdNumber):
        formulas.upgrade_fifteen("110105491231998", on=TODAY)
    with pytest.raises(InvalidIdNumber):
        formulas.upgrade_fifteen("11010549123100X", on=TODAY)


days = st.dates(date(1897, 1, 1), TODAY)


@st.composite
def numbers(draw):
    region = draw(st.sampled_from(["110105", "320583", "530102", "411002", "530921"]))
    first = f"{region}{draw(days):%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first + formulas.check_character(first)


@given(numbers())
def test_every_well_made_number_is_read_and_says_what_it_was_made_of(number):
    found = read(number)
    assert f"{found.birth_date:%Y%m%d}" == number[6:14]
    assert found.sex == ("1" if int(number[14:17]) % 2 else "2")


@given(numbers(), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number, place, shift):
    old = number[place]
    new = "5" if old == "X" else str((int(old) + shift) % 10)
    with pytest.raises(InvalidIdNumber):
        read(number[:place] + new + number[place + 1 :])


@given(numbers(), st.integers(0, 16))
def test_two_swapped_neighbours_are_always_noticed(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(InvalidIdNumber):
            read(swapped)


odd_text = st.one_of(
    numbers(),
    st.text(alphabet="0123456789Xx １a", max_size=20),
    st.text(alphabet="0123456789", min_size=17, max_size=17).map(lambda s: s + formulas.check_character(s)),
)


@given(st.lists(odd_text, max_size=8))
def test_a_column_is_read_as_each_of_its_numbers(column):
    found = formulas.read_id_numbers(column, on=TODAY)
    assert len(found.fault) == len(column)
    for i, number in enumerate(column):
        try:
            alone = read(number)
        except InvalidIdNumber as error:
            assert formulas.ORDER[found.fault[i]] is error.fault
        else:
            assert found.fault[i] == -1
            assert date(1970, 1, 1) + timedelta(days=int(found.born[i])) == alone.birth_date
            assert str(found.sex[i]) == alone.sex
