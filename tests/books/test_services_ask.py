"""Each service asks who acts, whatever page stands before it; what is taken back stays taken back."""

from datetime import date

import pytest

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.services import budgets, closing, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.kernel.access.api import Forbidden, system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
LINES = [DraftLine("500101", 60_000_000), DraftLine("1002", -60_000_000)]
pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(world):
    return books.post("subsidy_received", organisation_id=world.lead.organisation_id, on=date(2024, 3, 9),
                      amounts={"basic": 5}, source="s", summary="x", actor=SYSTEM)  # fmt: skip


def test_each_asks_who_acts(world, entry):
    keeper = world.finance(21)
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=keeper)
    budget = budgets.draft(world.lead.id, 2026, [Planned("5001", 1)], actor=keeper)
    acts = {
        "draft": lambda who: vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=who),
        "redraft": lambda who: vouchers.redraft(voucher, on=DAY, summary="x", lines=LINES, actor=who),
        "reversal": lambda who: vouchers.draft_reversal(entry, on=DAY, reason="x", actor=who),
        "year": lambda who: vouchers.draft_year_close(world.lead.id, 2024, actor=who),
        "budget": lambda who: budgets.draft(world.lead.id, 2025, [Planned("5001", 1)], actor=who),
        "rebudget": lambda who: budgets.redraft(budget, [Planned("5001", 2)], actor=who),
        "close": lambda who: closing.close_month(world.lead, date(2024, 1, 1), actor=who),
        "reverse": lambda who: books.reverse(entry.id, on=DAY, reason="x", actor=who),
    }
    for name, act in acts.items():
        for stranger in (world.director(), world.finance(29, area="west")):
            with pytest.raises(Forbidden):
                act(stranger)
                pytest.fail(name)
        act(keeper)


def test_who_checked_a_large_voucher_does_not_countersign_it(world):
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=LINES, actor=world.finance(21))
    take_step(voucher, "submit", actor=world.finance(21))
    take_step(voucher, "check", actor=world.finance(22))
    for hand in (21, 22):
        with pytest.raises(StepRefused):
            take_step(voucher, "countersign", actor=world.director(hand))
    assert take_step(voucher, "countersign", actor=world.director(31)).state == "posted"


def test_a_reversal_is_not_taken_back(world, entry):
    back = books.reverse(entry.id, on=DAY, reason="x", actor=SYSTEM)
    with pytest.raises(EntryRefused, match="冲销凭证不能再冲销"):
        vouchers.draft_reversal(ledger.entry(back.id), on=DAY, reason="x", actor=world.finance(21))


def test_a_missing_number_stands_in_the_way(world, monkeypatch):
    monkeypatch.setattr(ledger, "gaps", lambda book_id: [(2024, 7)])
    found = closing.findings(world.lead, date(2024, 1, 1))
    assert [(one.kind, one.blocks) for one in found] == [("gap", True)] and "2024-00007" in found[0].words
