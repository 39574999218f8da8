"""A place's own rules on charges: written in its policy, in force from their day, without a line of code."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.claims.county import Here, claim, settled
from tests.claims.lines import charged, line
from tests.claims.test_screens import found, numbers, stay
from yigongti.domains.money.claims.references import categories_of, pattern_of
from yigongti.kernel.policy import api as policy

Ruled = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def ruled(settings: LazySettings, tmp_path: Path) -> Ruled:
    """Policies with values of Kunshan's own."""

    def reading(values: str) -> AbstractContextManager[Any]:
        copy = tmp_path / "policies"
        shutil.copytree(settings.POLICIES, copy, dirs_exist_ok=True)
        text = f"document: platform-defaults\nevidence: PROPOSED\nvalues:\n{values}"
        (copy / "kunshan" / "claims.yaml").write_text(text, encoding="utf-8")
        return policy.reading(copy)

    return reading


def item(number: str, n: int, name: str, **changes: str) -> dict[str, str]:
    return line(number, n, item_name=name, item_code="", category="检查费", **changes)


def swapped() -> dict[str, set[str]]:
    return {numbers(one)[0]: {row["line"] for row in one.facts["charges"]} for one in found("swapped_item")}


@pytest.mark.django_db
def test_words_and_categories_are_the_places(here: Here, ruled: Ruled) -> None:
    """The same five lines by the national rules and by a place's, whose day is in 2025."""
    woman = next(row for row in (claim(n, n) for n in (1, 61)) if row["性别"] == "女")
    settled([woman], here)
    no = woman["claim_no"]
    charged(
        [
            item(no, 1, "前列腺特异抗原"),
            item(no, 2, "胡须护理(男)"),
            item(no, 3, "新生儿听力筛查"),
            line(no, 4, item_code="250101", item_name="血常规", category="治疗费"),
            line(no, 5, item_code="2501", item_name="血常规", category="检查费"),
        ],
        here,
    )
    assert swapped() == {no: {"1", "3", "4", "5"}}
    own = """\
  claims.swapped_item.not_for_women:
    - {from: 2025-01-01, value: [前列腺, 护理(男)]}
  claims.swapped_item.for_children:
    - {from: 2025-01-01, value: []}
  claims.swapped_item.charged_as:
    - from: 2025-01-01
      value:
        "25": [laboratory]
        "250101": [laboratory, treatment]
"""
    with ruled(own):
        assert swapped() == {no: {"1", "2", "5"}}
    with ruled(own.replace("2025-01-01", "2027-01-01")):
        assert swapped() == {no: {"1", "3", "4", "5"}}


@pytest.mark.django_db
def test_what_shows_care_is_the_places(here: Here, ruled: Ruled) -> None:
    """Ten days with a ward round each and nothing else: nobody cared, unless a place takes a ward round for care."""
    settled([stay(1, "03-01", "03-11")], here)
    charged([line("S1", n, charged_on=f"2025-03-{n:02}") for n in range(1, 11)], here)
    assert len(found("hanging_bed")) == 1
    with ruled("  claims.hanging_bed.care:\n    - {from: 2025-01-01, value: [nursing, consultation]}\n"):
        assert found("hanging_bed") == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('charged_as: [{from: 2025-01-01, value: {"25": [labratory]}}]', "labratory is no charge category"),
        ('charged_as: [{from: 2025-01-01, value: {"25": []}}]', "25: expected a list"),
        ("charged_as: [{from: 2025-01-01, value: [laboratory]}]", "expected beginnings of codes"),
        ("for_children: [{from: 2025-01-01, value: [小儿, 小儿]}]", "stands twice"),
        ("for_children: [{from: 2025-01-01, value: [5]}]", "each word is text"),
        ("for_children: [{from: 2025-01-01, value: 小儿}]", "a list of words"),
    ],
)
def test_a_mistake_in_a_rule_stops_the_start_with_its_line(ruled: Ruled, value: str, says: str) -> None:
    with pytest.raises(policy.PolicyErrors, match=says), ruled(f"  claims.swapped_item.{value}\n"):
        pass


def test_the_longest_beginning_counts() -> None:
    rule = {"27": frozenset({"examination"}), "2705": frozenset({"laboratory"})}
    assert categories_of("270500001", rule) == {"laboratory"}
    assert categories_of("2701", rule) == {"examination"}
    assert categories_of("31", rule) == frozenset()


def test_words_are_words_and_no_patterns() -> None:
    assert pattern_of([]) is None
    assert pattern_of(["护理(男)", "a.b"]) == r"护理\(男\)|a\.b"


def test_the_national_rules_show_on_the_policy_page() -> None:
    shown = str(policy.at("claims.swapped_item.charged_as", "national", date(2025, 1, 1)))
    assert shown.startswith("1101 一般诊疗费、挂号费；1102 诊察费、一般诊疗费")
