"""The exports: bean-check adds all up anew; a plain parser of our own does so too; the workbook says the same."""

import io
import re
import subprocess
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from click.testing import CliRunner
from django.db import connection
from django.utils import translation

from tests.books.test_statements import quarter  # noqa: F401  (a fixture)
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books import cli, plain_text, statements, workbooks
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger

SYSTEM = system_actor("tests")
MARCH = date(2026, 3, 1)


@pytest.fixture
def busy(world):
    lead, member = world.lead.organisation_id, world.member.organisation_id
    for number, day in enumerate((date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31)), 1):
        books.post("subsidy_received", organisation_id=lead, on=day, amounts={"basic": 10**9 + number},
                   source=f"s{number}", summary='补助 "基本" \\ 第\n一笔', actor=SYSTEM)  # fmt: skip
        books.post_pair("internal_service_provided", organisation_id=lead, counterparty_id=member, on=day,
                        amounts={"fee": 7 * number}, source=f"i{number}", summary="检验", actor=SYSTEM)  # fmt: skip
    books.post("internal_service_provided", organisation_id=lead, on=MARCH, amounts={"fee": 5}, source="one side",
               summary="对方未入账", actor=SYSTEM, counterparty_id=member)  # fmt: skip
    return world


def bean_check(lines, tmp_path) -> subprocess.CompletedProcess:
    path = tmp_path / "book.beancount"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return subprocess.run(  # noqa: S603  our own interpreter and file
        [sys.executable, "-m", "beancount.scripts.check", str(path)], capture_output=True, text=True, check=False
    )


