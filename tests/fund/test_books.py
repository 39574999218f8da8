"""When a year is settled nothing is left of the prepayment in any book, whoever was paid it, whoever settles care
elsewhere, and whatever was taken back; and what everybody earned is what the closed year says."""

from datetime import date

import pytest

from tests.fund.test_monthly import balances
from tests.fund.world import YEAR, World, claim, publish, running, usual, world
from yigongti.domains.money.books import api as books
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Correction, FundYear
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db
PREPAYMENT, FROM_FUND, INCOME = "230502", "121202", ("41010101", "41010102")
OWED_TO_US, OWED = "121809", "230709"
KEYS = ("east_hospital", "east_centre", "west_hospital", "west_centre")
LAST = date(YEAR + 3, 1, 31)


@pytest.fixture
def here(settings, tmp_path) -> World:
    keys = settings.VAR / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    (settings.VAR / "keys").symlink_to(keys)
    return world()


def by(case: FundYear, **values: str) -> FundYear:
    """The same year under other rules."""
    at = gathering.rules_of(case).trying({f"insurance_fund.{k.replace('__', '.')}": v for k, v in values.items()})
    FundYear.objects.unscoped("test").filter(pk=case.pk).update(rules=at.as_json())
    return FundYear.objects.unscoped("test").get(pk=case.pk)


def paid(case: FundYear, here: World, months: int = 12) -> FundYear:
    for month in range(1, months + 1):
        on = date(case.year, month, 25)
        case = take_step(case, "pay_month", actor=here.officer, answers={"month": str(month), "on": on})
    return case


def settled(case: FundYear, here: World, overspend: str = "") -> FundYear:
    case = take_step(case, "prepare_clearing", actor=here.officer, answers={"overspend": overspend})
    case = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    return take_step(case, "settle", actor=here.officer, answers={"on": date(case.year + 1, 2, 1)})


def every(here: World) -> dict[str, dict[str, int]]:
    return {key: balances(here.id(key), LAST) for key in KEYS}


def earned(case: FundYear) -> dict[int, int]:
    """By book: claims the year was closed by, and corrections it took."""
    found: dict[int, int] = {}
    sums = gathering.gather(case)
    for cell in (*sums.sums.cells, *(one.cell for one in sums.inputs.corrections)):
        if cell.treated is not None:
            keeper = books.keeper_of(cell.institution)
            found[keeper] = found.get(keeper, 0) + cell.fund_fen
    return found


def nothing_left(here: World, case: FundYear) -> dict[str, dict[str, int]]:
    left = every(here)
    assert {key: one[PREPAYMENT] for key, one in left.items() if PREPAYMENT in one} == {}
    assert {key: one[FROM_FUND] for key, one in left.items() if FROM_FUND in one} == {}
    got = {here.id(key): -sum(one.get(code, 0) for code in INCOME) for key, one in left.items()}
    assert {k: fen for k, fen in got.items() if fen} == {k: fen for k, fen in earned(case).items() if fen}
    assert sum(one.get(OWED_TO_US, 0) + one.get(OWED, 0) for one in left.values()) == 0
    return left


@pytest.mark.parametrize("payee", ["lead_institution", "each_member"])
@pytest.mark.parametrize("elsewhere", ["insurance_body", "lead_institution"])
@pytest.mark.parametrize(("months", "kept"), [(12, "kept"), (5, "kept"), (12, "shared_in_band")])
def test_nothing_is_left_of_the_prepayment(here, payee, elsewhere, months, kept):
    """Paid in full or for five months; a surplus kept, or half of it inside the band."""
    publish(usual(here))
    case = by(running(here), prepayment__payee=payee, settlement__elsewhere_paid_by=elsewhere, surplus__rule=kept)
    case = paid(case, here, months)
    for _ in range(3):
        case = take_step(case, "settle_month", actor=here.officer, answers={"on": date(YEAR, 12, 31)})
    case = settled(case, here)
    left = nothing_left(here, case)
    made = gathering.gather(case).statement
    east = here.id("east")
    # care of the east's insured elsewhere, 12 × 2,300.00: to the insurance body, or to who gave it
    assert (made.fen("use_outside", east) + made.fen("use_other_inside", east) + made.fen("use_pharmacy", east)) == (
        2_760_000
    )
    assert left["east_hospital"].get("2302", 0) == (-2_760_000 if elsewhere == "lead_institution" else 0)
    # both owe each other for those treated there: 12 × 1,000.00 and 12 × 600.00
    assert (left["east_hospital"]["230703"], left["east_hospital"]["121206"]) == (-1_200_000, 720_000)
    assert (left["west_hospital"]["230703"], left["west_hospital"]["121206"]) == (-720_000, 1_200_000)


