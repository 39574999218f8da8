"""A year from the first draft to the books: two people, frozen figures, late claims, money moved once."""

import json
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from tests.fund.world import YEAR, World, claim, cleared, drafted, publish, running, usual, world
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Change, Closing, FundYear, Paid
from yigongti.domains.money.insurance_fund.services import closing, correcting, drafting
from yigongti.kernel.access.api import Forbidden, Role, system_actor
from yigongti.kernel.lake.api import KeptDamaged
from yigongti.kernel.workflow.api import StepRefused, open_steps, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def fresh(case: FundYear) -> FundYear:
    return FundYear.objects.unscoped("test").get(pk=case.pk)


def test_the_year_from_draft_to_settled(here):
    publish(usual(here))
    case = running(here)
    east, west = here.id("east"), here.id("west")
    found = gathering.gather(case)
    # 450 × 1,000 yuan = 450,000.00; − 5 % − 3 % − 450 × 80 yuan = 450,000 − 22,500 − 13,500 − 36,000 = 378,000.00
    assert found.statement.fen("available") == 37_800_000
    # persons 2/3, payments 2/3: east 252,000.00, west 126,000.00
    assert (found.statement.fen("budget", east), found.statement.fen("budget", west)) == (25_200_000, 12_600_000)
    # use: east 12 × 17,800.00 = 213,600.00, west 12 × 9,000.00 = 108,000.00
    assert (found.statement.fen("use", east), found.statement.fen("use", west)) == (21_360_000, 10_800_000)
    assert found.statement.fen("claims") == 32_160_000
    case = take_step(case, "pay_month", actor=here.officer, answers={"month": "1", "on": date(YEAR, 3, 5)})
    # 252,000 × 95 % ÷ 12 = 19,950.00
    assert Paid.objects.get(year=case, what="prepayment", holder_id=east).fen == 1_995_000
    with pytest.raises(StepRefused):
        take_step(case, "pay_month", actor=here.officer, answers={"month": "1", "on": date(YEAR, 3, 6)})
    # due: use 213,600.00 and the 38,400.00 kept; paid: one month, and by the insurer elsewhere 12 × 3,300.00;
    # for the west's insured 12 × 600.00: 252,000.00 − 19,950.00 − 39,600.00 + 7,200.00
    statement = gathering.gather(case).statement
    assert (statement.fen("paid_out", east), statement.fen("balance", east)) == (1_995_000, 19_965_000)
    case = take_step(case, "prepare_clearing", actor=here.officer)
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_clearing", actor=here.officer, answers={"seen": "yes"})
    case = take_step(case, "approve_clearing", actor=here.guide, answers={"seen": "yes"})
    assert case.frozen and case.closing.closed_by_id == 3
    case = take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    assert case.state == "settled"
    # 38,400.00 kept in the east
    assert Paid.objects.get(year=case, what="surplus", holder_id=east).fen == 3_840_000
    assert Paid.objects.get(year=case, what="deposit", holder_id=east).fen == 900_000
    # 75 points: three quarters of 4,500.00
    assert Paid.objects.get(year=case, what="deposit", holder_id=west).fen == 337_500


def test_the_books_hold_what_the_year_says(here):
    from yigongti.domains.money.books import api as books

    publish(usual(here))
    case = running(here)
    case = take_step(case, "pay_month", actor=here.officer, answers={"month": "1", "on": date(YEAR, 3, 5)})
    prepaid = books.voucher_of(f"insurance_fund:{case.pk}:prepayment:1:{here.id('east')}")
    assert prepaid is not None and sum(line.fen for line in prepaid.lines) == 0
    assert max(line.fen for line in prepaid.lines) == 1_995_000
    assert books.voucher_of(f"insurance_fund:{case.pk}:deposit:{here.id('west')}") is not None
    case = take_step(case, "prepare_clearing", actor=here.officer)
    case = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    case = take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    statement = gathering.gather(case).statement
    east, west, hospital = here.id("east"), here.id("west"), here.id("east_hospital")
    kept = books.voucher_of(f"insurance_fund:{case.pk}:surplus:{east}")
    assert max(line.fen for line in kept.lines) == statement.fen("surplus_kept", east)
    owed = books.voucher_of(f"insurance_fund:{case.pk}:owes.{east}.{west}")
    # 12 × 1,000.00 for the east's insured in the west's hospital, on both sides
    assert max(line.fen for line in owed.lines) == 1_200_000
    assert books.voucher_of(f"insurance_fund:{case.pk}:owes.{east}.{west}:other") is not None
    # all that leaves the lead for its members is what the statement gives them
    shared = [line for line in statement.named("distribution") if line.nth == east]
    passed = 0
    for keeper in {books.keeper_of(line.of) for line in shared} - {hospital}:
        passed += max(v.fen for v in books.voucher_of(
            f"insurance_fund:{case.pk}:distribution:{east}:{keeper}").lines)  # fmt: skip
    assert passed == sum(line.fen for line in shared if books.keeper_of(line.of) != hospital)


