"""A voucher by hand: one prepares, another approves; large ones need a third; months and years close."""

from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.models import Voucher, VoucherLine
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")


def lines(fen=12345, debit="500101", credit="1002"):
    return [DraftLine(debit, fen), DraftLine(credit, -fen)]


def made(world, fen=12345, on=DAY, actor=None) -> Voucher:
    return vouchers.draft(world.lead.id, on=on, summary="付工资", lines=lines(fen), actor=actor or world.finance())


def posted(world, voucher: Voucher) -> Voucher:
    take_step(voucher, "submit", actor=world.finance(21))
    return take_step(voucher, "approve", actor=world.finance(22))


def closing_of(book) -> dict[str, int]:
    rows = ledger.balances([book.id], date(2024, 1, 1), date(2027, 12, 31))
    return {row.code: row.closing_fen for row in rows if row.closing_fen}


def test_one_prepares_another_approves(world):
    voucher = made(world)
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(StepRefused, match="另一人"):
        take_step(voucher, "approve", actor=world.finance(21))
    with pytest.raises(StepRefused):
        take_step(voucher, "approve", actor=world.finance(22, area="west"))
    assert closing_of(world.lead) == {}
    done = take_step(voucher, "approve", actor=world.finance(22))
    entry = ledger.entry(done.entry_id)
    assert (entry.prepared_by_id, entry.approved_by_id, entry.posted_by_id) == (21, 22, 22)
    assert entry.address == done.get_absolute_url()
    assert closing_of(world.lead) == {"500101": 12345, "1002": -12345}


def test_who_changed_the_draft_does_not_approve_it(world):
    voucher = made(world)
    vouchers.redraft(voucher, on=DAY, summary="付工资", lines=lines(999), actor=world.finance(22))
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(StepRefused, match="另一人"):
        take_step(voucher, "approve", actor=world.finance(22))
    assert take_step(voucher, "approve", actor=world.finance(23)).total_fen == 999


def test_a_large_one_needs_the_director_too(world):
    voucher = made(world, fen=500_000_01)
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(StepRefused):
        take_step(voucher, "approve", actor=world.finance(22))
    take_step(voucher, "check", actor=world.finance(22))
    assert closing_of(world.lead) == {}
    with pytest.raises(StepRefused):
        take_step(voucher, "countersign", actor=world.finance(23))
    take_step(voucher, "countersign", actor=world.director())
    assert closing_of(world.lead)["500101"] == 500_000_01


def test_up_to_the_limit_two_are_enough(world):
    assert posted(world, made(world, fen=500_000_00)).state == "posted"


def test_what_is_wrong_goes_back_with_a_reason(world):
    voucher = made(world)
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(EntryRefused):
        vouchers.redraft(voucher, on=DAY, summary="x", lines=lines(1), actor=world.finance(21))
    with pytest.raises(StepRefused):
        take_step(voucher, "give_back", actor=world.finance(22))
    take_step(voucher, "give_back", actor=world.finance(22), answers={"reason": "金额不对"})
    vouchers.redraft(voucher, on=DAY, summary="x", lines=lines(1), actor=world.finance(21))
    assert posted(world, voucher).total_fen == 1


def test_the_database_keeps_lines_as_they_were_submitted(world):
    voucher = take_step(made(world), "submit", actor=world.finance(21))
    other = made(world)  # a draft
    rows = Voucher.objects.unscoped("test").filter(pk=voucher.pk)
    for act in (
        lambda: VoucherLine.objects.filter(voucher=voucher, number=1).update(voucher=other, number=9),
        lambda: rows.update(large=True),
        lambda: rows.update(prepared_by_id=None),
        lambda: rows.update(editor_ids=[]),
        lambda: rows.update(on_day=date(2026, 5, 1)),
        lambda: VoucherLine.objects.filter(voucher=voucher).update(fen=1),
        lambda: VoucherLine.objects.filter(voucher=voucher).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "said",
    [
        [DraftLine("500101", 100), DraftLine("1002", -99)],
        [DraftLine("500101", 100)],
        [],
    ],
)
def test_a_draft_may_be_unfinished_but_is_not_submitted(world, said):
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=said, actor=world.finance())
    with pytest.raises(StepRefused):
        take_step(voucher, "submit", actor=world.finance())


@pytest.mark.parametrize(
    "line",
    [
        DraftLine("5001", 100),  # a heading
        DraftLine("9999", 100),
        DraftLine("121809", 100),  # internal, without whom
        DraftLine("1002", 100, counterparty_id=-1),
    ],
)
def test_accounts_that_can_not_be_used_are_refused(world, line):
    with pytest.raises(EntryRefused):
        vouchers.draft(world.lead.id, on=DAY, summary="x", lines=[line], actor=world.finance())
    with pytest.raises(Forbidden):
        vouchers.draft(world.lead.id, on=DAY, summary="x", lines=[], actor=world.director())


