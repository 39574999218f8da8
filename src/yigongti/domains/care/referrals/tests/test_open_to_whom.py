"""How far each side sees into a referral, and until when; every look is a line in the trail."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from yigongti.domains.care.referrals import api, selectors
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.kernel import clock
from yigongti.kernel.access.api import NotVisible, resident_actor
from yigongti.kernel.audit.models import Line
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


def page_of(client, case) -> str:
    answer = client.get(case.get_absolute_url())
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def whole(page: str) -> bool:
    """Name and note go together."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)  # random signs may read 186
    assert (NAME in page) == (NOTE in page) == ("青霉素过敏" in page) == ("186" in page)
    return NAME in page


class TestUntilWhen:
    """The receiver sees the patient as long as the patient is its own."""

    @pytest.fixture
    def case(self, world):
        return factories.sent(world, note=NOTE, allergies="青霉素过敏", readings={"systolic": 186})

    @pytest.fixture
    def desks(self, world):
        return signed_in("coordinator", world.east_hospital), signed_in("coordinator", world.centre)

    def test_one_that_declined(self, world, case, desks):
        receiver, origin = desks
        assert whole(page_of(receiver, case))
        case = take_step(case, "decline", actor=world.receiver, answers=DECLINE)
        page = page_of(receiver, case)
        assert not whole(page) and "转入机构没有接收" in page and "不再显示" in page
        assert whole(page_of(origin, case)) and "不再显示" not in page_of(origin, case)
        take_step(case, "arrange_otherwise", actor=world.origin, answers={"reason": f"在本院治{NOTE}"})
        assert not whole(page_of(receiver, case))

    @pytest.mark.parametrize("accepted", [False, True])
    def test_one_from_whom_it_was_withdrawn(self, world, case, desks, accepted):
        receiver, origin = desks
        if accepted:
            case = take_step(case, "accept", actor=world.receiver, answers=factories.bed())
        case = take_step(case, "withdraw", actor=world.origin, answers={"reason": f"{NOTE}好转"})
        page = page_of(receiver, case)
        assert not whole(page) and "转诊已撤回" in page and whole(page_of(origin, case))
        answer = receiver.post(case.get_absolute_url(), {"step": "accept"})
        assert answer.status_code == 422 and NAME not in answer.content.decode()
        assert NAME not in receiver.get(reverse("referrals:accept", args=[case.pk])).content.decode()

    def test_one_whose_time_is_over(self, world, case, desks):
        receiver, _origin = desks
        case = take_step(case, "accept", actor=world.receiver, answers=factories.bed())
        case = take_step(case, "arrive", actor=world.receiver)
        case = take_step(case, "return", actor=world.receiver, answers={**factories.PLAN, "conclusion": NOTE})
        case = take_step(case, "follow_up", actor=world.origin,
                         answers={"note": NOTE, "done_on": clock.today().isoformat()})  # fmt: skip
        case = take_step(case, "close", actor=world.origin)
        assert case.access_until is not None and whole(page_of(receiver, case))
        with clock.fixed(case.access_until + timedelta(minutes=1)):
            page = page_of(signed_in("doctor", world.east_hospital), case)
            assert not whole(page) and "查阅期限已到" in page and "康复训练" not in page
            assert whole(page_of(signed_in("doctor", world.centre), case))

    def test_sent_down_and_declined_the_receiver_was_to_follow_up_and_sees_no_more(self, world):
        hospital = world.actor("doctor", world.east_hospital, id=31)
        case = start(factories.downwards(world, note=NOTE), actor=hospital, send=True) if related(world) else None
        assert case is not None and case.follow_up_id == case.receiver_id
        desk = signed_in("doctor", world.centre)
        assert NOTE in page_of(desk, case)
        take_step(case, "decline", actor=world.origin, answers=DECLINE)
        assert NOTE not in page_of(desk, case) and NAME not in page_of(desk, case)


def related(world) -> bool:
    """The hospital has treated the patient."""
    factories.records.fact(
        "encounter", resident_id=world.resident, source_id=world.east_hospital, institution_id=world.east_hospital,
        at=clock.today(),
    )  # fmt: skip
    return True


class TestEveryLookIsALine:
    def lines(self, world, act):
        return Line.objects.filter(act=act, resident_id=world.resident).count()

    def test_of_a_referral(self, world):
        case = factories.sent(world)
        client = signed_in("coordinator", world.east_hospital)
        looks = [
            lambda: client.get(case.get_absolute_url()),
            lambda: client.post(case.get_absolute_url(), {"step": "nonsense"}),
            lambda: client.post(case.get_absolute_url(), {"step": "decline"}),
            lambda: client.get(reverse("referrals:accept", args=[case.pk])),
            lambda: client.post(reverse("referrals:accept", args=[case.pk]), {"way": "bed"}),
        ]
        for n, look in enumerate(looks, 1):
            assert look().status_code in (200, 422)
            assert self.lines(world, "referrals.read") == n
        said = {"step": "decline", "decline-code": "no_capacity", "decline-advice": "请转他院"}
        assert client.post(case.get_absolute_url(), said).status_code == 302
        assert self.lines(world, "referrals.read") == len(looks)

    def test_of_lists_and_their_export(self, world):
        factories.sent(world)
        client = signed_in("director", world.east_hospital)
        listed = Line.objects.filter(act="referrals.browse", resident_ids=[world.resident])
        client.get(reverse("referrals:part", args=["all"]))
        assert listed.count() == 1
        client.get(reverse("referrals:part", args=["all"]), {"direction": "down"})
        assert listed.count() == Line.objects.filter(act="referrals.browse").count() == 1
        b"".join(client.get(reverse("referrals:part", args=["all"]), {"export": "csv"}).streaming_content)
        assert listed.count() == 2 and listed.order_by("pk").last().detail == {"rows": 1, "exported": True}


class TestCertificates:
    @pytest.fixture
    def certificate(self, world):
        case = factories.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市")
        take_step(case, "approve_outside", actor=world.actor("director", world.east_hospital, id=99))
        return case.certificate

    def test_looks_are_lines(self, world, certificate):
        client = signed_in("director", world.centre)
        assert client.get(reverse("referrals:certificate", args=[certificate.pk])).status_code == 200
        assert client.get(reverse("referrals:certificates")).status_code == 200
        assert Line.objects.filter(act="referrals.read", subject=f"certificate:{certificate.pk}",
                                   resident_id=world.resident).count() == 1  # fmt: skip
        assert Line.objects.filter(act="referrals.certificates", resident_ids=[world.resident]).count() == 1

    @pytest.mark.parametrize(
        ("role", "side", "may"),
        [
            ("doctor", "centre", True), ("coordinator", "centre", True),
            ("director", "centre", False), ("insurance_officer", "centre", False),
            ("director", "east_hospital", True), ("insurance_officer", "east_hospital", True),
            ("coordinator", "east_hospital", True), ("doctor", "east_hospital", False),
        ],
    )  # fmt: skip
    def test_who_prints(self, world, certificate, role, side, may):
        client = signed_in(role, getattr(world, side))
        paper = reverse("referrals:certificate_pdf", args=[certificate.pk])
        page = client.get(reverse("referrals:certificate", args=[certificate.pk]))
        if page.status_code == 200:
            assert (paper in page.content.decode()) == may and NAME not in page.content.decode()
        assert client.get(paper).status_code == (200 if may else 403)
        printed = Line.objects.filter(act="referrals.certificate_pdf", resident_id=world.resident, outcome="done")
        assert printed.count() == may
