"""Taking back: in both books at once, out of the right year, whatever has become of the account."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books import statements
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
pytestmark = pytest.mark.django_db


def posted(world, voucher):
    if voucher.other_book_id is None:
        take_step(voucher, "submit", actor=world.finance(21))
    else:
        take_step(voucher, "offer", actor=world.finance(21))
        take_step(voucher, "confirm", actor=world.finance(23))
    return take_step(voucher, "approve", actor=world.finance(22))


def subsidy(world, source="s", on=DAY, fen=700):
    return books.post("subsidy_received", organisation_id=world.lead.organisation_id, on=on, amounts={"basic": fen},
                      source=source, summary="补助", actor=SYSTEM)  # fmt: skip


def pair(world, other, source="p"):
    return books.post_pair("internal_service_provided", organisation_id=world.lead.organisation_id, summary="检验",
                           counterparty_id=other.organisation_id, on=DAY, amounts={"fee": 800}, source=source,
                           actor=SYSTEM)  # fmt: skip


def standing(*kept) -> list[dict[str, int]]:
    rows = ledger.balances([book.id for book in kept], date(2024, 1, 1), date(2026, 12, 31))
    return [{row.code: row.closing_fen for row in rows if row.book_id == book.id and row.closing_fen} for book in kept]


@pytest.mark.parametrize("side", [0, 1])
def test_a_dealing_is_taken_back_in_both_books(world, side):
    both = pair(world, world.member)
    done = posted(world, vouchers.draft_reversal(both[side], on=DAY, reason="重复", actor=world.finance(21)))
    mine, other = ledger.entry(both[side].id), ledger.entry(both[1 - side].id)
    assert mine.reversed_by_id == done.entry_id and other.reversed_by_id is not None
    assert standing(world.lead, world.member) == [{}, {}]
    pair(world, world.member)  # and may be posted anew
    assert standing(world.lead, world.member)[0] == {"121809": 800, "410109": -800}


def test_another_domain_takes_both_back_too(world):
    mine, other = pair(world, world.west)
    books.reverse(other.id, on=DAY, reason="错", actor=SYSTEM)
    assert standing(world.lead, world.west) == [{}, {}]
    assert books.reverse(mine.id, on=DAY, reason="错", actor=SYSTEM).id == ledger.entry(mine.id).reversed_by_id
    assert standing(world.lead, world.west) == [{}, {}]


def test_a_dealing_with_another_area_is_taken_back_when_its_officer_confirms(world):
    mine, other = pair(world, world.west)
    draft = vouchers.draft_reversal(mine, on=DAY, reason="错", actor=world.finance(21))
    for step in ("submit", "approve"):
        with pytest.raises(StepRefused):
            take_step(draft, step, actor=world.finance(22))
    take_step(draft, "offer", actor=world.finance(21))
    with pytest.raises(StepRefused, match="不由您办理"):  # one's own side confirms nothing
        take_step(draft, "confirm", actor=world.finance(22))
    take_step(draft, "confirm", actor=world.finance(51, area="west"))
    assert standing(world.lead, world.west)[0] != {}
    with pytest.raises(StepRefused):
        take_step(draft, "approve", actor=world.finance(52, area="west"))
    take_step(draft, "approve", actor=world.finance(22))
    assert standing(world.lead, world.west) == [{}, {}]
    back = [ledger.entry(ledger.entry(one.id).reversed_by_id) for one in (mine, other)]
    assert [(one.prepared_by_id, one.approved_by_id) for one in back] == [(21, 22), (21, 51)]


def test_a_pair_that_parted_meanwhile_is_not_taken_back_by_half(world):
    mine, other = pair(world, world.west)
    draft = vouchers.draft_reversal(mine, on=DAY, reason="错", actor=world.finance(21))
    take_step(draft, "offer", actor=world.finance(21))
    take_step(draft, "confirm", actor=world.finance(51, area="west"))
    ledger.reverse_entry(other.id, on=DAY, summary="另外冲了", source="elsewhere", actor=SYSTEM)
    with pytest.raises(StepRefused, match="有了变化"):
        take_step(draft, "approve", actor=world.finance(22))
    assert ledger.entry(mine.id).reversed_by_id is None


def test_a_closed_month_of_the_other_book_is_named_before_anything_is_drafted(world):
    both = books.post_pair("internal_paid", organisation_id=world.lead.organisation_id, on=date(2024, 1, 5),
                           counterparty_id=world.member.organisation_id, amounts={"paid": 5}, source="p", summary="x",
                           actor=SYSTEM)  # fmt: skip
    closing.close_month(world.member, date(2024, 1, 1), actor=world.finance())
    with pytest.raises(books.PeriodClosed, match=world.member.name):
        vouchers.draft_reversal(both[0], on=date(2024, 1, 20), reason="错", actor=world.finance(21))
    one = vouchers.draft_reversal(both[0], on=date(2024, 2, 1), reason="错", actor=world.finance(21))
    with pytest.raises(EntryRefused, match="正在办理"):
        vouchers.draft_reversal(both[1], on=date(2024, 2, 1), reason="错", actor=world.finance(21))
    assert posted(world, one).state == "posted"


def carried(world):
    for month in range(1, 12):
        closing.close_month(world.lead, date(2024, month, 1), actor=world.finance())
    done = posted(world, vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21)))
    closing.close_month(world.lead, date(2024, 12, 1), actor=world.finance())
    return ledger.entry(done.entry_id)


def test_a_year_that_is_over_bears_its_own_mistakes(world):
    """700 of 2024 were no income: 2025's result stands, the accumulated surplus is 700 less when 2025 is carried."""
    wrong = subsidy(world, on=date(2024, 12, 5))
    subsidy(world, "t", on=date(2025, 1, 9), fen=30)
    carry = carried(world)
    with pytest.raises(EntryRefused, match="以前年度"):
        vouchers.draft_reversal(carry, on=date(2025, 1, 5), reason="x", actor=world.finance(21))
    posted(world, vouchers.draft_reversal(wrong, on=date(2025, 1, 5), reason="误记", actor=world.finance(21)))
    assert standing(world.lead) == [{"1002": 30, "3001": -700, "3501": 700, "400101": -30}]
    assert statements.income_statement([world.lead], date(2025, 1, 1), date(2025, 12, 31)).surplus[0] == 30
    lines = closing.carried_forward(ledger.positions([world.lead.id], date(2025, 12, 31)))
    after = {"3001": -700, "3501": 700, "400101": -30}
    for code, fen, _other in lines:
        after[code] = after.get(code, 0) + fen
    assert {code: fen for code, fen in after.items() if fen} == {"3001": -30}


