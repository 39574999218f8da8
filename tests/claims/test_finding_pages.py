"""The pages of fund supervision from outside: who opens which, the steps from the browser, the command line."""

from html import unescape
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.claims.county import Here, settled
from tests.claims.lines import charged, line
from tests.claims.test_findings import officer, step
from tests.claims.test_screens import YEAR, stay
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims.cli import group
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.services.screening import screen
from yigongti.domains.money.claims.tasks import screen as job
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.access.models import Account
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db
READERS = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}


def text(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def one(here: Here) -> Finding:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    charged([line("S2", 1, charged_on="2025-03-11"), line("S2", 2, charged_on="2025-03-11")], here)
    screen(*YEAR, actor=system_actor("tests"))
    return Finding.objects.unscoped("test").get(screen="split_admission")


@pytest.fixture
def payer(here: Here) -> Client:
    return signed_in(Role.INSURANCE_OFFICER, here.bureau)


@pytest.mark.parametrize("role", list(Role))
def test_role_by_page_by_organisation(here: Here, one: Finding, role: Role) -> None:
    addresses = {"list": reverse("claims:findings"), "one": one.get_absolute_url(), "run": reverse("claims:screen")}
    for place, sees in ((here.bureau, True), (here.hospital, False)):
        client = signed_in(role, place)
        wanted = {
            "list": 200 if role in READERS else 403,
            "one": (200 if sees else 404) if role in READERS else 403,
            "run": 200 if role is Role.INSURANCE_OFFICER and sees else 403,
        }
        assert {name: client.get(address).status_code for name, address in addresses.items()} == wanted
        if role in READERS:
            assert ("分解住院</a>" in text(client.get(addresses["list"]))) == sees


def test_a_finding_says_why_and_on_what(here: Here, one: Finding, payer: Client) -> None:
    page = text(payer.get(one.get_absolute_url()))
    for words in ("只隔 2 天", "第三十八条", "S1", "S2", "3,500.00", "开始审核"):
        assert words in page
    read = AuditLine.objects.get(act="claims.finding_read")
    assert read.resident_id == one.resident_id
    assert "王" in page or "*" in page


def test_the_way_through_the_browser(here: Here, one: Finding, payer: Client) -> None:
    address = one.get_absolute_url()
    assert payer.post(address, {"step": "take_up"}).status_code == 302
    assert payer.post(address, {"step": "ask", "ask-question": "请说明"}).status_code == 302
    assert Notice.objects.filter(key__startswith=f"claims.asked:{one.pk}").count() == 0  # nobody works there yet
    member = signed_in(Role.INSURANCE_OFFICER, here.hospital)
    assert member.post(address, {"step": "answer", "answer-answer": "病情反复"}).status_code == 302
    assert Notice.objects.filter(key__startswith=f"claims.answered:{one.pk}").count() == 1
    refused = payer.post(address, {"step": "propose", "propose-amount_yuan": "99999", "propose-conclusion": "属实"})
    assert refused.status_code == 422 and "不超过存疑金额 3,500.00 元" in text(refused)
    assert (
        payer.post(
            address, {"step": "propose", "propose-amount_yuan": "3000", "propose-conclusion": "属实"}
        ).status_code
        == 302
    )
    assert 'value="confirm"' not in text(payer.get(address))  # a second person does
    guide = signed_in(Role.GUIDANCE_OFFICER, here.county)
    assert 'value="confirm"' in text(guide.get(address))
    assert guide.post(address, {"step": "confirm"}).status_code == 302
    assert "已认定" in text(member.get(address))
    listed = text(payer.get(reverse("claims:findings")))
    assert "3,000.00" in listed and "其中 2 条未办结" in listed


def test_an_inbox_holds_what_waits_for_somebody_and_no_heap_of_new_findings(here: Here, one: Finding) -> None:
    from yigongti.kernel.workflow.api import inbox

    assert inbox(officer(here)) == []
    step(one, "take_up", officer(here))
    [item] = inbox(officer(here))
    assert {str(label) for label in item.steps} == {"请机构说明", "提出认定", "排除"}


def test_filters_and_sums_of_the_list(here: Here, one: Finding, payer: Client) -> None:
    address = reverse("claims:findings")
    assert "共 3 条" in text(payer.get(address))  # and a bed without care
    page = text(payer.get(address, {"screen": "repeat_charge"}))
    assert "共 1 条" in page and "20.00" in page and "3,500.00" not in page
    assert "共 2 条" in text(payer.get(address, {"risk": "high"}))
    assert "没有符合条件的记录" in text(payer.get(address, {"state": "confirmed"}))
    for odd in ({"institution": "x"}, {"risk": "?"}, {"settled_from": "x"}, {"page": "x"}, {"facts": "gone"}):
        assert payer.get(address, odd).status_code == 200
    assert payer.get("/claims/findings/9223372036854775807/").status_code == 404


def test_the_list_asks_as_many_questions_for_many_as_for_few(here: Here, one: Finding, payer: Client) -> None:
    address = reverse("claims:findings")
    payer.get(address)
    with CaptureQueriesContext(connection) as few:
        payer.get(address)
    settled([stay(n, "05-01", "05-08", n) for n in range(10, 30)], here, name="a.csv")
    settled([stay(n + 100, "05-09", "05-12", n) for n in range(10, 30)], here, name="b.csv")
    screen(*YEAR, actor=system_actor("tests"))
    with CaptureQueriesContext(connection) as many:
        payer.get(address)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"since": "2025-02-01", "until": "2025-01-31"}, "结束日期早于开始日期"),
        ({"since": "2024-01-01", "until": "2025-12-31"}, "一次最多筛查一年"),
        ({"since": "0001-01-01", "until": "0001-01-02"}, "不能早于 2015 年"),
        ({"since": "2025-01-01", "until": "9999-12-31"}, "不能晚于今天"),
        ({"since": "x", "until": ""}, "日期"),
    ],
)
def test_a_period_that_makes_no_sense_runs_nothing(here: Here, payer: Client, asked: dict[str, str], says: str) -> None:
    response = payer.post(reverse("claims:screen"), asked)
    assert response.status_code == 422 and says in text(response)


def test_a_run_is_asked_for_and_done_in_the_background(
    here: Here, payer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    response = payer.post(reverse("claims:screen"), {"since": "2025-01-01", "until": "2025-12-31"})
    assert response.status_code == 302
    account = Account.objects.get(username__startswith="insurance_officer")
    job.func("2025-01-01", "2025-12-31", account.pk)
    assert Finding.objects.unscoped("test").count() == 1
    assert Notice.objects.filter(account_id=account.pk, key__startswith="claims.screened").count() == 1
    assert "system" not in text(payer.get(reverse("claims:screen")))


def test_a_run_by_itself_is_said_in_words(here: Here, one: Finding, payer: Client) -> None:
    page = text(payer.get(reverse("claims:screen")))
    assert "系统自动" in page and "system:" not in page


def test_the_command_says_what_it_found(here: Here) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    run = CliRunner().invoke(group, ["screen", "--since", "2025-01-01", "--until", "2025-12-31"])
    assert run.exit_code == 0 and "split_admission: 1 found, 1 new, 0 changed, 0 gone" in run.output
    wrong = CliRunner().invoke(group, ["screen", "--since", "2025-01-01", "--until", "2024-12-31"])
    assert wrong.exit_code == 2 and "ends before it begins" in wrong.output
    unknown = CliRunner().invoke(group, ["screen", "--since", "2025-01-01", "--until", "2025-01-31", "--only", "x"])
    assert unknown.exit_code == 2 and "split_admission" in unknown.output
