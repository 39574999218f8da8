"""Vouchers from a template; dealings of two books: confirmed by the other side, posted in both or in neither."""

import contextlib
from datetime import date

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings

from tests.support.people import person
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.postings import AMOUNTS, GROUPS, TEMPLATES, by_hand
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.domains.money.books.services.vouchers import FromTemplate
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused
from yigongti.kernel.workflow.api import StepRefused, inbox, take_step

DAY = date(2026, 3, 9)
pytestmark = pytest.mark.django_db


def standing(*kept) -> list[dict[str, int]]:
    rows = ledger.balances([book.id for book in kept], date(2024, 1, 1), date(2026, 12, 31))
    return [{row.code: row.closing_fen for row in rows if row.book_id == book.id and row.closing_fen} for book in kept]


def own(world, fen=45000, **changed):
    said = {"template": "expense_paid", "on": DAY, "amounts": {"staff": fen}, "summary": "付工资", "paper_no": "A-17"}
    return vouchers.draft_from_template(world.lead.id, FromTemplate(**(said | changed)), actor=world.finance(21))


def dealing(world, other=None, fen=800, template="internal_service_provided", amount="fee"):
    said = FromTemplate(template, DAY, {amount: fen}, "三月检验", (other or world.west).id, "D-1")
    return vouchers.draft_from_template(world.lead.id, said, actor=world.finance(21))


def west(world, id=51):
    return world.finance(id, area="west")


# -- from a template -------------------------------------------------------------------------------------------------


def test_lines_come_from_the_template_and_a_second_person_posts_them(world):
    """Wages 450.00 and medicines 50.00 paid: 500101 and 500102 debited, the bank credited with each."""
    voucher = own(world, amounts={"staff": 45000, "medicines": 5000, "other": 0})
    assert [(line.account.code, line.fen) for line in voucher.lines.order_by("number")] == [
        ("500101", 45000), ("500102", 5000), ("1002", -50000)
    ]  # fmt: skip
    assert (voucher.total_fen, voucher.paper_no, voucher.state) == (50000, "A-17", "draft")
    take_step(voucher, "submit", actor=world.finance(21))
    with pytest.raises(StepRefused, match="另一人"):
        take_step(voucher, "approve", actor=world.finance(21))
    done = take_step(voucher, "approve", actor=world.finance(22))
    entry = ledger.entry(done.entry_id)
    assert (entry.template, entry.source, entry.summary) == ("expense_paid", f"books.voucher:{voucher.pk}", "付工资")
    assert standing(world.lead) == [{"500101": 45000, "500102": 5000, "1002": -50000}]


def test_a_draft_is_changed_through_its_template_only(world):
    voucher = own(world)
    with pytest.raises(EntryRefused, match="模板"):
        vouchers.redraft(voucher, on=DAY, summary="x", lines=[], actor=world.finance(21))
    said = FromTemplate("expense_paid", DAY, {"other": 700}, "办公用品", paper_no="B-2")
    again = vouchers.redraft_from_template(voucher, said, actor=world.finance(22))
    assert [(line.account.code, line.fen) for line in again.lines.order_by("number")] == [
        ("500104", 700), ("1002", -700)
    ]  # fmt: skip
    assert (again.amounts, again.paper_no, again.editor_ids) == ({"other": 700}, "B-2", [21, 22])
    with pytest.raises(EntryRefused, match="换模板"):
        vouchers.redraft_from_template(voucher, FromTemplate("subsidy_held", DAY, {"held": 1}, "x"),
                                       actor=world.finance(21))  # fmt: skip


@pytest.mark.parametrize("name", sorted(name for name, one in TEMPLATES.items() if not one.hand))
def test_what_the_platform_posts_itself_is_not_made_by_hand(world, name):
    amounts = {next(iter(TEMPLATES[name].amounts)): 5}
    other = world.west.id if TEMPLATES[name].internal else None
    with pytest.raises(EntryRefused, match="平台自动记账"):
        own(world, template=name, amounts=amounts, other_id=other)


