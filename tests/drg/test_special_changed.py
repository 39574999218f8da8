"""Special reviews when money or rules change after the application: what is paid never rests on what no longer is."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.claims.county import Here, back, claim, settled
from tests.drg.rules import drg_rules
from tests.drg.test_special import ACTOR, DEAR, HEARD, applied, filled, granted, of, officer, spring, step
from yigongti.domains.money.drg.models import SpecialReview
from yigongti.domains.money.drg.services.claims import regroup_due
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
