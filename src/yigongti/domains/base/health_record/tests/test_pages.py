"""The record page from outside."""

import json
from datetime import date, datetime
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from tests.support.people import LONG_AGO

from yigongti.domains.base.health_record.models import BreakGlass
from yigongti.domains.base.health_record.tests.factories import fact, resident, row, stored
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.models import Line

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def places():
    return {key: row.pk for key, row in county_with_two_areas().items()}


def signed_in(role, organisation_id) -> Client:
    account = Account.objects.create(
        username=f"{role}-{organisation_id}",
        name="李医生",
        home_organisation_id=organisation_id,
        must_change_password=False,
        created_at=NOW,
        password_changed_at=NOW,
    )
    Grant.objects.create(
        account=account, role=role, organisation_id=organisation_id, starts_on=LONG_AGO, granted_at=NOW
    )
    client = Client()
    client.force_login(account)
    return client


def text(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def who(places):
    known = resident(name="王秀英", sex="2", birth_date=date(1958, 3, 2))
    clinic = places["east_clinic"]
    own = {"resident_id": known, "source_id": clinic, "institution_id": clinic}
    fact(**own, at=date(2026, 1, 10), encounter_no="V1", department="全科", total_fen=8650)
    fact("condition", **own, at=date(2026, 1, 10), encounter_no="V1", display="原发性高血压")
    fact("observation", **own, at=date(2026, 1, 10), encounter_no="V1", value="186")
    fact("observation", **own, at=date(2025, 12, 10), value="150")
    fact(
        "claim", resident_id=known, at=date(2026, 2, 1), inside_county=False, tier="outside", institution_id=None,
        institution_name="上海某医院", total_fen=500_000, fund_fen=300_000, self_paid_fen=200_000,
    )  # fmt: skip
    return known


def test_the_timeline(places, who):
    page = text(signed_in(Role.VILLAGE_DOCTOR, places["east_clinic"]).get(reverse("health_record:record", args=[who])))
    for words in (
        "王秀英",
        "诊疗关系",
        "原发性高血压",
        "186",
        "上海某医院",
        "县域外",
        "86.50",
        "5,000.00",
        "收缩压",
        "<svg",
    ):
        assert words in page
    assert "共 5 条记录" in page
    assert page.index("上海某医院") < page.index("原发性高血压")


def test_filters_in_the_address(places, who):
    client = signed_in(Role.DOCTOR, places["east_clinic"])
    address = reverse("health_record:record", args=[who])
    assert "共 1 条记录（已筛选）" in text(client.get(address, {"kind": "claim"}))
    assert "共 3 条记录（已筛选）" in text(client.get(address, {"since": "2026-01-01", "until": "2026-01-31"}))
    assert "没有记录" in text(client.get(address, {"q": "糖尿病"}))
    for nonsense in (
        {"since": "soon"},
        {"kind": "<script>"},
        {"from": "-1"},
        {"institution": "id:999999999999999999999"},
    ):
        assert client.get(address, nonsense).status_code == 200


def test_closed_then_opened_in_an_emergency_for_all_to_see(places, who):
    client = signed_in(Role.DOCTOR, places["west_hospital"])
    address = reverse("health_record:record", args=[who])
    closed = client.get(address)
    assert closed.status_code == 403
    assert "王*英" in text(closed) and "王秀英" not in text(closed) and "高血压" not in text(closed)
    assert client.post(reverse("health_record:open", args=[who]), {"reason": "急"}).status_code == 422
    assert not BreakGlass.objects.exists()
    opened = client.post(reverse("health_record:open", args=[who]), {"reason": "患者昏迷，需了解用药"}, follow=True)
    assert "紧急查阅中" in text(opened) and "原发性高血压" in text(opened)
    seen = text(signed_in(Role.DOCTOR, places["east_clinic"]).get(reverse("health_record:looked", args=[who])))
    assert "患者昏迷，需了解用药" in seen and "west_hospital" in seen


def test_looks_at_who_looked_and_looks_refused_are_in_the_trail(places, who):
    address = reverse("health_record:looked", args=[who])
    assert signed_in(Role.DOCTOR, places["west_hospital"]).get(address).status_code == 403
    client = signed_in(Role.DOCTOR, places["east_clinic"])
    client.get(address)
    lines = list(Line.objects.filter(resident_id=who).order_by("pk").values_list("act", "outcome"))
    assert lines == [("health_record.read", "refused"), ("health_record.looked", "done")]
    page = text(client.get(address))
    assert "查看查阅记录" in page and "west_hospital" not in page  # who was kept out has not looked


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.DATA_OFFICER, Role.AUDITOR])
def test_others_read_no_records(places, who, role):
    client = signed_in(role, places["east_clinic"])
    for name in ("record", "looked"):
        assert client.get(reverse(f"health_record:{name}", args=[who])).status_code == 403


def test_nobody_s_number(places):
    assert (
        signed_in(Role.DOCTOR, places["east_clinic"]).get(reverse("health_record:record", args=[99])).status_code == 404
    )


def test_a_long_record_asks_few_questions(places, who, django_assert_max_num_queries):
    clinic = places["east_clinic"]
    stored(
        *(
            row(
                resident_id=who, source_id=clinic, institution_id=clinic, record_no=f"R{n}",
                at=date(2024 + n % 2, 1 + n % 12, 1 + n % 28),
            )
            for n in range(500)
        )
    )  # fmt: skip
    doctor = signed_in(Role.VILLAGE_DOCTOR, clinic)
    address = reverse("health_record:record", args=[who])
    doctor.get(address)  # the first page of a session also says when it was last seen
    with django_assert_max_num_queries(17):
        assert "共 505 条记录" in text(doctor.get(address))
    with django_assert_max_num_queries(17):
        assert "共 1 条记录" in text(doctor.get(address, {"kind": "claim"}))


def test_what_a_source_sent_is_text(places, who):
    clinic = places["east_clinic"]
    bad = "<b>&\"'"
    fact(
        "medication", resident_id=who, source_id=clinic, institution_id=clinic, at=date(2026, 1, 11), code=bad,
        display=bad, department=bad, practitioner=bad,
        detail=json.dumps({"usage": bad, "days": bad, "content": f"{bad}\n{bad}"}),
    )  # fmt: skip
    fact("encounter", resident_id=who, source_id=clinic, encounter_no="V9", at=date(2026, 1, 12), display=bad)
    fact(
        "observation", resident_id=who, source_id=clinic, encounter_no="V9", at=date(2026, 1, 12), display=bad,
        code=bad, value=None, value_text=bad, unit=bad, detail=json.dumps({"usage": bad}),
    )  # fmt: skip
    page = signed_in(Role.VILLAGE_DOCTOR, clinic).get(reverse("health_record:record", args=[who])).content.decode()
    assert "<b>" not in page
    assert page.count("&lt;b&gt;&amp;&quot;&#x27;") >= 12
    assert "<br>" in page
