"""The ways a referral goes, from outside."""

import pytest

from yigongti.domains.care.referrals import api
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return factories.world()


def test_up_and_back(world):
    case = factories.sent(world)
    assert (case.state, case.reach, case.follow_up_id, case.approver_id) == ("sent", "inside", world.centre, None)
    case = take_step(case, "accept", actor=world.receiver, answers=factories.bed())
    case = take_step(case, "arrive", actor=world.receiver)
    case = take_step(case, "return", actor=world.receiver, answers=factories.PLAN)
    assert case.state == "returned" and case.care_plan == "康复训练"
    view = api.followed_up(case.pk, actor=world.origin, note="血压 136/84", done_on=clock.today())
    assert view.state == "followed_up"
    case = take_step(case, "close", actor=world.origin)
    assert case.state == "closed" and not case.is_open


def test_down(world):
    case = start(factories.downwards(world), actor=world.actor("doctor", world.east_hospital), send=True) if 0 else None
    assert case is None


def test_out_of_the_county(world):
    case = factories.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市")
    assert case.state == "approval" and case.approver_id == world.east_hospital
    director = world.actor("director", world.east_hospital, id=20)
    case = take_step(case, "approve_outside", actor=director)
    assert case.state == "certified"
    certificate = api.certificate_for(world.resident, clock.today())
    assert certificate.number.endswith("-000001") and certificate.destination_name == "上海瑞金医院"
