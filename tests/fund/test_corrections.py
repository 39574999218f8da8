"""What comes after a year is closed counts as use of the year that takes it: by whose insured it is and where treated,
to the true difference however often it changes and is taken, and never twice."""

import random
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fund.world import YEAR, World, claim, cleared, publish, running, usual, world
from yigongti.domains.money.insurance_fund import gathering, warnings
from yigongti.domains.money.insurance_fund.models import Correction, FundYear
from yigongti.domains.money.insurance_fund.services import closing, correcting
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db
AFTER = YEAR + 1


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def closed(here: World) -> tuple[list[dict], FundYear, FundYear]:
    """The usual year closed, and the usual one after it running."""
    rows = usual(here)
    publish(rows)
    first = cleared(here)
    publish(usual(here, AFTER), AFTER)
    return rows, first, running(here, AFTER)


def take(case: FundYear, here: World) -> FundYear:
    return take_step(case, "take_late", actor=here.officer)


def lines(case: FundYear) -> dict[str, int]:
    return {line.key: line.fen for line in gathering.gather(case).statement.lines}


def added(case: FundYear, here: World) -> dict[str, int]:
    """What a taking changes of the year's lines."""
    before = lines(case)
    after = lines(take(case, here))
    return {k: fen for k in before.keys() | after.keys() if (fen := after.get(k, 0) - before.get(k, 0))}


def test_a_late_claim_treated_at_home_leaves_the_holder_as_it_was(here):
    """5,000.00 that the fund paid for the east's insured in the east's hospital: used and earned there alike."""
    rows, _first, after = closed(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "east_hospital", 500_000)])
    east, hospital = here.id("east"), here.id("east_hospital")
    more = added(after, here)
    assert {more[f"{name}.{east}"] for name in ("use_own", "use", "corrections")} == {500_000}
    assert more["claims"] == more[f"member_paid.{hospital}.{east}"] == 500_000
    # the amount stays; 5,000.00 less is left of it, and what the fund owes the holder is the same
    assert more[f"delta.{east}"] == more[f"surplus_kept.{east}"] == -500_000
    assert not {f"settle.{east}", f"budget.{east}", f"balance.{east}", f"entitled.{east}"} & more.keys()
    assert not any(key.endswith(f".{here.id('west')}") for key in more)


def test_a_late_claim_at_another_holder_is_owed_to_it(here):
    """3,000.00 for the east's insured in the west's hospital."""
    rows, _first, after = closed(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "west_hospital", 300_000)])
    east, west = here.id("east"), here.id("west")
    more = added(after, here)
    assert more[f"use_other_holder.{east}"] == more[f"owes.{east}.{west}"] == 300_000
    assert (more[f"position.{east}"], more[f"position.{west}"]) == (-300_000, 300_000)
    # the insurance body pays elsewhere itself: due to the east 3,000.00 less, to the west as much more
    assert (more[f"balance.{east}"], more[f"balance.{west}"]) == (-300_000, 300_000)
    assert f"use.{west}" not in more


def test_a_reversal_goes_to_whoever_had_the_claim(here):
    """The person has moved to the east since; the claim was the west's when the year was closed."""
    rows, _first, after = closed(here)
    back = claim(here, date(YEAR, 12, 31), "east_centre", "west_hospital", -700_000, reverses=rows[7]["record_no"],
                 visits=0)  # fmt: skip
    publish([*rows, back])
    east, west = here.id("east"), here.id("west")
    more = added(after, here)
    assert more[f"use_own.{west}"] == -700_000 and f"use.{east}" not in more
    assert more[f"delta.{west}"] == 700_000 and f"owes.{east}.{west}" not in more


def test_a_late_claim_stays_with_whoever_it_was_taken_for(here):
    rows, first, after = closed(here)
    late = claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000)
    publish([*rows, late])
    after = take(after, here)
    moved = {**late, "managing_id": here.id("west_centre")}
    publish([*rows, {**moved, "id": late["id"] + 10**6, "fund_fen": 400_000, "total_fen": 800_000}])
    take(after, here)
    assert by_home(first) == {here.id("east"): 400_000}


def by_home(first: FundYear) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in Correction.objects.filter(of_year=first):
        found[row.home_id] = found.get(row.home_id, 0) + row.fund_fen
    return found


