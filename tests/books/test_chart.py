"""The place's chart: accounts are proposed by one, approved by another, and reach every open book."""

from datetime import date

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.signals import post_migrate
from django.urls import reverse

from tests.books.test_pages import busy  # noqa: F401  (a fixture)
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books import chart
from yigongti.domains.money.books.models import ChartProposal
from yigongti.domains.money.books.services import charts, vouchers
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
pytestmark = pytest.mark.django_db


def test_own_accounts_are_proposed_by_one_and_approved_by_another(busy):  # noqa: F811
    officer, centre, west = (
        signed_in(role, busy.ids[where])
        for role, where in (("finance_officer", "east"), ("guidance_officer", "county"), ("finance_officer", "west"))
    )
    head = "科目编码,科目名称,类别\n"

    def send(lines: str, client=officer) -> int:
        file = SimpleUploadedFile("c.csv", (head + lines).encode())
        return client.post(reverse("books:chart"), {"document": "本地通知", "file": file}).status_code

    for wrong in (
        "400101,重复,收入\n",
        "100201,下设,资产\n",
        "4999x,字母,收入\n",
        "500199,错类,收入\n",
        "420101,无上级,收入\n",
        "",
    ):
        assert send(wrong) == 422, wrong
    assert send("400105,中医药专项补助收入,收入\n") == 302
    case = ChartProposal.objects.unscoped("test").get()
    for book in (busy.lead, busy.west):  # nobody uses it yet
        assert "400105" not in {account.code for account in ledger.accounts(book.id)}
    address = case.get_absolute_url()
    assert address in centre.get(reverse("books:chart")).content.decode()
    for client in (officer, west):  # neither who proposed it nor who keeps one area's books alone
        assert 'value="approve"' not in client.get(address).content.decode()
        assert client.post(address, {"step": "approve"}).status_code == 422
    assert west.post(address, {"step": "withdraw"}).status_code == 422
    assert centre.post(address, {"step": "approve"}).status_code == 302
    for book in (busy.lead, busy.west):
        assert "400105" in {account.code for account in ledger.accounts(book.id)}
    assert "中医药专项补助收入" in centre.get(reverse("books:chart")).content.decode()
    assert signed_in("director", busy.ids["east"]).post(reverse("books:chart")).status_code == 403


def spec(code: str, name: str = "下设") -> ledger.AccountSpec:
    return ledger.AccountSpec(code, name, ledger.AccountKind.ASSET)


def test_who_proposed_accounts_does_not_approve_them_even_for_the_whole_place(busy):  # noqa: F811
    case = charts.propose(
        "kunshan", [spec("122001", "x"), spec("1220", "y")][::-1], document="x", actor=busy.guidance(41)
    )
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve", actor=busy.guidance(41))
    other = charts.propose("kunshan", [spec("1220")], document="x", actor=busy.guidance(41))
    take_step(case, "approve", actor=busy.guidance(42))
    with pytest.raises(StepRefused, match="已有科目"):  # it came in with the other one meanwhile
        take_step(other, "approve", actor=busy.guidance(42))
    with pytest.raises(StepRefused, match="撤回"):
        take_step(other, "withdraw", actor=busy.guidance(42))
    assert take_step(other, "withdraw", actor=busy.guidance(41)).state == "withdrawn"


def test_no_account_that_is_posted_to_becomes_a_heading(busy):  # noqa: F811
    lines = [DraftLine("1601", 5), DraftLine("1002", -5)]
    vouchers.draft(busy.lead.id, on=DAY, summary="x", lines=lines, actor=busy.finance(21))
    for code in ("100201", "160101"):  # templates post to the one, a draft names the other
        with pytest.raises(EntryRefused):
            charts.propose("kunshan", [spec(code)], document="x", actor=busy.guidance())
    case = charts.propose("kunshan", [spec("170101")], document="x", actor=busy.guidance(41))
    lines = [DraftLine("1701", 5), DraftLine("1002", -5)]
    vouchers.draft(busy.lead.id, on=DAY, summary="x", lines=lines, actor=busy.finance(21))
    with pytest.raises(StepRefused, match="已经记过账"):  # since it was proposed
        take_step(case, "approve", actor=busy.guidance(42))
    assert "170101" not in {account.code for account in ledger.accounts(busy.lead.id)}


def test_accounts_the_platform_comes_to_ship_reach_open_books(busy, monkeypatch):  # noqa: F811
    lines = [DraftLine("1601", 5), DraftLine("1002", -5)]
    done = take_step(vouchers.draft(busy.lead.id, on=DAY, summary="x", lines=lines, actor=busy.finance(21)), "submit",
                     actor=busy.finance(21))  # fmt: skip
    take_step(done, "approve", actor=busy.finance(22))
    shipped = [*chart.shipped(), spec("1220", "新科目"), spec("160101")]
    monkeypatch.setattr(chart, "shipped", lambda: tuple(shipped))
    config = apps.get_app_config("books")
    post_migrate.send(sender=config, app_config=config, using="default", verbosity=0, interactive=False)
    codes = [{account.code for account in ledger.accounts(book.id)} for book in (busy.lead, busy.west)]
    assert all("1220" in found for found in codes)
    assert ["160101" in found for found in codes] == [False, True]  # lines stand in the account above it
    assert charts.align(actor=SYSTEM) == [
        f"{busy.lead.name}: 160101 is not opened, lines or drafts stand in the account above it"
    ]
