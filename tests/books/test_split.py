"""Vouchers split to stay under the approval limit count together. The limit is 500,000 yuan, the days are seven."""

from datetime import date

import pytest

from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books.services import reviewing, vouchers
from yigongti.domains.money.books.services.vouchers import DraftLine, FromTemplate
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.workflow.api import take_step

DAY = date(2026, 3, 9)
pytestmark = pytest.mark.django_db


def submitted(world, yuan, day=9, by=21, account="500104", back="1002"):
    fen = round(yuan * 100)
    lines = [DraftLine(account, fen), DraftLine(back, -fen)]
    voucher = vouchers.draft(world.lead.id, on=date(2026, 3, day), summary="设备", lines=lines, actor=world.finance(by))
    return take_step(voucher, "submit", actor=world.finance(by))


def test_up_to_the_limit_together_two_are_enough_above_it_a_third(world):
    """300,000 + 200,000 is the limit itself; one fen more is above it. What was approved before counts on."""
    first, second = submitted(world, 300_000), submitted(world, 200_000)
    assert [(one.large, one.counted_fen) for one in (first, second)] == [(False, 300_000_00), (False, 500_000_00)]
    take_step(first, "approve", actor=world.finance(22))
    third = submitted(world, 0.01)
    assert (third.large, third.counted_fen, third.total_fen) == (True, 500_000_01, 1)
    take_step(third, "check", actor=world.finance(22))
    assert take_step(third, "countersign", actor=world.director()).state == "posted"


def test_what_the_director_has_seen_makes_nothing_else_large(world):
    assert submitted(world, 620_000).large
    assert not submitted(world, 499_999).large  # 1,119,999 in all, of which 620,000 are approved by three


@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        ({}, 600_000), ({"day": 15}, 600_000), ({"day": 3}, 600_000),  # six days apart, either way
        ({"day": 16}, 300_000), ({"day": 2}, 300_000),  # seven
        ({"by": 22}, 300_000),  # another preparer
        ({"account": "500103"}, 300_000),  # another account: that both left the bank says nothing
    ],
)  # fmt: skip
def test_what_counts_together(world, changed, counted):
    submitted(world, 300_000, **changed)
    second = submitted(world, 300_000)
    assert (second.counted_fen, second.large) == (counted * 100, counted > 500_000)


def test_who_saved_the_draft_counts_as_well_as_who_submitted_it(world):
    lines = [DraftLine("500104", 300_000_00), DraftLine("1002", -300_000_00)]
    first = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    take_step(first, "submit", actor=world.finance(23))  # a colleague presses the button
    assert submitted(world, 300_000).large


def test_what_was_discarded_or_taken_back_counts_no_more(world):
    first = submitted(world, 300_000)
    take_step(first, "take_back", actor=world.finance(21))
    take_step(first, "discard", actor=world.finance(21))
    second = take_step(submitted(world, 300_000), "approve", actor=world.finance(22))
    ledger.reverse_entry(second.entry_id, on=DAY, summary="x", source="r", actor=world.finance(22))
    assert not submitted(world, 300_000).large


def test_a_refund_on_the_other_side_is_nothing_split(world):
    submitted(world, 300_000, account="1002", back="500104")
    assert not submitted(world, 300_000).large


def test_dealings_count_by_whom_they_are_with(world):
    def dealing(other, fen):
        said = FromTemplate("internal_service_provided", DAY, {"fee": fen}, "x", other.id)
        voucher = vouchers.draft_from_template(world.lead.id, said, actor=world.finance(21))
        return take_step(voucher, "offer", actor=world.finance(21))

    dealing(world.member, 300_000_00)
    assert not dealing(world.west, 300_000_00).large
    assert dealing(world.member, 300_000_00).large


def test_the_page_says_what_counts_together(world, settings):
    settings.PLACE = "kunshan"
    first, second = submitted(world, 300_000), submitted(world, 300_000)
    page = signed_in("finance_officer", world.ids["east"]).get(second.get_absolute_url()).content.decode()
    assert "600,000.00" in page and first.get_absolute_url() in page and "500,000.00" in page
    assert {line.voucher_id for line in reviewing.together(second)} == {first.pk, second.pk}
