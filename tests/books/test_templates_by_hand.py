"""Every template against lines worked out by hand from the rules of accounting, not from the module.

The rules (government accounting system, in words): what is received is debited to the bank, what is paid is credited;
who is owed something debits a receivable, who owes credits a payable, and settling takes each off its other side;
income is credited when it is earned, an expense debited when it is incurred; money received for what is still to be
done is no income but an advance (a liability); money held for others likewise. What was earned too much is taken back
by the mirror of what earned it.

Codes: 1002 bank; 121202 owed by the insurance fund, 121203 by patients, 121204 quality deposit, 121205 clearing, 121206
other consortia, 121809 other members; 230502 advance of the fund, 230503 deposit to come back, 230702 owed to the
insurance body, 230703 to other consortia, 230704 subsidies held for others, 230709 owed to other members; 4001..
subsidies, 4101.. income of services, 5001.. expenses.
"""

from dataclasses import replace
from datetime import date

import pytest

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger.api import EntryRefused

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
INTERNAL = {"121206", "121809", "230703", "230709", "410109", "500109"}
pytestmark = pytest.mark.django_db

Lines = set[tuple[str, int]]  # account, fen; debit positive


def dr(code: str, fen: int) -> tuple[str, int]:
    return code, fen


def cr(code: str, fen: int) -> tuple[str, int]:
    return code, -fen


