"""Charge lines: keyed, the same again changes nothing, what is said anew supersedes, nothing is ever edited."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.claims.county import Here
from tests.claims.lines import charged, line
from tests.intake.county import counts
from yigongti.domains.money.claims.lake import LINES
from yigongti.domains.money.claims.models import ChargeLine
from yigongti.kernel.intake.refused_rows import reasons
from yigongti.kernel.lake.api import engine, snapshot, table
from yigongti.kernel.lake.models import Stale

pytestmark = pytest.mark.django_db


def published() -> list[dict[str, object]]:
    with engine() as backend:
        return table(backend, snapshot(LINES)).order_by("claim_no", "line_no").to_pyarrow().to_pylist()


def standing() -> list[ChargeLine]:
    return list(ChargeLine.objects.unscoped("test").filter(superseded_by=None).order_by("claim_no", "line_no"))


def test_lines_are_stored_and_published(here: Here) -> None:
    rows = [line("S1", 1), line("S1", 2, quantity="0.5", unit_price_yuan="3.1415", amount_yuan="1.57", category="西药")]
    assert counts(charged(rows, here)) == (2, 0, 0, 0)
    first, second = published()
    assert (first["amount_fen"], first["category"], first["pay_class"]) == (2000, "consultation", "1")
    assert (second["quantity"], second["unit_price"]) == (Decimal("0.5000"), Decimal("3.1415"))


def test_the_same_again_changes_nothing_and_a_correction_supersedes(here: Here) -> None:
    charged([line("S1", 1), line("S1", 2)], here)
    again = [line("S1", 2), line("S1", 1), line("S1", 3)]
    assert counts(charged(again, here, name="again.csv")) == (1, 0, 2, 0)
    moved = line("S1", 2, amount_yuan="18.00", charged_on="2025-02-28")
    Stale.objects.all().delete()
    assert counts(charged([moved], here, name="corrected.csv")) == (0, 1, 0, 0)
    assert [(one.line_no, one.amount_fen) for one in standing()] == [("1", 2000), ("2", 1800), ("3", 2000)]
    assert sum(int(str(row["amount_fen"])) for row in published()) == 5800  # neither month has it twice
    assert ChargeLine.objects.unscoped("test").count() == 4


def test_only_the_payer_sends_them(here: Here) -> None:
    batch = charged([line("S1")], here, source=here.hospital)
    assert counts(batch) == (0, 0, 0, 1)
    assert "医保部门" in reasons(batch)[0].words


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quantity": "一"}, "“数量”不是数字"),
        ({"unit_price_yuan": "1.00001"}, "多于四位小数"),
        ({"unit_price_yuan": "-1"}, "“单价”是负数"),
        ({"category": "停车费"}, "不在允许的取值之内"),
        ({"amount_yuan": "1.005"}, "多于两位小数"),
        ({"charged_on": "2999-01-01"}, "在将来"),
    ],
)
def test_what_is_refused_says_why(here: Here, changes: dict[str, str], says: str) -> None:
    batch = charged([line("S1", 1) | changes, line("S1", 2)], here)
    assert counts(batch) == (1, 0, 0, 1)
    assert any(says in one.words_with_example for one in reasons(batch))


def test_two_lines_of_one_number_that_differ_are_both_refused(here: Here) -> None:
    batch = charged([line("S1", 1), line("S1", 1, amount_yuan="1"), line("S1", 2), line("S1", 2)], here)
    assert counts(batch) == (1, 0, 1, 2)


def test_money_back_is_a_line_below_zero(here: Here) -> None:
    assert counts(charged([line("S1", 1), line("S1", 2, quantity="-1", amount_yuan="-20.00")], here)) == (2, 0, 0, 0)
    assert sum(one.amount_fen for one in standing()) == 0


def test_the_database_keeps_lines_as_they_came(here: Here) -> None:
    charged([line("S1", 1)], here)
    rows = ChargeLine.objects.unscoped("test")
    for act in (lambda: rows.update(amount_fen=1), lambda: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), cut=st.integers(0, 6), twice=st.booleans())
def test_in_whatever_order_and_files_they_come_the_sums_are_the_same(
    here: Here, order: list[int], cut: int, twice: bool
) -> None:
    rows = [line(f"S{n % 2}", n, amount_yuan=f"{n * n}.{n:02}", charged_on=f"2025-0{n % 3 + 1}-05") for n in range(6)]
    shuffled = [rows[n] for n in order]
    with transaction.atomic():
        files = [part for part in (shuffled[:cut], shuffled[cut:], shuffled[:3] if twice else []) if part]
        for number, part in enumerate(files):
            charged(part, here, name=f"part{number}.csv")
        found = {(one.claim_no, one.line_no): one.amount_fen for one in standing()}
        assert found == {(f"S{n % 2}", str(n)): n * n * 100 + n for n in range(6)}
        assert sum(int(str(row["amount_fen"])) for row in published()) == sum(found.values())
        transaction.set_rollback(True)