def test_two_people(here):
    publish(usual(here))
    case = take_step(drafted(here), "propose", actor=here.officer)
    assert "approve_budget" not in {s.name for s in open_steps(case, here.officer)}
    with pytest.raises(StepRefused, match="另一人"):
        take_step(case, "approve_budget", actor=here.officer, answers={"seen": "yes"})
    director = here.actor(Role.DIRECTOR, "county", 9)
    with pytest.raises(StepRefused):
        take_step(case, "approve_budget", actor=director, answers={"seen": "yes"})
    with pytest.raises(StepRefused, match="核对结果"):
        take_step(case, "approve_budget", actor=here.second, answers={"seen": "no"})
    back = take_step(case, "return_budget", actor=here.second, answers={"reason": "人数不对"})
    assert back.state == "drafting" and back.prepared_by_id is None
    with pytest.raises(Forbidden):
        drafting.count_persons(back, actor=director)


def test_a_closed_year_stays_closed(here, settings, tmp_path):
    rows = usual(here)
    publish(rows)
    case = cleared(here)
    before = case.closing
    statement = json.dumps(before.statement, sort_keys=True)
    # the feed changes: a late claim, one that is reversed, one that is gone; every month is published anew, twice
    late_one = claim(here, date(YEAR, 12, 30), "east_centre", "outside", 500_000, recorded_on=date(2026, 2, 3))
    back = claim(here, date(YEAR, 12, 31), "west_centre", "west_hospital", -700_000, reverses=rows[7]["record_no"],
                 recorded_on=date(2026, 2, 4))  # fmt: skip
    gone = rows[1]
    for _ in range(2):
        publish([*(r for r in rows if r is not gone), late_one, back])
    # and so do the place's rules
    import shutil

    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    text = (copy / "kunshan" / "fund.yaml").read_text(encoding="utf-8")
    (copy / "kunshan" / "fund.yaml").write_text(text.replace("value: kept,", "value: shared_in_band,"), "utf-8")
    from yigongti.kernel.policy import api as policy_api

    with policy_api.reading(copy):
        assert policy_api.at("insurance_fund.surplus.rule", "kunshan", date(YEAR, 6, 1)).value == "shared_in_band"
        again = closing.rerun(before, actor=system_actor("test"))
        assert again.same and again.differs == () and again.digest == before.digest and again.files == 12
        assert json.dumps(gathering.gather(fresh(case)).statement.as_json(), sort_keys=True) == statement
    found = {(one.slot.record_no, one.told.gone): one for one in correcting.since_closing(before)}
    assert set(found) == {(late_one["record_no"], False), (back["record_no"], False), (gone["record_no"], True)}
    assert found[late_one["record_no"], False].target.fund_fen == 500_000
    assert found[gone["record_no"], True].target.fund_fen == -400_000
    assert found[gone["record_no"], True].slot.home_id == here.id("east")


def test_last_years_budgets_bound_this_years(here):
    publish(usual(here))
    cleared(here)
    publish(usual(here, YEAR + 1), YEAR + 1)
    statement = gathering.gather(running(here, YEAR + 1)).statement
    assert dict(statement.get("budget", here.id("east")).inputs)["last_budget_fen"] == 25_200_000


def test_a_kept_file_that_was_changed_is_found(here, settings):
    publish(usual(here))
    case = cleared(here)
    file = settings.VAR / "lake" / "kept" / closing.kept_name(case) / f"claims-{YEAR}-05.parquet"
    data = file.read_bytes()
    file.unlink()  # a new file of the same name: the published one, which shares its content, stays
    file.write_bytes(data[:-1] + b"x")
    with pytest.raises(KeptDamaged):
        closing.rerun(case.closing, actor=system_actor("test"))


