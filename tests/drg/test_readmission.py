"""Readmissions across months and years: paid together, and anew when a claim comes late or is corrected."""

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests.claims.county import Here, back, claim, ids, settled
from tests.drg.rules import drg_rules
from tests.drg.test_claims import PNEUMONIA, standing
from tests.drg.test_pages import text
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.drg.models import GroupedClaim
from yigongti.domains.money.drg.services.claims import regroup, regroup_due
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.lake.api import engine, publish_stale, snapshot, table

ACTOR = system_actor("test")


@pytest.fixture
def merging(here: Here, tmp_path: Path) -> Iterator[Here]:
    with drg_rules(tmp_path, readmission__rule="merged", readmission__days=15):
        yield here


def stay(n: int, start: str, end: str, **changes: str) -> dict[str, str]:
    """A pneumonia of person 1 (ES15, standard 3,557.25 yuan), 5,000 yuan of which 1,500 the patient's."""
    times = {"started_at": f"{start} 09:00", "ended_at": f"{end} 10:00", "settled_at": f"{end} 10:30"}
    return claim(n, 1, **(PNEUMONIA | times | changes))


def told() -> dict[str, tuple[str, int, str | None]]:
    """By number: what it is paid as, what the fund pays, the number of the claim it is paid with."""
    by = standing()
    numbers = {pk: row.record_no for pk, row in by.items()}
    return {
        row.record_no: (row.outlier, row.payment_fen, numbers[row.merged_into] if row.merged_into else None)
        for row in by.values()
    }


YEAR_END = [stay(1, "2025-12-20", "2025-12-28"), stay(2, "2026-01-05", "2026-01-10")]
# paid as one: 10,000 yuan against 3 × 3,557.25 = 10,671.75: normal, 3,557.25 less 3,000 of the patient
TOGETHER = {"S1": ("normal", 355_725 - 300_000, None), "S2": ("merged", 0, "S1")}
ALONE = ("normal", 355_725 - 150_000, None)


def both() -> None:
    regroup(settings.PLACE, date(2025, 12, 1), date(2026, 1, 31), actor=ACTOR)


def test_without_a_rule_each_is_paid(here: Here) -> None:
    settled(YEAR_END, here)
    both()
    assert told() == {"S1": ALONE, "S2": ALONE}


def test_across_the_years_end_whichever_month_is_grouped_first(merging: Here) -> None:
    settled(YEAR_END, merging)
    regroup(settings.PLACE, date(2026, 1, 1), date(2026, 1, 1), actor=ACTOR)
    assert told() == {"S2": ALONE}
    (month,) = regroup(settings.PLACE, date(2025, 12, 1), date(2025, 12, 1), actor=ACTOR)
    assert (month.written, month.elsewhere) == (1, 1) and told() == TOGETHER
    both()
    assert told() == TOGETHER and GroupedClaim.objects.unscoped("test").filter(stands=False).count() == 1


def test_a_claim_that_comes_late_changes_the_earlier_month_and_publishes_it(merging: Here) -> None:
    settled(YEAR_END[:1], merging)
    regroup_due(settings.PLACE, actor=ACTOR)
    publish_stale()
    settled(YEAR_END[1:], merging, name="late.csv")
    (month,) = regroup_due(settings.PLACE, actor=ACTOR)
    assert month.month == date(2026, 1, 1) and month.elsewhere == 1
    assert told() == TOGETHER
    publish_stale()
    with engine() as backend:
        rows = table(backend, snapshot("drg_cases")).to_pyarrow().to_pylist()
    assert sorted((row["outlier"], row["payment_fen"]) for row in rows) == [("merged", 0), ("normal", 55_725)]
    assert regroup_due(settings.PLACE, actor=ACTOR) == []


def test_what_is_taken_back_sets_the_other_free(merging: Here) -> None:
    settled(YEAR_END, merging)
    both()
    settled([back(YEAR_END[1], "R2", settled_at="2026-01-20 10:00")], merging, name="back.csv")
    regroup_due(settings.PLACE, actor=ACTOR)
    assert told() == {"S1": ALONE}


def test_a_correction_to_another_group_sets_both_free(merging: Here) -> None:
    settled(YEAR_END, merging)
    both()
    settled([YEAR_END[0] | {"other_diagnoses": "I50.900"}], merging, name="again.csv")
    regroup_due(settings.PLACE, actor=ACTOR)
    found = told()
    assert found["S2"] == ALONE and found["S1"][2] is None


def test_the_second_unpaid(here: Here, tmp_path: Path) -> None:
    with drg_rules(tmp_path, readmission__rule="second_unpaid", readmission__days=10):
        settled(YEAR_END, here)
        both()
        assert told() == {"S1": ALONE, "S2": ("readmission", 0, "S1")}


def test_a_rule_that_is_given_up_sets_all_free(here: Here, tmp_path: Path) -> None:
    settled(YEAR_END, here)
    with drg_rules(tmp_path / "a", readmission__rule="merged"):
        both()
        assert told() == TOGETHER
    both()
    assert told() == {"S1": ALONE, "S2": ALONE}


