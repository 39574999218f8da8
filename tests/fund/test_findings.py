"""What two people confirmed as paid wrongly is taken off use and earnings by a step, for as long as it stands."""

from dataclasses import dataclass
from datetime import date

import pytest
from django.urls import reverse

from tests.fund.test_corrections import AFTER, added, closed, lines
from tests.fund.world import YEAR, World, claim, cleared, publish, running, usual, world
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Correction, FundYear
from yigongti.domains.money.insurance_fund.services import correcting
from yigongti.kernel.access.api import Role
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Confirmed:
    """As ``claims`` tells it: the parts of the fund by claim."""

    finding_id: int
    parts: tuple[tuple[int, str, int | None, int], ...]


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


@pytest.fixture
def confirmed(monkeypatch) -> list[Confirmed]:
    """What stands as confirmed; tests add to it and take from it."""
    found: list[Confirmed] = []
    monkeypatch.setattr(correcting.claims_api, "confirmed_amounts", lambda since, until, *, place=None: list(found))
    return found


def part(row: dict, fen: int) -> tuple[int, str, int | None, int]:
    return row["source_id"], row["record_no"], row["id"], fen


def take(case: FundYear, here: World) -> FundYear:
    return take_step(case, "take_findings", actor=here.officer)


def test_use_and_earnings_fall_alike(here, confirmed):
    """1,500.00 of a claim of the east's insured in the west's hospital, 400.00 of one outside the county."""
    rows = usual(here)
    publish(rows)
    case = running(here)
    with pytest.raises(StepRefused, match="核实"):
        take(case, here)
    confirmed.append(Confirmed(1, (part(rows[3], 150_000), part(rows[4], 40_000))))
    east, west, hospital = here.id("east"), here.id("west"), here.id("west_hospital")
    before = lines(case)
    case = take(case, here)
    after = lines(case)
    more = {k: fen for k in before.keys() | after.keys() if (fen := after.get(k, 0) - before.get(k, 0))}
    assert more[f"use.{east}"] == more[f"corrections.{east}"] == more["claims"] == -190_000
    assert (more[f"use_other_holder.{east}"], more[f"use_outside.{east}"]) == (-150_000, -40_000)
    assert more[f"owes.{east}.{west}"] == more[f"member_paid.{hospital}.{west}"] == more[f"position.{west}"] == -150_000
    assert more[f"delta.{east}"] == 190_000 and f"use.{west}" not in more
    assert here.officer.id in case.hand_ids
    with pytest.raises(StepRefused, match="核实"):
        take(case, here)


def test_what_is_overturned_or_sent_again_is_given_back(here, confirmed):
    rows = usual(here)
    publish(rows)
    case = running(here)
    confirmed.append(Confirmed(1, (part(rows[0], 30_000),)))
    confirmed.append(Confirmed(2, (part(rows[0], 20_000), part(rows[1], 5_000))))
    case = take(case, here)
    east = here.id("east")
    assert lines(case)[f"corrections.{east}"] == -55_000
    confirmed[1] = Confirmed(2, (part(rows[0], 20_000), part(rows[1], 0)))  # that claim was taken back by itself
    case = take(case, here)
    assert lines(case)[f"corrections.{east}"] == -50_000
    publish([])  # nothing of the year is there for the moment: what is confirmed stands all the same
    with pytest.raises(StepRefused, match="核实"):
        take(case, here)
    publish(rows)
    confirmed.clear()
    case = take(case, here)
    assert sum(row.fund_fen for row in Correction.objects.filter(into=case)) == 0
    assert lines(case).get(f"corrections.{east}", 0) == 0


def test_of_a_closed_year_it_is_use_of_the_next(here, confirmed):
    """Confirmed and taken in the year itself 100.00, after its closing 250.00: 150.00 more in the next."""
    rows = usual(here)
    publish(rows)
    confirmed.append(Confirmed(1, (part(rows[0], 10_000),)))
    case = take(running(here), here)
    case = take_step(case, "prepare_clearing", actor=here.officer)
    first = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    publish(usual(here, AFTER), AFTER)
    after = running(here, AFTER)
    confirmed[0] = Confirmed(1, (part(rows[0], 25_000),))
    after = take(after, here)
    (one,) = Correction.objects.filter(into=after)
    assert (one.of_year_id, one.fund_fen, one.home_id) == (first.pk, -15_000, here.id("east"))
    confirmed.clear()
    take(after, here)
    assert sum(row.fund_fen for row in Correction.objects.filter(of_year=first)) == 0


