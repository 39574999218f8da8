"""Ways somebody might go round the second person, the other side, the limit or the closing."""

import re
import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from tests.books.conftest import World
from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.models import ChartAccount, Voucher
from yigongti.domains.money.books.services import budgets, charts, closing, keeping, vouchers
from yigongti.domains.money.books.services.budgets import Planned
from yigongti.domains.money.books.services.vouchers import DraftLine, FromTemplate
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, AccountSpec, EntryRefused
from yigongti.kernel.workflow.api import StepRefused, take_step

DAY = date(2026, 3, 9)
SYSTEM = system_actor("tests")
pytestmark = pytest.mark.django_db


def submitted(world, fen, account="500104", back="1002", by=21, handed_on_by=None):
    lines = [DraftLine(account, fen), DraftLine(back, -fen)]
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="设备", lines=lines, actor=world.finance(by))
    return take_step(voucher, "submit", actor=world.finance(handed_on_by or by))


def dealing(world, other, fen=800):
    said = FromTemplate("internal_service_provided", DAY, {"fee": fen}, "检验", other.id)
    return vouchers.draft_from_template(world.lead.id, said, actor=world.finance(21))


def offered(world, other, fen=800):
    return take_step(dealing(world, other, fen), "offer", actor=world.finance(21))


def west(world, id=51):
    return world.finance(id, area="west")


# -- the chart against the closing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["330101", "330201", "300101", "350101"])
def test_nothing_is_opened_below_the_accounts_of_the_closing(world, code):
    """The year is carried to 3301, 3302, 3001 themselves, and what was earlier years' to 3501: with accounts below one
    of them no December could be closed any more."""
    with pytest.raises(EntryRefused, match="自动记账"):
        charts.propose("kunshan", [AccountSpec(code, "下设", AccountKind.NET_ASSET)], document="x",
                       actor=world.guidance(41))  # fmt: skip


def heading_of_1601(world):
    ledger.add_accounts(world.lead.id, [AccountSpec("160101", "下设", AccountKind.ASSET)], actor=SYSTEM)


def test_what_became_a_heading_since_the_draft_is_not_submitted(world):
    lines = [DraftLine("1601", 100), DraftLine("1002", -100)]
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    heading_of_1601(world)
    with pytest.raises(StepRefused, match="1601"):
        take_step(voucher, "submit", actor=world.finance(21))


def test_a_migrate_opens_nothing_below_an_account_a_draft_names(world):
    lines = [DraftLine("1601", 100), DraftLine("1002", -100)]
    vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    ChartAccount.objects.create(place="kunshan", code="160101", name="下设", kind="asset")
    assert [line.split(":")[1].split()[0] for line in charts.align(actor=SYSTEM)] == ["160101"]
    assert "160101" not in {account.code for account in ledger.accounts(world.lead.id)}


# -- the limit -----------------------------------------------------------------------------------------------------


def test_what_moves_between_money_accounts_only_counts_as_well(world):
    """400,000.00 from the bank into cash, twice in a day: 800,000.00. A payment of wages from the bank is no part."""
    submitted(world, 400_000_00, account="500101")
    first, second = (submitted(world, 400_000_00, account="1001") for _ in range(2))
    assert [(one.counted_fen, one.large) for one in (first, second)] == [(400_000_00, False), (800_000_00, True)]


@pytest.mark.parametrize(("first", "second"), [((21, 23), (23, 23)), ((23, 23), (21, 23)), ((21, 23), (22, 23))])
def test_who_submits_is_one_of_the_hands_whichever_comes_first(world, first, second):
    """Each pair is who drew it up and who submitted it: 300,000.00 twice, 23 in both."""
    submitted(world, 300_000_00, by=first[0], handed_on_by=first[1])
    assert submitted(world, 300_000_00, by=second[0], handed_on_by=second[1]).large


# -- the other side ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True])
def test_the_other_side_takes_its_confirmation_back_and_closes_its_month(world, large):
    voucher = offered(world, world.west, 600_000_00 if large else 800)
    take_step(voucher, "confirm", actor=west(world))
    if large:
        take_step(voucher, "check", actor=world.finance(22))
    assert [one.kind for one in closing.findings(world.west, DAY) if one.kind == "draft"] == ["draft"]
    back = take_step(voucher, "decline", actor=west(world), answers={"reason": "本月要结账"})
    assert (back.state, back.confirmed_by_id, back.approved_by_id) == ("draft", None, None)
    assert not [one for one in closing.findings(world.west, DAY) if one.kind == "draft"]


