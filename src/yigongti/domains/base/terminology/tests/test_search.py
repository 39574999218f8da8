"""Look-up: by code, Chinese and initials, best first; checked against a plain scan."""

from datetime import date
from pathlib import Path

import pytest
from tests.support.samples import folder

from yigongti.domains.base.terminology import api, selectors
from yigongti.domains.base.terminology.formulas import fold, initials_of
from yigongti.domains.base.terminology.services import import_edition, load_shipped
from yigongti.domains.base.terminology.tests.factories import ACTOR, codes, made_system, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded() -> None:
    load_shipped(ACTOR)


@pytest.mark.usefixtures("loaded")
class TestShipped:
    def test_by_code(self) -> None:
        assert codes(api.search("icd10", "I10"))[0] == "I10"
        assert set(codes(api.search("icd10", "i10.X00"))) == {"I10.x00", "I10.x00x002"}

    def test_by_chinese(self) -> None:
        found = codes(api.search("icd10", "高血压"))
        assert found[0] == "I10.x00x002"
        assert "O13.x00" in found

    def test_by_initials_of_either_reading(self) -> None:
        assert codes(api.search("icd10", "gxy"))[0] == "I10.x00x002"
        assert {"L50", "L50.900"} <= set(codes(api.search("icd10", "xmz")))
        assert {"L50", "L50.900"} <= set(codes(api.search("icd10", "QMZ")))

    def test_several_words_must_all_be_there(self) -> None:
        assert set(codes(api.search("icd10", "2型 视"))) == set()
        assert set(codes(api.search("icd10", "2型 眼"))) == {"E11.300"}

    def test_english_names_are_found(self) -> None:
        assert "8480-6" in codes(api.search("loinc", "systolic"))

    def test_nothing_typed_or_nothing_found(self) -> None:
        assert api.search("icd10", "  ") == []
        assert api.search("icd10", "不存在的病") == []
        assert api.search("no-such-system", "a") == []

    def test_signs_of_patterns_are_only_signs(self) -> None:
        assert api.search("icd10", "%") == []
        assert api.search("icd10", "_高") == []

    def test_value_sets(self) -> None:
        assert api.choices("sex") == [("0", "未知的性别"), ("1", "男"), ("2", "女"), ("9", "未说明的性别")]
        assert len(api.value_set("ethnicity")) == 58
        assert api.display("marital_status", "20") == "已婚"
        assert api.display("discharge_way", "77") == "77"

    def test_names_of_systems_outside(self) -> None:
        assert api.system_of("http://loinc.org") == "loinc"
        assert api.system_of("urn:oid:2.16.156.10011.2.3.3.11") == "icd10"
        assert api.system_of("http://snomed.info/sct") is None
        assert api.system_of("") is None

    def test_browsing_down(self) -> None:
        children, count = selectors.browse("icd10", parent="E11")
        assert count == len(children) == 7
        assert selectors.with_children("icd10", ["E11", "E11.900"]) == {"E11"}


def test_exact_then_beginning_then_inside_and_short_first(tmp_path: Path) -> None:
    made_system()
    path = table(tmp_path, "A1,急性胃炎", "A2,胃炎", "A3,胃炎伴出血", "A4,慢性浅表性胃炎", "A5,胃炎史")
    import_edition(path, system="illness", version="1", starts_on=None, actor=ACTOR)
    assert codes(api.search("illness", "胃炎")) == ["A2", "A5", "A3", "A1", "A4"]
    assert codes(api.search("illness", "wy")) == ["A2", "A5", "A3", "A1", "A4"]
    assert codes(api.search("illness", "胃炎", limit=2)) == ["A2", "A5"]


@pytest.mark.samples
def test_the_full_insurance_edition(tmp_path: Path) -> None:
    """33,304 diagnoses: every look-up finds exactly what a plain scan over the names finds."""
    samples = folder()
    assert samples is not None
    source = samples / "chs-drg-1.1" / "icd10_diagnoses.csv"
    load_shipped(ACTOR)
    day = date(2022, 1, 1)
    done = import_edition(source, system="icd10", version="2.0", starts_on=day, actor=ACTOR)
    rows = [line.split(",", 1) for line in source.read_text(encoding="utf-8").splitlines()[1:]]
    assert done.added == len(rows) == 33_304
    names = {code: fold(name.strip('"')) for code, name in rows}
    initials = {code: initials_of(name) for code, name in names.items()}
    for typed in ("高血压", "糖尿病性", "2型糖尿病 肾", "骨", "ⅲ度", "gxy", "tnb", "nqs", "i10", "E11.2", "a+b"):
        parts = fold(typed).split()
        expected = {code for code, name in names.items() if all(part in name for part in parts)}
        if len(parts) == 1:
            expected |= {code for code in names if code.casefold().startswith(parts[0])}
            expected |= {code for code, known in initials.items() if any(parts[0] in one for one in known)}
        found = set(codes(api.search("icd10", typed, on=date(2025, 1, 1), limit=100_000)))
        assert found == expected, typed
