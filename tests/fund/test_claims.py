"""Sums over the lake against a plain loop over the rows; the tree of the day; what the checks find."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.fund.world import YEAR, World, claim, drafted, publish, running, usual, world
from yigongti.domains.base.organisation.tests.factories import moved, of_tier, organisation
from yigongti.domains.money.insurance_fund import checks, gathering
from yigongti.domains.money.insurance_fund.claims import Reading, Scope, Which, last_day
from yigongti.domains.money.insurance_fund.homes import homes
from yigongti.domains.money.insurance_fund.services import deciding, drafting
from yigongti.kernel.lake.api import engine
from yigongti.kernel.lake.models import Part
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db
DAY = date(YEAR, 6, 20)


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def scope(since=date(YEAR, 1, 1), until=date(YEAR + 1, 1, 1), membership="on_the_day", **more) -> Scope:
    return Scope("kunshan", "320583", "02", since, until, homes("kunshan", "management_area", since, until, membership),
                 **more)  # fmt: skip


def summed(of: Scope):
    with engine() as backend:
        return Reading(backend, gathering.published(of), of).sums()


def by_hand(here: World, rows, moves, of: Scope):
    """(home, where) → fen, one row after the other. ``moves``: key → [(first day, area key)], else where it stands."""
    area = {"east_hospital": "east", "east_centre": "east", "east_clinic": "east", "west_hospital": "west",
            "west_centre": "west"}  # fmt: skip
    found: dict[tuple[int | None, str], int] = {}

    def holder(pk, on):
        key = next((k for k in area if here.id(k) == pk), None)
        if key is None:
            return None
        stands = area[key]
        for first, to in moves.get(key, ()):
            if on >= first:
                stands = to
        return here.id(stands) if stands else None

    for row in rows:
        if row["insurance_kind"] != "02" or row["insured_division"] not in ("", "320583"):
            continue
        on = row["happened_on"]
        if of.counted_by != "settled_in_year":
            on = row["service_end"] or row["service_start"]
            if of.last and row["happened_on"] > of.last:
                continue
        if not of.since <= on < of.until:
            continue
        home, treated = holder(row["managing_id"], on), holder(row["institution_id"], on)
        if treated:
            where = "own" if treated == home else "other_holder"
        elif row["setting"] == "pharmacy":
            where = "pharmacy"
        else:
            where = "other_inside" if row["inside_county"] else "outside"
        found[home, where] = found.get((home, where), 0) + row["fund_fen"]
    return {k: v for k, v in found.items() if v}


def of_sums(sums):
    found = {}
    for cell in sums.cells:
        found[cell.home, cell.where] = found.get((cell.home, cell.where), 0) + cell.fund_fen
    return {k: v for k, v in found.items() if v}


def many(here: World, n=400, year=YEAR, seed=1):
    chance = random.Random(seed)
    homes_ = ["east_centre", "west_centre", "east_clinic", "east_hospital", None]
    places = ["east_hospital", "east_centre", "east_clinic", "west_hospital", "west_centre", "outsider", "outside",
              "pharmacy"]  # fmt: skip
    rows = []
    for _ in range(n):
        on = date(year, 1, 1) + timedelta(days=chance.randrange(-20, 400))
        start = on - timedelta(days=chance.randrange(0, 40))
        rows.append(
            claim(here, on, chance.choice(homes_), chance.choice(places), chance.randrange(-5_000, 900_000),
                  service_start=start, service_end=chance.choice([None, start + timedelta(days=3)]),
                  insurance_kind=chance.choice(["02", "02", "02", "01"]),
                  insured_division=chance.choice(["", "", "320583", "320585"]))
        )  # fmt: skip
    return rows


def publish_all(rows):
    for year in {r["happened_on"].year for r in rows}:
        publish(rows, year)


def test_sums_against_a_plain_loop(here):
    rows = many(here)
    publish_all(rows)
    of = scope()
    assert of_sums(summed(of)) == by_hand(here, rows, {}, of)
    ended = scope(counted_by="service_ended_in_year", last=last_day(date(YEAR + 1, 1, 1), 31))
    assert ended.months[-1] == date(YEAR + 1, 1, 1) and len(ended.months) == 13
    assert of_sums(summed(ended)) == by_hand(here, rows, {}, ended)


def test_the_order_of_rows_changes_nothing(here):
    rows = many(here)
    publish_all(rows)
    first = summed(scope())
    random.Random(9).shuffle(rows)
    publish_all(rows)
    assert summed(scope()).as_json() == first.as_json()


def test_a_member_that_leaves_in_june(here):
    """The centre goes west on 15 June, the clinic leaves the consortium on 30 June: the day decides, to the day."""
    moved(here.made["east_centre"], here.made["west"], date(YEAR, 6, 15))
    moved(here.made["east_clinic"], here.made["county"], date(YEAR, 6, 30))
    rows = many(here, 600, seed=2)
    for on in (date(YEAR, 6, 14), date(YEAR, 6, 15), date(YEAR, 6, 29), date(YEAR, 6, 30)):
        rows.append(claim(here, on, "east_centre", "east_hospital", 7_000))
        rows.append(claim(here, on, "east_clinic", "east_clinic", 11_000))
    publish_all(rows)
    of = scope()
    assert [s.start for s in of.homes.stretches] == [date(YEAR, 1, 1), date(YEAR, 6, 15), date(YEAR, 6, 30)]
    moves = {"east_centre": [(date(YEAR, 6, 15), "west")], "east_clinic": [(date(YEAR, 6, 30), None)]}
    # the clinic stands under the centre until it leaves, so it goes west with it
    moves["east_clinic"].insert(0, (date(YEAR, 6, 15), "west"))
    assert of_sums(summed(of)) == by_hand(here, rows, moves, of)
    with engine() as backend:
        read = Reading(backend, gathering.published(of), of)
        for (home, where), fen in by_hand(here, rows, moves, of).items():
            if home is not None:
                assert read.count(Which(home=home, where=where))[1] == fen, where
        nobody = sum(v for (home, _w), v in by_hand(here, rows, moves, of).items() if home is None)
        assert read.count(Which(home="none"))[1] == nobody
    # as at the end of the year, for the whole of it
    of = scope(membership="at_year_end")
    assert len(of.homes.stretches) == 1
    assert of.homes.stretches[0].holder_of[here.id("east_centre")] == here.id("west")


def test_what_takes_a_claim_back_is_taken_off_the_holder_that_had_it(here):
    """The centre goes west on 15 June. Its claim of March, 70.00 at the east's hospital, is cancelled in August: nobody
    has used anything. One of July is the west's, also when half of it comes back."""
    moved(here.made["east_centre"], here.made["west"], date(YEAR, 6, 15))
    march = claim(here, date(YEAR, 3, 3), "east_centre", "east_centre", 7_000)
    july = claim(here, date(YEAR, 7, 3), "east_centre", "east_hospital", 9_000)
    back = [
        claim(here, date(YEAR, 8, 8), "east_centre", "east_centre", -7_000, reverses=march["record_no"]),
        claim(here, date(YEAR, 8, 9), "east_centre", "east_hospital", -4_500, reverses=july["record_no"]),
        claim(here, date(YEAR, 8, 9), "east_centre", "west_hospital", -1, reverses="of nobody"),
    ]
    publish_all([march, july, *back])
    east, west = here.id("east"), here.id("west")
    of = scope(as_originals=True)
    found = of_sums(summed(of))
    assert {cell: fen for cell, fen in found.items() if fen} == {(west, "other_holder"): 4_500, (west, "own"): -1}
    with engine() as backend:
        read = Reading(backend, gathering.published(of), of)
        assert read.count(Which(home=east)) == (2, 0) and read.count(Which(home=west)) == (3, 4_499)
        homes_of = {one.record_no: one.home for one in read.numbered([march["record_no"], back[0]["record_no"]])}
        assert set(homes_of.values()) == {east}
        earned = {
            (one.holder, one.month): one.fund_fen for one in read.earned() if one.institution == here.id("east_centre")
        }
        assert earned == {(east, date(YEAR, 3, 1)): 7_000, (east, date(YEAR, 8, 1)): -7_000}
    assert of_sums(summed(scope()))[east, "own"] == 7_000  # as years closed before were summed


