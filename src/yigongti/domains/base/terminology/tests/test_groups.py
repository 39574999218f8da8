"""Disease groups: every category of ICD-10 in exactly one."""

from itertools import pairwise

import pytest
from django.utils.translation import override

from yigongti.domains.base.terminology.api import (
    disease_chapter,
    disease_group,
    disease_group_ranges,
    group_named,
)


@pytest.mark.parametrize(
    ("code", "key", "chapter"),
    [
        ("I10.x00x002", "hypertension", "circulatory"),
        ("i15.9", "hypertension", "circulatory"),
        ("I16", "circulatory_other", "circulatory"),
        ("E11.200x011+N08.3*", "diabetes", "endocrine"),
        ("J18.900", "pneumonia", "respiratory"),
        ("D48.9", "neoplasms_other", "neoplasms"),
        ("D50", "anaemia", "blood"),
        ("H60.1", "ear", "ear"),
        ("S72.000", "hip_fracture", "injury"),
        ("U07.100", "covid19", "special"),
        ("Z99", "factors_other", "factors"),
        ("", "uncoded", "uncoded"),
        ("BNX080", "uncoded", "uncoded"),
        ("38341003", "uncoded", "uncoded"),
    ],
)
def test_a_code_is_in_its_group(code: str, key: str, chapter: str) -> None:
    assert disease_group(code).key == key
    assert disease_chapter(code).key == chapter


def test_names_in_both_languages() -> None:
    assert disease_group("I10") == ("hypertension", "高血压")
    assert group_named("circulatory_other").label == "循环系统疾病（其他）"
    with override("en"):
        assert disease_group("I10").label == "Hypertension"
        assert disease_group("").label == "Not coded or not classifiable"
    with pytest.raises(LookupError):
        group_named("nothing")


def test_ranges_neither_overlap_nor_leave_gaps_inside_a_chapter() -> None:
    ranges = disease_group_ranges()
    labels: dict[str, str] = {}
    for before, after in pairwise(ranges):
        assert before.first <= before.last < after.first
    for found in ranges:
        assert labels.setdefault(found.key, found.name) == found.name
    counted = {}
    for found in ranges:
        low, high = (int(c[1:]) + 100 * ord(c[0]) for c in (found.first, found.last))
        counted[found.chapter] = counted.get(found.chapter, 0) + high - low + 1
    # counted by hand from the first and last categories of the chapters
    assert counted["circulatory"] == 100 and counted["infectious"] == 200 and counted["neoplasms"] == 149
    assert counted["injury"] == 199 and counted["eye"] == 60 and counted["ear"] == 36