def added_up(lines) -> dict[str, Decimal]:
    """What an independent reader makes of it: postings only, nothing asserted."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if match := re.fullmatch(r"  ([A-Z]\w+(?::\w+)+)  (-?\d+\.\d\d) CNY", line):
            found[match[1]] += Decimal(match[2])
    return {name: amount for name, amount in found.items() if amount}


def test_an_outside_tool_finds_the_book_in_order(busy, tmp_path):
    lines = list(plain_text.one_book(busy.lead, MARCH, MARCH))
    checked = bean_check(lines, tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    rows = ledger.balances([busy.lead.id], MARCH, MARCH)
    assert {name.split(":")[1]: amount for name, amount in added_up(lines).items()} == {
        row.code: Decimal(row.closing_fen) / 100 for row in rows if row.closing_fen
    }


def test_the_outside_tool_would_notice(busy, tmp_path):
    lines = list(plain_text.one_book(busy.lead, MARCH, MARCH))
    at = next(number for number, line in enumerate(lines) if line.endswith(" -10000000.03 CNY"))
    lines[at] = lines[at].replace("0.03", "0.04")
    assert bean_check(lines, tmp_path).returncode != 0


def test_the_outside_tool_would_notice_a_voucher_of_one_fen(busy, tmp_path):
    books.post("expense_paid", organisation_id=busy.lead.organisation_id, on=MARCH, amounts={"staff": 1}, source="fen",
               summary="一分", actor=SYSTEM)  # fmt: skip
    lines = list(plain_text.one_book(busy.lead, MARCH, MARCH))
    first = next(number for number, line in enumerate(lines) if "一分" in line)
    after = lines.index("", first)
    assert bean_check(lines, tmp_path).returncode == 0
    assert bean_check(lines[:first] + lines[after:], tmp_path).returncode != 0


def test_several_books_with_their_dealings_taken_out(busy, tmp_path):
    lines = list(plain_text.several([busy.lead, busy.member], "东片区", date(2026, 1, 1), MARCH))
    checked = bean_check(lines, tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    left = added_up(lines)
    assert not [name for name in left if re.search(r":(121809|230709|410109|500109)", name)]
    assert sum(left.values()) == 0
    # the lead's 0.05 both as owed and as earned, so nothing is left between them
    assert plain_text.UNRECONCILED not in left


def test_the_workbook_holds_the_statements(busy):
    with translation.override("zh-hans"):
        data = workbooks.one_book(busy.lead, date(2026, 1, 1), MARCH, by="财务")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["科目余额表", "收入费用表", "资产负债表", "凭证"]
    bank = next(row for row in book["科目余额表"].values if row[0] == "1002")
    assert bank[2:] == ("明细", 0, 30000000.06, 0, 30000000.06)
    assert len(list(book["凭证"].values)) == 2 + 2 * 7
    whole = workbooks.several(
        [busy.lead, busy.member], "东片区", MARCH, by="财务", open_to={busy.lead.id, busy.member.id}
    )
    assert len(openpyxl.load_workbook(io.BytesIO(whole)).sheetnames) == 3


def sheet_of(data: bytes, title: str) -> list[tuple]:
    return list(openpyxl.load_workbook(io.BytesIO(data))[title].values)[1:]  # without the heading


def test_the_cells_are_the_figures_and_add_up(quarter):  # noqa: F811
    """The lead's quarter as worked out in test_statements: subsidy 10.00 in February; services 3.00 + 2.00, wages 4.50,
    0.60 earned of the member, prepaid 50.00 of which 8.00 passed on, in March."""
    with translation.override("zh-hans"):
        data = workbooks.one_book(quarter.lead, MARCH, MARCH, by="财务")
        whole = workbooks.several([quarter.lead, quarter.member], "x", MARCH, by="财务",
                                  open_to={quarter.lead.id, quarter.member.id})  # fmt: skip
    head, *trial = sheet_of(data, "科目余额表")
    assert head == ("科目编码", "科目", "级别", "期初余额", "借方", "贷方", "期末余额")
    cells = {row[0]: row[2:] for row in trial if row[0]}
    assert cells["1002"] == ("明细", 10, 53, 12.5, 50.5)  # in: 3.00 + 50.00; out: 4.50 + 8.00
    assert cells["1212"] == ("汇总", 0, 2, 0, 2) and cells["121203"] == ("明细", 0, 2, 0, 2)
    assert cells["4101"] == ("汇总", 0, 0, 5.6, -5.6) and cells["410109"] == ("明细", 0, 0, 0.6, -0.6)
    assert cells["500101"] == ("明细", 0, 4.5, 0, 4.5)
    # the accounts of their own add up to the last line; with the headings they would not
    leaves = [row[3:] for row in trial if row[2] == "明细"]
    assert [round(sum(column), 2) for column in zip(*leaves, strict=True)] == [0, 68.1, 68.1, 0] == list(trial[-1][3:])
    head, *income = sheet_of(data, "收入费用表")
    assert head == ("科目编码", "项目", "级别", "本期", "本年累计")
    assert income[-1] == ("", "盈余", "合计", 1.1, 11.1)  # 5.60 − 4.50; with February's 10.00
    assert next(row for row in income if row[1] == "收入合计")[3:] == (5.6, 15.6)
    assert next(row for row in income if row[1] == "费用合计")[3:] == (4.5, 4.5)
    _head, *balance = sheet_of(data, "资产负债表")
    by_name = {row[1].strip(): row[3:] for row in balance}
    assert by_name["资产合计"] == (0, 61.1)  # bank 50.50, patients 2.00, member 8.60
    assert by_name["负债合计"] == (0, 50) and by_name["尚未结转的盈余"] == (0, 11.1)
    assert by_name["负债和净资产合计"] == (0, 61.1)
    _head, *vouchers = sheet_of(data, "凭证")
    wages = [row for row in vouchers if row[1] == "c"]
    assert [row[3:7] for row in wages] == [("500101", "人员费用", 4.5, 0), ("1002", "银行存款", 0, 4.5)]
    assert round(sum(row[5] for row in vouchers), 2) == round(sum(row[6] for row in vouchers), 2) == 68.1
    _head, *members = sheet_of(whole, "各成员单位")
    assert [row[2:] for row in members] == [(15.6, 4.5, 11.1, 61.1, 50, 11.1), (0, 0.7, -0.7, 7.9, 8.6, -0.7)]
    head, *together = sheet_of(whole, "合并报表")
    assert head == ("科目编码", "项目", "级别", "各单位合计", "抵销", "合并后")
    cells = {row[0]: row[2:] for row in together if row[0]}
    assert cells["121809"] == ("明细", 8.6, -8.6, 0) and cells["230709"] == ("明细", 8.6, -8.6, 0)
    assert cells["1002"] == ("明细", 58.4, 0, 58.4)  # 50.50 + 8.00 − 0.10
    _head, *pairs = sheet_of(whole, "内部往来")
    assert [row[3:] for row in pairs] == [(8.6, -8.6, 0, 0)]


def test_an_account_outside_the_chart_has_its_line(busy):
    own = ledger.AccountSpec("400199", "外加的补助收入", ledger.AccountKind.INCOME)
    ledger.add_accounts(busy.lead.id, [own], actor=SYSTEM)
    entry = ledger.NewEntry(
        busy.lead.id, MARCH, "x", "outside", (ledger.NewLine("1002", 7), ledger.NewLine("400199", -7))
    )
    ledger.post_entry(entry, actor=SYSTEM)
    both = statements.income_statement([busy.lead, busy.member], MARCH, MARCH)
    assert [node.values for node in both.income.nodes if node.code == "400199"] == [(7, 7)]
    whole = statements.consolidated([busy.lead, busy.member], MARCH)
    nodes = whole.sections[ledger.AccountKind.INCOME].nodes
    assert [(node.name, node.values) for node in nodes if node.code == "400199"] == [("外加的补助收入", (7, 0, 7))]


def test_the_command_line_checks_and_writes(busy, tmp_path, settings):
    settings.PLACE = "kunshan"
    run = CliRunner()
    assert run.invoke(cli.books, ["check"]).output == "2 books are in order\n"
    for arguments in (["--book", "east_hospital"], []):
        out = tmp_path / "out.beancount"
        done = run.invoke(cli.books, ["export", "--out", str(out), "--until", "2026-03", *arguments])
        assert done.exit_code == 0, done.output
        assert bean_check(out.read_text().splitlines(), tmp_path).returncode == 0
    assert run.invoke(cli.books, ["export", "--out", str(tmp_path / "x"), "--book", "nobody"]).exit_code == 1


def test_what_was_reached_into_is_named(busy):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end has been looked at
        cursor.execute("ALTER TABLE ledger_line DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_line SET fen = fen + 1 WHERE id = (SELECT min(id) FROM ledger_line)")
        cursor.execute("ALTER TABLE ledger_line ENABLE TRIGGER USER")
    found = ledger.faults([busy.lead.id, busy.member.id])
    assert len(found) == 2 and "2026-00001" in found[0] and "kept" in found[1]
    assert CliRunner().invoke(cli.books, ["check"]).exit_code == 1