@pytest.mark.parametrize("kept", [True, False])
def test_a_claim_corrected_twice_comes_to_its_last_amount(here, kept):
    """4th of January: 2,000.00 outside the county, then 2,300.00, then 1,900.00; and the same of one that came late."""
    rows, first, after = closed(here)
    one = rows[4] if kept else claim(here, date(YEAR, 1, 30), "east_centre", "outside", 200_000)
    others = [row for row in rows if row is not one]
    for n, fund in enumerate((230_000, 190_000), start=1):
        publish([*others, {**one, "id": one["id"] + n * 10**6, "fund_fen": fund, "total_fen": 2 * fund}])
        after = take(after, here)
        assert by_home(first) == {here.id("east"): fund - (200_000 if kept else 0)}
    assert Correction.objects.get(fund_fen=-40_000).services == 0
    publish([*others, *([one] if kept else [])])  # as it was at first
    after = take(after, here)
    assert by_home(first) == {here.id("east"): 0}
    with pytest.raises(StepRefused, match="没有迟到"):
        take(after, here)


def test_what_is_withdrawn_after_it_was_taken_is_given_back(here):
    rows, first, after = closed(here)
    late = claim(here, date(YEAR, 12, 30), "east_centre", "east_hospital", 500_000)
    publish([*rows, late])
    after = take(after, here)
    with pytest.raises(StepRefused, match="没有迟到"):
        take(after, here)
    publish(rows)
    before = lines(after)[f"use.{here.id('east')}"]
    after = take(after, here)
    assert lines(after)[f"use.{here.id('east')}"] == before - 500_000
    assert by_home(first) == {here.id("east"): 0}
    publish([*rows, {**late, "id": late["id"] + 10**6}])  # sent once more
    take(after, here)
    assert by_home(first) == {here.id("east"): 500_000}


def test_a_month_that_is_not_published_gives_nothing_back(here):
    from yigongti.kernel.lake.models import Part

    rows, _first, after = closed(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "east_hospital", 500_000)])
    after = take(after, here)
    Part.objects.filter(dataset="claims", month=date(YEAR, 12, 1)).delete()
    with pytest.raises(StepRefused, match="没有迟到"):
        take(after, here)


def test_a_claim_that_was_cancelled_since_is_a_service_less(here):
    """Reversed by a claim settled in the next year, which has the money; the visit is none any more."""
    rows, _first, after = closed(here)
    publish([{**rows[0], "visits": 0, "cancelled": True}, *rows[1:]])
    east, hospital = here.id("east"), here.id("east_hospital")
    (one,) = correcting.since_closing(FundYear.objects.unscoped("test").get(year=YEAR).closing)
    assert (one.target.services, one.target.fund_fen) == (-1, 0)
    before = dict(gathering.gather(after).statement.get("member_paid", hospital, east).inputs)["services"]
    take(after, here)
    assert dict(gathering.gather(after).statement.get("member_paid", hospital, east).inputs)["services"] == before - 1


def test_two_years_do_not_take_the_same(here, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 2, 12, 31))
    rows, first, after = closed(here)
    publish(usual(here, YEAR + 2), YEAR + 2)
    third = running(here, YEAR + 2)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000)])
    take(third, here)
    with pytest.raises(StepRefused, match="没有迟到"):
        take(after, here)
    assert by_home(first) == {here.id("east"): 500_000}


def test_a_reversal_that_came_before_what_it_takes_back_goes_with_it(here):
    """Both came late, the reversal a day earlier, when the person was the west's already: nothing is left at either."""
    rows, first, after = closed(here)
    back = claim(here, date(YEAR, 12, 31), "west_centre", "outside", -500_000, visits=0, reverses="LATE1",
                 recorded_on=date(AFTER, 1, 2))  # fmt: skip
    late = claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000, visits=0, record_no="LATE1",
                 recorded_on=date(AFTER, 1, 3))  # fmt: skip
    publish([*rows, back, late])
    take(after, here)
    assert not any(by_home(first).values())


def test_whoever_took_them_approves_nothing(here):
    rows, _first, after = closed(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000)])
    assert here.second.id in take_step(after, "take_late", actor=here.second).hand_ids