def test_the_edges_of_a_year(here):
    """31 December and 1 January, and 29 February 2028."""
    rows = [
        claim(here, date(YEAR - 1, 12, 31), "east_centre", "outside", 1),
        claim(here, date(YEAR, 1, 1), "east_centre", "outside", 10),
        claim(here, date(YEAR, 1, 31), "east_centre", "outside", 100),
        claim(here, date(YEAR, 2, 1), "east_centre", "outside", 1_000),
        claim(here, date(YEAR, 12, 31), "east_centre", "outside", 10_000),
        claim(here, date(YEAR + 1, 1, 1), "east_centre", "outside", 100_000),
        claim(here, date(2028, 2, 29), "east_centre", "outside", 7),
    ]
    publish_all(rows)
    east = here.id("east")
    found = summed(scope())
    assert found.total_fen == 11_110
    assert found.by_month(east) == {date(YEAR, 1, 1): 110, date(YEAR, 2, 1): 1_000, date(YEAR, 12, 1): 10_000}
    leap = summed(scope(date(2028, 1, 1), date(2029, 1, 1)))
    assert leap.by_month(east) == {date(2028, 2, 1): 7}
    # by the day care ended: what ended in December and was settled by 31 January still belongs to the year
    tail = [
        claim(here, date(YEAR + 1, 1, 31), "east_centre", "outside", 3, service_end=date(YEAR, 12, 31)),
        claim(here, date(YEAR + 1, 2, 1), "east_centre", "outside", 50, service_end=date(YEAR, 12, 31)),
        claim(here, date(YEAR, 1, 2), "east_centre", "outside", 700, service_end=date(YEAR - 1, 12, 31)),
    ]
    for year in (YEAR, YEAR + 1):
        publish(tail, year)
    ended = scope(counted_by="service_ended_in_year", last=last_day(date(YEAR + 1, 1, 1), 31))
    assert ended.last == date(YEAR + 1, 1, 31)
    assert summed(ended).total_fen == 3


