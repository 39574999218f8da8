"""A state changes only by a step; a refused step changes nothing and is still logged."""

import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from tests.support.loans import (
    BORROWER,
    FORBIDDEN_THING,
    LEND,
    LOAN,
    OWNER,
    STRANGER,
    Errand,
    Loan,
)
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.audit.models import Line
from yigongti.kernel.workflow.api import (
    Ask,
    Step,
    StepRefused,
    Workflow,
    history,
    inbox,
    open_case,
    open_steps,
    take_step,
)
from yigongti.kernel.workflow.models import History, Waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loan_table")]

owner, borrower, stranger = (person("doctor", o, id=o) for o in (OWNER, BORROWER, STRANGER))


def snapshot(case):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM workflow_tests_loan WHERE id = %s", [case.pk])
        row = cursor.fetchone()
    return (
        row,
        list(History.objects.order_by("pk").values_list()),
        list(Waiting.objects.order_by("pk").values_list()),
    )


def test_the_way_through(loan):
    lent = take_step(loan, "lend", actor=owner)
    assert (lent.state, lent.notes) == ("lent", "lent;")
    returned = take_step(lent, "return", actor=borrower, answers={"on": "2025-03-01"})
    assert returned.state == "returned" and not returned.is_open
    assert [(line.label, line.state) for line in history(returned)] == [
        ("借用", "已申请"),
        ("借出", "已借出"),
        ("归还", "已归还"),
    ]
    assert history(returned)[-1].answers == (("日期", "2025-03-01"),)
    acts = list(Line.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["test.loan.open", "test.loan.lend", "test.loan.return"]


@pytest.mark.parametrize(
    ("state", "step", "who", "answers"),
    [
        ("asked", "lend", borrower, {}),  # the wrong side
        ("asked", "lend", stranger, {}),
        ("asked", "lend", person("auditor", OWNER), {}),  # the wrong role
        ("asked", "lend", person(None, OWNER), {}),
        ("asked", "return", borrower, {"on": "2025-03-01"}),  # not from here
        ("asked", "decline", owner, {}),  # a question unanswered
        ("asked", "decline", owner, {"reason": "nonsense"}),
        ("lent", "lend", owner, {}),  # a second time
        ("lent", "return", borrower, {"on": "yesterday"}),
        ("asked", "burn", owner, {}),  # no such step
    ],
)
def test_a_refused_step_changes_nothing_and_is_logged(loan, state, step, who, answers):
    if state == "lent":
        loan = take_step(loan, "lend", actor=owner)
    before, logged = snapshot(loan), Line.objects.count()
    with pytest.raises(StepRefused) as refusal:
        take_step(loan, step, actor=who, answers=answers)
    assert snapshot(loan) == before
    assert Line.objects.count() == logged + 1
    line = Line.objects.latest("pk")
    assert (line.outcome, line.act, line.actor_id) == ("refused", f"test.loan.{step}", who.id)
    assert line.detail["why"] == str(refusal.value)


@pytest.mark.parametrize(
    "answer", ["1e999999", "-1e999999", "1e-999999", "1" * 31, "1e15", "NaN", "sNaN", "Infinity", "x", "1\0"]
)
def test_what_is_no_number_anybody_means(answer):
    with pytest.raises(ValueError):
        Ask("amount", "金额", "number").read(answer)


@pytest.mark.parametrize("answer", ["0", "-12.50", "1e3", "123456789012345.67", "0.000001", " 7 ", "0.00"])
def test_a_number_is_kept_as_it_was_said(answer):
    assert Ask("amount", "金额", "number").read(answer) == str(Decimal(answer.strip()))


@pytest.mark.parametrize("kind", ["text", "choice", "number", "date"])
def test_an_answer_the_database_can_not_keep_is_none(kind):
    with pytest.raises(ValueError):
        Ask("why", "理由", kind=kind, choices=(("a\0b", "x"),)).read("a\0b")


def test_a_second_person_is_somebody_else():
    one, two, three = (person("doctor", OWNER, id=number) for number in (91, 92, 93))
    errand = open_case(Errand(thing="盐", runner_id=OWNER, resident_id=1, wanted_for_id=two.id), actor=one)
    waits = {who.id: [item.steps for item in inbox(who)] for who in (one, two, three)}
    assert waits == {91: [("办理", "不办")], 92: [("办理", "不办")], 93: [("办理", "不办", "核对")]}
    for who in (one, two, system_actor("test")):
        assert "check" not in [step.name for step in open_steps(errand, who)]
        with pytest.raises(StepRefused, match="另一人"):
            take_step(errand, "check", actor=who)
    assert take_step(errand, "check", actor=three).state == "asked"


def test_a_step_whose_effect_refuses_leaves_no_trace_of_the_effect(db):
    loan = open_case(Loan(thing=FORBIDDEN_THING, owner_id=OWNER, borrower_id=BORROWER), actor=borrower)
    before = snapshot(loan)
    with pytest.raises(StepRefused):
        take_step(loan, "lend", actor=owner)
    assert snapshot(loan) == before


@pytest.mark.parametrize(
    "write",
    [
        lambda loan: Loan.objects.unscoped("test").filter(pk=loan.pk).update(state="returned"),
        lambda loan: (setattr(loan, "state", "returned"), loan.save()),
        lambda loan: Loan.objects.bulk_update([loan], ["state"]) if setattr(loan, "state", "lent") is None else None,
        lambda loan: Loan.objects.create(
            thing="x",
            owner_id=1,
            borrower_id=2,
            state="returned",
            opened_at=clock.now(),
            entered_at=clock.now(),
        ),
        lambda loan: connection.cursor().execute("UPDATE workflow_tests_loan SET state = 'returned'"),
    ],
)
def test_the_database_refuses_a_state_written_any_other_way(loan, write):
    before = snapshot(loan)
    with pytest.raises((IntegrityError, RuntimeError)), transaction.atomic():
        write(loan)
    assert snapshot(loan) == before


def test_the_mark_of_a_step_does_not_outlive_it(loan):
    with transaction.atomic():
        take_step(loan, "lend", actor=owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            Loan.objects.unscoped("test").filter(pk=loan.pk).update(state="returned")


def test_other_columns_may_be_written(loan):
    Loan.objects.unscoped("test").filter(pk=loan.pk).update(thing="table")
    assert Loan.objects.unscoped("test").get(pk=loan.pk).thing == "table"


def test_the_inbox_holds_what_one_may_do_and_nothing_else(loan):
    [item] = inbox(owner)
    assert (item.title, item.steps, item.address) == ("chair", ("借出", "谢绝"), f"/loans/{loan.pk}/")
    assert inbox(borrower) == [] == inbox(stranger)
    take_step(loan, "lend", actor=owner)
    assert inbox(owner) == []
    assert [item.steps for item in inbox(borrower)] == [("归还",)]


def test_the_deadline_is_the_nearest_of_the_open_steps():
    with clock.fixed(datetime(2025, 3, 1, 9, tzinfo=clock.ZONE)):
        loan = open_case(Loan(thing="chair", owner_id=OWNER, borrower_id=BORROWER), actor=borrower)
    assert loan.due_at == datetime(2025, 3, 3, 9, tzinfo=clock.ZONE)
    with clock.fixed(datetime(2025, 3, 3, 9, 1, tzinfo=clock.ZONE)):
        assert inbox(owner)[0].overdue
        assert take_step(loan, "lend", actor=owner).due_at is None


def test_open_steps(loan):
    assert [step.name for step in open_steps(loan, owner)] == ["lend", "decline"]
    assert open_steps(loan, borrower) == []


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_one_of_them_is_told():
    loan = open_case(Loan(thing="chair", owner_id=OWNER, borrower_id=BORROWER), actor=borrower)
    start, outcomes = threading.Barrier(2), []

    def go(step, answers):
        start.wait()
        try:
            outcomes.append(take_step(loan, step, actor=owner, answers=answers).state)
        except StepRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=a) for a in (("lend", {}), ("decline", {"reason": "busy"}))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["lent", "refused"], ["declined", "refused"])
    assert History.objects.filter(workflow="test.loan", case_id=loan.pk).count() == 2