def test_a_rule_from_a_day_on_does_not_touch_what_was_settled_before(here: Here, tmp_path: Path) -> None:
    rows = [*YEAR_END, claim(3, 2, **PNEUMONIA), stay(4, "2025-11-20", "2025-12-18")]
    with drg_rules(tmp_path, readmission__rule=[(date(2024, 1, 1), "none"), (date(2026, 1, 1), "merged")]):
        settled(rows, here)
        regroup(settings.PLACE, date(2025, 3, 1), date(2026, 1, 31), actor=ACTOR)
        found = told()
    assert found["S1"][0] == "normal" and found["S4"][2] is None  # S1 came back after S4 in 2025: no rule yet
    assert found["S2"] == TOGETHER["S2"]


def test_a_planned_one_is_paid(here: Here, tmp_path: Path) -> None:
    settled(YEAR_END, here)
    with drg_rules(tmp_path, readmission__rule="merged", readmission__planned="Z51、j15.9"):
        both()
        assert told() == {"S1": ALONE, "S2": ALONE}


def test_elsewhere_for_something_else_or_later_is_paid(merging: Here) -> None:
    settled(
        [
            stay(1, "2025-03-01", "2025-03-08"),
            stay(2, "2025-03-10", "2025-03-15", institution_name="某镇卫生院"),
            stay(3, "2025-03-10", "2025-03-15", main_diagnosis_code="K35.800x001", procedures="47.0100"),
            stay(4, "2025-04-01", "2025-04-08"),
        ],
        merging,
    )
    regroup(settings.PLACE, date(2025, 3, 1), date(2025, 4, 30), actor=ACTOR)
    assert {one[2] for one in told().values()} == {None}


def test_any_order_of_arrival_comes_to_the_same(merging: Here) -> None:
    """Three stays of a chain over three months: 15,000 yuan in one, above 10,671.75, so 80 % of 4,328.25 more."""
    rows = [
        stay(1, "2025-03-20", "2025-03-28"), stay(2, "2025-04-05", "2025-04-28"), stay(3, "2025-05-10", "2025-05-12"),
    ]  # fmt: skip
    whole = 355_725 + round(0.8 * (1_500_000 - 3 * 355_725))
    expected = {"S1": ("high", whole - 450_000, None), "S2": ("merged", 0, "S1"), "S3": ("merged", 0, "S1")}
    for turn, order in enumerate(permutations(rows)):
        for number, row in enumerate(order):
            settled([row | {"department": f"第{turn}次"}], merging, name=f"{turn}-{number}.csv")
            regroup_due(settings.PLACE, actor=ACTOR)
        assert told() == expected, turn


def test_the_pages_say_with_which_it_was_paid(merging: Here) -> None:
    settled(YEAR_END, merging)
    both()
    found = ids()
    client = signed_in(Role.INSURANCE_OFFICER, merging.bureau)
    later = text(client.get(reverse("drg:case", args=[found["S2"]])))
    assert "合并支付，支付列在" in later and reverse("drg:case", args=[found["S1"]]) in later
    assert "与结算单S1合并为一次" in later and "支付规则在这次入组之后有变化" not in later
    first = text(client.get(reverse("drg:case", args=[found["S1"]])))
    assert "与结算单S2合并为一次住院" in first and "557.25" in first
    assert "支付规则在这次入组之后有变化" not in first
    assert "并入另一次住院" in text(client.get(reverse("drg:cases"), {"outlier": "merged"}))


def test_one_fund_does_not_pay_the_others_stay(merging: Here) -> None:
    """Of employees: 0.5270 × 14,500 × 0.5 = 3,820.75, less 1,500 of the patient."""
    settled(
        [
            stay(1, "2025-03-01", "2025-03-08", insurance_kind="01"),
            stay(2, "2025-03-12", "2025-03-18"),
            stay(3, "2025-03-20", "2025-03-25", insurance_kind="01"),
        ],
        merging,
    )
    regroup_due(settings.PLACE, actor=ACTOR)
    # the first and the third, twelve days apart, are of one fund: 3,820.75 less 3,000
    assert told() == {"S1": ("normal", 82_075, None), "S2": ALONE, "S3": ("merged", 0, "S1")}


def test_two_stays_make_no_long_one(merging: Here) -> None:
    """35 days each, 9,000 yuan: 70 days in one are not paid by item. 18,000 is above 3 × 3,557.25 = 10,671.75:
    3,557.25 + 80 % of 7,328.25 = 9,419.85, less 6,000 of the patient. By item it would have been 12,000."""
    money = {"total_yuan": "9000", "fund_yuan": "6000", "self_paid_yuan": "3000"}
    settled([stay(1, "2025-03-01", "2025-04-05", **money), stay(2, "2025-04-06", "2025-05-11", **money)], merging)
    regroup_due(settings.PLACE, actor=ACTOR)
    assert told() == {"S1": ("high", 341_985, None), "S2": ("merged", 0, "S1")}