@pytest.mark.parametrize("payee", ["lead_institution", "each_member"])
@pytest.mark.parametrize("overspend", ["record_only", "share_by_formula"])
def test_nothing_is_left_of_it_after_an_overspend(here, payee, overspend):
    """West uses 138,000.00 of 126,000.00: 12 × 9,975.00 are paid, 6,000.00 are its own to bear, of which nothing more
    is paid: 18,300.00 short, of which 6,000.00 and what the insurer paid elsewhere for it are set off."""
    publish([*usual(here), claim(here, date(YEAR, 7, 1), "west_centre", "outside", 3_000_000)])
    case = by(running(here), prepayment__payee=payee)
    case = settled(paid(case, here), here, overspend)
    left = nothing_left(here, case)
    # 230702: 6,000.00 and 34,800.00 paid elsewhere, less 138,000.00 − 119,700.00 = 18,300.00 that was short
    assert left["west_hospital"]["230702"] == -(600_000 + 3_480_000 - 1_830_000)


@pytest.mark.parametrize("payee", ["lead_institution", "each_member"])
def test_more_is_taken_back_than_came(here, payee):
    """A late reversal of all that the west's centre earned, of care elsewhere and of dealings: booked the other way."""
    before = [
        claim(here, date(YEAR - 1, 12, 5), "west_centre", "west_centre", 5_000_000, record_no="B1"),
        claim(here, date(YEAR - 1, 12, 5), "west_centre", "outside", 4_000_000, record_no="B2"),
        claim(here, date(YEAR - 1, 12, 5), "east_centre", "west_hospital", 3_000_000, record_no="B3"),
    ]
    publish(before, YEAR - 1, months=(12,))
    back = [
        {**one, "id": one["id"] + 10**6, "record_no": f"R{one['record_no']}", "reverses": one["record_no"], "visits": 0,
         "fund_fen": -one["fund_fen"], "total_fen": -one["total_fen"], "happened_on": date(YEAR, 3, 1)}
        for one in before
    ]  # fmt: skip
    publish([*usual(here), *back])
    case = settled(paid(by(running(here), prepayment__payee=payee), here), here)
    left = nothing_left(here, case)
    made = gathering.gather(case).statement
    east, west = here.id("east"), here.id("west")
    # west elsewhere 12 × 400.00 − 40,000.00; its centre 12 × 1,000.00 − 50,000.00; the east there 12,000 − 30,000.00
    assert made.fen("use_outside", west) == 480_000 - 4_000_000
    assert made.fen("owes", east, west) == 1_200_000 - 3_000_000
    assert left["west_centre"]["41010101"] == 5_000_000 - 1_200_000
    elsewhere = books.voucher_of(f"insurance_fund:{case.pk}:elsewhere:{west}")
    assert max(line.fen for line in elsewhere.lines) == 3_520_000
    assert left["east_hospital"]["121206"] == 1_800_000 + 720_000


@pytest.mark.parametrize("payee", ["lead_institution", "each_member"])
def test_late_claims_are_earned_in_the_year_that_took_them(here, payee, monkeypatch):
    """Of the first year: 7,000.00 more for a stay at the east's hospital, all of the west centre's January gone."""
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 2, 2, 1))
    rows = usual(here)
    publish(rows)
    first = settled(paid(running(here), here), here)
    before = nothing_left(here, first)
    stay = claim(here, date(YEAR, 12, 30), "west_centre", "east_hospital", 700_000, setting="inpatient")
    gone = rows[8]
    assert gone["fund_fen"] == 100_000 and gone["institution_id"] == here.id("west_centre")
    publish([*(row for row in rows if row is not gone), stay])
    publish(usual(here, YEAR + 1), YEAR + 1)
    second = by(running(here, YEAR + 1), prepayment__payee=payee)
    second = take_step(paid(second, here), "take_late", actor=here.officer)
    second = take_step(second, "settle_month", actor=here.officer, answers={"on": date(YEAR + 1, 2, 25)})
    hospital = every(here)["east_hospital"]
    assert hospital["41010102"] == -700_000
    assert hospital["41010101"] == before["east_hospital"]["41010101"] - 1_060_000  # January
    # the west's centre: what went is what it earned in January; it waits for nothing
    assert every(here)["west_centre"]["41010101"] == before["west_centre"]["41010101"]
    second = settled(second, here)
    left = every(here)
    assert not any(PREPAYMENT in one or FROM_FUND in one for one in left.values())
    assert left["west_centre"]["41010101"] == before["west_centre"]["41010101"] - 1_200_000 + 100_000
    assert Correction.objects.filter(into=second).count() == 2
