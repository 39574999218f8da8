"""A month's settlement in the books: what each member earned, set off against the prepayment; late claims go into the
next month; at the end every account of the fund comes to what the closed year says."""

from datetime import date

import pytest

from tests.fund.world import YEAR, claim, publish, running, usual, world
from yigongti.domains.money.books import api as books
from yigongti.domains.money.insurance_fund import gathering
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path):
    keys = settings.VAR / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    (settings.VAR / "keys").symlink_to(keys)
    return world()


def balances(organisation_id: int, until: date) -> dict[str, int]:
    """What an account comes to, debit above zero; those at nought left out."""
    found: dict[str, int] = {}
    for row in ledger.positions([books.book_of(organisation_id).id], until):
        found[row.code] = found.get(row.code, 0) + row.fen
    return {code: fen for code, fen in found.items() if fen}


def settled(case, here, months, on=date(YEAR, 3, 1)):
    for _ in range(months):
        case = take_step(case, "settle_month", actor=here.officer, answers={"on": on})
    return case


def test_a_month_by_hand(here):
    """January: the east's hospital earns 10,000.00 from its own and 600.00 from the west's insured; its centre and the
    centre's clinic 4,500.00, which the lead owes it."""
    publish(usual(here))
    settled(running(here), here, 1)
    hospital = balances(here.id("east_hospital"), date(YEAR, 3, 31))
    assert hospital["41010101"] == -1_060_000
    assert hospital["121202"] == 60_000  # of the west's insured: the fund's, until the clearing
    assert hospital["230502"] == 1_450_000  # nothing was prepaid yet
    assert hospital["230709"] == -450_000
    centre = here.id("east_centre")
    keepers = {books.keeper_of(centre), books.keeper_of(here.id("east_clinic"))}
    earned = sum(balances(one, date(YEAR, 3, 31))["41010101"] for one in keepers)
    owed = sum(balances(one, date(YEAR, 3, 31))["121809"] for one in keepers)
    assert (earned, owed) == (-450_000, 450_000)


def test_what_comes_late_is_booked_in_the_next_month(here):
    rows = usual(here)
    publish(rows)
    case = settled(running(here), here, 1)
    publish([*rows, claim(here, date(YEAR, 1, 31), "east_centre", "east_hospital", 7_000, setting="inpatient")])
    settled(case, here, 1)
    hospital = balances(here.id("east_hospital"), date(YEAR, 3, 31))
    assert hospital["41010101"] == -2 * 1_060_000 and hospital["41010102"] == -7_000


def test_what_was_taken_back_waits_for_an_amount_to_take_it_from(here):
    """All of the west centre's January claims go, and 500.00 more than it earns in February."""
    rows = usual(here)
    publish(rows)
    case = settled(running(here), here, 1)
    back = claim(here, date(YEAR, 2, 2), "west_centre", "west_centre", -150_000, reverses="N0")
    publish([*rows, back])
    case = settled(case, here, 1)
    assert balances(here.id("west_centre"), date(YEAR, 3, 31))["41010101"] == -100_000
    settled(case, here, 1)
    assert balances(here.id("west_centre"), date(YEAR, 3, 31))["41010101"] == -150_000


def test_a_month_that_is_not_there_is_not_settled(here):
    publish(usual(here), months=range(1, 3))
    case = settled(running(here), here, 2)
    with pytest.raises(StepRefused, match="3月"):
        take_step(case, "settle_month", actor=here.officer, answers={"on": date(YEAR, 4, 1)})


@pytest.mark.parametrize("months", [0, 7, 12])
def test_the_closed_year_is_what_the_books_say(here, months):
    """However many months were settled before: the rest comes with the end. Prepaid in full, nothing of the prepayment
    and of the fund's receivable is left, and every member has earned what was paid for care there."""
    publish(usual(here))
    case = running(here)
    for month in range(1, 13):
        case = take_step(
            case, "pay_month", actor=here.officer, answers={"month": str(month), "on": date(YEAR, month, 25)}
        )
    case = settled(case, here, months, date(YEAR, 12, 31))
    case = take_step(case, "prepare_clearing", actor=here.officer)
    case = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    case = take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    found = gathering.gather(case)
    earned = {}
    for cell in found.sums.cells:
        if cell.treated is not None:
            keeper = books.keeper_of(cell.institution)
            earned[keeper] = earned.get(keeper, 0) + cell.fund_fen
    last = date(2026, 2, 28)
    for keeper, fen in earned.items():
        assert balances(keeper, last)["41010101"] == -fen
    for key in ("east_hospital", "west_hospital"):
        left = balances(here.id(key), last)
        assert "121202" not in left and "121204" not in left and "230502" not in left, left
        assert "230503" not in left
