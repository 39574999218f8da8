"""Check characters and folded names, worked out by hand."""

import pytest

from yigongti.domains.base.organisation.formulas import (
    fold,
    initials,
    is_uscc,
    organisation_code_check_character,
    uscc_check_character,
)


def test_uscc_worked_by_hand():
    # 1·1 + 2·3 + 3·9 + 2·27 + 0·19 + 5·26 + 8·16 + 3·17 = 397 = 12·31 + 25, and 31 − 25 = 6
    assert uscc_check_character("12320583000000000") == "6"
    # the same and an 8 in the 14th place, weight 24: 397 + 192 = 589 = 19·31, remainder 0: the check value is 0
    assert uscc_check_character("12320583000008000") == "0"
    assert is_uscc("123205830000080000")
    # facts.md §8.1, a published code
    assert uscc_check_character("91350100M000100Y4") == "3"
    assert is_uscc("91350100M000100Y43")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "123205830000000005",  # check character off by one
        "12320583000000000",  # 17 characters
        "1232058300000000066",
        "1232058300000000O6",  # the letter O is not in the alphabet
        "91350100m000100y43",  # lower case
        "91350100M000010Y43",  # neighbours changed places
    ],
)
def test_uscc_refused(code):
    assert not is_uscc(code)


def test_every_single_wrong_character_is_noticed():
    good = "91350100M000100Y43"
    for place in range(18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if other != good[place]:
                assert not is_uscc(good[:place] + other + good[place + 1 :])


def test_organisation_code():
    # GB 11714's own example; 11 − sum mod 11 = 10 is written X
    assert organisation_code_check_character("D2143569") == "X"
    assert organisation_code_check_character("M000100Y") == "4"
    # 1·3 + 0 … + 4·2 = 11: remainder 0 gives 11, written 0
    assert organisation_code_check_character("10000004") == "0"
    with pytest.raises(ValueError):
        organisation_code_check_character("1000000")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市四院（陆家医院）", " 市四院(陆家医院)"),
        ("ＡＢ医院", "ab 医院"),
        ("千灯·卫生中心", "千灯卫生中心"),
    ],
)
def test_folded_alike(one, other):
    assert fold(one) == fold(other)


def test_initials():
    assert initials("千灯卫生中心") == "qdwszx"
    assert initials("市四院（陆家医院）") == "ssyljyy"
    assert initials("120急救中心") == "120jjzx"
