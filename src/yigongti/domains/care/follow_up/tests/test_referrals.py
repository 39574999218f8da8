"""A referral asks for its follow-ups by itself, and goes on when they are done, wherever that was entered."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from yigongti.domains.care.follow_up import api
from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.domains.care.follow_up.tests.test_keeping import visit
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 20, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def world():
    return factories.world()


def follow_ups(reason=None):
    found = FollowUp.objects.unscoped("test").order_by("pk")
    return list(found.filter(reason=reason) if reason else found)


def returned(world, **values):
    case = factories.sent(world, **values)
    case = take_step(case, "accept", actor=world.receiver, answers=factories.bed())
    case = take_step(case, "arrive", actor=world.receiver)
    return take_step(case, "return", actor=world.receiver, answers=factories.PLAN)


def test_an_urgent_referral_opens_its_follow_up_within_two_weeks(world):
    case = factories.sent(world, urgent=True, readings={"systolic": Decimal(186), "diastolic": Decimal(112)})
    [made] = follow_ups()
    assert (made.reason, made.institution_id, made.asked_by_id) == ("urgent", world.centre, world.east_hospital)
    assert (made.due_on - NOW.date()).days == 14
    assert made.referral_id == case.pk


def test_an_ordinary_one_opens_none_until_it_comes_back(world):
    case = returned(world)
    [made] = follow_ups()
    assert (made.reason, made.institution_id, made.care_plan) == ("returned", world.centre, "康复训练")
    assert made.medicines == factories.PLAN["medicines"]
    assert referrals.get(case.pk, actor=world.origin).state == "returned"


def test_the_visit_takes_the_referral_on(world, django_capture_on_commit_callbacks):
    case = returned(world)
    with django_capture_on_commit_callbacks(execute=True):
        api.record_visit(follow_ups("returned")[0], visit(systolic=136, diastolic=84), actor=world.origin)
    assert referrals.get(case.pk, actor=world.origin).state == "followed_up"
    assert follow_ups("returned")[0].state == "done"


def test_entered_with_the_referral_it_is_done_here_too(world, django_capture_on_commit_callbacks):
    case = returned(world)
    with django_capture_on_commit_callbacks(execute=True):
        referrals.followed_up(case.pk, actor=world.origin, note="血压 136/84", done_on=clock.today())
    assert follow_ups("returned")[0].state == "done"
    assert referrals.get(case.pk, actor=world.origin).state == "followed_up"


def test_a_step_that_is_refused_opens_nothing(world):
    case = factories.sent(world)
    with pytest.raises(StepRefused):
        take_step(case, "return", actor=world.receiver, answers=factories.PLAN)
    assert follow_ups() == []


def test_within_fourteen_days_is_counted_to_the_day(world):
    factories.sent(world, urgent=True, readings={"systolic": Decimal(186), "diastolic": Decimal(112)})
    with clock.fixed(NOW + timedelta(days=14, hours=10)):
        api.record_visit(follow_ups()[0], visit(systolic=136, diastolic=84), actor=world.origin)
    [figures] = api.figures(world.origin, since=NOW.date(), until=NOW.date() + timedelta(days=30))
    assert (figures.due, figures.done, figures.in_time) == (1, 1, 1)


def test_out_of_the_county_it_is_followed_up_as_well(world):
    case = factories.sent(
        world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市", urgent=True,
        readings={"systolic": Decimal(186), "diastolic": Decimal(112)},
    )  # fmt: skip
    assert follow_ups() == []
    take_step(case, "approve_outside", actor=world.actor("director", world.east_hospital, id=20))
    [made] = follow_ups()
    assert (made.reason, made.institution_id, made.asked_by_id) == ("urgent", world.centre, None)


def test_sent_on_to_another_hospital_it_is_one_follow_up(world):
    case = factories.sent(world, urgent=True, readings={"systolic": Decimal(186), "diastolic": Decimal(112)})
    take_step(case, "decline", actor=world.receiver, answers={"code": "no_capacity", "advice": "请转西院"})
    first = follow_ups("urgent")[0]
    take_step(case, "redirect", actor=world.origin, answers={"receiver": str(world.west_hospital)})
    [kept] = follow_ups("urgent")
    assert (kept.pk, kept.due_on) == (first.pk, first.due_on) and kept.referral_id != case.pk


def test_a_visit_entered_late_counts_on_its_day_in_both(world):
    case = returned(world)
    with clock.fixed(NOW + timedelta(days=3)):
        late = visit(systolic=136, diastolic=84)
    with clock.fixed(NOW + timedelta(days=5)):
        api.record_visit(follow_ups("returned")[0], late, actor=world.origin)
    assert follow_ups("returned")[0].done_on == (NOW + timedelta(days=3)).date()
    assert referrals.get(case.pk, actor=world.origin).followed_up_on == (NOW + timedelta(days=3)).date()


def test_who_died_is_followed_up_by_saying_so(world):
    case = returned(world)
    take_step(follow_ups("returned")[0], "drop", actor=world.origin, answers={"why": "died"})
    assert referrals.get(case.pk, actor=world.origin).state == "followed_up"
