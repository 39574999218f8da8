"""What the fund takes back of confirmed findings, worked out by hand: by claim, never more than it paid and stands."""

from collections import defaultdict
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.claims.county import Here, back, claim, ids, settled
from tests.claims.lines import charged, line
from tests.claims.test_findings import officer, rows, step
from tests.claims.test_screens import YEAR, stay
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.claims import api, confirmed
from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.services.screening import screen
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor

SYSTEM = system_actor("tests")


def confirm(here: Here, row: Finding, yuan: str) -> Finding:
    for name, who, answers in (
        ("take_up", officer(here), {}),
        ("propose", officer(here), {"amount_yuan": yuan, "conclusion": "属实"}),
        ("confirm", officer(here, 2), {}),
    ):
        row = step(row, name, who, **answers)
    return row


def found(screened: str) -> Finding:
    [row] = [one for one in rows() if one.screen == screened]
    return row


def offered() -> list[api.ConfirmedAmount]:
    today = clock.today()
    return api.confirmed_amounts(today, today, place="kunshan")


def parts() -> list[list[tuple[str, int | None, int]]]:
    """Number, version and fund's part of each finding's claims."""
    return [[(no, pk, fen) for _payer, no, pk, fen in one.parts] for one in offered()]


@pytest.mark.django_db
def test_of_a_repeat_admission_the_later_stay_is_in_question(here: Here) -> None:
    """3,500.00 of the second stay in question, 1,234.56 confirmed: all of it the fund's, none from the first stay."""
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("split_admission"), "1234.56")
    [one] = offered()
    assert one.parts == ((here.bureau, "S2", ids()["S2"], 123_456),)
    assert (one.amount_fen, one.fund_fen, one.stands) == (123_456, 123_456, True)
    assert len(one.claims) == 2


@pytest.mark.django_db
def test_one_bill_under_three_numbers(here: Here) -> None:
    """7,000.00 in question, of the second and third number alike; 1,000.01 confirmed: 500.01 and 500.00."""
    settled([claim(n, 1) for n in (1, 2, 3)], here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("claimed_twice"), "1000.01")
    assert parts() == [[("S2", ids()["S2"], 50_001), ("S3", ids()["S3"], 50_000)]]


def doubled(number: str, **changes: str) -> list[dict[str, str]]:
    return [line(number, n, **changes) for n in (1, 2)]


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "wanted"), [("20.00", 1_489), ("10.00", 745)])
def test_of_a_charge_the_fund_paid_its_share(here: Here, said: str, wanted: int) -> None:
    """A ward round of 20.00 charged twice a day. The bill is 5,000.00, 300.00 of it outside the list; the fund paid
    3,500.00 of the 4,700.00 within: of 20.00 14.8936, of 10.00 7.4468."""
    settled([claim(1, self_expense_yuan="300")], here)
    charged(doubled("S1"), here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("repeat_charge"), said)
    assert parts() == [[("S1", ids()["S1"], wanted)]]


@pytest.mark.django_db
def test_of_charges_outside_the_list_the_fund_paid_nothing(here: Here) -> None:
    """Twice 20.00 within the list, twice 30.00 for a bed of one's own outside it: 50.00 too much, 20.00 of it within.
    50.00 × 20/50 × 3,500/4,700 is 14.8936."""
    settled([claim(1, self_expense_yuan="300")], here)
    own = {"item_code": "110900001", "item_name": "单人间床位费", "category": "床位费", "pay_class": "自费"}
    beds = [line("S1", n, **own, unit_price_yuan="30.00", amount_yuan="30.00") for n in (3, 4)]
    charged(doubled("S1") + beds, here)
    screen(*YEAR, actor=SYSTEM)
    row = found("repeat_charge")
    assert row.amount_fen == 5_000
    confirm(here, row, "50")
    assert parts() == [[("S1", ids()["S1"], 1_489)]]
    page = signed_in(Role.INSURANCE_OFFICER, here.bureau).get(row.get_absolute_url()).content.decode()
    assert "其中基金应收回" in page and "<strong>14.89</strong>" in page