def test_a_correction_never_changes(here):
    rows, _first, after = closed(here)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000)])
    take(after, here)
    for attempt in (Correction.objects.all().delete, lambda: Correction.objects.update(fund_fen=0)):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_the_next_closing_is_its_claims_and_its_corrections(here, monkeypatch):
    """Use of the second year 3,216,000.00 ÷ 10 = 321,600.00, and 5,000.00 + 3,000.00 − 4,000.00 of the first."""
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 2, 2, 1))
    rows, first, after = closed(here)
    gone = rows[1]
    publish([*(row for row in rows if row is not gone),
             claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000),
             claim(here, date(YEAR, 12, 31), "west_centre", "east_hospital", 300_000)])  # fmt: skip
    after = take(after, here)
    after = take_step(after, "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused):
        take(after, here)  # not while it waits
    after = take_step(after, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    made = gathering.gather(after).statement
    assert made.fen("claims") == 32_160_000 + 500_000 + 300_000 - 400_000
    assert dict(made.get("claims").inputs)["corrections_fen"] == 400_000
    assert sum(line.fen for line in made.named("use")) == made.fen("claims")
    assert sum(line.fen for line in made.named("position")) == 0
    assert made.fen("corrections", here.id("east")) == 100_000 == 500_000 - 400_000
    again = closing.rerun(after.closing, actor=system_actor("test"))
    assert again.same and again.form == 2
    # what comes of the first year after that is the third year's, and the second is as it was
    publish(rows)
    assert gathering.gather(after).statement.as_json() == made.as_json()
    assert sum(one.open.fund_fen for one in correcting.since_closing(first.closing)) == -400_000


def test_the_pace_takes_them_as_they_are(here):
    """East: ten months of 17,800.00 in 2026, and 50,000.00 of 2025: no month's, and not more in the months to come."""
    rows, _first, after = closed(here)
    east = here.id("east")
    before = next(one for one in warnings.paces(gathering.gather(after)) if one.id == east)
    publish([*rows, claim(here, date(YEAR, 12, 30), "east_centre", "outside", 5_000_000)])
    take(after, here)
    now = next(one for one in warnings.paces(gathering.gather(after)) if one.id == east)
    assert now.monthly == before.monthly and now.budget == before.budget
    for name in ("used", "forecast", "low", "high"):
        assert getattr(now.pace, name) == getattr(before.pace, name) + 5_000_000, name


def test_whatever_comes_and_whenever_it_is_taken(here):
    """Any sequence of new claims, corrections, withdrawals, moves and takings: corrections come to now − kept."""
    rows, first, after = closed(here)

    @settings(max_examples=6, deadline=None)
    @given(seed=st.integers(0, 10**9))
    def holds(seed: int) -> None:
        with transaction.atomic():
            _shuffle(here, random.Random(seed), list(rows), rows, first, after)
            transaction.set_rollback(True)
        gathering._summed.clear()

    holds()


def _shuffle(here, chance, now, rows, first, after):
    last = [row for row in rows if row["happened_on"].month == 12]
    for step in range(chance.randrange(2, 6)):
        for _ in range(chance.randrange(1, 5)):
            what = chance.choice(["new", "correct", "withdraw", "move", "back"])
            mine = [row for row in now if row["happened_on"].month == 12]
            one = chance.choice(mine) if mine else None
            if what == "new" or one is None:
                home, at = chance.choice(["east_centre", "west_centre"]), chance.choice(
                    ["east_hospital", "west_hospital", "outside", "outsider", "pharmacy"])  # fmt: skip
                now.append(claim(here, date(YEAR, 12, 20), home, at, chance.randrange(1, 10**6)))
            elif what == "back":
                back = claim(here, date(YEAR, 12, 21), "west_centre", "east_hospital", -one["fund_fen"], visits=0,
                             reverses=one["record_no"])  # fmt: skip
                now.append({**back, "managing_id": one["managing_id"], "institution_id": one["institution_id"]})
            elif what == "withdraw":
                now.remove(one)
            else:
                now.remove(one)
                fund = chance.randrange(1, 10**6) if what == "correct" else one["fund_fen"]
                new = claim(here, date(YEAR, 12, 22), "east_centre", "outside", fund)
                where = (
                    {} if what == "correct" else {"managing_id": here.id(chance.choice(["east_centre", "west_centre"]))}
                )
                now.append({**one, "id": new["id"] if what == "correct" else one["id"], "fund_fen": fund,
                            "total_fen": 2 * fund, **where})  # fmt: skip
        publish(now, months=(12,))
        if chance.random() < 0.6 or step == 0:
            try:
                after = take(after, here)
            except StepRefused:
                continue
    if any(one.open for one in correcting.since_closing(first.closing)):
        after = take(after, here)
    with pytest.raises(StepRefused, match="没有迟到"):
        take(after, here)
    taken = list(Correction.objects.filter(of_year=first))
    for name, per in (("fund_fen", "fund_fen"), ("total_fen", "total_fen"), ("services", "visits")):
        difference = sum(r[per] for r in now) - sum(r[per] for r in rows)
        assert sum(getattr(row, name) for row in taken) == difference, name
    assert last
    made = gathering.gather(after).statement
    assert made.fen("claims") == 32_160_000 + sum(row.fund_fen for row in taken)
    assert sum(line.fen for line in made.named("position")) == 0
    assert made.fen("claims") == sum(line.fen for line in made.named("use")) + made.fen("unassigned")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM insurance_fund_correction WHERE fund_fen = 0 AND services = 0 AND total_fen = 0"
        )
        assert cursor.fetchone() == (0,)
