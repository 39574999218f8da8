"""The desk shows everything that waits for its people and nothing else; a case goes from hand to hand."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from yigongti.domains.care.follow_up import api as follow_up
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor
from yigongti.kernel.workflow.api import assigned, take_step

pytestmark = pytest.mark.django_db

PASSWORD = "Jade-2026-hill"


@pytest.fixture
def world():
    return factories.world()


def member(name, role, organisation_id):
    account = create_account(
        name, name, organisation_id=organisation_id, password=PASSWORD, actor=system_actor("test"),
        must_change_password=False,
    )  # fmt: skip
    grant_role(account, role, organisation_id=organisation_id, actor=system_actor("test"))
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return account, client


NOW = datetime(2026, 11, 10, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


def people(world):
    return {
        "sun": member("孙丽", Role.COORDINATOR, world.east_hospital),
        "zhou": member("周敏", Role.COORDINATOR, world.east_hospital),
        "far": member("方远", Role.COORDINATOR, world.west_hospital),
        "head": member("朱明华", Role.DIRECTOR, world.east_hospital),
        "clerk": member("顾敏", Role.DATA_OFFICER, world.east_hospital),
    }


def text(client, query=""):
    answer = client.get(reverse("centre:desk") + query)
    return answer.status_code, answer.content.decode()


def asked(world, due, about="高血压病"):
    return follow_up.ask_for(
        world.resident, follow_up.Reason.PLANNED, institution_id=world.east_hospital, actor=system_actor("test"),
        about=about, due=due,
    )  # fmt: skip


def test_what_waits_for_the_desk_and_nothing_else(world):
    folk = people(world)
    case = factories.sent(world)
    asked(world, clock.today())
    status, page = text(folk["sun"][1])
    assert status == 200
    assert case.get_absolute_url() in page and "高血压病" in page
    assert "王*英" in page and "王秀英" not in page
    assert case.get_absolute_url() not in text(folk["far"][1])[1]
    assert text(folk["clerk"][1])[0] == 403
    take_step(case, "decline", actor=world.receiver, answers={"code": "no_capacity", "advice": "请转市二院"})
    assert case.get_absolute_url() not in text(folk["sun"][1])[1]


def test_overdue_due_today_and_in_whose_hands(world):
    folk = people(world)
    late = asked(world, clock.today() - timedelta(days=1), "迟")
    today = asked(world, clock.today(), "今")
    later = asked(world, clock.today() + timedelta(days=3), "后")
    shown = {
        query: {c for c in (late, today, later) if c.get_absolute_url() in text(folk["sun"][1], query)[1]}
        for query in ("?due=overdue", "?due=today", "?hand=mine", "?hand=nobody", "?q=今")
    }
    assert shown == {
        "?due=overdue": {late}, "?due=today": {late, today}, "?hand=mine": set(), "?hand=nobody": {late, today, later},
        "?q=今": {today},
    }  # fmt: skip


def test_a_case_goes_from_hand_to_hand(world):
    folk = people(world)
    case = asked(world, clock.today())
    address = reverse("centre:hand_over", args=[case.workflow.name, case.pk])
    offered = folk["sun"][1].get(address).content.decode()
    assert "周敏" in offered and "方远" not in offered and "朱明华" not in offered
    answer = folk["sun"][1].post(address, {"to": folk["zhou"][0], "note": "我去开会"})
    assert answer.status_code == 302
    assert assigned(case.workflow.name, [case.pk])[case.pk].account_id == folk["zhou"][0]
    assert case.get_absolute_url() in text(folk["zhou"][1], "?hand=mine")[1]
    assert case.get_absolute_url() in text(folk["sun"][1], "?hand=others")[1]
    assert folk["far"][1].get(address).status_code == 404
    assert folk["sun"][1].post(address, {"to": folk["far"][0]}).status_code == 422


def test_figures_of_ones_own_institutions(world):
    folk = people(world)
    case = factories.sent(world)
    with clock.fixed(datetime(2026, 11, 10, 9, 42, tzinfo=clock.ZONE)):
        take_step(case, "decline", actor=world.receiver, answers={"code": "no_capacity", "advice": "请转市二院"})
    address = reverse("centre:figures") + "?since=2026-11-01&until=2026-11-30"
    page = folk["head"][1].get(address).content.decode()
    assert "42 分钟" in page and "0.0 %" in page
    assert "42 分钟" not in folk["far"][1].get(address).content.decode()
    assert folk["clerk"][1].get(address).status_code == 403
    for since, until in (("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("x", ""), ("2026-11-01", "²")):
        odd = folk["head"][1].get(reverse("centre:figures"), {"since": since, "until": until})
        assert odd.status_code == 200
    wrong = folk["head"][1].get(reverse("centre:figures") + "?since=2026-11-30&until=2026-11-01")
    assert wrong.status_code == 200 and "不早于" in wrong.content.decode()
