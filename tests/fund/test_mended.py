"""What people met in the year's pages and steps that was not as it should be."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.fund.test_claims import moved
from tests.fund.test_findings import Confirmed
from tests.fund.world import YEAR, World, claim, cleared, drafted, publish, running, usual, world
from yigongti.domains.base.organisation.tests.factories import of_tier, organisation
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.books import api as books
from yigongti.domains.money.insurance_fund import checks, gathering, rules
from yigongti.domains.money.insurance_fund.formulas import clearing as formulas
from yigongti.domains.money.insurance_fund.homes import Homes, Stretch
from yigongti.domains.money.insurance_fund.inputs import YearInputs
from yigongti.domains.money.insurance_fund.models import Correction, FundYear
from yigongti.domains.money.insurance_fund.services import closing, correcting, drafting
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def address(page: str, case: FundYear) -> str:
    return reverse(f"insurance_fund:{page}", args=[case.pk])


def test_a_member_that_moved_is_counted_where_it_is_at_the_end(here, monkeypatch):
    publish(usual(here))
    centre, east, west = here.id("west_centre"), here.id("east"), here.id("west")
    homes = Homes((Stretch(date(YEAR, 1, 1), {centre: west}), Stretch(date(YEAR, 6, 15), {centre: east})),
                  {east: "east", west: "west"})  # fmt: skip
    monkeypatch.setattr(gathering, "homes", lambda *_: homes)
    monkeypatch.setattr(drafting.residents, "insured_counts", lambda kind, on: {centre: 150})
    made = drafting.open_year("kunshan", YEAR, "residents", actor=here.officer)
    counted = {m.holder.organisation_id: m.persons for m in made.members() if m.organisation_id == centre}
    assert counted == {east: 150, west: 0}


def test_points_are_entered_while_the_year_runs(here):
    publish(usual(here))
    case = running(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    page = client.get(address("inputs", case)).content.decode()
    fields = set(re.findall(r'name="(m\d+_points)"', page))
    assert fields == {f"m{m.pk}_points" for m in case.members() if m.tier}  # the village clinic's too
    assert client.post(address("inputs", case), dict.fromkeys(fields, "90")).status_code == 302
    assert {m.points for m in case.members() if m.tier} == {Decimal(90)}


def test_the_inputs_take_no_query_per_member(here):
    publish(usual(here))
    case = drafted(here)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))

    def asked() -> int:
        client.get(address("inputs", case))
        with CaptureQueriesContext(connection) as queries:
            client.get(address("inputs", case))
        return len(queries)

    few = asked()
    for n in range(6):
        of_tier(organisation("community_centre", f"more{n}", here.made["east"], legal_person=True), "primary")
    assert drafting.complete_members(case) == 6
    assert asked() == few


def test_a_strangers_claim_is_not_counted_to_others(here):
    rows = usual(here)
    publish(rows)
    case = running(here)
    other = signed_in(Role.DIRECTOR, here.id("east_clinic"))
    payer = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    stranger = next(r for r in rows if r["institution_id"] == here.id("west_hospital") and r["fund_fen"] == 700_000)
    one = f"{address('claims', case)}?ids={stranger['id']}"
    assert payer.get(one).context["fund"] == 700_000
    assert other.get(one).context["fund"] == 0
    west = here.id("west")
    assert other.get(f"{address('claims', case)}?ids={stranger['id']}&of=use.{west}").context["fund"] == 0
    # a figure of the statement is open to all who take part, its claims are not
    figure = other.get(f"{address('claims', case)}?home={west}&of=use.{west}")
    assert figure.context["fund"] == 10_800_000 and figure.context["shown"] == 0


@pytest.mark.parametrize("page", ["claims", "late"])
def test_kept_claims_that_are_gone_are_said_in_words(here, settings, page):
    publish(usual(here))
    case = cleared(here)
    for file in (settings.VAR / "lake" / "kept" / closing.kept_name(case)).glob("*"):
        file.unlink()
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    got = client.get(address(page, case), {"home": "all"}, follow=True)
    assert got.status_code == 200 and "丢失或被改动" in got.content.decode()


@pytest.mark.parametrize("step", ["take_late", "take_findings"])
def test_kept_claims_that_are_gone_refuse_what_reads_them(here, settings, monkeypatch, step):
    """The next year's page shows all the same, and says so."""
    rows = usual(here)
    publish(rows)
    first = cleared(here)
    publish(usual(here, YEAR + 1), YEAR + 1)
    after = running(here, YEAR + 1)
    one = Confirmed(1, ((rows[0]["source_id"], rows[0]["record_no"], rows[0]["id"], 30_000),))
    monkeypatch.setattr(correcting.claims_api, "confirmed_amounts", lambda since, until, *, place=None: [one])
    for file in (settings.VAR / "lake" / "kept" / closing.kept_name(first)).glob("*"):
        file.unlink()
    page = signed_in(Role.INSURANCE_OFFICER, here.id("county")).get(address("year", after))
    assert page.status_code == 200 and "丢失或被改动" in page.content.decode()
    with pytest.raises(StepRefused, match="丢失或被改动"):
        take_step(after, step, actor=here.officer)


