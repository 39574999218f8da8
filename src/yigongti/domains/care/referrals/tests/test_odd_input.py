"""What no browser sends and somebody will: it is answered, never a fault, and never at the cost of a worker."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse

from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.starting import read_start, start_token
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.kernel.privacy.api import sign_token
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db
DECLINE = {"code": "no_capacity", "advice": "请转他院"}


@pytest.fixture
def world():
    return factories.world()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/referrals/new/?resident=²", 200),
        ("/referrals/new/?resident=" + "9" * 30, 200),
        ("/referrals/belongs/?diagnosis=I10&origin=²", 200),
        ("/referrals/figures/?until=9999-12-31", 200),
        ("/referrals/figures/?since=0001-01-01", 200),
        ("/referrals/99999999999999999999/", 404),
        ("/referrals/lists/all/?q=%00&sent_to=9999-12-31&receiver=²", 200),
    ],
)
def test_odd_addresses(world, address, status):
    assert signed_in("doctor", world.centre).get(address).status_code == status


@pytest.mark.parametrize("said", [
    {"origin": "²"}, {"reason": "a\0"}, {"symptoms": "a\0"}, {"symptoms": "unknown"}, {"diagnosis": "I" * 5000},
    {"systolic": "1e1000000"}, {"systolic": "9" * 5000}, {"glucose": "1e1000000"}, {"glucose": "1e-1000000"},
    {"temperature": "NaN"}, {"pulse": "1e300000"}, {"next_check_on": "9999-12-31"},
])  # fmt: skip
@pytest.mark.parametrize("button", ["look", "send"])
def test_odd_fields_of_a_new_referral(world, said, button):
    form = {"reason": "uncontrolled", "diagnosis": "I10.x00", "origin": world.centre, "receiver": "", **said}
    client = signed_in("doctor", world.centre)
    began = time.monotonic()
    answer = client.post(f"{reverse('referrals:new')}?resident={world.resident}", {**form, button: "1"})
    assert answer.status_code == (200 if button == "look" else 422)
    assert time.monotonic() - began < 3


def test_an_unknown_direction_beside_a_sealed_start_is_the_starts_own(world):
    token = start_token(world.resident, [], {"systolic": 186}, "up", lasts=timedelta(hours=1))
    answer = signed_in("doctor", world.centre).get(reverse("referrals:new"), {"start": token, "direction": "x"})
    assert answer.status_code == 200 and 'value="186"' in answer.content.decode()


def test_a_sealed_start_hands_over_short_readings_only():
    sealed = sign_token(
        "referrals.start",
        '{"r": 1, "d": "up", "s": [], "m": {"systolic": "1e9", "glucose": "16.7"}}',
        lasts=timedelta(hours=1),
    )
    found = read_start(sealed)
    assert found is not None and list(found.readings) == ["glucose"]


def test_odd_answers_of_the_receiver(world):
    case = factories.sent(world)
    client = signed_in("doctor", world.east_hospital)
    accept = reverse("referrals:accept", args=[case.pk])
    for since in ("9999-12-31", "0001-01-01", "²"):
        assert client.get(accept, {"since": since}).status_code == 200
    for slot in ("²", "9" * 30, "-1"):
        said = {"step": "accept", "accept-way": "slot", "accept-slot": slot}
        assert client.post(case.get_absolute_url(), said).status_code == 422
    assert client.post(accept, {"way": "bed", "ward": "3 床", "on": "9999-12-31"}).status_code == 422


def test_too_long_or_too_late_is_refused_in_words(world):
    case = factories.sent(world)
    take_step(case, "decline", actor=world.receiver, answers=DECLINE)
    said = {"receiver": str(world.west_hospital), "department": "科" * 200}
    with pytest.raises(StepRefused, match="最多 60 个字"):
        take_step(case, "redirect", actor=world.origin, answers=said)
    draft = start(factories.content(world, duplicate_reason="已电话商定"), actor=world.origin)
    with pytest.raises(StepRefused, match="最多 500 个字"):
        take_step(draft, "send", actor=world.origin, answers={"duplicate_reason": "因" * 600})
    other = factories.sent(world, duplicate_reason="已电话商定")
    take_step(other, "accept", actor=world.receiver, answers=factories.bed())
    take_step(other, "arrive", actor=world.receiver)
    with pytest.raises(StepRefused, match="五年内"):
        take_step(other, "return", actor=world.receiver, answers={**factories.PLAN, "next_check_on": "9999-12-31"})
