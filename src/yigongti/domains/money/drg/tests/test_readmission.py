"""Which stays are paid together, by hand; the order in which they are looked at changes nothing."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yigongti.domains.money.drg.readmission import Rule, Stay, episodes

MERGED = Rule("merged", 15, "drg", ("Z51", "Z49"))
UNPAID = Rule("second_unpaid", 15, "drg", ())
NONE = Rule("none", 15, "drg", ())
FIRST = date(2025, 3, 1)


def stay(n: int, start: int, end: int, *, drg: str = "ES15", weight: int = 5_000, code: str = "J15.902",
         settled: date | None = None, person: int = 1, institution: int = 1) -> Stay:  # fmt: skip
    begin, leave = FIRST + timedelta(days=start), FIRST + timedelta(days=end)
    return Stay(n, f"S{n}", person, institution, drg[:3], drg, code, begin, leave, settled or leave, weight)


def told(stays: list[Stay], rule: Rule = MERGED) -> set[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """(claim that carries the payment, claims paid as one, claims not paid) of each episode."""
    return {
        (one.carrier.claim_id, tuple(s.claim_id for s in one.paid), tuple(s.claim_id for s in one.unpaid))
        for one in episodes(stays, lambda _on: rule)
    }


def test_within_the_days_and_not_one_more() -> None:
    assert told([stay(1, 0, 7), stay(2, 22, 25)]) == {(1, (1, 2), ())}  # 15 days after leaving
    assert told([stay(1, 0, 7), stay(2, 23, 25)]) == {(1, (1,), ()), (2, (2,), ())}
    assert told([stay(1, 0, 7), stay(2, 7, 9)]) == {(1, (1, 2), ())}  # back on the day of leaving


def test_the_second_is_not_paid_and_the_third_counts_from_the_second() -> None:
    stays = [stay(1, 0, 7), stay(2, 15, 20), stay(3, 30, 35)]
    assert told(stays, UNPAID) == {
        (1, (1,), (2, 3))
    }  # the third began 23 days after the first ended, 10 after the second
    assert told(stays, NONE) == {(1, (1,), ()), (2, (2,), ()), (3, (3,), ())}


def test_the_heavier_carries_the_payment_of_several_the_first() -> None:
    assert told([stay(1, 0, 7, weight=5_000), stay(2, 9, 12, weight=9_000)]) == {(2, (1, 2), ())}
    assert told([stay(1, 0, 7), stay(2, 9, 12), stay(3, 14, 15)]) == {(1, (1, 2, 3), ())}


@pytest.mark.parametrize(
    "other",
    [
        stay(2, 9, 12, person=2),
        stay(2, 9, 12, institution=2),
        stay(2, 9, 12, drg="GC19"),
        stay(2, 9, 12, drg="ES11"),  # the same ADRG is another group
        stay(2, 9, 12, code="z51.101"),  # chemotherapy comes again as planned
        stay(2, 5, 12),  # overlaps: no readmission
    ],
)
def test_whoever_is_no_readmission(other: Stay) -> None:
    assert told([stay(1, 0, 7), other]) == {(1, (1,), ()), (2, (2,), ())}


def test_a_place_may_go_by_the_adrg() -> None:
    rule = Rule("merged", 15, "adrg", ())
    assert told([stay(1, 0, 7), stay(2, 9, 12, drg="ES11", weight=9_610)], rule) == {(2, (1, 2), ())}


def test_the_rule_is_that_of_the_day_the_later_one_was_settled() -> None:
    """Until the year's end the second is not paid; a third, settled in the new year, is paid with the first."""
    new_year = date(2026, 1, 1)
    days = (new_year - FIRST).days
    stays = [stay(1, days - 20, days - 15), stay(2, days - 12, days - 8), stay(3, days - 2, days + 1)]
    found = episodes(stays, lambda on: MERGED if on >= new_year else UNPAID)
    assert [([s.claim_id for s in one.paid], [s.claim_id for s in one.unpaid]) for one in found] == [([1, 3], [2])]


def test_where_nothing_is_said_nothing_is_put_together() -> None:
    assert len(episodes([stay(1, 0, 7), stay(2, 8, 9)], lambda _on: None)) == 2


@given(
    spans=st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 30), st.sampled_from(["ES15", "ES11", "GC19"]),
                  st.integers(1, 3), st.integers(1, 2)),
        max_size=9,
    ),
    seed=st.integers(0, 10),
    rule=st.sampled_from([MERGED, UNPAID, NONE, Rule("merged", 10, "adrg", ())]),
)  # fmt: skip
def test_order_changes_nothing_and_every_stay_has_its_place_once(
    spans: list[tuple[int, int, str, int, int]], seed: int, rule: Rule
) -> None:
    stays = [
        stay(n, start, start + days, drg=drg, weight=weight * 1_000, person=person)
        for n, (start, days, drg, weight, person) in enumerate(spans)
    ]
    shuffled = stays[:]
    Random(seed).shuffle(shuffled)
    assert told(stays, rule) == told(shuffled, rule)
    placed = sorted(pk for _carrier, paid, unpaid in told(stays, rule) for pk in (*paid, *unpaid))
    assert placed == list(range(len(stays)))
