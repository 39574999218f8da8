"""How clauses stand: worked out by hand on a small plan."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from tests.support.people import person

from yigongti.domains.oversight.plan_ledger import selectors
from yigongti.domains.oversight.plan_ledger.selectors import State
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.policy import api as policy
from yigongti.kernel.policy.tests.factories import folder, values, write

GUIDANCE = person(Role.GUIDANCE_OFFICER, 1)
PLAN = """
    document: here-plan
    bodies:
      bureau: {zh: 卫健局, en: Health bureau}
    sections:
      - number: 一
        title: {zh: 总, en: All}
        clauses:
          - number: 一
            title: {zh: 全有, en: Whole}
            due: 2020-12-31
            asks:
              - {zh: 甲, en: A, carried_out_by: ["page:plan_ledger:clauses"]}
              - {zh: 乙, en: B, outside_system: true}
          - number: 二
            title: {zh: 有一半, en: Half}
            leads: [bureau]
            due: 2020-12-31
            asks:
              - {zh: 甲, en: A, carried_out_by: ["page:plan_ledger:clauses", domain:nothing]}
              - {zh: 乙, en: B, carried_out_by: ["page:plan_ledger:clauses"], due: 2027-12-31}
          - number: 三
            title: {zh: 没有, en: None}
            asks:
              - {zh: 甲, en: A}
              - {zh: 乙, en: B, carried_out_by: [domain:nothing], due: 2026-11-21}
          - number: 四
            title: {zh: 人的事, en: People}
            due: 2020-12-31
            asks:
              - {zh: 甲, en: A, outside_system: true}
          - number: 五
            title: {zh: 只有值, en: Value only}
            asks:
              - {zh: 甲, en: A, carried_out_by: [parameter:fund.share]}
          - number: 六
            title: {zh: 一有一无, en: One of two}
            asks:
              - {zh: 甲, en: A, carried_out_by: ["page:plan_ledger:clauses"]}
              - {zh: 乙, en: B}
"""


@pytest.fixture(autouse=True)
def _small_plan(tmp_path: Path) -> Iterator[None]:
    policies = folder(tmp_path, here=values("fund.share", "from: 2020-01-01, value: 5"))
    write(policies / "here" / "clauses.yaml", PLAN)
    # the rules of the platform itself are still needed
    with policy.reading(policies), clock.fixed(datetime(2026, 11, 22, 12, tzinfo=clock.ZONE)):
        yield


def test_states() -> None:
    assert {view.number: view.state for view in selectors.ledger(GUIDANCE, "here")} == {
        "一": State.DONE,
        "二": State.PARTLY,
        "三": State.MISSING,
        "四": State.OUTSIDE,
        "五": State.PARTLY,
        "六": State.PARTLY,
    }


def test_counts() -> None:
    counts = selectors.counts(selectors.ledger(GUIDANCE, "here"))
    assert (counts.clauses, counts.done, counts.partly, counts.missing, counts.outside) == (6, 1, 3, 1, 1)
    assert counts.overdue == 2  # 二 and 三: past their day and not carried out


def test_a_due_day_of_the_clause_holds_for_its_asks_unless_they_have_their_own() -> None:
    second = selectors.clause(GUIDANCE, "here", "二")
    assert second is not None
    assert [ask.due for ask in second.asks] == [date(2020, 12, 31), date(2027, 12, 31)]
    assert [ask.overdue for ask in second.asks] == [True, False]


@pytest.mark.parametrize(
    ("number", "due"),
    [
        ("一", date(2020, 12, 31)),  # carried out: its last day
        ("二", date(2020, 12, 31)),  # late with one part, the other due later
        ("三", date(2026, 11, 21)),
        ("五", None),
    ],
)
def test_the_day_to_look_at(number: str, due: date | None) -> None:
    view = selectors.clause(GUIDANCE, "here", number)
    assert view is not None and view.due == due


def test_the_due_day_itself_is_not_late() -> None:
    third = selectors.clause(GUIDANCE, "here", "三")
    assert third is not None and third.overdue
    with clock.fixed(datetime(2026, 11, 21, 23, 59, tzinfo=clock.ZONE)):
        assert not third.asks[1].overdue


def test_a_clause_knows_the_figures_that_rest_on_it() -> None:
    first = selectors.clause(GUIDANCE, "here", "一")
    assert first is not None
    assert [value.name for value in selectors.values_of_clause(first.clause)] == ["fund.share"]


def test_only_with_the_permission() -> None:
    nobody = person(None, 1)
    with pytest.raises(Forbidden):
        selectors.ledger(nobody, "here")
    with pytest.raises(Forbidden):
        selectors.parameters(nobody, "here", date(2026, 1, 1))


def test_parameters_of_a_day() -> None:
    rows = {row.name: row for row in selectors.parameters(GUIDANCE, "here", date(2019, 1, 1))}
    assert rows["fund.share"].value is None and not rows["fund.share"].gap  # no code uses it
    assert rows["indicators.in_county_visit_rate.target"].gap
    later = {row.name: row for row in selectors.parameters(GUIDANCE, "here", date(2020, 1, 1))}
    assert later["fund.share"].value is not None and not later["fund.share"].unconfirmed
    assert later["fund.share"].holds("占比") and later["fund.share"].holds("〔2020〕1号")
    assert not later["fund.share"].holds("编制")