def test_what_one_member_has_seen_is_not_turned_to_another(world):
    voucher = offered(world, world.west)
    take_step(voucher, "decline", actor=west(world), answers={"reason": "欠款有争议"})
    said = FromTemplate("internal_service_provided", DAY, {"fee": 700}, "检验", world.member.id)
    with pytest.raises(EntryRefused, match="作废"):
        vouchers.redraft_from_template(voucher, said, actor=world.finance(21))
    reader = person(Role.FINANCE_OFFICER, world.ids["east_centre"], id=61)
    assert not selectors.vouchers(reader).filter(pk=voucher.pk).exists()
    fresh = dealing(world, world.west)  # nobody has seen this one
    assert vouchers.redraft_from_template(fresh, said, actor=world.finance(21)).other_book_id == world.member.id


def test_the_other_side_is_not_told_what_else_counts(world, settings):
    """300,000.00 and 250,000.00 for the west, 550,000.00 together: the lead's people and who approves see with what."""
    settings.PLACE = "kunshan"
    first, second = offered(world, world.west, 300_000_00), offered(world, world.west, 250_000_00)
    pages = {
        who: signed_in(role, world.ids[where]).get(second.get_absolute_url()).content.decode()
        for who, role, where in (
            ("lead", "finance_officer", "east"), ("west", "finance_officer", "west"),
            ("centre", "guidance_officer", "county"),
        )
    }  # fmt: skip
    assert [who for who, page in pages.items() if "550,000.00" in page] == ["lead", "centre"]
    assert [who for who, page in pages.items() if first.get_absolute_url() in page] == ["lead", "centre"]


def test_a_dealing_typed_into_one_book_needs_a_third_person(world, settings):
    """1.00 the west is said to owe, which nobody there has confirmed; without another member two are enough."""
    settings.PLACE = "kunshan"
    lines = [DraftLine("121809", 100, world.west.id), DraftLine("410109", -100, world.west.id)]
    voucher = vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(StepRefused):
        take_step(voucher, "approve", actor=world.finance(22))
    page = signed_in("finance_officer", world.ids["east"]).get(voucher.get_absolute_url()).content.decode()
    assert "没有经对方确认" in page and "金额超过" not in page
    take_step(voucher, "check", actor=world.finance(22))
    assert take_step(voucher, "countersign", actor=world.director()).state == "posted"
    assert not submitted(world, 100).large and not offered(world, world.west).large


def test_an_entry_names_the_partner_of_its_own_generation(world):
    said = {"organisation_id": world.lead.organisation_id, "counterparty_id": world.west.organisation_id, "on": DAY,
            "amounts": {"fee": 5}, "source": "p", "summary": "x", "actor": SYSTEM}  # fmt: skip
    first = books.post_pair("internal_service_provided", **said)
    books.reverse(first[0].id, on=DAY, reason="x", actor=SYSTEM)
    second = books.post_pair("internal_service_provided", **said)
    for mine, theirs in (first, second, first[::-1], second[::-1]):
        assert keeping.pair_of(ledger.entry(mine.id)).id == theirs.id


@pytest.mark.django_db(transaction=True)
def test_two_reversals_of_one_pair_are_not_drawn_up_at_once():
    world = World({key: row.pk for key, row in county_with_two_areas().items()})
    mine, theirs = books.post_pair(
        "internal_service_provided", organisation_id=world.lead.organisation_id, on=DAY, amounts={"fee": 5},
        counterparty_id=world.west.organisation_id, source="p", summary="x", actor=SYSTEM,
    )  # fmt: skip
    mine, theirs = ledger.entry(mine.id), ledger.entry(theirs.id)
    gate, refused = threading.Barrier(2), []

    def reverse_it(entry, actor):
        try:
            gate.wait()
            vouchers.draft_reversal(entry, on=DAY, reason="重复", actor=actor)
        except EntryRefused as why:
            refused.append(str(why))
        finally:
            connection.close()

    both = [threading.Thread(target=reverse_it, args=one) for one in ((mine, world.finance(21)), (theirs, west(world)))]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1 and Voucher.objects.unscoped("test").count() == 1


# -- what was looked at --------------------------------------------------------------------------------------------


