"""Two persons, whoever pressed which button; and a closing that nothing slips past."""

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from tests.books.conftest import World
from tests.books.test_prices import adjusted, listed, payer, today, usage  # noqa: F401  (fixtures)
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.services import budgets, closing, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.domains.money.prices.services import adjusting
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
LINES = [DraftLine("500101", 12345), DraftLine("1002", -12345)]
pytestmark = pytest.mark.django_db


def subsidy(world, source, on, fen=777):
    return books.post("subsidy_received", organisation_id=world.lead.organisation_id, on=on, amounts={"basic": fen},
                      source=source, summary="补助", actor=SYSTEM)  # fmt: skip


def test_who_drafted_a_voucher_does_not_approve_it_after_others_saved_it(world):
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="a", lines=LINES, actor=world.finance(21))
    for other in (22, 23):
        vouchers.redraft(voucher, on=DAY, summary="a", lines=LINES, actor=world.finance(other))
    take_step(voucher, "submit", actor=world.finance(23))
    for hand in (21, 22, 23):
        with pytest.raises(StepRefused, match="另一人"):
            take_step(voucher, "approve", actor=world.finance(hand))
    assert take_step(voucher, "approve", actor=world.finance(24)).state == "posted"


def test_who_drafted_a_budget_does_not_approve_it_after_others_saved_it(world):
    budget = budgets.draft(world.lead.id, 2026, [Planned("5001", 6000)], actor=world.finance(21))
    budgets.redraft(budget, [Planned("5001", 6000)], actor=world.finance(22))
    take_step(budget, "submit", actor=world.finance(22))
    for hand in (21, 22):
        with pytest.raises(StepRefused, match="另一人"):
            take_step(budget, "approve", actor=world.finance(hand))
    assert take_step(budget, "approve", actor=world.finance(23)).state == "approved"


def test_a_budget_after_a_discarded_one_is_no_revision(world):
    first = budgets.draft(world.lead.id, 2026, [Planned("5001", 1)], actor=world.finance(21))
    take_step(first, "discard", actor=world.finance(21))
    second = budgets.draft(world.lead.id, 2026, [Planned("5001", 1)], actor=world.finance(21))
    assert (second.number, second.title) == (1, first.title)


def test_who_wrote_prices_or_quantities_does_not_approve_them(listed, payer):  # noqa: F811
    case = adjusted(payer)  # the first officer writes the prices
    adjusting.take_usage(case, usage(listed), actor=payer(2))  # the second the quantities
    take_step(case, "submit", actor=payer(3))
    for hand in (1, 2, 3):
        with pytest.raises(StepRefused, match="另一人"):
            take_step(case, "approve", actor=payer(hand))
    assert take_step(case, "approve", actor=payer(4)).state == "approved"


def test_closing_and_its_explanation_stand_or_fall_together(world, monkeypatch):
    def fails(**said):
        raise RuntimeError

    monkeypatch.setattr(closing, "record", fails)
    with pytest.raises(RuntimeError):
        closing.close_month(world.lead, date(2024, 1, 1), actor=world.finance())
    assert world.lead.next_to_close == date(2024, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_closing_sees_what_is_on_its_way_before_it_judges():
    world = World({key: row.pk for key, row in county_with_two_areas().items()})
    book, december = world.lead, date(2024, 12, 1)
    for month in range(1, 12):
        closing.close_month(book, date(2024, month, 1), actor=world.finance())
    outcome: list[str] = []

    def close() -> None:
        try:
            closing.close_month(book, december, actor=world.finance())
            outcome.append("closed")
        except EntryRefused as refused:
            outcome.append(str(refused))
        finally:
            connection.close()

    thread = threading.Thread(target=close)
    with transaction.atomic():
        subsidy(world, "late", date(2024, 12, 31))
        thread.start()
        thread.join(0.5)
    thread.join()
    left = closing.carried_forward(ledger.positions([book.id], date(2024, 12, 31)))
    assert left and "结转" in outcome[0]
    assert world.lead.next_to_close == december


@pytest.mark.django_db(transaction=True)
def test_a_year_is_carried_forward_by_one_draft():
    world = World({key: row.pk for key, row in county_with_two_areas().items()})
    subsidy(world, "a", date(2024, 3, 9))
    together = threading.Barrier(2)
    outcome: list[str] = []

    def draft() -> None:
        try:
            together.wait()
            vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21))
            outcome.append("made")
        except EntryRefused:
            outcome.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=draft) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["made", "refused"]
    assert Voucher.objects.unscoped("test").filter(kind="year_close").count() == 1