def test_in_its_own_year_a_mistake_comes_out_where_it_went_in(world):
    wrong = subsidy(world, on=date(2024, 3, 5))
    posted(world, vouchers.draft_reversal(wrong, on=date(2024, 12, 5), reason="误记", actor=world.finance(21)))
    assert standing(world.lead) == [{}]


def test_nothing_is_posted_after_this_month(world):
    later = clock.next_month(clock.today())
    assert subsidy(world, "a", on=later - timedelta(days=1)).total_fen == 700
    with pytest.raises(EntryRefused, match="晚于本月"):
        subsidy(world, "b", on=later)
    with pytest.raises(EntryRefused, match="晚于本月"):
        books.reverse(subsidy(world, "c").id, on=later, reason="x", actor=SYSTEM)
    with pytest.raises(EntryRefused, match="晚于本月"):
        vouchers.draft(world.lead.id, on=later, summary="x", lines=[], actor=world.finance())


def test_what_stood_in_an_account_that_became_a_heading_is_taken_back(world):
    lines = [DraftLine("500104", 5), DraftLine("1002", -5)]
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    entry = ledger.entry(posted(world, voucher).entry_id)
    ledger.add_accounts(
        world.lead.id, [ledger.AccountSpec("50010401", "水电", ledger.AccountKind.EXPENSE)], actor=SYSTEM
    )
    posted(world, vouchers.draft_reversal(entry, on=DAY, reason="x", actor=world.finance(21)))
    assert standing(world.lead) == [{}]


def test_what_is_kept_is_in_the_language_of_the_place(world):
    first = subsidy(world, on=date(2024, 2, 5))
    with translation.override("en"):
        year = vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21))
        taken_back = books.reverse(first.id, on=date(2024, 2, 6), reason="记错", actor=SYSTEM)
    assert "结转" in year.summary and taken_back.summary.startswith("冲销")
