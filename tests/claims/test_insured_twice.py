"""One person on two insurances: by the year, whichever days are screened; here is one place however it is written."""

from datetime import date

import pytest

from tests.claims.county import Here, claim, settled
from tests.claims.test_screens import SYSTEM, YEAR, found, stay
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.services.screening import screen

pytestmark = pytest.mark.django_db


def treated(number: int, kind: str, month: str) -> dict[str, str]:
    """A short stay of the one person, in the month it is settled in."""
    return claim(
        number, 1, insurance_kind=kind, started_at=f"{month}-01", ended_at=f"{month}-05", settled_at=f"{month}-05 11:00"
    )


def run(since: date, until: date) -> list[Finding]:
    screen(since, until, actor=SYSTEM, only=["insured_twice"])
    rows = Finding.objects.unscoped("test").filter(screen="insured_twice", gone_at=None)
    return list(rows.order_by("key"))


def test_the_places_own_division_is_here(here: Here) -> None:
    divisions = ["", "320583", "", "320583"]
    settled([stay(n, f"0{n + 1}-01", f"0{n + 1}-05", insured_division=d) for n, d in enumerate(divisions)], here)
    assert found("insured_twice") == []


def test_each_year_is_counted_once(here: Here) -> None:
    months = [("01", "2024-02"), ("02", "2024-03"), ("01", "2024-04"), ("01", "2025-02"), ("02", "2025-03"),
              ("01", "2025-04")]  # fmt: skip
    settled([treated(n, kind, month) for n, (kind, month) in enumerate(months)], here)
    run(date(2024, 1, 1), date(2024, 12, 31))
    rows = run(*YEAR)
    assert [(row.amount_fen, row.facts["numbers"]) for row in rows] == [(350_000, ["S1"]), (350_000, ["S4"])]


def test_a_run_over_fewer_days_finds_the_same(here: Here) -> None:
    months = [("01", "2025-02"), ("02", "2025-03"), ("01", "2025-04"), ("02", "2025-08"), ("01", "2025-10")]
    settled([treated(n, kind, month) for n, (kind, month) in enumerate(months)], here)
    [whole] = run(*YEAR)
    for since, until in ((date(2025, 3, 1), date(2025, 4, 30)), (date(2025, 10, 1), date(2025, 10, 31))):
        [row] = run(since, until)
        assert (row.pk, row.amount_fen, row.digest) == (whole.pk, 700_000, whole.digest)
    assert run(date(2025, 5, 1), date(2025, 6, 30))[0].digest == whole.digest
    assert whole.versions.count() == 1


def test_a_change_of_insurance_is_none_of_the_years_after(here: Here) -> None:
    months = [("01", "2024-10"), ("02", "2024-11"), ("01", "2024-12"), ("02", "2025-02"), ("02", "2025-03")]
    settled([treated(n, kind, month) for n, (kind, month) in enumerate(months)], here)
    assert run(*YEAR) == []
    [row] = run(date(2024, 1, 1), date(2024, 12, 31))
    assert (row.amount_fen, row.facts["numbers"]) == (350_000, ["S1"])


def test_two_insurances_over_the_turn_of_the_year(here: Here) -> None:
    months = [("01", "2024-12"), ("02", "2025-01"), ("01", "2025-02")]
    settled([treated(n, kind, month) for n, (kind, month) in enumerate(months)], here)
    [row] = run(*YEAR)
    assert row.amount_fen == 350_000 and row.facts["numbers"] == ["S1"]
