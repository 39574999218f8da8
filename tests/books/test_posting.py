"""What other domains do with books: posting by template, both sides at once, once per source."""

from datetime import date

import pytest

from tests.support.people import person
from yigongti.domains.base.organisation.tests.factories import SET_UP, county_with_two_areas, organisation
from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.chart import shipped
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, Role
from yigongti.kernel.ledger import api as ledger

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 9)


@pytest.fixture
def county():
    return {key: row.pk for key, row in county_with_two_areas().items()}


def closing(organisation_id: int) -> dict[str, int]:
    rows = ledger.balances([books.book_of(organisation_id).id], date(2024, 1, 1), date(2026, 12, 31))
    return {row.code: row.closing_fen for row in rows if row.closing_fen}


def test_each_template_fits_the_chart():
    internal = {spec.code: spec.internal for spec in shipped()}
    assert len(internal) == len(shipped())
    for template in TEMPLATES.values():
        debits, credits = [sorted(name for _code, name in side) for side in (template.debits, template.credits)]
        assert debits == credits, template.name  # balanced whatever the amounts
        codes = [code for code, _name in template.debits + template.credits]
        assert any(internal[code] for code in codes) == template.internal, template.name
        if template.mirror:
            other = TEMPLATES[template.mirror]
            assert (other.mirror, other.amounts) == (template.name, template.amounts)


def test_the_chart_is_in_order():
    kinds = dict(zip("12345", ledger.AccountKind, strict=True))
    codes = [spec.code for spec in shipped()]
    assert codes == sorted(set(codes))
    assert all(spec.name and spec.kind == kinds[spec.code[0]] for spec in shipped())
    assert all(len(code) == 4 or code[:-2] in codes or code[:4] in codes for code in codes)


def test_a_book_is_opened_when_first_asked_with_the_chart(county):
    book = books.book_of(county["east_hospital"])
    assert book == books.book_of(county["east_hospital"])
    assert book.first_month == date(2024, 1, 1)
    assert {a.code for a in ledger.accounts(book.id)} == {spec.code for spec in shipped()}


def test_who_keeps_no_book_is_told_whose_it_is(county):
    parent = organisation("hospital", "legal", name="有法人的医院", legal_person=True)
    branch = organisation("community_station", "branch", parent)
    assert books.keeper_of(branch.pk) == parent.pk
    with pytest.raises(books.VoucherRefused, match="有法人的医院"):
        books.book_of(branch.pk)
    with pytest.raises(books.VoucherRefused):
        books.book_of(county["east"])


def test_a_month_of_the_fund_closes(county):
    """Prepaid 1000.00 to the lead, 300.00 of it to the centre, whose claims of 250.00 are settled from it."""
    lead, member = county["east_hospital"], county["east_centre"]
    actor = person(Role.FINANCE_OFFICER, county["east"])
    books.post("fund_prepayment_received", organisation_id=lead, on=DAY, amounts={"prepayment": 100000},
               source="p", summary="预付", actor=actor)  # fmt: skip
    books.post_pair("fund_prepayment_passed_on", organisation_id=lead, counterparty_id=member, on=DAY,
                    amounts={"prepayment": 30000}, source="q", summary="拨付", actor=actor)  # fmt: skip
    books.post("claims_receivable", organisation_id=member, on=DAY, amounts={"outpatient": 15000, "inpatient": 10000},
               source="r", summary="结算", actor=actor)  # fmt: skip
    books.post_pair("fund_settled_month_owed_by_lead", organisation_id=member, counterparty_id=lead, on=DAY,
                    amounts={"from_prepayment": 25000}, source="s", summary="月结", actor=actor)  # fmt: skip
    earned = {"41010101": -15000, "41010102": -10000}
    assert closing(lead) == {"1002": 70000, "121809": 30000, "230502": -75000, "230709": -25000}
    assert closing(member) == {"1002": 30000, "121809": 25000, "230709": -30000} | earned
    books.post_pair("internal_netted", organisation_id=lead, counterparty_id=member, on=DAY, amounts={"netted": 25000},
                    source="t", summary="相抵", actor=actor)  # fmt: skip
    assert closing(lead) == {"1002": 70000, "121809": 5000, "230502": -75000}
    assert closing(member) == {"1002": 30000, "230709": -5000} | earned
    rows = ledger.dealings([books.book_of(lead).id, books.book_of(member).id], DAY, DAY)
    assert sorted(row.closing_fen for row in rows if row.closing_fen) == [-5000, 5000]


