"""Statements against figures worked out by hand, and against a recount of the lines."""

from datetime import date

import pytest

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books import selectors, statements
from yigongti.domains.money.books.services import budgets, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

SYSTEM = system_actor("tests")
FEBRUARY, MARCH = date(2026, 2, 10), date(2026, 3, 10)


def post(book, template, on, source, other=None, **amounts):
    counterparty = other.organisation_id if other else None
    return books.post(template, organisation_id=book.organisation_id, on=on, amounts=amounts, source=source,
                      summary=source, actor=SYSTEM, counterparty_id=counterparty)  # fmt: skip


def pair(book, template, on, source, other, **amounts):
    return books.post_pair(template, organisation_id=book.organisation_id, counterparty_id=other.organisation_id, on=on,
                           amounts=amounts, source=source, summary=source, actor=SYSTEM)  # fmt: skip


@pytest.fixture
def quarter(world):
    """The lead: subsidy 1000 in February; services 300 + 200, wages 450 in March, 60 earned of the member, prepaid 5000
    of which 800 passed on. The member: wages 10."""
    lead, member = world.lead, world.member
    post(lead, "subsidy_received", FEBRUARY, "a", basic=1000)
    post(lead, "service_income", MARCH, "b", outpatient=300, inpatient_owed=200)
    post(lead, "expense_paid", MARCH, "c", staff=450)
    pair(lead, "internal_service_provided", MARCH, "d", member, fee=60)
    post(lead, "fund_prepayment_received", MARCH, "e", prepayment=5000)
    pair(lead, "fund_prepayment_passed_on", MARCH, "f", member, prepayment=800)
    post(member, "expense_paid", MARCH, "g", staff=10)
    return world


def nodes(section) -> dict[str, tuple[int, ...]]:
    return {node.code: node.values for node in section.nodes}


def test_trial_balance(quarter):
    trial = statements.trial_balance(quarter.lead, MARCH, MARCH)
    assert trial.balanced
    found = nodes(trial)
    assert found["1002"] == (1000, 5300, 1250, 5050)
    assert found["1212"] == found["121203"] == (0, 200, 0, 200)
    assert found["4101"] == (0, 0, 560, -560)  # the sum of 300, 200 and 60 below it
    assert trial.total == (1000, 1000, 6810, 6810, 6560, 6560)


def test_income_statement(quarter):
    march = statements.income_statement([quarter.lead], MARCH, MARCH)
    assert (march.income.total, march.expense.total, march.surplus) == ((560, 1560), (450, 450), (110, 1110))
    assert nodes(march.income)["400101"] == (0, 1000)


def test_balance_sheet_balances_before_and_after_the_year_is_closed(quarter):
    sheet = statements.balance_sheet([quarter.lead], MARCH)
    assert sheet.balanced
    # bank 5050, from patients 200, from the member 860; prepayment 5000
    assert (sheet.assets.total, sheet.liabilities.total, sheet.result) == ((0, 6110), (0, 5000), (0, 1110))
    lines = vouchers.year_close_lines(quarter.lead.id, 2026)
    ledger.post_entry(
        ledger.NewEntry(
            book_id=quarter.lead.id, on=date(2026, 12, 31), summary="结转", source="close", template="year_close",
            lines=tuple(ledger.NewLine(line.account, line.fen, line.counterparty_id) for line in lines),
        ),
        actor=SYSTEM,
    )  # fmt: skip
    after = statements.balance_sheet([quarter.lead], date(2026, 12, 31))
    assert (after.balanced, after.net_assets.total, after.result) == (True, (0, 1110), (0, 0))
    year = statements.income_statement([quarter.lead], date(2026, 1, 1), date(2026, 12, 31))
    assert year.surplus == (1110, 1110)
    assert statements.balance_sheet([quarter.lead], date(2027, 1, 31)).assets.total == (6110, 6110)


def test_consolidated_takes_dealings_out(quarter):
    ids = [quarter.lead, quarter.member]
    whole = statements.consolidated(ids, MARCH)
    assert whole.balanced
    assert [pair.agrees for pair in whole.pairs] == [True]
    income, expense = whole.sections[AccountKind.INCOME], whole.sections[AccountKind.EXPENSE]
    assert income.total == (1560, -60, 1500)
    assert expense.total == (520, -60, 460)
    assert whole.surplus == (1040, 0, 1040)
    # members' assets 6110 + 790; 860 of them is owed by one to the other
    assert whole.sections[AccountKind.ASSET].total == (6900, -860, 6040)
    assert whole.sections[AccountKind.LIABILITY].total == (5860, -860, 5000)
    assert [(m.income_fen, m.expense_fen, m.assets_fen, m.liabilities_fen) for m in whole.members] == [
        (1560, 450, 6110, 5000), (0, 70, 790, 860)
    ]  # fmt: skip


