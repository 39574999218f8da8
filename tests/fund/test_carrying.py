"""An overspend that is carried forward is borne once, in a year that is still open; a surplus has somebody to go to."""

from datetime import date

import pytest

from tests.fund.world import YEAR, World, claim, cleared, drafted, publish, running, usual, world
from yigongti.domains.money.books import api as books
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Change, FundYear, Paid, Participant
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db
ON = {"on": date(2026, 2, 1)}


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def overspent(here: World, overspend: str) -> FundYear:
    """West uses 138,000.00 of 126,000.00; the fund pays half of the difference, 6,000.00 are West's."""
    publish([*usual(here), claim(here, date(YEAR, 7, 1), "west_centre", "outside", 3_000_000)])
    publish(usual(here, YEAR + 1), YEAR + 1)
    return cleared(here, overspend=overspend)


@pytest.mark.parametrize(("choice", "entitled"), [("record_only", 13_200_000), ("carry_forward", 13_800_000)])
def test_what_a_later_year_bears_this_one_does_not(here, choice, entitled):
    case = overspent(here, choice)
    drafted(here, YEAR + 1)
    west = here.id("west")
    assert gathering.gather(case).statement.fen("entitled", west) == entitled
    take_step(case, "settle", actor=here.officer, answers=ON)
    posted = books.voucher_of(f"insurance_fund:{case.pk}:overspend:{west}")
    assert (posted is None) is (choice == "carry_forward")
    carried = sum(c.fen for c in Change.objects.filter(source="carried", holder__year__year=YEAR + 1))
    assert carried == (-600_000 if choice == "carry_forward" else 0)


def test_an_overspend_is_not_carried_into_figures_that_wait_for_approval(here, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 2, 2, 1))
    case = overspent(here, "carry_forward")
    after = take_step(running(here, YEAR + 1), "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused, match="还在编制或执行"):
        take_step(case, "settle", actor=here.officer, answers=ON)
    take_step(after, "return_clearing", actor=here.second, answers={"reason": "等待结转"})
    take_step(case, "settle", actor=here.officer, answers=ON)
    assert Change.objects.get(holder__year=after, source="carried").fen == -600_000


def test_an_overspend_goes_past_a_closed_year_to_one_that_is_open(here, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 2, 2, 1))
    case = overspent(here, "carry_forward")
    after = take_step(running(here, YEAR + 1), "prepare_clearing", actor=here.officer)
    take_step(after, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    with pytest.raises(StepRefused, match="先建立下一年度"):
        take_step(case, "settle", actor=here.officer, answers=ON)
    last = drafted(here, YEAR + 2)
    take_step(case, "settle", actor=here.officer, answers=ON)
    assert [c.holder.year_id for c in Change.objects.filter(source="carried")] == [last.pk]


def test_an_overspend_no_later_year_takes_is_borne_after_all(here):
    """Nobody draws up a year after it: whoever settles says so, and it is posted as borne, once."""
    case = overspent(here, "carry_forward")
    west = here.id("west")
    with pytest.raises(StepRefused, match="由谁接收"):
        take_step(case, "settle", actor=here.officer, answers=ON)
    take_step(case, "settle", actor=here.officer, answers={**ON, "carry_to": "borne"})
    posted = books.voucher_of(f"insurance_fund:{case.pk}:overspend:{west}")
    assert max(line.fen for line in posted.lines) == 600_000
    assert Paid.objects.get(year=case, what="borne").fen == 600_000
    drafted(here, YEAR + 1)
    assert not Change.objects.filter(source="carried").exists()


def test_an_overspend_is_taken_over_by_another_holder(here):
    """The west holds no budget in the next year; the east takes over what it overspent."""
    case = overspent(here, "carry_forward")
    after = drafted(here, YEAR + 1)
    west = Participant.objects.unscoped("test").get(year=after, organisation_id=here.id("west"), holder=None)
    Participant.objects.unscoped("test").filter(holder=west).delete()
    west.delete()
    east = here.id("east")
    for wrong in ("1", f"{case.pk}:{east}", "x"):
        with pytest.raises(StepRefused):
            take_step(case, "settle", actor=here.officer, answers={**ON, "carry_to": wrong})
    take_step(case, "settle", actor=here.officer, answers={**ON, "carry_to": f"{after.pk}:{east}"})
    (change,) = Change.objects.filter(source="carried")
    assert (change.holder.organisation_id, change.whose_id, change.fen) == (east, here.id("west"), -600_000)
    assert books.voucher_of(f"insurance_fund:{case.pk}:overspend:{here.id('west')}") is None


def test_a_surplus_nobody_can_share_is_not_closed(here):
    publish(usual(here))
    case = running(here)
    Participant.objects.unscoped("test").filter(year=case, holder__isnull=False).update(tier="")
    with pytest.raises(StepRefused, match="没有可以参加分配的成员单位"):
        take_step(case, "prepare_clearing", actor=here.officer)
