"""A special review from application to payment: who does what, the share, two persons, what lapses."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from tests.claims.county import Here, back, claim, ids, settled
from tests.drg.rules import drg_rules
from tests.drg.test_claims import PNEUMONIA, standing
from tests.support.people import person
from yigongti.domains.money.drg import special as reading
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.services.claims import regroup, regroup_due
from yigongti.domains.money.drg.services.special import SpecialRefused, apply_for
from yigongti.domains.money.drg.workflow import SPECIAL
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, Role, system_actor
from yigongti.kernel.audit.models import Line as AuditLine
from yigongti.kernel.lake.api import engine, publish_stale, snapshot, table
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, history, open_steps, take_step

ACTOR = system_actor("test")
MARCH = (date(2025, 3, 1), date(2025, 3, 31))
APRIL = datetime(2025, 4, 1, 12, tzinfo=clock.ZONE)
DEAR = PNEUMONIA | {"total_yuan": "20000", "fund_yuan": "15000", "self_paid_yuan": "5000"}
# ES15 at 3,557.25: 20,000 is above three times that (10,671.75): 3,557.25 + 80 % of 9,328.25 = 11,019.85
HIGH = 355_725 + 746_260
WHY = {"reason": "high_cost", "explanation": "合并多脏器功能障碍", "statement": "同意申请"}
HEARD = {"heard_on": "2025-03-31", "experts": "王主任（市一院）\n李主任（市二院）", "opinion": "费用合理"}


def filled(here: Here, dear: int = 1, n: int = 40, **rules: Any) -> None:
    """Forty discharges of the hospital, of which some were dear: 5 % make two applications."""
    settled([claim(i, **(DEAR if i <= dear else PNEUMONIA)) for i in range(1, n + 1)], here)
    regroup(settings.PLACE, *MARCH, actor=ACTOR)


@pytest.fixture
def spring(here: Here) -> Iterator[Here]:
    with clock.fixed(APRIL):
        yield here


def hospital(here: Here, id: int = 1) -> Actor:
    return person(Role.INSURANCE_OFFICER, here.hospital, id=id)


def officer(here: Here, id: int = 2) -> Actor:
    return person(Role.INSURANCE_OFFICER, here.bureau, id=id)


def applied(here: Here, number: str = "S1", **changes: str) -> SpecialReview:
    return apply_for(ids()[number], actor=hospital(here), **(WHY | changes))


def step(row: SpecialReview, name: str, actor: Actor, **answers: Any) -> SpecialReview:
    return take_step(SpecialReview.objects.unscoped("test").get(pk=row.pk), name, actor=actor, answers=answers)


def granted(here: Here, row: SpecialReview, outcome: str = "by_item", yuan: str = "") -> SpecialReview:
    step(row, "hear", officer(here), **HEARD)
    step(row, "decide", officer(here), outcome=outcome, standard_yuan=yuan, reason="专家一致同意")
    return step(row, "grant", officer(here, 3))


def of(number: str) -> GroupedClaim:
    return standing()[ids()[number]]


def test_before_anything_is_asked(spring: Here) -> None:
    filled(spring)
    assert (of("S1").outlier, of("S1").whole_fen, of("S1").payment_fen) == ("high", HIGH, HIGH - 500_000)


def test_by_item_pays_the_actual_cost_when_the_month_is_grouped_and_leaves_the_claim_alone(spring: Here) -> None:
    filled(spring)
    row = granted(spring, applied(spring))
    assert (row.state, row.decided_fen) == ("granted", 2_000_000)
    assert of("S1").outlier == "high"  # until the month is grouped
    (month,) = regroup_due(settings.PLACE, actor=ACTOR)
    assert month.written == 1
    found = of("S1")
    assert (found.outlier, found.whole_fen, found.payment_fen) == ("special", 2_000_000, 1_500_000)
    assert (found.special_id, found.standard_fen, found.fund_fen) == (row.pk, 355_725, 1_500_000)
    publish_stale()
    with engine() as backend:
        rows = table(backend, snapshot("drg_cases")).to_pyarrow().to_pylist()
    (published,) = (one for one in rows if one["id"] == found.claim_id)
    assert (published["outlier"], published["payment_fen"]) == ("special", 1_500_000)
    assert regroup_due(settings.PLACE, actor=ACTOR) == []


def test_an_adjusted_standard_is_paid_by_the_places_rule(spring: Here) -> None:
    filled(spring)
    granted(spring, applied(spring), "adjusted", "15000.50")
    regroup_due(settings.PLACE, actor=ACTOR)
    assert (of("S1").outlier, of("S1").whole_fen, of("S1").payment_fen) == ("special", 1_500_050, 1_000_050)


@pytest.mark.parametrize(("outcome", "yuan"), [("adjusted", ""), ("by_item", "100"), ("refused", "100"),
                                               ("adjusted", "11019.85"), ("adjusted", "20000.01"),
                                               ("adjusted", "-5")])  # fmt: skip
def test_an_amount_only_where_it_belongs_and_between_what_is_paid_and_what_it_cost(
    spring: Here, outcome: str, yuan: str
) -> None:
    filled(spring)
    row = step(applied(spring), "hear", officer(spring), **HEARD)
    with pytest.raises(StepRefused, match="标准"):
        step(row, "decide", officer(spring), outcome=outcome, standard_yuan=yuan, reason="x")


def test_a_refusal_needs_a_second_person_too_and_changes_no_payment(spring: Here) -> None:
    filled(spring)
    row = step(applied(spring), "hear", officer(spring), **HEARD)
    row = step(row, "decide", officer(spring), outcome="refused", standard_yuan="", reason="费用不合理")
    with pytest.raises(StepRefused):
        step(row, "grant", officer(spring, 3))
    with pytest.raises(StepRefused, match="另一人"):
        step(row, "refuse", officer(spring))
    assert step(row, "refuse", officer(spring, 3)).state == "refused"
    assert regroup_due(settings.PLACE, actor=ACTOR) == [] and of("S1").outlier == "high"
    with pytest.raises(SpecialRefused, match="已申请过"):
        applied(spring)


def test_three_different_people(spring: Here) -> None:
    filled(spring)
    both = Actor(1, "甲", spring.bureau, (*hospital(spring).grants, *officer(spring).grants))
    row = applied(spring)
    with pytest.raises(StepRefused):
        step(row, "hear", both, **HEARD)
    step(row, "hear", officer(spring), **HEARD)
    step(row, "decide", officer(spring), outcome="by_item", standard_yuan="", reason="x")
    for one in (officer(spring), both):
        with pytest.raises(StepRefused, match="另一人"):
            step(row, "grant", one)
    assert step(row, "send_back", officer(spring, 3), reason="请补充").state == "hearing"
    with pytest.raises(IntegrityError), transaction.atomic():
        SpecialReview.objects.unscoped("test").update(decided_by_id=5, confirmed_by_id=5)


def test_the_payer_applies_for_nobody_and_a_stranger_sees_nothing(spring: Here) -> None:
    filled(spring)
    pk = ids()["S1"]
    with pytest.raises(Forbidden):
        apply_for(pk, actor=officer(spring), **WHY)
    with pytest.raises(NotVisible):
        apply_for(pk, actor=person(Role.DIRECTOR, spring.centre), **WHY)
    with pytest.raises(SpecialRefused, match="评审的人不能申请"):
        apply_for(pk, actor=person(Role.INSURANCE_OFFICER, spring.county), **WHY)
    row = applied(spring)
    with pytest.raises(NotVisible):
        reading.get(row.pk, actor=person(Role.DIRECTOR, spring.centre))
    assert reading.get(row.pk, actor=person(Role.DIRECTOR, spring.hospital)).pk == row.pk
    assert AuditLine.objects.filter(act="drg.special_read").count() == 1


# step: (states, roles at the payer, roles at the hospital, answers)
TABLE = {
    "hear": ({"applied", "hearing"}, {"insurance_officer"}, set(), HEARD),
    "decide": ({"hearing"}, {"insurance_officer"}, set(), {"outcome": "by_item", "standard_yuan": "", "reason": "x"}),
    "grant": ({"proposed"}, {"insurance_officer", "guidance_officer"}, set(), {}),
    "refuse": (set(), set(), set(), {}),
    "send_back": ({"proposed"}, {"insurance_officer", "guidance_officer"}, set(), {"reason": "x"}),
    "withdraw": ({"applied", "hearing"}, set(), {"insurance_officer", "director"}, {"reason": "x"}),
    "lapse": (set(), set(), set(), {}),
}  # fmt: skip


@pytest.mark.parametrize("state", ["applied", "hearing", "proposed", "granted"])
def test_every_role_at_every_side_may_take_exactly_these_steps(spring: Here, state: str) -> None:
    assert {one.name for one in SPECIAL.steps} == TABLE.keys()
    filled(spring)
    row = applied(spring)
    if state != "applied":
        step(row, "hear", officer(spring), **HEARD)
    if state in ("proposed", "granted"):
        step(row, "decide", officer(spring), outcome="by_item", standard_yuan="", reason="x")
    if state == "granted":
        step(row, "grant", officer(spring, 3))
    row = SpecialReview.objects.unscoped("test").get()
    assert row.state == state
    for role in Role:
        for side, place in (("payer", spring.bureau), ("hospital", spring.hospital), ("other", spring.centre)):
            actor = person(role, place, id=77)
            expected = {
                name
                for name, (states, payers, hospitals, _answers) in TABLE.items()
                if state in states and str(role) in {"payer": payers, "hospital": hospitals, "other": set()}[side]
            }
            assert {one.name for one in open_steps(row, actor)} == expected, (role, side)
            for name in TABLE.keys() - expected:
                with pytest.raises(StepRefused):
                    step(row, name, actor, **TABLE[name][3])


def test_the_share_is_counted_and_said_with_its_figures(spring: Here) -> None:
    filled(spring, dear=3)
    for number in ("S1", "S2"):
        applied(spring, number)
    with pytest.raises(SpecialRefused, match="2025年出院40例，最多可申请5%即2例，已申请2例，不能再申请"):
        applied(spring, "S3")
    assert AuditLine.objects.filter(act="drg.special.open", outcome="refused").count() == 1
    step(SpecialReview.objects.unscoped("test").get(record_no="S1"), "withdraw", hospital(spring), reason="x")
    applied(spring, "S3")
    (share,) = reading.shares(2025, actor=officer(spring))
    assert (share.discharges, share.allowed, share.used, share.left) == (40, 2, 2, 0)


def test_nineteen_discharges_make_no_application(spring: Here) -> None:
    filled(spring, n=19)
    with pytest.raises(SpecialRefused, match="最多可申请5%即0例"):
        applied(spring)


def test_the_last_day_and_the_day_after(here: Here) -> None:
    filled(here, dear=2)
    with clock.fixed(datetime(2025, 5, 7, 23, 59, tzinfo=clock.ZONE)):  # 60 days after 8 March
        applied(here)
    with (
        clock.fixed(datetime(2025, 5, 8, 0, 0, tzinfo=clock.ZONE)),
        pytest.raises(SpecialRefused, match="已过申请期限"),
    ):
        applied(here, "S2")


def test_what_may_not_be_applied_for(spring: Here, tmp_path: Path) -> None:
    rows = [
        claim(1, **PNEUMONIA, total_yuan="1000", fund_yuan="700", self_paid_yuan="300"),  # low: paid as it cost
        claim(2, **(PNEUMONIA | {"started_at": "2024-12-20 09:00"}), total_yuan="9000"),  # above 60 days: by item
        claim(3, main_diagnosis_code="Q99.900", age_years="44"),  # no group
        claim(4, **PNEUMONIA),  # 5,000: not high
        claim(5, **PNEUMONIA, total_yuan="3000", fund_yuan="2000", self_paid_yuan="1000"),  # below its standard
    ]
    settled([*rows, *(claim(n, **PNEUMONIA) for n in range(6, 50))], spring)
    regroup(settings.PLACE, *MARCH, actor=ACTOR)
    for number, words in (("S1", "低倍率"), ("S2", "按项目"), ("S3", "未入组"), ("S5", "没有超过")):
        with pytest.raises(SpecialRefused, match=words):
            applied(spring, number)
    for reason in ("high_cost", "long_stay", "nonsense"):
        with pytest.raises(SpecialRefused, match="不能以这个理由"):
            applied(spring, "S4", reason=reason)
    with pytest.raises(SpecialRefused, match="请写明理由"):
        applied(spring, "S4", reason="complex", statement="  ")
    with drg_rules(tmp_path, special__reasons=["high_cost"]), pytest.raises(SpecialRefused, match="任何理由"):
        applied(spring, "S4", reason="complex")
    assert applied(spring, "S4", reason="complex").kind == "normal"


def test_a_corrected_claim_lets_the_decision_lapse_visibly(spring: Here) -> None:
    filled(spring)
    row = granted(spring, applied(spring))
    regroup_due(settings.PLACE, actor=ACTOR)
    settled([claim(1, **(DEAR | {"total_yuan": "20000.10", "self_paid_yuan": "5000.10"}))], spring, name="again.csv")
    regroup_due(settings.PLACE, actor=ACTOR)
    assert of("S1").outlier == "high" and of("S1").special_id is None
    row = SpecialReview.objects.unscoped("test").get(pk=row.pk)
    assert (row.state, row.lapse_reason) == ("granted", "gone") and row.lapsed_at is not None and not row.in_force
    assert AuditLine.objects.filter(act="drg.special_lapsed").count() == 1
    assert regroup_due(settings.PLACE, actor=ACTOR) == []
    again = applied(spring)
    assert again.pk != row.pk and again.total_fen == 2_000_010


def test_a_scheme_that_is_missing_for_a_while_takes_no_decision_away(
    spring: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(spring)
    row = granted(spring, applied(spring))
    regroup_due(settings.PLACE, actor=ACTOR)
    with monkeypatch.context() as without:
        without.setattr("yigongti.domains.money.drg.services.claims.scheme_in_force", lambda *_: None)
        regroup_due(settings.PLACE, actor=ACTOR)
        assert standing() == {}
    regroup_due(settings.PLACE, actor=ACTOR)
    assert (of("S1").outlier, of("S1").special_id) == ("special", row.pk)
    assert SpecialReview.objects.unscoped("test").get(pk=row.pk).in_force


@pytest.mark.parametrize("state", ["applied", "hearing", "proposed"])
def test_a_claim_taken_back_ends_what_is_under_way(spring: Here, state: str) -> None:
    filled(spring)
    row = applied(spring)
    if state != "applied":
        step(row, "hear", officer(spring), **HEARD)
    if state == "proposed":
        step(row, "decide", officer(spring), outcome="by_item", standard_yuan="", reason="x")
    settled([back(claim(1, **DEAR), "R1", settled_at="2025-03-20 10:00")], spring, name="back.csv")
    with_gone = SpecialReview.objects.unscoped("test").get(pk=row.pk)
    regroup_due(settings.PLACE, actor=ACTOR)
    row = SpecialReview.objects.unscoped("test").get(pk=row.pk)
    assert (with_gone.state, row.state, row.lapse_reason) == (state, "lapsed", "gone")
    assert history(row)[-1].state == "已失效"
    (share,) = reading.shares(2025, actor=officer(spring))
    assert (share.discharges, share.used) == (39, 0)


def test_nobody_confirms_what_has_changed_since(spring: Here) -> None:
    filled(spring)
    row = step(applied(spring), "hear", officer(spring), **HEARD)
    row = step(row, "decide", officer(spring), outcome="by_item", standard_yuan="", reason="x")
    GroupedClaim.objects.unscoped("test").filter(claim_id=row.claim_id).update(stands=False, replaced_at=clock.now())
    with pytest.raises(StepRefused, match="有变化"):
        step(row, "grant", officer(spring, 3))


def test_a_stay_merged_with_another_later_lets_the_decision_lapse(spring: Here, tmp_path: Path) -> None:
    with drg_rules(tmp_path, readmission__rule="merged"):
        filled(spring)
        row = granted(spring, applied(spring))
        regroup_due(settings.PLACE, actor=ACTOR)
        assert of("S1").outlier == "special"
        later = {"started_at": "2025-03-15 09:00", "ended_at": "2025-03-20 10:00", "settled_at": "2025-03-20 11:00"}
        settled([claim(99, 1, **(PNEUMONIA | later))], spring, name="later.csv")
        regroup_due(settings.PLACE, actor=ACTOR)
        # 25,000 in one: 3,557.25 + 80 % of 14,328.25, less 6,500 of the patient
        assert (of("S1").outlier, of("S1").payment_fen) == ("high", 355_725 + 1_146_260 - 650_000)
        assert of("S99").outlier == "merged"
        assert SpecialReview.objects.unscoped("test").get(pk=row.pk).lapse_reason == "regrouped"
        again = applied(spring)
        assert (again.total_fen, again.stay_days) == (2_500_000, 12)
        granted(spring, again)
        regroup_due(settings.PLACE, actor=ACTOR)
        assert (of("S1").outlier, of("S1").payment_fen) == ("special", 2_500_000 - 650_000)
        with pytest.raises(SpecialRefused, match="并入另一次住院"):
            applied(spring, "S99", reason="complex")


def test_experts_are_kept_and_not_heard_before_the_claim_or_in_the_future(spring: Here) -> None:
    filled(spring)
    row = applied(spring)
    for on in ("2025-03-07", "2025-04-02"):
        with pytest.raises(StepRefused, match="评审日期"):
            step(row, "hear", officer(spring), **(HEARD | {"heard_on": on}))
    with pytest.raises(StepRefused, match="评审专家"):
        step(row, "hear", officer(spring), **(HEARD | {"experts": " "}))
    step(row, "hear", officer(spring), **HEARD)
    row = step(row, "hear", officer(spring, 4), **(HEARD | {"opinion": "同意"}))
    assert [one["opinion"] for one in row.opinions] == ["费用合理", "同意"]
    assert row.opinions[0]["experts"].startswith("王主任")


def test_the_sides_are_told(spring: Here) -> None:
    from yigongti.domains.care.referrals.tests.factories import signed_in

    signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    signed_in(Role.DIRECTOR, spring.hospital)
    filled(spring)
    granted(spring, applied(spring))
    titles = [one.title for one in Notice.objects.order_by("pk")]
    assert any(one.startswith("请评审特例单议") for one in titles)
    assert any(one.startswith("特例单议已同意") for one in titles)