def test_a_late_claim_of_nobodys_insured_stays_open(here):
    rows = usual(here)
    publish(rows)
    first = cleared(here)
    stray = claim(here, date(YEAR, 12, 30), None, "east_hospital", 500_000)
    publish([*rows, stray])
    publish(usual(here, YEAR + 1), YEAR + 1)
    after = running(here, YEAR + 1)
    with pytest.raises(StepRefused, match="没有迟到"):
        take_step(after, "take_late", actor=here.officer)
    assert [one.told.claim_id for one in correcting.since_closing(first.closing) if one.open] == [stray["id"]]
    publish([*rows, {**stray, "managing_id": here.id("east_centre")}])  # registered since
    take_step(after, "take_late", actor=here.officer)
    assert Correction.objects.get(of_year=first).home_id == here.id("east")


def test_a_month_is_not_paid_long_before_it(here):
    publish(usual(here))
    case = running(here)
    with pytest.raises(StepRefused, match="最早"):
        take_step(case, "pay_month", actor=here.officer, answers={"month": "12", "on": date(YEAR, 10, 31)})
    assert take_step(case, "pay_month", actor=here.officer,
                     answers={"month": "12", "on": date(YEAR, 11, 1)}).paid_months == [12]  # fmt: skip


def test_more_taken_back_than_came_is_owed_the_other_way(here):
    east, west = here.id("east"), here.id("west")
    back = claim(here, date(YEAR, 1, 5), "east_centre", "west_hospital", -5_000_000, reverses="BEFORE", visits=0)
    publish([claim(here, date(YEAR - 1, 12, 5), "east_centre", "west_hospital", 5_000_000, record_no="BEFORE")],
            YEAR - 1, months=(12,))  # fmt: skip
    publish([*usual(here), back])
    case = cleared(here)
    case = take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    assert gathering.gather(case).statement.fen("owes", east, west) == 1_200_000 - 5_000_000
    owed = books.voucher_of(f"insurance_fund:{case.pk}:owes.{east}.{west}")
    assert owed is not None and owed.organisation_id == books.keeper_of(here.id("west_hospital"))
    assert max(line.fen for line in owed.lines) == 3_800_000


@pytest.mark.parametrize(
    ("name", "most"),
    [("budget.persons_weight", 1), ("quality_deposit.rate", 100), ("budget.cap", 1000), ("deposit.full_from", 100)],
)
def test_what_is_tried_is_within_reason(name, most):
    assert rules.understood(f"insurance_fund.{name}", str(most)) == most
    with pytest.raises(ValueError, match=str(most)):
        rules.understood(f"insurance_fund.{name}", f"{most}.01")