class AnyOrder(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["lend", "decline", "return", "burn"]),
                st.sampled_from([owner, borrower, stranger]),
                st.sampled_from([{}, {"reason": "busy"}, {"on": "2025-01-01"}]),
            ),
            max_size=8,
        )
    )
    def test_whatever_is_tried_history_explains_the_state(self, tries):
        loan = open_case(Loan(thing="chair", owner_id=OWNER, borrower_id=BORROWER), actor=borrower)
        for step, who, answers in tries:
            try:
                take_step(loan, step, actor=who, answers=answers)
            except StepRefused:
                pass
        rows = list(History.objects.filter(workflow="test.loan", case_id=loan.pk).order_by("number"))
        state = "asked"
        for number, row in enumerate(rows, start=1):
            assert row.number == number
            if number > 1:
                assert row.from_state == state
                assert (row.step, row.from_state, row.to_state) in {
                    ("lend", "asked", "lent"),
                    ("decline", "asked", "declined"),
                    ("return", "lent", "returned"),
                }
            state = row.to_state
        assert Loan.objects.unscoped("test").get(pk=loan.pk).state == state
        assert Line.objects.filter(outcome="refused").count() == len(tries) - (len(rows) - 1)


class TestTable:
    def table(self, **changes):
        rows = {
            "name": "test.broken",
            "label": "",
            "states": {"a": "", "b": ""},
            "initial": "a",
            "final": {"b"},
            "steps": [Step("go", "", ("a",), "b", by=LEND)],
        }
        return Workflow(**{**rows, **changes})

    @pytest.mark.parametrize(
        "changes",
        [
            {"initial": "x"},
            {"states": {"a": "", "b": "", "c": ""}},  # nothing leads to c
            {"steps": []},
            {"steps": [Step("go", "", ("a",), "x", by=LEND)]},
            {"steps": [Step("go", "", ("a",), "b", by=LEND), Step("back", "", ("b",), "a", by=LEND)]},
            {"steps": [Step("go", "", ("a",), "b", by=LEND), Step("go", "", ("a",), "b", by=LEND)]},
            {
                "states": {"a": "", "b": "", "c": ""},
                "steps": [Step("go", "", ("a",), "b", by=LEND), Step("off", "", ("a",), "c", by=LEND)],
            },  # stuck in c
            {"name": LOAN.name},
            {"steps": [Step("go", "", ("a",), "b", by=None)]},  # nobody takes it, and it never falls due
            {"steps": [Step("go", "", ("a",), "b", by=LEND, within=timedelta(days=1), due=lambda case: None)]},
        ],
    )
    def test_a_table_that_does_not_hang_together_is_refused(self, changes):
        with pytest.raises(ValueError):
            self.table(**changes)

    def test_answers(self):
        assert Ask("a", "", kind="yes_no").read("on") is True
        assert Ask("a", "", required=False).read("") is None
        with pytest.raises(ValueError):  # blanks are no reason
            Ask("a", "").read("  \u3000\n")
        with pytest.raises(ValueError):
            Ask("a", "").read("")
