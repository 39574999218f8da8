"""The code systems that come with the platform."""

import csv

import pytest
from tests.support.samples import folder

from yigongti.domains.base.terminology.models import Edition
from yigongti.domains.base.terminology.services import load_shipped, shipped, shipped_folder
from yigongti.domains.base.terminology.tests.factories import ACTOR

EVIDENCE = {"V-LAW", "V-SEED", "V-DOC", "V-SEC", "V-COMP", "R-H", "R-M", "R-L", "PROPOSED"}


@pytest.mark.django_db
def test_loading_twice_changes_nothing() -> None:
    first = load_shipped(ACTOR)
    assert len(first) == len(list(shipped())) and all(done.added for done in first)
    assert not any(done.changed_anything for done in load_shipped(ACTOR))
    assert {e.concept_count for e in Edition.objects.filter(system__key="sex")} == {4}


def test_each_says_where_it_comes_from_and_how_sure_we_are() -> None:
    described = list(shipped())
    assert {about["key"] for about in described} | {"disease_groups"} == {
        path.stem for path in shipped_folder().glob("*.csv")
    }
    for about in described:
        assert about["source"] and about["evidence"] in EVIDENCE and about["name_en"]


def test_every_code_has_a_chinese_and_an_english_name() -> None:
    for path in shipped_folder().glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                assert row["name"] and row["name_en"], (path.name, row)


def test_loinc_check_digits() -> None:
    """The last digit of a LOINC code is a Luhn check over the ones before it."""
    with (shipped_folder() / "loinc.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            number, check = row["code"].split("-")
            doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(number))]
            total = sum(d // 10 + d % 10 for d in doubled)
            assert (10 - total % 10) % 10 == int(check), row["code"]


@pytest.mark.samples
@pytest.mark.parametrize(("own", "full"), [("icd10", "icd10_diagnoses.csv"), ("icd9cm3", "icd9cm3_procedures.csv")])
def test_our_subsets_use_published_codes(own: str, full: str) -> None:
    samples = folder()
    assert samples is not None
    with (samples / "chs-drg-1.1" / full).open(encoding="utf-8", newline="") as stream:
        published = {row["code"] for row in csv.DictReader(stream)}
    with (shipped_folder() / f"{own}.csv").open(encoding="utf-8", newline="") as stream:
        ours = {row["code"] for row in csv.DictReader(stream)}
    unknown = {code for code in ours - published if len(code) > 3}
    assert unknown <= {"I48.900x004"}, unknown