def test_the_reasonable_part_is_never_below_nothing():
    assert formulas.within_limit(1000, -500, Decimal(10), None) == 0


def test_a_closing_written_before_payments_were_part_of_it_is_read(here):
    publish(usual(here))
    data = gathering.inputs_of(drafted(here)).as_json()
    for holder in data["holders"]:
        del holder["paid"], holder["overspend_choice"]
    assert {holder.paid for holder in YearInputs.from_json(data).holders} == {None}


def _centre(here, key, under):
    made = here.made[key] = organisation("community_centre", key, here.made[under], legal_person=True)
    of_tier(made, "primary")
    return made


def test_a_centre_that_joined_in_the_year_does_not_stop_its_clearing(here, monkeypatch):
    """It brings nobody into a budget that is agreed, and nobody can be entered any more: said, not in the way."""
    publish(usual(here, 2026), 2026)
    case = running(here, 2026)
    moved(_centre(here, "new", "county"), here.made["east"], date(2026, 6, 15))
    monkeypatch.setattr(clock, "today", lambda: date(2027, 1, 1))
    case = take_step(case, "prepare_clearing", actor=here.officer)
    [said] = [one for one in checks.findings(gathering.gather(case), clearing=True) if one.name == "no_population"]
    assert said.rows == ("new",) and not said.blocks
    assert take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"}).frozen


def test_a_centre_that_moves_in_the_year_has_its_people_where_it_is_at_the_end(here):
    """None with the east, which it leaves on 15 June, is nothing amiss; none with the west is."""
    centre = _centre(here, "centre2", "east")
    moved(centre, here.made["west"], date(2026, 6, 15))
    made = drafting.open_year("kunshan", 2026, "residents", actor=here.officer)
    rows = {m.holder.organisation_id: m.pk for m in made.members() if m.organisation_id == centre.pk}
    assert set(rows) == {here.id("east"), here.id("west")}

    def lacking(persons: int) -> list[str]:
        said = {m.pk: 100 for m in made.members()} | {rows[here.id("east")]: 0, rows[here.id("west")]: persons}
        drafting.enter_persons(made, said, actor=here.officer)
        found = checks.findings(gathering.gather(made), clearing=False)
        return [row for one in found if one.name == "no_population" and one.blocks for row in one.rows]

    assert lacking(100) == [] and lacking(0) == ["centre2"]


def _taking_back(here, one, on, **values):
    said = {"reverses": one["record_no"], "visits": 0, "resident_id": one["resident_id"], **values}
    return claim(here, on, "east_centre", "east_hospital", -one["fund_fen"], **said)


def _said(case, name):
    return [one for one in checks.findings(gathering.gather(case), clearing=True) if one.name == name]


def test_what_takes_back_more_than_there_was_is_named(here):
    """10,000.00 taken back twice; a reversal taken back; one taken back once is nothing amiss."""
    rows = usual(here)
    twice = [_taking_back(here, rows[0], date(YEAR, 2, day)) for day in (3, 4)]
    once = _taking_back(here, rows[11], date(YEAR, 3, 3))
    of_it = _taking_back(here, once, date(YEAR, 3, 4), fund_fen=-1, total_fen=-2)
    back = _taking_back(here, rows[22], date(YEAR, 4, 3))
    publish([*rows, *twice, once, of_it, back])
    [found] = _said(running(here), "over_reversed")
    assert found.blocks and found.acceptable and set(found.ids) == {*(one["id"] for one in twice), of_it["id"]}


def test_what_one_payer_takes_back_of_nothing_says_nothing_of_anothers(here):
    rows = usual(here)
    good = _taking_back(here, rows[0], date(YEAR, 3, 1))
    bad = _taking_back(here, rows[0], date(YEAR, 3, 2), fund_fen=-5, total_fen=-5, source_id=here.id("outsider"))
    publish([*rows, good, bad])
    [found] = _said(running(here), "orphan_reversal")
    assert found.ids == (bad["id"],)