@pytest.mark.django_db
def test_a_claim_taken_back_since_carries_nothing(here: Here) -> None:
    """In part (1,000.00 of the fund's) or whole: nothing until it is screened again, and then nobody finds it as it was
    confirmed."""
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("split_admission"), "3500")
    less = {"total_yuan": "-1500", "fund_yuan": "-1000", "self_paid_yuan": "-500", "settled_at": "2025-06-01 09:00"}
    settled([back(stay(2, "03-10", "03-15"), "S2R", **less)], here, name="part.csv")
    assert parts() == [[("S2", ids()["S2"], 0)]] and offered()[0].stands
    screen(*YEAR, actor=SYSTEM)
    assert parts() == [[("S2", ids()["S2"], 0)]] and not offered()[0].stands
    settled([back(stay(2, "03-10", "03-15"), "S2R", settled_at="2025-06-01 09:00")], here, name="whole.csv")
    screen(*YEAR, actor=SYSTEM)
    assert parts() == [[("S2", ids()["S2"], 0)]]


@pytest.mark.django_db
def test_what_was_taken_back_before_is_off_already(here: Here) -> None:
    """Of 3,500.00 1,000.00 had gone back: 2,500.00 in question, and all of that the fund's."""
    second = stay(2, "03-10", "03-15")
    less = {"total_yuan": "-1500", "fund_yuan": "-1000", "self_paid_yuan": "-500", "settled_at": "2025-06-01 09:00"}
    settled([stay(1, "03-01", "03-08"), second, back(second, "S2R", **less)], here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("split_admission"), "2500")
    assert parts() == [[("S2", ids()["S2"], 250_000)]]


@pytest.mark.django_db
def test_a_claim_sent_anew_since_carries_nothing_until_it_is_screened_again(here: Here) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    screen(*YEAR, actor=SYSTEM)
    confirm(here, found("split_admission"), "3500")
    settled([stay(2, "03-10", "03-15", department="呼吸内科")], here, name="corrected.csv")
    assert parts() == [[("S2", ids()["S2"], 0)]]
    screen(*YEAR, actor=SYSTEM)  # it says the same of the matter
    assert parts() == [[("S2", ids()["S2"], 350_000)]]


@pytest.mark.django_db
def test_two_findings_take_no_more_of_a_claim_than_the_fund_paid(here: Here) -> None:
    """The stay's 3,500.00 are taken back first: of the ward round of the same stay there is nothing left to take."""
    settled([stay(1, "03-01", "03-08"), stay(2, "03-10", "03-15")], here)
    charged(doubled("S2", charged_on="2025-03-11"), here)
    screen(*YEAR, actor=SYSTEM)
    noon = clock.now()
    with clock.fixed(noon - timedelta(days=3)):
        confirm(here, found("split_admission"), "3500")
    confirm(here, found("repeat_charge"), "20")
    assert parts() == [[("S2", ids()["S2"], 0)]]  # the first was confirmed before the days asked for
    both = api.confirmed_amounts(clock.today() - timedelta(days=3), clock.today())
    assert [one.fund_fen for one in both] == [350_000, 0]


@given(
    fen=st.lists(st.integers(0, 10**9), min_size=1, max_size=6),
    listed=st.lists(st.integers(0, 100), min_size=6, max_size=6),
    left=st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9)), min_size=6, max_size=6),
    share=st.integers(1, 100),
    before=st.lists(st.integers(0, 10**9), min_size=6, max_size=6),
)
def test_never_more_than_was_confirmed_nor_than_the_fund_paid(
    fen: list[int], listed: list[int], left: list[tuple[int, int]], share: int, before: list[int]
) -> None:
    at = datetime(2025, 1, 1, tzinfo=clock.ZONE)
    claims: list[dict[str, Any]] = [
        {
            "source_id": 1,
            "record_no": str(n),
            "id": n,
            "fen": one,
            "list_fen": one * listed[n] // 100 if n % 2 else None,
        }
        for n, one in enumerate(fen)
    ]
    row = SimpleNamespace(
        claims=claims, confirmed_fen=sum(fen) * share // 100, gone_at=None, digest="d", proposed_digest="d", seen_at=at
    )
    known = {(1, str(n)): confirmed._Now(n, *left[n], None) for n in range(len(fen))}
    taken = defaultdict(int, {(1, str(n)): before[n] for n in range(6)})
    found = confirmed._parts(row, known, taken)  # type: ignore[arg-type]
    assert sum(one.fund_fen for one in found) <= row.confirmed_fen
    for one in found:
        n = int(one.record_no)
        assert 0 <= one.fund_fen <= max(left[n][0] - before[n], 0)
        assert taken[1, one.record_no] == before[n] + one.fund_fen