def test_a_reversal_is_two_persons_work_too_and_once(world):
    first = ledger.entry(posted(world, made(world)).entry_id)
    reversal = vouchers.draft_reversal(first, on=DAY, reason="重复付款", actor=world.finance(21))
    with pytest.raises(EntryRefused, match="正在办理"), transaction.atomic():
        vouchers.draft_reversal(first, on=DAY, reason="重复付款", actor=world.finance(21))
    done = posted(world, reversal)
    assert ledger.entry(done.entry_id).reverses_id == first.id
    assert closing_of(world.lead) == {}
    with pytest.raises(EntryRefused):
        vouchers.draft_reversal(ledger.entry(first.id), on=DAY, reason="再来", actor=world.finance(21))


def test_a_month_closes_when_nothing_stands_in_its_way(world):
    book = world.lead
    january = date(2024, 1, 1)
    draft = made(world, on=date(2024, 1, 20))
    kinds = [finding.kind for finding in closing.findings(book, january)]
    assert kinds == ["draft"]
    with pytest.raises(EntryRefused):
        closing.close_month(book, january, actor=world.finance())
    posted(world, draft)
    assert closing.close_month(book, january, actor=world.finance()).next_to_close == date(2024, 2, 1)
    with pytest.raises(books.PeriodClosed):
        made(world, on=date(2024, 1, 31))
    with pytest.raises(EntryRefused):
        closing.close_month(books.book_of(book.organisation_id), date(2024, 3, 1), actor=world.finance())


def test_a_month_that_runs_is_not_closed(world):
    with clock.fixed(datetime(2024, 1, 31, 12, tzinfo=clock.ZONE)):
        assert [f.kind for f in closing.findings(world.lead, date(2024, 1, 1))] == ["running"]
    with clock.fixed(datetime(2024, 2, 1, 0, tzinfo=clock.ZONE)):
        assert closing.findings(world.lead, date(2024, 1, 1)) == []


def test_dealings_that_differ_are_named_and_explained(world):
    books.post("internal_service_provided", organisation_id=world.lead.organisation_id, on=date(2024, 1, 5),
               amounts={"fee": 700}, source="x", summary="检验", actor=SYSTEM,
               counterparty_id=world.member.organisation_id)  # fmt: skip
    for book in (world.lead, world.member):  # the other side sees it as well
        (finding,) = closing.findings(book, date(2024, 1, 1))
        assert finding.kind == "dealing" and "7.00" in finding.words
        with pytest.raises(EntryRefused):
            closing.close_month(book, date(2024, 1, 1), actor=world.finance())
    closing.close_month(world.lead, date(2024, 1, 1), actor=world.finance(), explanation="对方下月入账")


def test_a_year_closes_into_the_accumulated_surplus(world):
    """Income 1000.00 and 40.00 from the member, expense 700.00: a surplus of 340.00, nothing left in between."""
    lead, member = world.lead.organisation_id, world.member.organisation_id
    said = {"on": date(2024, 12, 5), "summary": "x", "actor": SYSTEM}
    books.post("subsidy_received", organisation_id=lead, amounts={"basic": 100000}, source="a", **said)
    books.post_pair("internal_service_provided", organisation_id=lead, counterparty_id=member, amounts={"fee": 4000},
                    source="b", **said)  # fmt: skip
    books.post("expense_paid", organisation_id=lead, amounts={"staff": 50000, "other": 20000}, source="c", **said)
    for month in range(1, 12):
        closing.close_month(books.book_of(lead), date(2024, month, 1), actor=world.finance())
    december = date(2024, 12, 1)
    assert [f.kind for f in closing.findings(books.book_of(lead), december)] == ["year"]
    voucher = vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21))
    with pytest.raises(EntryRefused):
        vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21))
    posted(world, voucher)
    after = closing_of(world.lead)
    assert after == {"1002": 30000, "121809": 4000, "3001": -34000}
    assert closing.close_month(books.book_of(lead), december, actor=world.finance()).next_to_close == date(2025, 1, 1)


def test_a_year_close_that_has_grown_old_is_not_posted(world):
    said = {"organisation_id": world.lead.organisation_id, "on": date(2024, 12, 5), "summary": "x", "actor": SYSTEM}
    books.post("subsidy_received", amounts={"basic": 100}, source="a", **said)
    voucher = take_step(vouchers.draft_year_close(world.lead.id, 2024, actor=world.finance(21)), "submit",
                        actor=world.finance(21))  # fmt: skip
    books.post("subsidy_received", amounts={"basic": 5}, source="b", **said)
    with pytest.raises(StepRefused, match="重新生成"):
        take_step(voucher, "approve", actor=world.finance(22))


def test_many_books_close_as_far_as_nothing_stands_in_the_way(world):
    lead, member = world.lead, world.member
    made(world, on=date(2024, 3, 5))  # a draft in March
    with pytest.raises(Forbidden):
        closing.close_through([lead, world.west], date(2024, 6, 1), actor=world.finance())
    assert world.lead.next_to_close == date(2024, 1, 1)
    first, second = closing.close_through([lead, member], date(2024, 6, 1), actor=world.finance())
    assert (first.closed, first.book.next_to_close, [f.kind for f in first.stopped]) == (2, date(2024, 3, 1), ["draft"])
    assert (second.closed, second.book.next_to_close, second.stopped) == (6, date(2024, 7, 1), ())
    again, __ = closing.close_through([first.book, second.book], date(2024, 6, 1), actor=world.finance())
    assert again.closed == 0