def test_a_dealing_outside_the_group_is_not_eliminated(quarter):
    post(quarter.lead, "internal_service_provided", MARCH, "w", quarter.west, fee=7)
    whole = statements.consolidated([quarter.lead, quarter.member], MARCH)
    assert whole.sections[AccountKind.INCOME].total == (1567, -60, 1507)
    assert whole.balanced


def test_what_two_books_disagree_on_stays_in_sight(quarter):
    post(quarter.lead, "internal_service_provided", MARCH, "only mine", quarter.member, fee=25)
    whole = statements.consolidated([quarter.lead, quarter.member], MARCH)
    (found,) = whole.pairs
    assert (found.owed_difference_fen, found.year_difference_fen) == (25, -25)
    assert {found.name, found.other_name} == {quarter.lead.name, quarter.member.name}
    assert whole.balanced
    assets = whole.sections[AccountKind.ASSET].total[2]
    assert (whole.left_over_fen, whole.disagreement_fen) == (0, 25)  # owed 25 and earned 25 are both taken out
    assert assets == whole.right[2]
    assert whole.result[2] == whole.surplus[2]
    assert [m.difference_fen for m in selectors.mismatches_of(quarter.member, MARCH)] in ([25], [-25])


def test_disagreements_do_not_hide_one_another(quarter):
    post(quarter.lead, "internal_service_provided", MARCH, "with one", quarter.member, fee=500)
    post(quarter.lead, "internal_service_used", MARCH, "with another", quarter.west, fee=500)
    whole = statements.consolidated([quarter.lead, quarter.member, quarter.west], MARCH)
    assert (whole.owed_difference_fen, whole.disagreement_fen, whole.balanced) == (0, 1000, True)


def test_empty_books_have_statements(world):
    assert statements.trial_balance(world.lead, MARCH, MARCH).balanced
    assert statements.balance_sheet([world.lead], MARCH).balanced
    assert statements.consolidated([world.lead, world.member], MARCH).balanced
    assert statements.income_statement([], MARCH, MARCH).surplus == (0, 0)


# -- budgets ---------------------------------------------------------------------------------------------------


def test_a_budget_is_approved_by_another_and_revised_with_a_reason(quarter):
    budget = budgets.draft(quarter.lead.id, 2026, [Planned("5001", 6000), Planned("400101", 2000)],
                           actor=quarter.finance(21))  # fmt: skip
    with pytest.raises(EntryRefused):
        budgets.draft(quarter.lead.id, 2026, [Planned("5001", 1)], actor=quarter.finance(21))
    take_step(budget, "submit", actor=quarter.finance(21))
    with pytest.raises(StepRefused):
        take_step(budget, "approve", actor=quarter.finance(21))
    assert budgets.in_force(quarter.lead.id, 2026) is None
    take_step(budget, "approve", actor=quarter.finance(22))
    assert budgets.in_force(quarter.lead.id, 2026) == budget
    against = {row.code: row for row in statements.budget_against_actual(quarter.lead, 2026, MARCH)}
    assert (against["5001"].budget_fen, against["5001"].actual_fen) == (6000, 450)
    assert (against["400101"].budget_fen, against["400101"].actual_fen, against["400101"].left_fen) == (
        2000,
        1000,
        1000,
    )
    assert (against["41010101"].budget_fen, against["41010101"].actual_fen) == (0, 300)  # earned without a plan
    with pytest.raises(EntryRefused, match="理由"):
        budgets.draft(quarter.lead.id, 2026, [Planned("5001", 7000)], actor=quarter.finance(21))
    revision = budgets.draft(quarter.lead.id, 2026, [Planned("5001", 7000)], actor=quarter.finance(21), reason="增员")
    assert revision.number == 2


def test_a_budget_file_is_judged_by_line(world):
    said = [
        "科目编码,预算金额（元）,说明",
        '5001,"1,234.50",',
        "500101,5,在上级之下",
        "1002,5,不是收支",
        "4601,abc,",
        "4603,-1,",
        "4609,0.001,",
        "4604,8,好",
    ]
    text = "\n".join(said)
    reading = budgets.read_file(world.lead.id, text.encode("gb18030"))
    assert [(line.code, line.fen) for line in reading.lines] == [("5001", 123450), ("4604", 800)]
    assert [bad.number for bad in reading.bad] == [3, 4, 5, 6, 7]
    assert all(bad.reason for bad in reading.bad)
