"""What happens when nobody does anything: who is called in, and that they hear of it every time."""

from datetime import datetime, timedelta

import pytest

from yigongti.domains.care.referrals import api
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.test_time import account, again
from yigongti.kernel import clock
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import take_due, take_step

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture
def world():
    with clock.fixed(NOW):
        yield factories.world()


def told(what: str, case: Referral) -> set[int]:
    found = Notice.objects.filter(key__startswith=f"referrals.{what}:{case.pk}", read_at=None, account_id__isnull=False)
    return set(found.values_list("account_id", flat=True))


def test_a_silent_lead_hospital_is_overseen_by_the_other_one(world):
    account("coordinator", world.east_hospital)
    other = account("director", world.west_hospital)
    case = factories.sent(world, urgent=True)
    with clock.fixed(NOW + timedelta(minutes=16)):
        take_due()
        case = again(case)
        assert (case.state, case.overseer_id) == ("expired", world.west_hospital)
        assert other in told("expired", case)
        assert case.due_at == NOW + timedelta(minutes=15)
        seen = api.get(case.pk, actor=world.actor("director", world.west_hospital, id=31))
        assert seen.state == "expired"


def test_without_people_at_the_next_one_the_silent_ones_own_head_is_told(world):
    director = account("director", world.east_hospital)
    case = factories.sent(world, urgent=True)
    with clock.fixed(NOW + timedelta(minutes=16)):
        take_due()
    assert again(case).overseer_id == world.east_hospital and director in told("expired", case)


def test_who_is_asked_again_and_stays_silent_is_paged_again_and_the_first_answer_counts(world):
    desk = account("coordinator", world.east_hospital)
    case = factories.sent(world, urgent=True)
    with clock.fixed(NOW + timedelta(minutes=16)):
        take_due()
        assert desk in told("expired", case)
    with clock.fixed(NOW + timedelta(minutes=20)):
        take_step(again(case), "accept", actor=world.receiver, answers={"way": "at_once"})
        assert not told("expired", case)
    with clock.fixed(NOW + timedelta(hours=26)):
        take_due()
        take_step(again(case), "ask_again", actor=world.origin, answers={"note": "会来"})
        assert told("again", case) == {desk}
        figures = api.figures(actor=world.actor("director", world.east_hospital), since=NOW.date(), until=NOW.date())
        assert (figures[0].overdue, figures[0].share_in_time) == (1, 0)  # five minutes late, and not made good
    with clock.fixed(NOW + timedelta(hours=27)):
        take_due()
        assert again(case).state == "expired" and desk in told("expired", case)
        take_step(again(case), "accept", actor=world.receiver, answers={"way": "at_once"})
        assert not told("expired", case) and not told("again", case)


@pytest.mark.parametrize(("urgent", "late"), [(True, timedelta(hours=2)), (False, timedelta(days=1))])
def test_an_approval_nobody_gives_is_escalated_and_can_still_be_given(world, urgent, late):
    approving, origin = account("coordinator", world.east_hospital), account("doctor", world.centre)
    other = account("director", world.west_hospital)
    case = factories.sent(world, urgent=urgent, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海")
    with clock.fixed(NOW + late - timedelta(minutes=1)):
        assert take_due() == 0
    with clock.fixed(NOW + late):
        assert take_due() == 1
        assert take_due() == 0
        case = again(case)
        assert (case.state, case.due_at, case.overseer_id) == ("approval_late", NOW + late, world.west_hospital)
        assert told("approval_late", case) == {approving, origin, other}
        assert api.get(case.pk, actor=world.actor("director", world.west_hospital, id=31)).state == "approval_late"
        director = world.actor("director", world.east_hospital, id=20)
        assert take_step(case, "approve_outside", actor=director).state == "certified"


def test_who_came_and_is_neither_treated_nor_sent_back_is_overdue(world):
    case = factories.sent(world, urgent=True)
    take_step(case, "accept", actor=world.receiver, answers={"way": "at_once"})
    case = take_step(case, "arrive", actor=world.receiver)
    assert case.due_at == datetime(2026, 12, 24, 0, 0, tzinfo=clock.ZONE)  # thirty days
