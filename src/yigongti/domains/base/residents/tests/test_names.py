"""How names are folded, read, searched for and mistaken, by hand-written examples."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yigongti.domains.base.residents import names
from yigongti.domains.base.residents.characters import LOOK_ALIKE
from yigongti.domains.base.residents.cleaning import clean, clean_few, fold_column, normalise_column
from yigongti.domains.base.residents.comparison import compare_names
from yigongti.domains.base.residents.incoming import COLUMNS, listed
from yigongti.domains.base.residents.weights import Name
from yigongti.kernel.privacy.api import PHONE, normalise


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("张三丰", "张三丰"),
        ("張　三豐", "张三丰"),
        (" 艾力·买买提 ", "艾力买买提"),
        ("ＳＭＩＴＨ John", "smithjohn"),
        ("王(曾用名)", "王曾用名"),
        ("", ""),
    ],
)
def test_fold(written, folded):
    assert names.fold(written) == folded


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("张三丰", "zhangsanfeng", "zsf"),
        ("曾国藩", "zengguofan", "zgf"),  # the surname is not read céng
        ("单雄信", "shanxiongxin", "sxx"),
        ("尉迟恭", "yuchigong", "ycg"),  # nor this one wèi
        ("欧阳修", "ouyangxiu", "oyx"),
        ("吕布", "lvbu", "lb"),
        ("任盈盈", "renyingying", "ryy"),
        ("仇和", "qiuhe", "qh"),
        ("艾力·买买提", "ailimaimaiti", "almmt"),
    ],
)
def test_pinyin(name, pinyin, initials):
    spelled = names.spell_one(name)
    assert (spelled.pinyin, spelled.initials) == (pinyin, initials)


def test_compound_surnames():
    found = names.read_names(["欧阳修", "欧阳", "张三丰", "司马相如", "艾力买买提", "smith"])
    assert found.surname_length.tolist() == [2, 1, 1, 2, 0, 0]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("张三丰", "张三丰", Name.EXACT),
        ("張三豐", "张三丰", Name.EXACT),
        ("张伟", "章炜", Name.HOMOPHONE),
        ("王丽婷", "王丽停", Name.HOMOPHONE),
        ("李晴", "李睛", Name.LOOK_ALIKE),
        ("李清", "李青", Name.HOMOPHONE),
        ("陈未", "陈末", Name.LOOK_ALIKE),
        ("刘侯", "刘候", Name.HOMOPHONE),
        ("张鹏", "张鸟", Name.LOOK_ALIKE),
        ("黄梓", "黄子", Name.HOMOPHONE),
        ("李宁", "李林", Name.HEARD_ALIKE),  # n and l, ng and n
        ("张山", "臧三", Name.HEARD_ALIKE),
        ("王小明", "王明小", Name.SWAPPED),
        ("王小明", "王小刚", Name.ONE_CHARACTER),
        ("王小明", "王明", Name.ONE_CHARACTER),
        ("王明", "王小明", Name.ONE_CHARACTER),
        ("欧阳锋", "欧阳克", Name.ONE_CHARACTER),
        ("王小明", "王大刚", Name.SURNAME_ONLY),
        ("王明", "王刚", Name.SURNAME_ONLY),
        ("王小明", "刘小明", Name.OTHER_SURNAME),
        ("王小明", "刘大刚", Name.DIFFERENT),
        ("王明", "刘明", Name.DIFFERENT),  # one shared character of two says nothing
        ("艾力买买提", "艾里买买提", Name.HOMOPHONE),
        ("smithjohn", "smithjon", Name.ONE_CHARACTER),
        ("", "王明", 0),
    ],
)
def test_levels_of_names(one, other, level):
    both = names.read_names([names.fold(one), names.fold(other)])
    here, there = np.array([0]), np.array([1])
    assert compare_names(both, here, both, there)[0] == level
    assert compare_names(both, there, both, here)[0] == level


@pytest.mark.parametrize(
    ("name", "anonymous"),
    [("无名氏", True), ("不详", True), ("王芳之女", True), ("李四之子二", True), ("", True),
     ("王之涣", False), ("无忌", False), ("张子", False), ("之", False)],
)  # fmt: skip
def test_who_is_nobody_in_particular(name, anonymous):
    assert names.says_nothing(name) is anonymous


@pytest.mark.parametrize(
    ("typed", "syllables", "rest"),
    [
        ("zhangsanf", ["zhang", "san"], "f"),
        ("xian", ["xian"], ""),
        ("fangan", ["fang", "an"], ""),
        ("zsf", [], "zsf"),
        ("lübu", ["lv", "bu"], ""),
    ],
)
def test_splitting_pinyin(typed, syllables, rest):
    assert names.split_syllables(typed) == (syllables, rest)


name_text = st.text(alphabet="张三丰欧阳未末豐 ·Aa１b", max_size=6) | st.text(max_size=6)


@given(st.lists(name_text, max_size=6))
def test_columns_fold_and_normalise_as_single_values_do(texts):
    column = pl.Series(texts, dtype=pl.String())
    assert fold_column(column).to_list() == [names.fold(text) for text in texts]
    for kind in ("01", PHONE):
        assert normalise_column(kind, column).to_list() == [normalise(kind, text) or None for text in texts]


@given(st.lists(name_text, min_size=1, max_size=6))
def test_a_name_reads_the_same_in_any_company(texts):
    folded = [names.fold(text) for text in texts]
    together = names.read_names(folded)
    for k, key in enumerate(folded):
        alone = names.read_names([key])
        for aspect in ("written", "sounding", "heard", "shaped", "surname", "given"):
            assert getattr(together, aspect)[k] == getattr(alone, aspect)[0]


def test_each_character_looks_like_one_group_only():
    everything = "".join(LOOK_ALIKE)
    assert len(everything) == len(set(everything))


values = st.fixed_dictionaries(
    {},
    optional={
        "name": name_text,
        "sex": st.sampled_from(["1", "2", "0", "9", None, "x"]),
        "birth_date": st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)),
        "id_type": st.sampled_from(["01", "03", None, "zz"]),
        "id_number": st.sampled_from(["11010519491231002x", "E 12345", "", None, "１1010519491231002X", " "]),
        "phone": st.sampled_from(["138-1234-5678", "1", "11111111", None, "0512-57331234"]),
        "card_no": st.sampled_from(["e1", None, " "]),
    },
)


@given(st.lists(values, min_size=1, max_size=4))
@example([{"name": "\x1f张\x1c\u3000"}])
def test_a_few_rows_are_cleaned_as_a_frame_is(rows):
    day = date(2026, 11, 22)
    frame = pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=COLUMNS)
    many, few = clean(frame, on=day), clean_few(rows, on=day)
    assert many.names.keys == few.names.keys
    for field in ("named", "sex", "days", "typed_sex", "typed_days", "id_fault", "id_digits"):
        assert np.array_equal(getattr(many, field), getattr(few, field)), field
    for field in ("id_kind", "id_number", "phones"):
        assert listed(getattr(many, field)) == listed(getattr(few, field)), field
    assert {name: many.column(name) for name in many.said} == {name: few.column(name) for name in few.said}
    assert np.array_equal(many.persons_in_the_clear.id_key, few.persons_in_the_clear.id_key)
