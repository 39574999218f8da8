"""Who approves had no hand in it, and approves what was put before him."""

import shutil
from datetime import date

import pytest

from tests.fund.world import YEAR, World, claim, drafted, publish, running, usual, world
from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.services import deciding, drafting
from yigongti.kernel import clock
from yigongti.kernel.policy import api as policy_api
from yigongti.kernel.workflow.api import StepRefused, open_steps, take_step

pytestmark = pytest.mark.django_db
SEEN = {"seen": "yes"}


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def test_a_clearing_that_changed_since_it_was_put_forward_is_not_approved(here):
    rows = usual(here)
    publish(rows)
    case = take_step(running(here), "prepare_clearing", actor=here.officer)
    publish(rows)  # the same claims in other files: nothing has changed
    more = claim(here, date(YEAR, 7, 1), "west_centre", "outside", 3_000_000)
    publish([*rows, more])
    with pytest.raises(StepRefused, match="重新提交"):
        take_step(case, "approve_clearing", actor=here.second, answers=SEEN)
    case = take_step(case, "return_clearing", actor=here.second, answers={"reason": "数据有变"})
    with pytest.raises(StepRefused, match="超支"):
        take_step(case, "prepare_clearing", actor=here.officer)
    case = take_step(case, "prepare_clearing", actor=here.officer, answers={"overspend": "share_by_formula"})
    publish([*rows, more])
    assert take_step(case, "approve_clearing", actor=here.second, answers=SEEN).frozen


def test_a_budget_whose_rules_changed_since_it_was_proposed_is_not_approved(here, settings, tmp_path):
    publish(usual(here))
    case = take_step(drafted(here), "propose", actor=here.officer)
    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    rules = copy / "kunshan" / "fund.yaml"
    rules.write_text(rules.read_text("utf-8").replace("value: kept,", "value: shared_in_band,"), "utf-8")
    with policy_api.reading(copy), pytest.raises(StepRefused, match="重新提交"):
        take_step(case, "approve_budget", actor=here.second, answers=SEEN)
    assert take_step(case, "approve_budget", actor=here.second, answers=SEEN).state == "approved"


def test_who_entered_the_budget_does_not_approve_it(here):
    publish(usual(here))
    case = drafted(here)
    drafting.enter(case, actor=here.second, individual_fen=99_000, subsidy_fen=99_000, given_fen=None, holders={},
                   persons={}, points={})  # fmt: skip
    case = take_step(case, "propose", actor=here.officer)
    assert "approve_budget" not in {step.name for step in open_steps(case, here.second)}
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_budget", actor=here.second, answers=SEEN)
    assert take_step(case, "approve_budget", actor=here.guide, answers=SEEN).state == "approved"


@pytest.mark.parametrize("what", ["adjust", "score", "assess", "points"])
def test_who_had_a_hand_in_the_year_does_not_close_it(here, what):
    publish(usual(here))
    case = running(here)
    west = str(here.id("west"))
    if what == "points":
        drafting.set_points(case, {}, actor=here.second)
    else:
        more = {"adjust": {"yuan": "10", "reason": "x"}, "score": {"score": "90"},
                "assess": {"quarter": "1", "score": "90"}}[what]  # fmt: skip
        case = take_step(case, what, actor=here.second, answers={"holder": west, **more})
    case = take_step(case, "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_clearing", actor=here.second, answers=SEEN)
    assert take_step(case, "approve_clearing", actor=here.guide, answers=SEEN).frozen


def test_findings_are_accepted_before_they_are_put_forward(here):
    publish([*usual(here), claim(here, date(YEAR, 5, 5), None, "east_hospital", 77_777)])
    case = take_step(running(here), "prepare_clearing", actor=here.officer)

    def found():
        return next(f for f in checks.findings(gathering.gather(case), clearing=True) if f.name == "outside_holders")

    for actor in (here.officer, here.second):
        with pytest.raises(drafting.DraftRefused, match="等待审批"):
            deciding.accept(case, "outside_holders", found().digest, "看过", actor=actor)
    case = take_step(case, "return_clearing", actor=here.second, answers={"reason": "先核对"})
    deciding.accept(case, "outside_holders", found().digest, "看过", actor=here.second)
    case = take_step(case, "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_clearing", actor=here.second, answers=SEEN)
    assert take_step(case, "approve_clearing", actor=here.guide, answers=SEEN).frozen


def test_a_year_is_closed_when_it_is_over(here, monkeypatch):
    publish(usual(here))
    case = running(here)
    monkeypatch.setattr(clock, "today", lambda: date(YEAR, 12, 31))
    with pytest.raises(StepRefused, match="还没有结束"):
        take_step(case, "prepare_clearing", actor=here.officer)
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 1, 1, 1))
    assert take_step(case, "prepare_clearing", actor=here.officer).state == "clearing"


def test_only_years_that_are_over_count_as_history(here, monkeypatch):
    publish(usual(here, YEAR - 1), YEAR - 1)
    monkeypatch.setattr(clock, "today", lambda: date(YEAR - 1, 12, 2))
    made = drafting.open_year("kunshan", YEAR, "residents", actor=here.officer)
    assert [p.year for h in made.holders() for p in h.past.all()] == []
