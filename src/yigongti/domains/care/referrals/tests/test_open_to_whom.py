"""How far each side sees into a referral, and until when; every look is a line in the trail."""

import pytest
from django.urls import reverse

from yigongti.domains.care.referrals import api, selectors
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.kernel.access.api import NotVisible, resident_actor
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db
NOTE, NAME = "秘密病情甲", "王秀英"
DECLINE = {"code": "no_capacity", "advice": "请转他院"}


@pytest.fixture
def world():
    return factories.world()


def told(world):
    return factories.content(world, note=NOTE, receiver_id=world.west_hospital)


def sees(actor, case) -> bool:
    try:
        return selectors.one(actor, case.pk).pk == case.pk
    except NotVisible:
        return False


class TestNeverSent:
    """What the receiver was never asked, neither it nor the patient hears of."""

    def nobody_but(self, world, case, *sides):
        sides_of = {
            "origin": world.origin,
            "approver": world.actor("coordinator", world.east_hospital, id=90),
            "receiver": world.actor("coordinator", world.west_hospital, id=91),
        }
        assert {side for side, actor in sides_of.items() if sees(actor, case)} == set(sides)
        me = resident_actor("王秀英（居民本人）", [world.resident])
        assert api.of_resident(world.resident, actor=me) == []
        with pytest.raises(NotVisible):
            api.get(case.pk, actor=me)
        for side in ("approver", "receiver"):
            seen = {one.id for one in api.of_resident(world.resident, actor=sides_of[side])}
            assert seen == ({case.pk} if side in sides else set())

    def test_a_withdrawn_draft(self, world, monkeypatch):
        monkeypatch.setattr(routes, "approver", lambda *_: world.east_hospital)
        case = start(told(world), actor=world.origin)
        self.nobody_but(world, case, "origin")
        case = take_step(case, "withdraw", actor=world.origin, answers={"reason": "写错人了"})
        self.nobody_but(world, case, "origin")
        client = signed_in("coordinator", world.west_hospital)
        assert client.get(case.get_absolute_url()).status_code == 404
        assert case.get_absolute_url() not in client.get(reverse("referrals:part", args=["all"])).content.decode()

    @pytest.mark.parametrize("step", ["refuse", "withdraw"])
    def test_what_the_approver_had_before_it(self, world, monkeypatch, step):
        monkeypatch.setattr(routes, "approver", lambda *_: world.east_hospital)
        case = start(told(world), actor=world.origin, send=True)
        assert case.state == "approval"
        self.nobody_but(world, case, "origin", "approver")
        approver = world.actor("coordinator", world.east_hospital, id=90)
        if step == "refuse":
            case = take_step(case, "refuse", actor=approver, answers=DECLINE)
        else:
            case = take_step(case, "withdraw", actor=world.origin, answers={"reason": "患者好转"})
        assert case.sent_at is None
        self.nobody_but(world, case, "origin", "approver")

    def test_once_sent_all_hear_of_it(self, world, monkeypatch):
        monkeypatch.setattr(routes, "approver", lambda *_: world.east_hospital)
        case = start(told(world), actor=world.origin, send=True)
        case = take_step(case, "approve", actor=world.actor("coordinator", world.east_hospital, id=90))
        assert sees(world.actor("coordinator", world.west_hospital, id=91), case)
        me = resident_actor("王秀英（居民本人）", [world.resident])
        assert [one.state for one in api.of_resident(world.resident, actor=me)] == ["sent"]