def seen_on(page: str) -> str:
    """When the case had come to stand as a page shows it: what its buttons send along."""
    [seen] = set(re.findall(r'name="seen" value="([^"]+)"', page))
    return seen


def test_what_is_confirmed_is_what_was_looked_at(world, settings):
    """The page shows 9.00; it is taken back, becomes 400,000.00 and is offered again; then the old page's button."""
    settings.PLACE = "kunshan"
    voucher = offered(world, world.west, 900)
    theirs = signed_in("finance_officer", world.ids["west"])
    address = voucher.get_absolute_url()
    shown = theirs.get(address).content.decode()
    assert "9.00" in shown
    take_step(voucher, "take_back", actor=world.finance(21))
    said = FromTemplate("internal_service_provided", DAY, {"fee": 400_000_00}, "检验", world.west.id)
    vouchers.redraft_from_template(voucher, said, actor=world.finance(21))
    take_step(voucher, "offer", actor=world.finance(21))
    refused = theirs.post(address, {"step": "confirm", "seen": seen_on(shown)})
    assert refused.status_code == 422 and "400,000.00" in refused.content.decode()
    voucher.refresh_from_db()
    assert voucher.state == "offered"
    now = seen_on(refused.content.decode())
    assert theirs.post(address, {"step": "confirm", "seen": now}).status_code == 302  # now it was shown
    voucher.refresh_from_db()
    assert voucher.state == "submitted"


def test_what_is_approved_is_what_was_looked_at(world, settings):
    settings.PLACE = "kunshan"
    voucher = submitted(world, 900)
    second = signed_in("finance_officer", world.ids["east"])
    shown = second.get(voucher.get_absolute_url()).content.decode()
    assert "9.00" in shown
    take_step(voucher, "take_back", actor=world.finance(21))
    lines = [DraftLine("500104", 400_000_00), DraftLine("1002", -400_000_00)]
    vouchers.redraft(voucher, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    take_step(voucher, "submit", actor=world.finance(21))
    pressed = {"step": "approve", "seen": seen_on(shown)}
    assert second.post(voucher.get_absolute_url(), pressed).status_code == 422
    voucher.refresh_from_db()
    assert voucher.state == "submitted"


def test_the_budget_that_is_approved_is_the_one_that_was_looked_at(world, settings):
    settings.PLACE = "kunshan"
    budget = budgets.draft(world.lead.id, 2026, [Planned("4001", 900)], actor=world.finance(21))
    take_step(budget, "submit", actor=world.finance(21))
    second = signed_in("finance_officer", world.ids["east"])
    shown = second.get(budget.get_absolute_url()).content.decode()
    take_step(budget, "give_back", actor=world.finance(22), answers={"reason": "x"})
    budgets.redraft(budget, [Planned("4001", 400_000_00)], actor=world.finance(21))
    take_step(budget, "submit", actor=world.finance(21))
    pressed = {"step": "approve", "seen": seen_on(shown)}
    assert second.post(budget.get_absolute_url(), pressed).status_code == 422
    budget.refresh_from_db()
    assert budget.state == "submitted"


# -- amounts and words no page lets through ------------------------------------------------------------------------


@pytest.mark.parametrize("fen", [Decimal("10.5"), 10.5, "7", 10**19])
def test_an_amount_that_is_no_whole_fen_is_refused(world, fen):
    with pytest.raises(EntryRefused):
        dealing(world, world.west, fen)
    lines = [DraftLine("500104", fen), DraftLine("1002", -1)]
    with pytest.raises(EntryRefused):
        vouchers.draft(world.lead.id, on=DAY, summary="x", lines=lines, actor=world.finance(21))
    assert not Voucher.objects.unscoped("test").exists()


def test_a_word_that_can_not_be_kept_is_refused(world):
    for summary, note in (("a\0b", ""), ("x", "n\0")):
        lines = [DraftLine("500104", 1, None, note), DraftLine("1002", -1)]
        with pytest.raises(EntryRefused, match="不能保存"):
            vouchers.draft(world.lead.id, on=DAY, summary=summary, lines=lines, actor=world.finance(21))


def test_the_page_of_a_voucher_that_is_gone_is_not_found(world, settings):
    settings.PLACE = "kunshan"
    client = signed_in("finance_officer", world.ids["east"])
    assert client.post(reverse("books:voucher", args=[10**6]), {"step": "confirm"}).status_code == 404