def test_of_a_late_claim_it_waits_until_that_is_taken(here, confirmed):
    rows, _first, after = closed(here)
    late = claim(here, date(YEAR, 12, 30), "east_centre", "east_hospital", 500_000)
    publish([*rows, late])
    confirmed.append(Confirmed(1, (part(late, 100_000),)))
    with pytest.raises(StepRefused, match="核实"):
        take(after, here)
    assert added(after, here)[f"use_own.{here.id('east')}"] == 500_000
    after = FundYear.objects.unscoped("test").get(pk=after.pk)
    assert lines(take(after, here))[f"corrections.{here.id('east')}"] == 400_000


def test_what_is_put_forward_covers_it(here, confirmed):
    """Taken while it waits by no step there is; were it, approval would refuse."""
    rows = usual(here)
    publish(rows)
    confirmed.append(Confirmed(1, (part(rows[0], 30_000),)))
    case = take_step(running(here), "prepare_clearing", actor=here.officer)
    correcting._take(case, correcting.confirmed(case), here.officer)
    with pytest.raises(StepRefused, match="重新提交"):
        take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})


def test_the_pages(here, confirmed):
    rows = usual(here)
    publish(rows)
    case = running(here)
    confirmed.append(Confirmed(1, (part(rows[3], 150_000),)))
    officer, west = (signed_in(Role.INSURANCE_OFFICER, here.id("county")), signed_in(Role.DIRECTOR, here.id("west")))
    address = reverse("insurance_fund:year", args=[case.pk])
    page = officer.get(address).content.decode()
    assert "尚未计入的扣减" in page and "-1,500.00" in page
    assert "尚未计入的扣减" not in west.get(address).content.decode()
    case = take(case, here)
    assert "尚未计入的扣减" not in officer.get(address).content.decode()
    east = here.id("east")
    line = officer.get(reverse("insurance_fund:line", args=[case.pk, f"use_other_holder.{east}"])).content.decode()
    below = f"{reverse('insurance_fund:corrections', args=[case.pk])}?home={east}&amp;where=other_holder"
    assert below in line
    got = officer.get(below.replace("&amp;", "&"))
    assert got.context["fund"] == -150_000 and rows[3]["record_no"] in got.content.decode()
    # who was treated there sees it too; another's director the sum alone
    assert rows[3]["record_no"] in west.get(below.replace("&amp;", "&")).content.decode()
    clinic = signed_in(Role.DIRECTOR, here.id("east_clinic"))
    other = clinic.get(below.replace("&amp;", "&"))
    assert other.context["fund"] == -150_000 and rows[3]["record_no"] not in other.content.decode()
    # of other than a figure, only what he may see
    by_institution = f"{reverse('insurance_fund:corrections', args=[case.pk])}?institution={here.id('west_hospital')}"
    assert clinic.get(by_institution).context["fund"] == 0
    assert west.get(by_institution).context["fund"] == -150_000
    for odd in ("home=x", "where=moon", "certified=2", "treated=" + "9" * 30):
        assert officer.get(f"{reverse('insurance_fund:corrections', args=[case.pk])}?{odd}").status_code == 404
    cells = gathering.gather(case).inputs.corrections
    assert [(one.of_year, one.cause, one.cell.fund_fen) for one in cells] == [(YEAR, "finding", -150_000)]


WAYS = [("east_hospital", "west_hospital"), ("west_hospital", "east_hospital"), ("east_centre", "east_hospital")]


@pytest.mark.parametrize(("before", "after"), WAYS)
@pytest.mark.parametrize("late", [False, True])
def test_it_is_taken_off_where_the_claim_counts_now(here, confirmed, before, after, late):
    """1,000.00 of the closed year, or come since, sent again as treated elsewhere and taken: 400.00 confirmed of it are
    the other institution's, and what that one earned is 600.00."""
    rows = usual(here)
    first = claim(here, date(YEAR, 12, 3), "east_centre", before, 100_000)
    publish(rows if late else [*rows, first])
    cleared(here)
    publish(usual(here, AFTER), AFTER)
    case = running(here, AFTER)
    if late:
        publish([*rows, first])
        case = take_step(case, "take_late", actor=here.officer)
    again = claim(here, date(YEAR, 12, 3), "east_centre", after, 100_000, record_no=first["record_no"])
    publish([*rows, again])
    case = take_step(case, "take_late", actor=here.officer)
    confirmed.append(Confirmed(1, (part(again, 40_000),)))
    case = take(case, here)
    corrections = Correction.objects.filter(into=case)
    assert [row.institution_id for row in corrections.filter(cause="finding")] == [here.id(after)]
    earned = sum(row.fund_fen for row in corrections if row.institution_id == here.id(after))
    assert earned == 60_000
