"""A split admission on its way: the payer's file, a finding, two people's decision, the fund's year, a book."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.claims.county import back, claim
from tests.fund.world import World, running, world
from tests.intake.county import send, table
from yigongti.domains.money.books import api as books
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.services.screening import screen
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.lake.api import publish_stale
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.workflow.api import StepRefused, take_step

pytestmark = pytest.mark.django_db
PERSON = ("患者编号", "姓名", "性别", "出生日期", "证件号码")


@pytest.fixture
def here(settings: LazySettings, tmp_path: Path) -> World:
    keys = settings.VAR / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    (settings.VAR / "keys").symlink_to(keys)
    settings.PLACE = "kunshan"
    return world()


def visit(n: int, month: int) -> dict[str, str]:
    """The fund pays 1,000.00 for a visit to the east's hospital."""
    day = f"2025-{month:02}-10"
    return claim(
        n, 1, institution_name="east_hospital", setting="outpatient", started_at=f"{day} 09:00", ended_at="",
        settled_at=f"{day} 10:00", total_yuan="2000.00", fund_yuan="1000.00", self_paid_yuan="1000.00",
    )  # fmt: skip


def stay(n: int, first: str, last: str) -> dict[str, str]:
    """The fund pays 3,500.00 of a stay of 5,000.00."""
    days = {"started_at": f"2025-{first} 09:00", "ended_at": f"2025-{last} 10:00", "settled_at": f"2025-{last} 10:30"}
    return claim(n, 1, institution_name="east_hospital", **days)


def sent(here: World, rows: list[dict[str, str]], name: str) -> None:
    header = tuple(dict.fromkeys(column for row in rows for column in row))
    batch = send(table([dict.fromkeys(header, "") | row for row in rows], header), here.id("bureau"), name)
    assert (batch.state, batch.refused) == (batch.State.DONE, 0)
    publish_stale()


def decided(here: World) -> None:
    """Two officers agree that the fund takes 3,000.00 of the second stay back."""
    found = Finding.objects.unscoped("a test").get(screen="split_admission")
    assert found.amount_fen == 350_000
    found = take_step(found, "take_up", actor=here.officer)
    found = take_step(found, "propose", actor=here.officer, answers={"amount_yuan": "3000", "conclusion": "属实"})
    with pytest.raises(StepRefused):
        take_step(found, "confirm", actor=here.officer)
    take_step(found, "confirm", actor=here.second)


def figure(case: FundYear, name: str, holder: int) -> int:
    made = gathering.gather(case).statement
    assert made is not None
    return made.fen(name, holder)


def earned(here: World) -> int:
    """What the hospital's book holds as income from care of the fund's insured."""
    book = books.book_of(here.id("east_hospital")).id
    rows = ledger.balances([book], date(2025, 1, 1), date(2026, 12, 31))
    return sum(row.credit_fen - row.debit_fen for row in rows if row.code in ("41010101", "41010102"))


def test_it_is_taken_off_use_and_off_what_the_hospital_earned(here: World) -> None:
    """Twelve visits at 1,000.00 and two stays at 3,500.00: 19,000.00; 3,000.00 of it is taken back: 16,000.00."""
    residents = {name: value for name, value in visit(1, 1).items() if name in PERSON}
    managed = residents | {"managing_institution": "east_centre", "insurance_kind": "02"}
    send(table([managed]), here.id("east_centre"), "residents.csv")
    sent(
        here,
        [*(visit(n, n) for n in range(1, 13)), stay(21, "03-01", "03-08"), stay(22, "03-10", "03-15")],
        "claims.csv",
    )
    case, east = running(here), here.id("east")
    assert figure(case, "use", east) == 1_900_000
    screen(date(2025, 1, 1), date(2025, 12, 31), actor=system_actor("tests"), only=("split_admission",))
    with pytest.raises(StepRefused):  # found is not confirmed, and nothing is deducted by itself
        take_step(case, "take_findings", actor=here.officer)
    decided(here)
    assert figure(case, "use", east) == 1_900_000
    case = take_step(case, "take_findings", actor=here.officer)
    assert (figure(case, "use", east), figure(case, "use_own", east)) == (1_600_000, 1_600_000)

    case = take_step(case, "prepare_clearing", actor=here.officer)
    case = take_step(case, "approve_clearing", actor=here.guide, answers={"seen": "yes"})
    case = take_step(case, "settle", actor=here.officer, answers={"on": date(2026, 2, 1)})
    assert figure(case, "use", east) == 1_600_000 == earned(here)


def test_a_stay_that_is_taken_back_by_the_payer_is_not_taken_back_twice(here: World) -> None:
    """The payer withdraws the second stay after all: the fund's 3,500.00 come back once, by the reversal."""
    residents = {name: value for name, value in visit(1, 1).items() if name in PERSON}
    send(table([residents | {"managing_institution": "east_centre", "insurance_kind": "02"}]), here.id("east_centre"),
         "residents.csv")  # fmt: skip
    second = stay(22, "03-10", "03-15")
    sent(here, [*(visit(n, n) for n in range(1, 13)), stay(21, "03-01", "03-08"), second], "claims.csv")
    case, east = running(here), here.id("east")
    screen(date(2025, 1, 1), date(2025, 12, 31), actor=system_actor("tests"), only=("split_admission",))
    decided(here)
    case = take_step(case, "take_findings", actor=here.officer)
    assert figure(case, "use", east) == 1_600_000
    sent(here, [back(second, "S99", settled_at="2025-06-01 09:00")], "reversal.csv")
    assert figure(case, "use", east) == 1_250_000  # both, until somebody looks again
    case = take_step(case, "take_findings", actor=here.officer)
    assert figure(case, "use", east) == 1_550_000