def test_one_source_is_one_voucher(county):
    actor = person(Role.FINANCE_OFFICER, county["east"])
    said = {"organisation_id": county["east_hospital"], "on": DAY, "source": "subsidy:1", "summary": "补助"}
    first = books.post("subsidy_received", amounts={"basic": 5, "public_health": 7}, actor=actor, **said)
    assert [(line.account, line.fen) for line in first.lines] == [("1002", 12), ("400101", -5), ("400103", -7)]
    assert books.post("subsidy_received", amounts={"public_health": 7, "basic": 5}, actor=actor, **said) == first
    with pytest.raises(books.VoucherRefused):
        books.post("subsidy_received", amounts={"basic": 6, "public_health": 7}, actor=actor, **said)
    assert books.voucher_of("subsidy:1") == first


@pytest.mark.parametrize(
    ("template", "amounts", "counterparty"),
    [
        ("nonsense", {"basic": 5}, None),
        ("subsidy_received", {"basics": 5}, None),
        ("subsidy_received", {"basic": -5}, None),
        ("subsidy_received", {"basic": 0}, None),
        ("subsidy_received", {}, None),
        ("subsidy_received", {"basic": 5}, "east_centre"),
        ("surplus_distributed", {"share": 5}, None),
        ("surplus_distributed", {"share": 5}, "east_hospital"),
    ],
)
def test_nonsense_is_refused_in_words(county, template, amounts, counterparty):
    with pytest.raises(books.VoucherRefused) as refused:
        books.post(template, organisation_id=county["east_hospital"], on=DAY, amounts=amounts, source="x", summary="x",
                   actor=SET_UP, counterparty_id=county.get(counterparty))  # fmt: skip
    assert str(refused.value)


def test_many_at_once_are_all_or_none(county):
    good = books.Posting("surplus_distributed", county["east_hospital"], DAY, {"share": 5}, "a", "分配",
                         county["east_centre"], both_sides=True)  # fmt: skip
    bad = books.Posting("subsidy_received", county["west_hospital"], DAY, {"basic": -1}, "b", "补助")
    with pytest.raises(books.VoucherRefused):
        books.post_many([good, bad], actor=SET_UP)
    assert books.voucher_of("a") is None
    mine, other = books.post_many([good], actor=SET_UP)
    assert (other.source, other.organisation_id) == ("a:other", county["east_centre"])
    assert sum(line.fen for view in (mine, other) for line in view.lines if line.counterparty_id) == 0


def test_only_who_may_and_only_in_open_months(county):
    said = {"organisation_id": county["east_hospital"], "amounts": {"basic": 5}, "source": "x", "summary": "补助"}
    with pytest.raises(Forbidden):
        books.post("subsidy_received", on=DAY, actor=person(Role.FINANCE_OFFICER, county["west"]), **said)
    with pytest.raises(Forbidden):
        books.post("subsidy_received", on=DAY, actor=person(Role.DIRECTOR, county["east"]), **said)
    with pytest.raises(books.PeriodClosed):
        books.post("subsidy_received", on=date(2023, 12, 31), actor=SET_UP, **said)


def test_a_reversal_needs_a_reason(county):
    first = books.post("subsidy_received", organisation_id=county["east_hospital"], on=DAY, amounts={"basic": 5},
                       source="x", summary="补助", actor=SET_UP)  # fmt: skip
    with pytest.raises(books.VoucherRefused):
        books.reverse(first.id, on=clock.today(), reason=" ", actor=SET_UP)
    books.reverse(first.id, on=DAY, reason="记错", actor=SET_UP)
    assert closing(county["east_hospital"]) == {}
