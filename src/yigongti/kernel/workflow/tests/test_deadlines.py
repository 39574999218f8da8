"""What the platform does by itself when the time has come, what a resident may do, and handing a case over."""

from datetime import datetime, timedelta

import pytest
from tests.support.loans import ERRAND, Errand
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access.api import create_account, grant_role, resident_actor, system_actor
from yigongti.kernel.audit.models import Line
from yigongti.kernel.workflow.api import (
    StepRefused,
    assign,
    assigned,
    history,
    inbox,
    open_case,
    open_steps,
    take_due,
    take_step,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loan_table")]

RUNNER, RESIDENT = 7, 70
runner = person("doctor", RUNNER, id=7)
NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 50, tzinfo=clock.ZONE)


def errand(thing="盐", wanted_by=None):
    return open_case(
        Errand(thing=thing, runner_id=RUNNER, resident_id=RESIDENT, wanted_by=wanted_by), actor=system_actor("test")
    )


def now(case):
    return Errand.objects.unscoped("test").get(pk=case.pk)


def test_a_deadline_worked_out_from_the_case_is_kept_across_the_year():
    with clock.fixed(NEW_YEARS_EVE):
        case = errand(wanted_by=NEW_YEARS_EVE + timedelta(minutes=15))
        assert now(case).due_at == NEW_YEARS_EVE + timedelta(minutes=15)
        assert take_due() == 0
    with clock.fixed(datetime(2027, 1, 1, 0, 5, tzinfo=clock.ZONE)):
        assert take_due() == 1
        assert take_due() == 0
    assert now(case).state == "forgotten"
    assert [line.actor_name for line in history(case)][-1] == "system:deadline"
    [item] = inbox(runner)  # it never vanishes: who may still do it, still finds it
    assert item.steps == ("办理",)


def test_what_was_done_in_time_is_not_forgotten():
    case = errand(wanted_by=NEW_YEARS_EVE)
    take_step(case, "do", actor=runner, answers={"shop": "1"})
    with clock.fixed(NEW_YEARS_EVE + timedelta(days=1)):
        assert take_due() == 0
    assert now(case).state == "done"


def test_one_that_fails_keeps_no_other_back(monkeypatch):
    first, second = (errand(wanted_by=NEW_YEARS_EVE + timedelta(minutes=n)) for n in (1, 2))
    monkeypatch.setattr(Errand, "title", property(lambda case: 1 / 0 if case.pk == first.pk else "ok"))
    with clock.fixed(NEW_YEARS_EVE + timedelta(hours=1)):
        assert take_due() in (0, 1)
    monkeypatch.undo()
    with clock.fixed(NEW_YEARS_EVE + timedelta(hours=1)):
        take_due()
    assert {now(first).state, now(second).state} == {"forgotten"}


def test_a_deadline_moved_meanwhile_is_looked_at_again_under_the_lock():
    case = errand(wanted_by=NEW_YEARS_EVE)
    Errand.objects.unscoped("test").filter(pk=case.pk).update(wanted_by=NEW_YEARS_EVE + timedelta(days=5))
    with clock.fixed(NEW_YEARS_EVE + timedelta(days=1)):
        assert take_due() == 0
        with pytest.raises(StepRefused):
            take_step(case, "forget", actor=system_actor("deadline"))
    assert now(case).state == "asked"


def test_nobody_takes_the_platforms_step():
    case = errand(wanted_by=NEW_YEARS_EVE)
    assert "forget" not in [step.name for step in open_steps(case, runner)]
    with pytest.raises(StepRefused):
        take_step(case, "forget", actor=runner)


@pytest.mark.parametrize(("thing", "expected"), [("盐", ["do", "drop"]), ("药", ["do", "drop", "hurry"])])
def test_a_step_is_there_for_the_cases_it_is_meant_for(thing, expected):
    case = errand(thing)
    assert [step.name for step in open_steps(case, runner)] == expected
    if "hurry" not in expected:
        with pytest.raises(StepRefused):
            take_step(case, "hurry", actor=runner)


@pytest.mark.parametrize(("residents", "step", "may"), [
    ({RESIDENT}, "drop", True), ({RESIDENT, 71}, "drop", True), ({71}, "drop", False), ({RESIDENT}, "do", False),
])  # fmt: skip
def test_a_resident_takes_what_is_his_own_and_nothing_else(residents, step, may):
    case, resident = errand(), resident_actor("王**", residents)
    if may:
        assert take_step(case, step, actor=resident).state == "dropped"
        assert history(case)[-1].actor_name == "王**"
    else:
        with pytest.raises(StepRefused):
            take_step(case, step, actor=resident, answers={"shop": "1"})
        assert now(case).state == "asked"


def test_choices_worked_out_from_the_case_are_kept_in_words():
    case = errand("米")
    with pytest.raises(StepRefused):
        take_step(case, "do", actor=runner, answers={"shop": "3"})
    with pytest.raises(StepRefused):
        take_step(case, "do", actor=runner, answers={"shop": "1", "price": "NaN"})
    take_step(case, "do", actor=runner, answers={"shop": "1", "price": "3.50"})
    assert history(case)[-1].answers == (("商店", "米店"), ("价钱", "3.50"))


def test_a_case_is_handed_over_between_those_who_may_take_a_step():
    case = errand()
    colleague, stranger = (
        create_account(name, name, organisation_id=RUNNER, password="Jade-2026-hill", actor=system_actor("test"))
        for name in ("colleague", "stranger")
    )
    grant_role(colleague, "doctor", organisation_id=RUNNER, actor=system_actor("test"))
    assert assigned(ERRAND.name, [case.pk]) == {}
    assign(case, colleague, actor=runner, note="我明天休息")
    kept = assigned(ERRAND.name, [case.pk])[case.pk]
    assert (kept.account_id, kept.name, kept.note) == (colleague, "colleague", "我明天休息")
    assert history(case)[-1].answers == (("经办人", "colleague"), ("说明", "我明天休息"))
    assert Line.objects.latest("pk").act == "workflow.assign"
    with pytest.raises(StepRefused):
        assign(case, stranger, actor=runner)
    with pytest.raises(StepRefused):
        assign(case, colleague, actor=person("doctor", 8, id=8))
    assert assigned(ERRAND.name, [case.pk])[case.pk].account_id == colleague
    take_step(case, "do", actor=runner, answers={"shop": "2"})  # whoever may, may: a colleague's absence stops nothing