# -- what the checks find -----------------------------------------------------------------------------------------


def found_in(here: World, *extra, drop=None) -> dict[str, checks.Finding]:
    rows = [*usual(here), *extra]
    publish(rows)
    if drop:
        Part.objects.filter(dataset="claims", month=date(YEAR, drop, 1)).delete()
    return {f.name: f for f in checks.findings(gathering.gather(running(here)), clearing=True)}


def test_a_clean_year_has_nothing_but_what_must_be_acknowledged(here):
    found = found_in(here)
    assert set(found) == {"unconfirmed", "months_unpaid"} and not found["unconfirmed"].blocks
    assert any("预付比例" in row for row in found["unconfirmed"].rows)


@pytest.mark.parametrize(
    ("name", "make", "acceptable"),
    [
        ("negative", lambda h: [claim(h, DAY, "east_centre", "outside", -500)], False),
        ("orphan_reversal", lambda h: [claim(h, DAY, "east_centre", "outside", -500, reverses="NOBODY")], True),
        ("twice", lambda h: [claim(h, DAY, "east_centre", "outside", 500, resident_id=5),
                             claim(h, DAY, "east_centre", "outside", 500, resident_id=5)], True),
        ("two_places", lambda h: [claim(h, DAY, "east_centre", "outside", 500, resident_id=5),
                                  claim(h, DAY, "east_centre", "outside", 900, resident_id=5,
                                        insured_division="320585")], True),
        ("outside_holders", lambda h: [claim(h, DAY, None, "outside", 500)], True),
        ("outside_holders", lambda h: [claim(h, DAY, "outsider", "outside", 500)], True),
    ],
)  # fmt: skip
def test_bad_claims_are_named_and_block(here, name, make, acceptable):
    extra = make(here)
    found = found_in(here, *extra)
    assert found[name].blocks and found[name].acceptable is acceptable
    if found[name].ids:
        assert any(extra[0]["record_no"] in row for row in found[name].rows)
    assert set(found) == {name, "unconfirmed", "months_unpaid"}
    from yigongti.domains.money.insurance_fund.models import FundYear

    case = FundYear.objects.unscoped("test").get()
    case = take_step(case, "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused, match=found[name].title):
        take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    case = take_step(case, "return_clearing", actor=here.second, answers={"reason": "先核对"})
    if acceptable:
        deciding.accept(case, name, found[name].digest, "已查明", actor=here.officer)
        case = take_step(case, "prepare_clearing", actor=here.officer)
        assert take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"}).state == "cleared"
        assert any(f["accepted"] for f in case.closing.findings)
    else:
        with pytest.raises(drafting.DraftRefused):
            deciding.accept(case, name, found[name].digest, "已查明", actor=here.officer)


def test_what_is_right_is_not_accused(here):
    """A reversed claim sent again, its reversal, two visits on a day with other amounts, the division written out."""
    first = claim(here, DAY, "east_centre", "outside", 500, resident_id=5, record_no="FIRST", cancelled=True, visits=0)
    found = found_in(
        here, first,
        claim(here, DAY, "east_centre", "outside", -500, resident_id=5, reverses="FIRST", cancelled=True, visits=0),
        claim(here, DAY, "east_centre", "outside", 500, resident_id=5, insured_division="320583"),
        claim(here, DAY, "east_centre", "outside", 501, resident_id=5),
    )  # fmt: skip
    assert set(found) == {"unconfirmed", "months_unpaid"}


def test_an_accepted_finding_returns_when_its_rows_change(here):
    rows = [*usual(here), claim(here, DAY, None, "outside", 500)]
    publish(rows)
    case = running(here)
    (one,) = [f for f in checks.findings(gathering.gather(case), clearing=True) if f.name == "outside_holders"]
    deciding.accept(case, one.name, one.digest, "已查明", actor=here.officer)
    publish([*rows, claim(here, DAY, None, "outside", 900)])
    (again,) = [f for f in checks.findings(gathering.gather(case), clearing=True) if f.name == "outside_holders"]
    assert again.blocks


def test_a_missing_month_blocks_and_nothing_is_guessed(here):
    found = found_in(here, drop=4)
    assert found["months_missing"].rows == (f"{YEAR}-04",) and found["months_missing"].blocks
    assert not found["months_missing"].acceptable


def test_a_member_without_people_blocks_the_budget(here):
    publish(usual(here))
    case = drafted(here)
    members = {m.organisation_id: m for m in case.members()}
    row = members[here.id("west_centre")]
    row.persons = 0
    row.save(update_fields=["persons"])
    found = {f.name: f for f in checks.findings(gathering.gather(case), clearing=False)}
    assert found["no_population"].rows == ("west_centre",) and found["no_population"].blocks
    with pytest.raises(StepRefused):  # an area without anybody insured has no budget at all
        take_step(case, "propose", actor=here.officer)


def test_history_is_taken_from_whole_years_only(here):
    publish(usual(here, YEAR - 1), YEAR - 1)
    publish(usual(here, YEAR - 2), YEAR - 2, months=range(1, 12))
    publish(usual(here))
    made = drafting.open_year("kunshan", YEAR, "residents", actor=here.officer)
    past = {(h.organisation_id, p.year): (p.payments_fen, p.services, p.source) for h in made.holders()
            for p in h.past.all()}  # fmt: skip
    # east: 12 × 17,800.00; services by its members 4 a month, west 3
    assert past == {
        (here.id("east"), YEAR - 1): (21_360_000, 48, "claims"),
        (here.id("west"), YEAR - 1): (10_800_000, 36, "claims"),
    }


def test_who_joins_in_the_year_is_cleared_as_a_member(here, monkeypatch):
    """2026: the day decides. The private hospital joins the east in June, when the year is long under way."""
    publish(usual(here, 2026), 2026)
    case = running(here, 2026)
    moved(here.made["outsider"], here.made["county"], date(2020, 1, 1))
    newcomer = here.made["new"] = organisation("community_centre", "new", here.made["county"], legal_person=True)
    of_tier(newcomer, "primary")
    moved(newcomer, here.made["east"], date(2026, 6, 15))
    rows = [claim(here, date(2026, m, 20), "east_centre", "new", 1_000) for m in range(1, 13)]
    publish([*usual(here, 2026), *rows], 2026)
    monkeypatch.setattr("yigongti.kernel.clock.today", lambda: date(2027, 1, 1))
    case = take_step(case, "prepare_clearing", actor=here.officer)
    statement = gathering.gather(case).statement
    # seven months as a member: 15 June to December; five before, at an institution beside
    line = statement.get("member_paid", here.id("new"), here.id("east"))
    assert (line.fen, dict(line.inputs)["services"]) == (7_000, 7)
    assert statement.get("distribution", here.id("new"), here.id("east")).fen > 0
    assert statement.fen("use_other_inside", here.id("east")) == 12 * 20_000 + 5_000


def test_a_place_without_its_rules_gets_no_budget(here, settings, tmp_path):
    """What the plan doesn't say is named, and blocks before anything is agreed."""
    import shutil

    from yigongti.kernel.policy import api as policy_api

    publish(usual(here))
    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    text = (copy / "kunshan" / "fund.yaml").read_text(encoding="utf-8")
    head, _rule, rest = text.partition("  insurance_fund.surplus.rule:")
    (copy / "kunshan" / "fund.yaml").write_text(head + rest.partition("clause: 二（五）2}\n")[2], encoding="utf-8")
    with policy_api.reading(copy):
        case = take_step(drafted(here), "propose", actor=here.officer)
        (gap,) = [f for f in checks.findings(gathering.gather(case), clearing=False) if f.name == "policy_gaps"]
        assert gap.blocks and "insurance_fund.surplus.rule" in gap.rows[0] and "昆山" in gap.rows[0]
        with pytest.raises(StepRefused, match=r"insurance_fund\.surplus\.rule"):
            take_step(case, "approve_budget", actor=here.second, answers={"seen": "yes"})


def test_a_fund_of_a_given_amount(here):
    """Employees: 1,000,000.00 given; 5 % and 3 % set aside, and 80 yuan for each of 450 people: 884,000.00 left."""
    rows = [{**row, "insurance_kind": "01"} for row in usual(here)]
    publish([*rows, claim(here, DAY, "east_centre", "outside", 999)])
    case = drafting.open_year("kunshan", YEAR, "employees", actor=here.officer)
    holders = {h.organisation_id: h.pk for h in case.holders()}
    members = {m.organisation_id: m.pk for m in case.members()}
    drafting.enter(
        case, actor=here.officer, individual_fen=0, subsidy_fen=0, given_fen=100_000_000,
        holders={pk: drafting.HolderEntry(Decimal(1), Decimal(0), None, {YEAR - 1: (1_000, 10)})
                 for pk in holders.values()},
        persons={members[here.id("east_centre")]: 300, members[here.id("west_centre")]: 150}, points={},
    )  # fmt: skip
    statement = gathering.gather(case).statement
    assert (statement.fen("pool"), statement.fen("available")) == (100_000_000, 88_400_000)
    assert statement.fen("claims") == 12 * 2_680_000  # the residents' claim is not this fund's
