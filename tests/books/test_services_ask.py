"""Each service asks who acts, whatever page stands before it; what is taken back stays taken back."""

from datetime import date

import pytest
from django.db import transaction

from tests.support.people import person
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.services import budgets, charts, closing, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine, FromTemplate
from yigongti.domains.money.prices.services import adjusting
from yigongti.domains.money.prices.services.reading import NewPrice
from yigongti.kernel.access.api import Forbidden, Role, system_actor
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


EVERYBODY = {
    **{str(role): (role, "east") for role in Role},
    "guidance_officer": (Role.GUIDANCE_OFFICER, "county"), "insurance_officer": (Role.INSURANCE_OFFICER, "county"),
    "finance of the county": (Role.FINANCE_OFFICER, "county"), "finance of the west": (Role.FINANCE_OFFICER, "west"),
    "finance of the hospital": (Role.FINANCE_OFFICER, "east_hospital"), "nobody": (None, "east"),
}  # fmt: skip
KEEPERS = {"finance_officer", "finance of the county", "finance of the hospital"}
POSTERS = KEEPERS | {"guidance_officer", "insurance_officer"}
MAY = {  # each service that writes, and who may call it for the lead hospital of the east
    "draft": KEEPERS, "redraft": KEEPERS, "from template": KEEPERS, "template again": KEEPERS, "reversal": KEEPERS,
    "year close": KEEPERS, "budget": KEEPERS, "budget again": KEEPERS, "close": KEEPERS, "close many": KEEPERS,
    "post": POSTERS, "post pair": {"finance of the county", "guidance_officer", "insurance_officer"},
    "reverse": POSTERS, "propose accounts": KEEPERS | {"finance of the west", "guidance_officer"},
    "draft prices": {"insurance_officer"}, "redraft prices": {"insurance_officer"}, "quantities": {"insurance_officer"},
}  # fmt: skip


def test_each_service_against_each_role(world, entry):
    keeper, lead = world.finance(21), world.lead
    said = FromTemplate("expense_paid", DAY, {"staff": 5}, "x")
    voucher = vouchers.draft(lead.id, on=DAY, summary="x", lines=LINES, actor=keeper)
    from_template = vouchers.draft_from_template(lead.id, said, actor=keeper)
    budget = budgets.draft(lead.id, 2026, [Planned("5001", 1)], actor=keeper)
    payer = person(Role.INSURANCE_OFFICER, world.ids["county"], id=91)
    price = NewPrice("N01", "一级护理", "日", "tertiary", 2000)
    listed = {"name": "x", "document": "x", "starts_on": date(2025, 1, 1), "prices": [price]}
    prices = adjusting.draft("kunshan", **listed, actor=payer)
    account = ledger.AccountSpec("1220", "x", ledger.AccountKind.ASSET)
    west = world.west.organisation_id
    common = {"organisation_id": lead.organisation_id, "on": DAY, "source": "t", "summary": "x"}
    acts = {
        "draft": lambda who: vouchers.draft(lead.id, on=DAY, summary="x", lines=LINES, actor=who),
        "redraft": lambda who: vouchers.redraft(voucher, on=DAY, summary="x", lines=LINES, actor=who),
        "from template": lambda who: vouchers.draft_from_template(lead.id, said, actor=who),
        "template again": lambda who: vouchers.redraft_from_template(from_template, said, actor=who),
        "reversal": lambda who: vouchers.draft_reversal(entry, on=DAY, reason="x", actor=who),
        "year close": lambda who: vouchers.draft_year_close(lead.id, 2024, actor=who),
        "budget": lambda who: budgets.draft(lead.id, 2025, [Planned("5001", 1)], actor=who),
        "budget again": lambda who: budgets.redraft(budget, [Planned("5001", 2)], actor=who),
        "close": lambda who: closing.close_month(lead, date(2024, 1, 1), actor=who),
        "close many": lambda who: closing.close_through([lead], date(2024, 1, 1), actor=who),
        "post": lambda who: books.post("subsidy_received", amounts={"basic": 5}, actor=who, **common),
        "post pair": lambda who: books.post_pair("internal_paid", amounts={"paid": 5}, counterparty_id=west, actor=who,
                                                 **common),
        "reverse": lambda who: books.reverse(entry.id, on=DAY, reason="x", actor=who),
        "propose accounts": lambda who: charts.propose("kunshan", [account], document="x", actor=who),
        "draft prices": lambda who: adjusting.draft("kunshan", **listed, actor=who),
        "redraft prices": lambda who: adjusting.redraft(prices, **listed, actor=who),
        "quantities": lambda who: adjusting.take_usage(prices, [], actor=who),
    }  # fmt: skip
    assert acts.keys() == MAY.keys()
    found = {name: set() for name in acts}
    for who, (role, where) in EVERYBODY.items():
        actor = person(role, world.ids[where], id=99)
        for name, act in acts.items():
            with transaction.atomic():
                try:
                    act(actor)
                    found[name].add(who)
                except Forbidden:
                    pass
                transaction.set_rollback(True)
    assert found == MAY


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