BY_HAND: dict[str, tuple[dict[str, int], Lines]] = {
    # an advance comes in: bank up, and it is owed in services, not earned
    "fund_prepayment_received": ({"prepayment": 1000}, {dr("1002", 1000), cr("230502", 1000)}),
    # the lead passes part of it on: bank down, the member owes it until it has served; the member's side mirrors it
    "fund_prepayment_passed_on": ({"prepayment": 300}, {dr("121809", 300), cr("1002", 300)}),
    "fund_prepayment_received_from_lead": ({"prepayment": 300}, {dr("1002", 300), cr("230709", 300)}),
    # services given to insured persons: earned now, 300 + 700, owed by the fund
    "claims_receivable": (
        {"outpatient": 300, "inpatient": 700}, {dr("121202", 1000), cr("41010101", 300), cr("41010102", 700)}
    ),
    # the month is settled: 600 from the advance, 300 in money, 100 not accepted (less income); nothing owed any more
    "fund_settled_month": (
        {"from_prepayment": 600, "paid": 300, "deducted": 100},
        {dr("230502", 600), dr("1002", 300), dr("41010103", 100), cr("121202", 1000)},
    ),
    "fund_payment_received": (
        {"paid": 300, "deducted": 100}, {dr("1002", 300), dr("41010103", 100), cr("121202", 400)}
    ),
    # the advance for the member's 600 lies with the lead, 50 more come through it from others: the lead owes it 650
    "fund_settled_month_owed_by_lead": (
        {"from_prepayment": 600, "from_others": 50}, {dr("121809", 650), cr("121202", 650)}
    ),
    "fund_settled_month_owed_to_member": (
        {"from_prepayment": 600, "from_others": 50}, {dr("230502", 600), dr("121202", 50), cr("230709", 650)}
    ),
    # more was taken back than was earned since: the mirror of the three above
    "claims_taken_back": (
        {"outpatient": 300, "inpatient": 700}, {dr("41010101", 300), dr("41010102", 700), cr("121202", 1000)}
    ),
    "fund_settled_month_taken_back": ({"from_prepayment": 600}, {dr("121202", 600), cr("230502", 600)}),
    "fund_settled_month_back_to_lead": (
        {"from_prepayment": 600, "from_others": 50}, {dr("121202", 650), cr("121809", 650)}
    ),
    "fund_settled_month_back_from_member": (
        {"from_prepayment": 600, "from_others": 50}, {dr("230709", 650), cr("230502", 600), cr("121202", 50)}
    ),
    # a member gives the rest of its advance to the lead: it owes the lead instead of the fund, and the lead the fund
    "prepayment_gathered": ({"prepayment": 5}, {dr("230502", 5), cr("230709", 5)}),
    "prepayment_gathered_from_member": ({"prepayment": 5}, {dr("121809", 5), cr("230502", 5)}),
    # 40 are held back: owed by the fund, not earned yet; later 30 come back and are earned, 10 never do
    "quality_deposit_withheld": ({"withheld": 40}, {dr("121204", 40), cr("230503", 40)}),
    "quality_deposit_returned": (
        {"returned": 30, "not_returned": 10},
        {dr("1002", 30), dr("230503", 40), cr("121204", 40), cr("41010105", 30)},
    ),
    # the year's clearing: a surplus kept is earned and owed; it comes as 60 of money and 30 of advance not used up
    "clearing_surplus": ({"surplus": 90}, {dr("121205", 90), cr("41010104", 90)}),
    "clearing_received": (
        {"paid": 60, "from_prepayment": 30}, {dr("1002", 60), dr("230502", 30), cr("121205", 90)}
    ),
    # what is left of the advance is to be given back; what is lacking is set off against such a debt, or comes in
    "prepayment_to_repay": ({"left": 5}, {dr("230502", 5), cr("230702", 5)}),
    "prepayment_made_up": ({"netted": 20, "paid": 30}, {dr("230702", 20), dr("1002", 30), cr("230502", 50)}),
    # an overspend borne is an expense and owed to the insurance body, until it is paid or set off
    "clearing_overspend": ({"overspend": 80}, {dr("500106", 80), cr("230702", 80)}),
    "clearing_repaid": ({"paid": 50}, {dr("230702", 50), cr("1002", 50)}),
    "clearing_netted": ({"netted": 30}, {dr("230702", 30), cr("121205", 30)}),
    # the lead gives a member 15 of the surplus: its expense and debt, the member's income and claim
    "surplus_distributed": ({"share": 15}, {dr("500109", 15), cr("230709", 15)}),
    "surplus_received": ({"share": 15}, {dr("121809", 15), cr("410109", 15)}),
    # a member bears 15 of the overspend: its expense and debt, the lead's income and claim
    "overspend_shared": ({"share": 15}, {dr("500109", 15), cr("230709", 15)}),
    "overspend_recovered": ({"share": 15}, {dr("121809", 15), cr("410109", 15)}),
    # the own insured treated elsewhere: taken from the advance, owed to the other; who treated has that debtor now
    "cross_consortium_owed": ({"owed": 70}, {dr("230502", 70), cr("230703", 70)}),
    "cross_consortium_due": ({"owed": 70}, {dr("121206", 70), cr("121202", 70)}),
    "cross_consortium_paid": ({"paid": 70}, {dr("230703", 70), cr("1002", 70)}),
    "cross_consortium_received": ({"paid": 70}, {dr("1002", 70), cr("121206", 70)}),
    # more was taken back than came: who treated owes it to the other, who has that much more of its advance left
    "cross_consortium_taken_back": ({"owed": 70}, {dr("121202", 70), cr("230703", 70)}),
    "cross_consortium_taken_back_due": ({"owed": 70}, {dr("121206", 70), cr("230502", 70)}),
    # treated outside: taken from the advance, and owed to the insurance body, or to the hospitals where the lead pays
    "used_elsewhere_taken_back": ({"used": 25}, {dr("230702", 25), cr("230502", 25)}),
    "used_elsewhere_by_lead": ({"used": 25}, {dr("230502", 25), cr("2302", 25)}),
    "used_elsewhere_by_lead_taken_back": ({"used": 25}, {dr("2302", 25), cr("230502", 25)}),
    "used_elsewhere_paid": ({"paid": 25}, {dr("2302", 25), cr("1002", 25)}),
    "used_elsewhere": ({"used": 25}, {dr("230502", 25), cr("230702", 25)}),
    # between members: a debt is paid, a service given and used, claims and debts set off
    "internal_paid": ({"paid": 9}, {dr("230709", 9), cr("1002", 9)}),
    "internal_received": ({"paid": 9}, {dr("1002", 9), cr("121809", 9)}),
    "internal_service_provided": ({"fee": 8}, {dr("121809", 8), cr("410109", 8)}),
    "internal_service_used": ({"fee": 8}, {dr("500109", 8), cr("230709", 8)}),
    "internal_netted": ({"netted": 7}, {dr("230709", 7), cr("121809", 7)}),
    # subsidies: one's own are income by their kind; what is held for others is a debt until it is passed on or allotted
    "subsidy_received": (
        {"basic": 1, "project": 2, "public_health": 4, "essential_medicine": 8},
        {dr("1002", 15), cr("400101", 1), cr("400102", 2), cr("400103", 4), cr("400104", 8)},
    ),
    "subsidy_held": ({"held": 28}, {dr("1002", 28), cr("230704", 28)}),
    "subsidy_passed_on": ({"held": 28}, {dr("230704", 28), cr("1002", 28)}),
    "subsidy_allotted": (
        {"public_health": 4, "essential_medicine": 8, "equipment": 16}, {dr("230704", 28), cr("230709", 28)}
    ),
    "subsidy_share_received": (
        {"public_health": 4, "essential_medicine": 8, "equipment": 16},
        {dr("121809", 28), cr("400103", 4), cr("400104", 8), cr("400102", 16)},
    ),
    # daily business: 3 paid at once, 12 owed by patients, earned alike; expenses paid at once
    "service_income": (
        {"outpatient": 1, "inpatient": 2, "outpatient_owed": 4, "inpatient_owed": 8},
        {dr("1002", 3), dr("121203", 12), cr("41010101", 5), cr("41010102", 10)},
    ),
    "patient_debt_collected": ({"paid": 12}, {dr("1002", 12), cr("121203", 12)}),
    "expense_paid": (
        {"staff": 1, "medicines": 2, "materials": 4, "other": 8},
        {dr("500101", 1), dr("500102", 2), dr("500103", 4), dr("500104", 8), cr("1002", 15)},
    ),
}  # fmt: skip


