"""Initials and grams: what is inside a name is found by its grams."""

from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.base.terminology.formulas import (
    fold,
    grams_of,
    initials_of,
    wanted_initials,
    wanted_text,
)

names = st.text(alphabet="高血压性心脏病2型糖尿荨麻疹ABCⅡⅢ（）x，-便重 ", min_size=1, max_size=20)


def test_initials_are_what_people_type() -> None:
    assert initials_of("特发性（原发性）高血压") == ("tfxyfxgxy",)
    assert initials_of("2型糖尿病") == ("2xtnb",)
    assert initials_of("Ⅱ型呼吸衰竭") == ("iixhxsj",)
    assert initials_of("Body height") == ()


def test_a_character_with_two_readings_gives_both() -> None:
    assert set(initials_of("荨麻疹")) == {"xmz", "qmz"}
    assert {"zzfy", "czfy"} == set(initials_of("重症肺炎"))


def test_readings_never_explode() -> None:
    assert len(initials_of("长重调行恶便" * 5)) == 8


def test_folding() -> None:
    assert fold(" ＡＢＣ　Ⅱ型 ") == "abc ii型"


@given(name=names, data=st.data())
def test_every_part_of_a_name_is_found(name: str, data: st.DataObject) -> None:
    folded = fold(name)
    initials = initials_of(name)
    grams = set(grams_of(folded, initials))
    if folded:
        start = data.draw(st.integers(0, len(folded) - 1))
        part = folded[start : data.draw(st.integers(start + 1, len(folded)))]
        assert set(wanted_text(part)) <= grams
    for variant in initials:
        start = data.draw(st.integers(0, len(variant) - 1))
        part = variant[start : data.draw(st.integers(start + 1, len(variant)))]
        if len(part) > 1 or start == 0:
            assert set(wanted_initials(part)) <= grams
