"""Special reviews when money or rules change after the application: what is paid never rests on what no longer is."""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.claims.county import Here, back, claim, settled
from tests.drg.rules import drg_rules
from tests.drg.test_special import ACTOR, DEAR, HEARD, applied, filled, granted, of, officer, spring, step
from yigongti.domains.money.drg.models import SpecialReview
from yigongti.domains.money.drg.services.claims import regroup_due
from yigongti.domains.money.drg.services.special import SpecialRefused
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import StepRefused

__all__ = ["spring"]
PART = {"total_yuan": "-12000.00", "fund_yuan": "-9000.00", "self_paid_yuan": "-3000.00"}


def kept(row: SpecialReview) -> SpecialReview:
    found: SpecialReview = SpecialReview.objects.unscoped("test").get(pk=row.pk)
    return found


def taken_back_in_part(here: Here) -> None:
    """12,000 of 20,000 (9,000 the fund's): 8,000 are left, 2,000 of them the patient's."""
    settled_back = back(claim(1, **DEAR), "R1", settled_at="2025-03-20 10:00", **PART)
    settled([settled_back], here, name="part.csv")
    regroup_due(settings.PLACE, actor=ACTOR)


@pytest.mark.parametrize(("outcome", "yuan"), [("adjusted", "15000.50"), ("by_item", "")])
def test_a_claim_taken_back_in_part_lets_the_decision_lapse(spring: Here, outcome: str, yuan: str) -> None:
    filled(spring)
    row = granted(spring, applied(spring), outcome, yuan)
    regroup_due(settings.PLACE, actor=ACTOR)
    taken_back_in_part(spring)
    found = of("S1")  # 8,000 lies between 0.4 and 3 times 3,557.25: the standard less 2,000
    assert (found.outlier, found.whole_fen, found.payment_fen) == ("normal", 355_725, 155_725)
    assert (kept(row).state, kept(row).lapse_reason) == ("granted", "cost")
    assert applied(spring, reason="complex").total_fen == 800_000


def test_a_claim_taken_back_in_part_ends_what_is_under_way(spring: Here) -> None:
    filled(spring)
    row = step(applied(spring), "hear", officer(spring), **HEARD)
    taken_back_in_part(spring)
    assert (kept(row).state, kept(row).lapse_reason) == ("lapsed", "cost")


def test_a_decision_takes_nothing_from_what_the_group_has_come_to_pay(spring: Here, tmp_path: Path) -> None:
    """At the coefficient 5 the standard is 0.5270 × 13,500 × 5 = 35,572.50; 20,000 is above 0.4 times that."""
    filled(spring)
    row = granted(spring, applied(spring), "adjusted", "12000")
    with drg_rules(tmp_path, coefficient__primary=5):
        regroup_due(settings.PLACE, actor=ACTOR)
        assert (of("S1").outlier, of("S1").whole_fen, of("S1").special_id) == ("normal", 3_557_250, None)
    regroup_due(settings.PLACE, actor=ACTOR)
    assert (of("S1").outlier, of("S1").whole_fen, of("S1").special_id) == ("special", 1_200_000, row.pk)


def test_an_amount_is_measured_by_what_the_group_pays_now(spring: Here, tmp_path: Path) -> None:
    """At the coefficient 2 the group pays 14,229.00."""
    filled(spring, dear=2)
    row = step(applied(spring), "hear", officer(spring), **HEARD)
    other = step(applied(spring, "S2"), "hear", officer(spring), **HEARD)
    other = step(other, "decide", officer(spring), outcome="adjusted", standard_yuan="13000", reason="x")
    with drg_rules(tmp_path, coefficient__primary=2):
        regroup_due(settings.PLACE, actor=ACTOR)
        with pytest.raises(StepRefused, match=r"14,229\.00"):
            step(row, "decide", officer(spring), outcome="adjusted", standard_yuan="13000", reason="x")
        with pytest.raises(StepRefused, match=r"现为14,229\.00元"):
            step(other, "grant", officer(spring, 3))
    with drg_rules(tmp_path / "more", coefficient__primary=5):
        regroup_due(settings.PLACE, actor=ACTOR)
        with pytest.raises(StepRefused, match=r"现为35,572\.50元"):
            step(row, "decide", officer(spring), outcome="by_item", standard_yuan="", reason="x")


def at(*day: int) -> AbstractContextManager[None]:
    return clock.fixed(datetime(*day, 12, tzinfo=clock.ZONE))  # type: ignore[arg-type,misc]


def test_a_decision_that_lapsed_after_the_last_day_may_be_asked_for_again(here: Here) -> None:
    """Settled on 8 March, to 7 May; corrected on 1 June: to 31 July."""
    with at(2025, 4, 1):
        filled(here)
        granted(here, applied(here))
        regroup_due(settings.PLACE, actor=ACTOR)
    with at(2025, 6, 1):
        settled([claim(1, **(DEAR | {"total_yuan": "20000.10", "self_paid_yuan": "5000.10"}))], here, name="again.csv")
        regroup_due(settings.PLACE, actor=ACTOR)
    with at(2025, 8, 1), pytest.raises(SpecialRefused, match="2025-07-31"):
        applied(here)
    with at(2025, 7, 31):
        assert applied(here).total_fen == 2_000_010


def test_the_last_day_counts_from_the_last_of_the_stays_paid_together(here: Here, tmp_path: Path) -> None:
    """The first was settled on 8 March, the second that was merged into it on 12 May: to 11 July."""
    later = {"started_at": "2025-03-20 09:00", "ended_at": "2025-05-12 10:00", "settled_at": "2025-05-12 11:00"}
    with drg_rules(tmp_path, readmission__rule="merged"):
        filled(here)
        settled([claim(99, 1, **(DEAR | later))], here, name="later.csv")
        regroup_due(settings.PLACE, actor=ACTOR)
        assert of("S99").outlier == "merged"
        with at(2025, 7, 12), pytest.raises(SpecialRefused, match="2025-07-11"):
            applied(here)
        with at(2025, 7, 11):
            assert applied(here).total_fen == 4_000_000