def posted(world, name: str, source: str = "x"):
    amounts, _lines = BY_HAND[name]
    other = world.west.organisation_id if {code for code, _fen in BY_HAND[name][1]} & INTERNAL else None
    return books.post(name, organisation_id=world.lead.organisation_id, on=DAY, amounts=amounts, source=source,
                      summary="x", actor=SYSTEM, counterparty_id=other)  # fmt: skip


def lines_of(entry) -> Lines:
    assert len({(line.account, line.fen > 0) for line in entry.lines}) == len(entry.lines)
    return {(line.account, line.fen) for line in entry.lines}


def test_every_template_has_been_worked_out():
    assert BY_HAND.keys() == TEMPLATES.keys()
    for name, (amounts, lines) in BY_HAND.items():
        assert amounts.keys() == TEMPLATES[name].amounts, name
        assert sum(fen for _code, fen in lines) == 0, name  # the hand is right about itself


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_template_posts_what_the_rule_says(world, name):
    entry = posted(world, name)
    assert lines_of(entry) == BY_HAND[name][1]
    for line in entry.lines:  # dealings name the other book, and nothing else does
        assert (line.counterparty_id == world.west.id) == (line.account in INTERNAL)


@pytest.mark.parametrize("spoil", ["sides", "debit", "credit"])
def test_a_template_that_is_wrong_would_be_noticed(world, monkeypatch, spoil):
    """Sides swapped, or one of its accounts another: no template passes."""
    for number, (name, one) in enumerate(sorted(TEMPLATES.items())):
        wrong = {
            "sides": {"debits": one.credits, "credits": one.debits},
            "debit": {"debits": (("1001", one.debits[0][1]), *one.debits[1:])},
            "credit": {"credits": (*one.credits[:-1], ("1001", one.credits[-1][1]))},
        }[spoil]
        monkeypatch.setitem(TEMPLATES, name, replace(one, **wrong))
        try:
            assert lines_of(posted(world, name, f"x{number}")) != BY_HAND[name][1], name
        except EntryRefused:
            pass