def test_every_template_is_either_posted_by_the_fund_or_offered_to_people():
    offered = {one.name for templates in by_hand().values() for one in templates}
    by_the_fund = {
        "fund_prepayment_received", "claims_receivable", "fund_settled_month", "fund_settled_month_owed_by_lead",
        "fund_settled_month_owed_to_member", "quality_deposit_withheld", "quality_deposit_returned", "clearing_surplus",
        "clearing_received", "clearing_overspend", "surplus_distributed", "surplus_received", "overspend_shared",
        "overspend_recovered", "cross_consortium_owed", "cross_consortium_due", "used_elsewhere",
    }  # fmt: skip
    assert not offered & by_the_fund and by_the_fund <= TEMPLATES.keys()
    for one in TEMPLATES.values():
        assert not one.hand or (one.hand in GROUPS and one.amounts <= AMOUNTS.keys())
        if one.mirror:
            assert TEMPLATES[one.mirror].mirror == one.name and TEMPLATES[one.mirror].amounts == one.amounts
            assert bool(TEMPLATES[one.mirror].hand) == bool(one.hand)


@pytest.mark.parametrize(
    "changed",
    [
        {"template": "nonsense"}, {"amounts": {}}, {"amounts": {"staff": 0}}, {"amounts": {"staff": -5}},
        {"amounts": {"wages": 5}}, {"other_id": -1}, {"on": date(2023, 1, 1)}, {"on": date(2062, 1, 1)},
        {"summary": " "}, {"template": "internal_paid", "amounts": {"paid": 5}},
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_nothing_is_kept(world, changed):
    with pytest.raises(EntryRefused):
        own(world, **changed)
    with pytest.raises(EntryRefused):
        own(world, template="internal_paid", amounts={"paid": 5}, other_id=world.lead.id)  # with oneself
    assert not Voucher.objects.unscoped("test").exists()


def test_the_same_paper_is_named(world):
    first, second = own(world), own(world, fen=100)
    assert [one.pk for one in selectors.same_paper(second)] == [first.pk]
    take_step(first, "discard", actor=world.finance(21))
    assert selectors.same_paper(second) == []


# -- two books -------------------------------------------------------------------------------------------------------


def test_both_sides_are_posted_together_once_the_other_has_confirmed(world):
    """Services for 8.00: the lead is owed 8.00 and has earned it; the west owes 8.00 and has spent it."""
    voucher = dealing(world)
    kept = [(line.account.book_id, line.account.code, line.fen) for line in voucher.lines.order_by("number")]
    assert kept == [
        (world.lead.id, "121809", 800), (world.lead.id, "410109", -800),
        (world.west.id, "500109", 800), (world.west.id, "230709", -800),
    ]  # fmt: skip
    take_step(voucher, "offer", actor=world.finance(21))
    assert [item.case_id for item in inbox(west(world), of=["books.voucher"])] == [voucher.pk]
    take_step(voucher, "confirm", actor=west(world))
    assert standing(world.lead, world.west) == [{}, {}]
    done = take_step(voucher, "approve", actor=world.finance(22))
    assert standing(world.lead, world.west) == [{"121809": 800, "410109": -800}, {"500109": 800, "230709": -800}]
    mine, theirs = ledger.entry(done.entry_id), ledger.entry_by_source(f"books.voucher:{voucher.pk}:other")
    assert (mine.template, theirs.template) == ("internal_service_provided", "internal_service_used")
    assert [(one.prepared_by_id, one.approved_by_id) for one in (mine, theirs)] == [(21, 22), (21, 51)]
    assert all(pair.agrees for pair in selectors.pairs([world.lead.id, world.west.id], DAY))


def test_a_dealing_from_a_template_is_taken_back_the_same_way(world):
    voucher = dealing(world)
    take_step(voucher, "offer", actor=world.finance(21))
    take_step(voucher, "confirm", actor=west(world))
    take_step(voucher, "approve", actor=world.finance(22))
    theirs = ledger.entry_by_source(f"books.voucher:{voucher.pk}:other")
    back = vouchers.draft_reversal(theirs, on=DAY, reason="重复", actor=west(world))  # by the other side, this time
    take_step(back, "offer", actor=west(world))
    take_step(back, "confirm", actor=world.finance(21))
    take_step(back, "approve", actor=west(world, 52))
    assert standing(world.lead, world.west) == [{}, {}]


def test_what_is_not_confirmed_goes_back_with_a_reason_and_its_confirmation_is_void(world):
    voucher = dealing(world)
    take_step(voucher, "offer", actor=world.finance(21))
    with pytest.raises(StepRefused):
        take_step(voucher, "decline", actor=west(world))
    assert take_step(voucher, "decline", actor=west(world), answers={"reason": "金额不对"}).state == "draft"
    said = FromTemplate("internal_service_provided", DAY, {"fee": 700}, "三月检验", world.west.id)
    vouchers.redraft_from_template(voucher, said, actor=world.finance(21))
    take_step(voucher, "offer", actor=world.finance(21))
    take_step(voucher, "confirm", actor=west(world))
    back = take_step(voucher, "give_back", actor=world.finance(22), answers={"reason": "摘要"})
    assert back.confirmed_by_id is None
    with pytest.raises(StepRefused):  # it has to be confirmed anew
        take_step(voucher, "approve", actor=world.finance(22))


def test_neither_is_posted_where_one_side_can_not_be(world):
    """The west has closed its month meanwhile: the lead's side is not posted either."""
    said = FromTemplate("internal_paid", date(2024, 1, 20), {"paid": 5}, "x", world.west.id)
    voucher = vouchers.draft_from_template(world.lead.id, said, actor=world.finance(21))
    take_step(voucher, "offer", actor=world.finance(21))
    kinds = [(finding.kind, finding.blocks) for finding in closing.findings(world.west, date(2024, 1, 1))]
    assert kinds == [("draft", True)]  # named on both sides, so nobody closes over it by mistake
    take_step(voucher, "confirm", actor=west(world))
    ledger.close_month(world.west.id, date(2024, 1, 1), actor=west(world))  # past the check
    with pytest.raises(StepRefused, match="已经结账"):
        take_step(voucher, "approve", actor=world.finance(22))
    assert standing(world.lead, world.west) == [{}, {}]


def test_a_draft_of_ones_own_is_not_the_other_sides_business_until_it_is_put_before_it(world):
    voucher = dealing(world)
    assert not selectors.vouchers(west(world)).filter(pk=voucher.pk).exists()
    assert [finding.kind for finding in closing.findings(world.west, date(2024, 1, 1))] == []
    take_step(voucher, "offer", actor=world.finance(21))
    assert selectors.vouchers(west(world)).filter(pk=voucher.pk).exists()
    assert not selectors.vouchers(person(Role.DOCTOR, world.ids["west"], id=61)).filter(pk=voucher.pk).exists()


def test_a_large_dealing_is_countersigned_by_who_is_over_both(world):
    """600,000 yuan: above the limit of 500,000 for either book."""
    voucher = dealing(world, fen=600_000_00)
    take_step(voucher, "offer", actor=world.finance(21))
    take_step(voucher, "confirm", actor=west(world))
    take_step(voucher, "check", actor=world.finance(22))
    with pytest.raises(StepRefused, match="同管两家"):
        take_step(voucher, "countersign", actor=world.director())
    assert take_step(voucher, "countersign", actor=world.guidance()).state == "posted"


# -- every step, every person ------------------------------------------------------------------------------------------

SMALL = ("draft", "offered", "submitted")
STEPS = {  # which steps lead on from a state, of a dealing
    "draft": {"offer", "discard"}, "offered": {"confirm", "decline", "take_back"},
    "submitted": {"approve", "give_back", "take_back", "decline"}, "checked": {"countersign", "refuse", "decline"},
}  # fmt: skip
PEOPLE = {  # who may ever take which steps, the author apart from those of second persons
    "author": {"offer", "discard", "take_back", "give_back"},
    "colleague": {"offer", "discard", "take_back", "give_back", "approve", "check"},
    "other side": {"confirm", "decline"},
    "other side's colleague": {"confirm", "decline"},
    "keeps both": {"offer", "discard", "take_back", "give_back", "approve", "check", "confirm", "decline"},
    "director": {"refuse"}, "guidance": {"countersign", "refuse"},
    "other director": set(), "payer": set(), "doctor": set(),
}  # fmt: skip


def people(world):
    return {
        "author": world.finance(21), "colleague": world.finance(22), "other side": west(world),
        "other side's colleague": west(world, 52), "director": world.director(), "guidance": world.guidance(),
        "keeps both": person(Role.FINANCE_OFFICER, world.ids["county"], id=71),
        "other director": person(Role.DIRECTOR, world.ids["west"], id=81),
        "payer": person(Role.INSURANCE_OFFICER, world.ids["county"], id=91),
        "doctor": person(Role.DOCTOR, world.ids["east"], id=92),
    }  # fmt: skip


def at_state(world, state):
    voucher = dealing(world, fen=600_000_00 if state == "checked" else 800)
    path = {"draft": [], "offered": ["offer"], "submitted": ["offer", "confirm"],
            "checked": ["offer", "confirm", "check"]}[state]  # fmt: skip
    takers = {"offer": world.finance(21), "confirm": west(world, 53), "check": world.finance(23)}
    for step in path:
        voucher = take_step(voucher, step, actor=takers[step])
    return voucher


@pytest.mark.parametrize("state", list(STEPS))
def test_each_step_is_taken_by_its_side_alone(world, state):
    voucher = at_state(world, state)
    assert voucher.state == state
    for who, actor in people(world).items():
        for step in Voucher.workflow.steps:
            with connection.cursor() as cursor:
                cursor.execute("SAVEPOINT tried")
            try:
                take_step(voucher, step.name, actor=actor, answers={"reason": "x"})
                taken = True
            except StepRefused:
                taken = False
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK TO SAVEPOINT tried")
            assert taken == (step.name in STEPS[state] & PEOPLE[who]), (state, who, step.name)


def test_drafting_asks_who_acts(world):
    said = FromTemplate("internal_paid", DAY, {"paid": 5}, "x", world.west.id)
    voucher = vouchers.draft_from_template(world.lead.id, said, actor=world.finance(21))
    for who, actor in people(world).items():
        if who in ("author", "colleague", "keeps both"):
            continue
        with pytest.raises(Forbidden):
            vouchers.draft_from_template(world.lead.id, said, actor=actor)
        with pytest.raises(Forbidden):
            vouchers.redraft_from_template(voucher, said, actor=actor)


TRIED = st.lists(
    st.tuples(st.sampled_from([step.name for step in Voucher.workflow.steps]), st.sampled_from(sorted(PEOPLE))),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tried=TRIED, reversed_too=st.booleans())
@example(tried=[("offer", "author"), ("confirm", "other side"), ("approve", "colleague")], reversed_too=True)
def test_whatever_is_tried_both_sides_are_posted_or_neither(world, tried, reversed_too):
    """Any steps by anybody: both books agree, and what is posted was confirmed there and approved here by others."""
    with transaction.atomic():
        actors = people(world)
        voucher = dealing(world)
        for step, who in tried:
            with contextlib.suppress(StepRefused):
                take_step(voucher, step, actor=actors[who], answers={"reason": "x"})
        done = Voucher.objects.unscoped("test").get(pk=voucher.pk)
        theirs = ledger.entry_by_source(f"books.voucher:{voucher.pk}:other")
        assert (done.entry_id is not None) == (theirs is not None) == (done.state == "posted")
        assert all(pair.agrees for pair in selectors.pairs([world.lead.id, world.west.id], DAY))
        if theirs is not None:
            confirmers = {actors[who].id for who in ("other side", "other side's colleague", "keeps both")}
            assert done.confirmed_by_id in confirmers and theirs.approved_by_id == done.confirmed_by_id
            assert 21 not in (done.approved_by_id, done.confirmed_by_id)
            if reversed_too:
                back = vouchers.draft_reversal(theirs, on=DAY, reason="x", actor=west(world))
                take_step(back, "offer", actor=west(world))
                assert standing(world.lead, world.west) != [{}, {}]
                take_step(back, "confirm", actor=world.finance(21))
                take_step(back, "approve", actor=west(world, 52))
                assert standing(world.lead, world.west) == [{}, {}]
        transaction.set_rollback(True)


# -- pages, each person in a browser of their own ----------------------------------------------------------------------


def test_two_members_agree_on_a_dealing_each_in_their_own_browser(world, settings):
    settings.PLACE = "kunshan"
    lead, west_book = world.lead, world.west
    mine, second, theirs = (signed_in("finance_officer", world.ids[area]) for area in ("east", "east_hospital", "west"))
    choose = reverse("books:templates", args=[lead.id])
    page = mine.get(choose).content.decode()
    assert "为成员单位提供服务" in page and "121809 医共体内部应收款" in page and "医保月度结算" not in page
    page = mine.get(choose + "?q=检验").content.decode()
    assert "没有这样的模板" in page
    page = mine.get(choose + "?q=230704").content.decode()
    assert "代管" in page and "为成员单位提供服务" not in page
    address = reverse("books:new_from_template", args=[lead.id, "internal_service_provided"])
    assert mine.get(address).status_code == 200
    typed = {"on": "2026-03-09", "summary": "三月检验", "paper_no": "D-9", "fen_fee": "1,234.50", "other": west_book.id}
    for wrong in ({"fen_fee": "x"}, {"fen_fee": "1.005"}, {"fen_fee": "-1"}, {"fen_fee": ""}, {"other": ""},
                  {"other": lead.id}, {"other": "999999"}, {"on": "2026-02-30"}, {"summary": ""},
                  {"fen_fee": "1e400"}, {"on": "2099-01-01"}):  # fmt: skip
        assert mine.post(address, {**typed, **wrong}).status_code == 422, wrong
    assert not Voucher.objects.unscoped("test").exists()
    made = mine.post(address, {**typed, "save": "1"}).headers["Location"]
    assert theirs.get(made).status_code == 404
    edit = made + "edit/"
    assert 'value="1234.50"' in mine.get(edit).content.decode()
    assert mine.post(edit, {**typed, "fen_fee": "900", "submit": "1"}).headers["Location"] == made
    assert Voucher.objects.unscoped("test").get().state == "offered"
    seen = theirs.get(made).content.decode()
    assert "900.00" in seen and "500109" in seen and 'value="confirm"' in seen and 'value="approve"' not in seen
    assert 'value="confirm"' not in mine.get(made).content.decode()
    assert theirs.get(edit).status_code == 403
    assert theirs.post(made, {"step": "confirm"}).status_code == 302
    assert mine.post(made, {"step": "approve"}).status_code == 422
    assert second.post(made, {"step": "approve"}).status_code == 302
    assert standing(lead, west_book)[1] == {"500109": 90000, "230709": -90000}
    other = ledger.entry_by_source(f"books.voucher:{Voucher.objects.unscoped('test').get().pk}:other")
    assert reverse("books:entry", args=[other.id]) in theirs.get(made).content.decode()
    assert reverse("books:entry", args=[other.id]) not in mine.get(made).content.decode()


@pytest.mark.parametrize("name", [one.name for templates in by_hand().values() for one in templates])
def test_every_template_has_its_form(world, settings, name):
    settings.PLACE = "kunshan"
    client = signed_in("finance_officer", world.ids["east"])
    address = reverse("books:new_from_template", args=[world.lead.id, name])
    assert client.get(address).status_code == 200
    typed = {"on": clock.today().isoformat(), "summary": "x", "other": world.west.id}
    typed |= {f"fen_{amount}": "12.34" for amount in TEMPLATES[name].amounts}
    assert client.post(address, {**typed, "submit": "1"}).status_code == 302
    voucher = Voucher.objects.unscoped("test").get()
    assert voucher.state == ("offered" if TEMPLATES[name].internal else "submitted")
    assert client.get(voucher.get_absolute_url()).status_code == 200


def test_what_the_platform_posts_has_no_form(world, settings):
    settings.PLACE = "kunshan"
    client = signed_in("finance_officer", world.ids["east"])
    for name in ("claims_receivable", "nonsense"):
        assert client.get(reverse("books:new_from_template", args=[world.lead.id, name])).status_code == 404
    director = signed_in("director", world.ids["east"])
    assert director.get(reverse("books:templates", args=[world.lead.id])).status_code == 403
    assert client.get(reverse("books:templates", args=[world.west.id])).status_code == 404