def test_the_closing_can_not_be_changed(here):
    publish(usual(here))
    case = cleared(here)
    for attempt in (
        lambda: Closing.objects.filter(pk=case.closing.pk).update(digest="0" * 64),
        lambda: Closing.objects.filter(pk=case.closing.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    with pytest.raises(drafting.DraftRefused):
        drafting.count_persons(fresh(case), actor=here.officer)


def test_an_overspend_is_for_people_to_decide(here):
    """West uses twelve times 9,000.00 and 30,000.00 more: 138,000.00 against 126,000.00."""
    rows = [*usual(here), claim(here, date(YEAR, 7, 1), "west_centre", "outside", 3_000_000)]
    publish(rows)
    case = running(here)
    with pytest.raises(StepRefused, match="超支"):
        take_step(case, "prepare_clearing", actor=here.officer)
    case = take_step(case, "prepare_clearing", actor=here.officer, answers={"overspend": "carry_forward"})
    case = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    west = here.id("west")
    statement = gathering.gather(case).statement
    # reasonable: 10 % of 126,000.00 = 12,600.00 covers all 12,000.00; the fund pays half
    assert (statement.fen("delta", west), statement.fen("overspend_borne", west)) == (-1_200_000, 600_000)
    assert [line for line in statement.named("distribution") if line.nth == west] == []
    assert statement.named("bears") == []
    publish(usual(here, YEAR + 1), YEAR + 1)
    after = drafted(here, YEAR + 1)
    take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    assert [(c.fen, c.source) for c in Change.objects.filter(holder__year=after)] == [(-600_000, "carried")]


def test_sharing_an_overspend_by_decision(here):
    publish([*usual(here), claim(here, date(YEAR, 7, 1), "west_centre", "outside", 3_000_000)])
    case = cleared(here, overspend="share_by_formula")
    statement = gathering.gather(case).statement
    borne = statement.named("bears")
    assert sum(line.fen for line in borne) == 600_000 == statement.fen("overspend_borne", here.id("west"))
    take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})


def test_settling_happens_once(here):
    publish(usual(here))
    case = cleared(here)
    take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    with pytest.raises(StepRefused):
        take_step(fresh(case), "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    assert Paid.objects.filter(year=case, what="surplus").count() == 2


def test_a_low_quarter_holds_back_the_next(here):
    publish(usual(here))
    case = running(here)
    east = here.id("east")
    case = take_step(case, "assess", actor=here.officer, answers={"holder": str(east), "quarter": "1", "score": "59"})
    statement = gathering.gather(case).statement
    # 19,950.00 a month, a tenth of it held back from April to June
    assert [statement.fen("prepayment", east, m) for m in (3, 4, 6, 7)] == [1_995_000, 1_795_500, 1_795_500, 1_995_000]
    assert statement.fen("prepaid", east) == 12 * 1_995_000 - 3 * 199_500
    case = take_step(case, "pay_month", actor=here.officer, answers={"month": "4", "on": date(YEAR, 4, 5)})
    with pytest.raises(StepRefused, match="已经开始拨付"):
        take_step(case, "assess", actor=here.officer, answers={"holder": str(east), "quarter": "1", "score": "90"})


def test_the_command_prints_the_whole_clearing(here):
    from click.testing import CliRunner

    from yigongti.domains.money.insurance_fund.cli import fund

    publish(usual(here))
    case = running(here)
    run = CliRunner()
    draft = json.loads(run.invoke(fund, ["clear", "--year", str(YEAR), "--json"]).output)
    assert draft["frozen"] is False and draft["state"] == "running"
    lines = {line["key"]: line for line in draft["lines"]}
    assert lines[f"use.{here.id('east')}"]["fen"] == 21_360_000
    assert lines[f"surplus_kept.{here.id('east')}"]["citations"][0]["clause"] == "二（五）2"
    case = take_step(case, "prepare_clearing", actor=here.officer)
    take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    publish([])
    closed = json.loads(run.invoke(fund, ["clear", "--year", str(YEAR), "--json"]).output)
    assert closed["frozen"] is True
    assert [(x["key"], x["fen"]) for x in closed["lines"]] == [(x["key"], x["fen"]) for x in draft["lines"]]
    again = run.invoke(fund, ["rerun", "--year", str(YEAR)])
    assert again.exit_code == 0 and closed["digest"] in again.output
    assert run.invoke(fund, ["clear", "--year", "2031"]).exit_code == 1


def test_a_month_that_is_not_published_is_no_change(here):
    """Nothing came and nothing went: the lake has just not written the month."""
    from yigongti.kernel.lake.models import Part

    publish(usual(here))
    case = cleared(here)
    Part.objects.filter(dataset="claims", month=date(YEAR, 7, 1)).delete()
    assert correcting.since_closing(case.closing) == []
    Part.objects.filter(dataset="claims").delete()
    assert correcting.since_closing(case.closing) == []
