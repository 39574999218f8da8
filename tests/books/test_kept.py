"""What is posted, closed, submitted or approved stays, whoever reaches past the services: the database refuses."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from tests.books.test_both_sides import at_state
from tests.books.test_prices import adjusted, listed, payer, usage  # noqa: F401  (fixtures)
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.models import VoucherLine
from yigongti.domains.money.books.services import budgets, charts, closing, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.domains.money.prices.services import adjusting
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.workflow.api import take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
LINES = [DraftLine("500101", 12345), DraftLine("1002", -12345)]
pytestmark = pytest.mark.django_db
TABLES = [
    "ledger_book", "ledger_account", "ledger_numbering", "ledger_entry", "ledger_line", "ledger_closedmonth",
    "ledger_monthsum", "books_voucher", "books_voucherline", "books_budget", "books_budgetline", "books_chartaccount",
    "books_chartproposal", "prices_adjustment", "prices_adjustmentline", "prices_usage", "prices_price",
]  # fmt: skip


def refused(sql: str, *values) -> bool:
    """Whether the database refuses a statement; what it does is undone in any case."""
    with transaction.atomic():
        undo = transaction.savepoint()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(sql, values)
        except DatabaseError as error:
            assert "not emptied" in str(error) or "only by a step" in str(error) or "draft" in str(error) or (
                "Cannot" in str(error)
            ), error  # fmt: skip
            return True
        finally:
            transaction.savepoint_rollback(undo)
    return False


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_emptied(world, table):
    vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=world.finance())
    assert refused(f"TRUNCATE {table} CASCADE")


def submitted(world):
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=world.finance(21))
    return take_step(voucher, "submit", actor=world.finance(21))


@pytest.mark.parametrize(
    "change",
    [
        "summary = 'y'", "total_fen = 1", "large = true", "on_day = '2026-03-01'", "prepared_by_id = 5",
        "opened_by_id = 5", "editor_ids = '{}'", "approved_by_id = 5", "confirmed_by_id = 5", "paper_no = 'z'",
        "template = 'expense_paid'", "amounts = '{}'", "other_book_id = book_id", "counted_fen = 7", "sent = true",
        "state = 'draft'", "entered_at = now()", "opened_at = now()",
    ],
)  # fmt: skip
def test_the_head_of_a_submitted_voucher_changes_by_a_step_alone(world, change):
    voucher = submitted(world)
    assert refused(f"UPDATE books_voucher SET {change} WHERE id = %s", voucher.pk)
    assert refused("DELETE FROM books_voucher WHERE id = %s", voucher.pk)


def test_lines_move_neither_out_of_a_submitted_voucher_nor_into_it(world):
    voucher = submitted(world)
    other = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=world.finance(21))
    mine, theirs = (VoucherLine.objects.filter(voucher=one).first().pk for one in (voucher, other))
    move = "UPDATE books_voucherline SET voucher_id = %s, number = 9 WHERE id = %s"
    assert refused(move, other.pk, mine) and refused(move, voucher.pk, theirs)
    assert refused("UPDATE books_voucherline SET fen = 1 WHERE id = %s", mine)
    assert refused("DELETE FROM books_voucherline WHERE id = %s", mine)
    assert not refused("UPDATE books_voucherline SET fen = 1 WHERE id = %s", theirs)  # a draft is a draft


def test_what_the_other_side_has_confirmed_stays(world):
    voucher = at_state(world, "submitted")
    line = VoucherLine.objects.filter(voucher=voucher, account__book_id=world.west.id).first()
    assert refused("UPDATE books_voucherline SET fen = fen + 1 WHERE id = %s", line.pk)
    assert refused("UPDATE books_voucher SET confirmed_by_id = NULL WHERE id = %s", voucher.pk)


def test_an_approved_budget_and_chart_stay(world):
    budget = budgets.draft(world.lead.id, 2026, [Planned("5001", 100)], actor=world.finance(21))
    take_step(budget, "submit", actor=world.finance(21))
    take_step(budget, "approve", actor=world.finance(22))
    assert refused("UPDATE books_budget SET approved_by_id = 5 WHERE id = %s", budget.pk)
    assert refused("UPDATE books_budgetline SET fen = 1")
    spec = ledger.AccountSpec("1220", "x", ledger.AccountKind.ASSET)
    case = charts.propose("kunshan", [spec], document="x", actor=world.guidance(41))
    assert refused("UPDATE books_chartproposal SET accounts = '[]'")
    take_step(case, "approve", actor=world.guidance(42))
    assert refused("UPDATE books_chartaccount SET kind = 'income'") and refused("DELETE FROM books_chartaccount")


def test_posted_and_closed_stays(world):
    books.post("subsidy_received", organisation_id=world.lead.organisation_id, on=DAY, amounts={"basic": 5}, source="s",
               summary="x", actor=SYSTEM)  # fmt: skip
    closing.close_month(world.lead, date(2024, 1, 1), actor=world.finance())
    for table in ("ledger_entry", "ledger_line", "ledger_closedmonth"):
        assert refused(f"DELETE FROM {table}")
    assert refused("UPDATE ledger_closedmonth SET month = '2024-02-01'")
    assert refused("DELETE FROM ledger_numbering")
    for change in ("last = last - 1", "last = 0", "year = year + 1", f"book_id = {world.member.id}"):
        assert refused(f"UPDATE ledger_numbering SET {change}"), change
    assert not refused("UPDATE ledger_numbering SET last = last + 1")  # so posting does; a gap is named
    assert refused("UPDATE ledger_book SET place = 'elsewhere'")


def test_approved_prices_stay(listed, payer):  # noqa: F811
    with clock.fixed(clock.now()):
        case = adjusted(payer)
        adjusting.take_usage(case, usage(listed), actor=payer(1))
        assert not refused("UPDATE prices_adjustmentline SET after_fen = 1 WHERE adjustment_id = %s", case.pk)
        take_step(case, "submit", actor=payer(1))
        for sql in (
            "UPDATE prices_adjustmentline SET after_fen = 1 WHERE adjustment_id = %s",
            "DELETE FROM prices_adjustmentline WHERE adjustment_id = %s",
            "UPDATE prices_usage SET quantity = 1 WHERE adjustment_id = %s",
            "UPDATE prices_adjustment SET measured = false WHERE id = %s",
            "UPDATE prices_adjustment SET approved_by_id = 5 WHERE id = %s",
            "DELETE FROM prices_adjustment WHERE id = %s",
        ):
            assert refused(sql, case.pk), sql
        take_step(case, "approve", actor=payer(2))
        assert refused("UPDATE prices_adjustmentline SET after_fen = 1 WHERE adjustment_id = %s", case.pk)
        assert refused("UPDATE prices_price SET fen = 1") and refused("DELETE FROM prices_price")
