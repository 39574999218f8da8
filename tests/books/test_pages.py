"""The pages of books and prices, through the browser's door."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.books.test_statements import pair, post
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import moved
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.models import Budget, Voucher
from yigongti.domains.money.books.services import budgets, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.domains.money.prices.models import Adjustment
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.workflow.api import take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")


@pytest.fixture
def busy(world, settings):
    settings.PLACE = "kunshan"
    post(world.lead, "subsidy_received", DAY, "a", basic=100000)
    pair(world.lead, "fund_prepayment_passed_on", DAY, "b", world.member, prepayment=5000)
    post(world.west, "subsidy_received", DAY, "c", basic=7)
    return world


def draft(world, fen=12345) -> Voucher:
    said = [DraftLine("500104", fen), DraftLine("1002", -fen)]
    return vouchers.draft(world.lead.id, on=DAY, summary="办公用品", lines=said, actor=world.finance(21))


def pages_of_a_book(pk: int, entry: int) -> list[str]:
    plain = ("book", "trial", "income", "sheet", "entries", "close", "budget_year")
    return [reverse(f"books:{name}", args=[pk]) for name in plain] + [
        reverse("books:account", args=[pk, "1002"]), reverse("books:entry", args=[entry]),
        reverse("books:export", args=[pk, "xlsx"]), reverse("books:export", args=[pk, "beancount"]),
    ]  # fmt: skip


def test_a_finance_officer_opens_everything_of_the_own_area_and_nothing_else(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    entry = ledger.entry_by_source("a").id
    for address in pages_of_a_book(busy.lead.id, entry):
        assert client.get(address).status_code == 200, address
    for address in pages_of_a_book(busy.west.id, ledger.entry_by_source("c").id):
        assert client.get(address).status_code == 404, address
    page = client.get(reverse("books:index")).content.decode()
    assert busy.lead.name in page and busy.member.name in page and busy.west.name not in page


@pytest.mark.parametrize(
    ("role", "where", "book", "whole", "keeps"),
    [
        ("director", "east", 200, 200, 403),
        ("guidance_officer", "county", 403, 200, 403),
        ("insurance_officer", "county", 403, 200, 403),
        ("doctor", "east_hospital", 403, 403, 403),
        ("auditor", "county", 403, 403, 403),
    ],
)
def test_who_sees_what(busy, role, where, book, whole, keeps):
    client = signed_in(role, busy.ids[where])
    assert client.get(reverse("books:book", args=[busy.lead.id])).status_code == book
    assert client.get(reverse("books:consolidated")).status_code == whole
    assert client.get(reverse("books:new_voucher", args=[busy.lead.id])).status_code == keeps
    assert client.post(reverse("books:close", args=[busy.lead.id]), {"month": "2024-01"}).status_code in (403, keeps)
    assert ledger.book(busy.lead.id).next_to_close == date(2024, 1, 1)


TYPED = {
    "rows": "4", "on": "2026-03-09", "summary": "付维修费", "account_1": "500104 其他商品和服务费用",
    "debit_1": "1,234.50", "account_2": "1002 银行存款", "credit_2": "1234.50",
}  # fmt: skip


def test_typing_a_voucher_shows_its_balance_and_hands_it_on(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:new_voucher", args=[busy.lead.id])
    assert client.get(address).status_code == 200
    balance = reverse("books:balance", args=[busy.lead.id])
    assert "借贷平衡" in client.post(balance, TYPED).content.decode()
    off = client.post(balance, {**TYPED, "credit_2": "1000"}).content.decode()
    assert "234.50" in off and "借贷平衡" not in off
    answer = client.post(address, {**TYPED, "submit": "1"})
    voucher = Voucher.objects.unscoped("test").get()
    assert answer.headers["Location"] == voucher.get_absolute_url()
    assert (voucher.state, voucher.total_fen) == ("submitted", 123450)
    page = client.get(voucher.get_absolute_url()).content.decode()
    assert "审核并记账" not in page  # not one's own


def test_the_difference_is_filled_in_and_lines_are_added(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:new_voucher", args=[busy.lead.id])
    filled = client.post(address, {**TYPED, "credit_2": "", "fill": "1"}).content.decode()
    assert 'name="credit_2" value="1,234.50"' in filled and "借贷平衡" in filled
    assert 'name="account_9"' in client.post(address, {**TYPED, "more": "1"}).content.decode()
    assert not Voucher.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"account_1": "9999"}, {"account_1": "5001"}, {"debit_1": "abc"}, {"debit_1": "1.005"}, {"credit_1": "1"},
        {"debit_1": "1e400"}, {"debit_1": "0"}, {"debit_1": "-5"}, {"other_1": "1"}, {"account_1": "121809"},
        {"on": "2026-13-01"},
        {"on": "9999-12-31"}, {"on": "2099-01-01"}, {"summary": " "}, {"on": ""}, {"account_1": "\x00"},
        {"other_1": "99999999999999999999"},
        {"account_1": "121809", "other_1": "123456789"}, {"on": "2023-01-01"},
    ],
)  # fmt: skip
def test_nonsense_is_answered_beside_the_field(busy, changed):
    client = signed_in("finance_officer", busy.ids["east"])
    answer = client.post(reverse("books:new_voucher", args=[busy.lead.id]), {**TYPED, **changed})
    assert answer.status_code == 422
    assert not Voucher.objects.unscoped("test").exists()


def test_opening_balances_are_read_from_a_file(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:new_voucher", args=[busy.lead.id])
    lines = ["科目编码,借方,贷方,往来单位", "1002,500.00,0", f"121809,20,,{busy.member.name}", "3001,,520"]
    said = {"on": "2026-01-01", "summary": "期初余额", "load": "1"}
    file = SimpleUploadedFile("v.csv", "\n".join(lines).encode())
    page = client.post(address, {**said, "file": file}).content.decode()
    assert "借贷平衡" in page and 'value="1002 银行存款"' in page and f'value="{busy.member.id}" selected' in page
    assert not Voucher.objects.unscoped("test").exists()
    for bad in ("科目编码,借方,贷方\n9999,1,\n", "科目编码,借方\n1002,1\n", ""):
        file = SimpleUploadedFile("v.csv", bad.encode())
        assert client.post(address, {**said, "file": file}).status_code == 422, bad


@pytest.mark.parametrize(
    "query", ["since=x&until=2026-99", "until=９９９９-01", "since=2030-01&until=2020-01", "page=%00"]
)
def test_odd_months_and_ids_are_made_sense_of(busy, query):
    client = signed_in("finance_officer", busy.ids["east"])
    for name in ("trial", "income", "sheet", "entries", "budget_year"):
        assert client.get(reverse(f"books:{name}", args=[busy.lead.id]) + "?" + query).status_code == 200
    assert client.get(reverse("books:consolidated") + "?" + query).status_code == 200
    assert client.get(reverse("books:consolidated") + "?group=%00").status_code == 404
    assert client.get(f"/books/{10**17}/").status_code == 404
    assert client.get(f"/books/{busy.lead.id}/account/9999/").status_code == 404


def test_a_large_voucher_reaches_the_guidance_centre(busy):
    voucher = draft(busy, fen=600_000_00)
    take_step(voucher, "submit", actor=busy.finance(21))
    client = signed_in("guidance_officer", busy.ids["county"])
    address = voucher.get_absolute_url()
    take_step(voucher, "check", actor=busy.finance(22))
    assert "审批并记账" in client.get(address).content.decode()
    assert client.post(address, {"step": "countersign"}).status_code == 302
    assert Voucher.objects.unscoped("test").get().state == "posted"


def test_reversing_is_prepared_on_a_page(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:reverse", args=[ledger.entry_by_source("a").id])
    assert client.post(address, {"on": "2026-03-10", "reason": ""}).status_code == 422
    assert client.post(address, {"on": "2026-03-10", "reason": "记错"}).status_code == 302
    assert client.post(address, {"on": "2026-03-10", "reason": "记错"}).status_code == 422
    assert Voucher.objects.unscoped("test").get().kind == "reversal"


def test_a_month_is_closed_on_its_page(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:close", args=[busy.lead.id])
    client.post(address, {"month": "2024-02"})
    assert ledger.book(busy.lead.id).next_to_close == date(2024, 1, 1)
    client.post(address, {"month": "2024-01"})
    assert ledger.book(busy.lead.id).next_to_close == date(2024, 2, 1)


def test_a_budget_from_a_file_and_by_hand(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:new_budget", args=[busy.lead.id])
    bad = SimpleUploadedFile("b.csv", "科目编码,预算金额\n1002,5\n".encode())
    assert client.post(address, {"year": "2026", "file": bad}).status_code == 422
    good = SimpleUploadedFile("b.csv", "科目编码,预算金额\n500104,5.50\n".encode())
    assert client.post(address, {"year": "2026", "file": good}).status_code == 302
    assert Budget.objects.unscoped("test").get().lines.get().fen == 550
    assert client.post(address, {"year": "2025", "yuan_5001": "x"}).status_code == 422
    assert client.post(address, {"year": "2025", "yuan_5001": "12"}).status_code == 302
    for budget in Budget.objects.unscoped("test"):
        assert client.get(budget.get_absolute_url()).status_code == 200


def test_lists_cost_the_same_for_more_rows(busy):
    client = signed_in("finance_officer", busy.ids["east"])

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    draft(busy)
    addresses = [
        reverse("books:index"), reverse("books:vouchers"), reverse("books:entries", args=[busy.lead.id]),
        reverse("books:account", args=[busy.lead.id, "1002"]), reverse("books:consolidated"),
        reverse("books:book", args=[busy.lead.id]),
    ]  # fmt: skip
    for address in addresses:
        queries(address)
    before = [queries(address) for address in addresses]
    for number in range(8):
        draft(busy)
        post(busy.lead, "expense_paid", DAY, f"x{number}", staff=5)
        pair(busy.lead, "internal_service_provided", DAY, f"y{number}", busy.member, fee=5)
    assert [queries(address) for address in addresses] == before


# -- prices ----------------------------------------------------------------------------------------------------


def test_a_price_list_is_previewed_then_taken(world, settings):
    settings.PLACE = "kunshan"
    client = signed_in("insurance_officer", world.ids["county"])
    lines = "项目编码,项目名称,计价单位,三级价格\nN01,一级护理,日,26\nN02,坏的,日,-1\n"
    said = {"name": "首次", "document": "目录", "clause": "", "starts_on": "2025-01-01"}
    file = SimpleUploadedFile("p.csv", lines.encode())
    preview = client.post(reverse("prices:new"), {**said, "file": file})
    assert preview.status_code == 200 and "价格不能为负" in preview.content.decode()
    digest = preview.context["sha256"]
    assert client.post(reverse("prices:new"), {**said, "sha256": "0" * 64}).headers["Location"] == reverse("prices:new")
    taken = client.post(reverse("prices:new"), {**said, "sha256": digest})
    case = Adjustment.objects.unscoped("test").get()
    assert taken.headers["Location"] == case.get_absolute_url()
    assert case.lines.get().code == "N01"
    for name, arguments in (("index", []), ("adjustments", []), ("adjustment", [case.pk]), ("usage", [case.pk])):
        assert client.get(reverse(f"prices:{name}", args=arguments)).status_code == 200
    assert client.get("/prices/items/none/").status_code == 404
    assert client.get("/prices/items/%00/").status_code == 404
    bad = SimpleUploadedFile("u.csv", "机构,项目编码,数量\nnobody,N01,1\n".encode())
    assert client.post(reverse("prices:usage", args=[case.pk]), {"file": bad}).status_code == 422
    good = SimpleUploadedFile("u.csv", "机构,项目编码,数量\neast_hospital,N01,1\n".encode())
    assert client.post(reverse("prices:usage", args=[case.pk]), {"file": good}).status_code == 302


def test_prices_are_open_to_all_and_adjusting_to_few(world, settings):
    settings.PLACE = "kunshan"
    doctor = signed_in("doctor", world.ids["east_hospital"])
    assert doctor.get(reverse("prices:index")).status_code == 200
    assert doctor.get(reverse("prices:adjustments")).status_code == 403
    finance = signed_in("finance_officer", world.ids["east"])
    assert finance.get(reverse("prices:adjustments")).status_code == 200
    assert finance.get(reverse("prices:new")).status_code == 403


def test_a_budget_page_shows_what_changed(busy):
    first = budgets.draft(busy.lead.id, 2026, [Planned("5001", 100)], actor=busy.finance(21))
    take_step(first, "submit", actor=busy.finance(21))
    take_step(first, "approve", actor=busy.finance(22))
    second = budgets.draft(busy.lead.id, 2026, [Planned("5001", 350)], actor=busy.finance(21), reason="增员")
    page = signed_in("finance_officer", busy.ids["east"]).get(second.get_absolute_url()).content.decode()
    assert "2.50" in page and "增员" in page


def test_missing_books_are_opened_at_once_and_templates_are_workbooks(world, settings):
    settings.PLACE = "kunshan"
    client = signed_in("finance_officer", world.ids["east"])
    assert "还有" in client.get(reverse("books:index")).content.decode()
    client.post(reverse("books:index"))
    assert {book.organisation_id for book in ledger.books()} == {world.ids["east_hospital"]}
    for which in ("chart", "budget"):
        assert client.get(reverse("books:template", args=[which])).content.startswith(b"PK")
    assert client.get(reverse("books:template", args=["other"])).status_code == 404
    assert client.get(reverse("books:export", args=[world.lead.id, "pdf"])).status_code == 404
    whole = client.get(reverse("books:export_consolidated", args=["xlsx"]))
    assert whole.status_code == 200 and whole.content.startswith(b"PK")
    assert signed_in("director", world.ids["east"]).post(reverse("books:index")).status_code == 403


def test_members_detail_is_for_whom_it_is_open(busy):
    west = books.post("subsidy_received", organisation_id=busy.west.organisation_id, on=DAY, amounts={"basic": 77777},
                      source="west", summary="x", actor=SYSTEM)  # fmt: skip
    address = reverse("books:consolidated")
    one_area, own = f"{address}?group={busy.ids['west']}", f"{address}?group={busy.ids['east']}"
    director, officer, payer = (
        signed_in(role, busy.ids[where])
        for role, where in (("director", "east_centre"), ("finance_officer", "east"), ("insurance_officer", "county"))
    )
    for client in (director, officer, payer):
        assert client.get(one_area).status_code == 404  # of one member alone at that
        assert f"/books/{west.book_id}/" not in client.get(address).content.decode()
    assert busy.member.name in officer.get(own).content.decode()
    assert busy.member.name not in payer.get(own).content.decode()
    centre = director.get(address).content.decode()
    assert busy.member.name in centre and busy.lead.name not in centre
    file = payer.get(reverse("books:export_consolidated", args=["xlsx"]) + f"?group={busy.ids['east']}")
    sheets = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets
    assert not [cell for sheet in sheets for row in sheet.values for cell in row if cell == busy.member.name]


def test_a_group_is_who_belonged_to_it_then(busy):
    client = signed_in("finance_officer", busy.ids["consortium"])
    moved(Organisation.objects.get(pk=busy.ids["east_centre"]), Organisation.objects.get(pk=busy.ids["west"]),
          date(2026, 6, 1))  # fmt: skip
    address = reverse("books:consolidated") + f"?group={busy.ids['east']}&until=2026-"
    in_may, in_july = (client.get(address + month) for month in ("05", "07"))
    of = [[one.book.id for one in page.context["whole"].members] for page in (in_may, in_july)]
    assert busy.member.id in of[0] and busy.member.id not in of[1]
    assert "中途" not in in_may.content.decode()
    assert busy.member.name in in_july.content.decode() and "中途" in in_july.content.decode()


def test_many_books_are_closed_on_one_page(busy):
    client = signed_in("finance_officer", busy.ids["east"])
    address = reverse("books:close_many")
    assert client.get(address).status_code == 200
    page = client.post(address, {"until": "2024-02"}).content.decode()
    assert busy.lead.name in page
    assert {ledger.book(book.id).next_to_close for book in (busy.lead, busy.member)} == {date(2024, 3, 1)}
    assert ledger.book(busy.west.id).next_to_close == date(2024, 1, 1)
    client.post(address, {"until": "9999-12"})  # never beyond the last month that is over
    assert ledger.book(busy.lead.id).next_to_close <= date(2026, 12, 1)
