"""Coefficients by case mix: worked out from last year by hand, decided by two persons, paid by while they hold."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.claims.county import Here, claim, ids, settled
from tests.drg.rules import drg_rules
from tests.drg.test_claims import PNEUMONIA, standing
from tests.drg.test_pages import TRIED, text
from tests.support.people import person
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.drg.coefficients import CoefficientsRefused, Held
from yigongti.domains.money.drg.formulas import own_coefficient
from yigongti.domains.money.drg.models import Coefficient, CoefficientTable
from yigongti.domains.money.drg.services.claims import regroup, regroup_due
from yigongti.domains.money.drg.services.coefficients import propose
from yigongti.domains.money.drg.workflow import COEFFICIENTS
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, Role, system_actor
from yigongti.kernel.lake.api import publish_stale
from yigongti.kernel.workflow.api import StepRefused, open_steps, take_step

ACTOR = system_actor("test")
NEW_YEAR = date(2026, 1, 1)
HEAVY = PNEUMONIA | {"other_diagnoses": "I50.900"}


@pytest.fixture
def spring(here: Here, tmp_path: Path) -> Iterator[Here]:
    """By CMI from 2026 on, however few cases there are."""
    rule = [(date(2024, 1, 1), "by_level"), (NEW_YEAR, "by_level_and_cmi")]
    with (
        clock.fixed(datetime(2026, 3, 1, 12, tzinfo=clock.ZONE)),
        drg_rules(tmp_path, coefficient__rule=rule, coefficient__cmi_least_cases=1),
    ):
        yield here


def last_year(here: Here) -> None:
    """Three heavy cases (ES11, 0.9610) at the hospital, one light (ES15, 0.5270) at the centre; one of January 2026."""
    january = {"started_at": "2026-01-02 09:00", "ended_at": "2026-01-08 10:00", "settled_at": "2026-01-08 10:30"}
    settled(
        [
            *(claim(n, **HEAVY) for n in (1, 2, 3)),
            claim(4, **PNEUMONIA, institution_name="某镇卫生院"),
            claim(5, **(PNEUMONIA | january)),
        ],
        here,
    )
    regroup_due(settings.PLACE, actor=ACTOR)
    publish_stale()


def officer(here: Here, id: int = 2) -> Actor:
    return person(Role.INSURANCE_OFFICER, here.bureau, id=id)


def approved(here: Here, on: date = NEW_YEAR) -> CoefficientTable:
    return take_step(propose(on, actor=officer(here)), "approve", actor=officer(here, 3))


def test_by_hand(spring: Here) -> None:
    """The level's mean is (3 × 0.9610 + 0.5270) ÷ 4 = 0.8525. The hospital lies 12.73 % above: two steps of 5 %, 0.02
    more than 0.5; the centre 38.18 % below: seven steps, held at 0.05."""
    last_year(spring)
    table = propose(NEW_YEAR, actor=officer(spring))
    lines = {one.institution_id: one for one in Coefficient.objects.filter(table=table)}
    hospital, centre = lines[spring.hospital], lines[spring.centre]
    assert (hospital.cases, hospital.weight_e4, hospital.level_cases, hospital.level_weight_e4) == (
        3,
        28_830,
        4,
        34_100,
    )
    assert (hospital.coefficient, centre.coefficient) == (Decimal("0.52"), Decimal("0.45"))
    assert (table.since, table.until, table.starts_on) == (date(2025, 1, 1), date(2025, 12, 31), NEW_YEAR)


def test_payment_follows_once_a_second_person_has_approved(spring: Here) -> None:
    last_year(spring)
    table = propose(NEW_YEAR, actor=officer(spring))
    assert regroup_due(settings.PLACE, actor=ACTOR) == []
    with pytest.raises(StepRefused, match="另一人"):
        take_step(table, "approve", actor=officer(spring))
    take_step(table, "approve", actor=officer(spring, 3))
    before = standing()[ids()["S1"]].standard_fen
    assert standing()[ids()["S5"]].standard_fen == 355_725
    assert [one.month for one in regroup_due(settings.PLACE, actor=ACTOR)] == [NEW_YEAR]
    assert standing()[ids()["S5"]].standard_fen == 369_954  # 0.5270 × 13,500 × 0.52
    assert standing()[ids()["S1"]].standard_fen == before  # last year's stays as it was


def test_a_table_holds_to_the_years_end_and_a_later_one_of_the_year_takes_over(spring: Here) -> None:
    last_year(spring)
    first = approved(spring)
    second = approved(spring, date(2026, 3, 1))
    third = approved(spring, date(2026, 3, 1))
    held = Held(settings.PLACE)
    days = [date(2025, 12, 31), NEW_YEAR, date(2026, 2, 28), date(2026, 3, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [held.table_on(on) for on in days] == [None, first.pk, first.pk, third.pk, third.pk, None]
    assert second.state == "approved"
    assert held.of(spring.other, NEW_YEAR) is None and held.of(None, NEW_YEAR) is None


def test_where_the_place_goes_by_level_a_table_is_not_used(spring: Here, tmp_path: Path) -> None:
    last_year(spring)
    approved(spring)
    with drg_rules(tmp_path / "level", coefficient__rule="by_level"):
        regroup(settings.PLACE, NEW_YEAR, NEW_YEAR, actor=ACTOR)
        assert standing()[ids()["S5"]].standard_fen == 355_725
        with pytest.raises(CoefficientsRefused, match="只按机构级别"):
            propose(NEW_YEAR, actor=officer(spring))


def test_few_cases_stay_with_the_level(spring: Here, tmp_path: Path) -> None:
    last_year(spring)
    with drg_rules(tmp_path / "few", coefficient__rule="by_level_and_cmi", coefficient__cmi_least_cases=2):
        table = propose(NEW_YEAR, actor=officer(spring))
    lines = {one.institution_id: one for one in Coefficient.objects.filter(table=table)}
    assert lines[spring.centre].few and lines[spring.centre].coefficient == Decimal("0.5")
    assert not lines[spring.hospital].few and lines[spring.hospital].coefficient == Decimal("0.52")


def test_what_is_refused(spring: Here, tmp_path: Path) -> None:
    with pytest.raises(CoefficientsRefused, match="没有已入组"):
        propose(NEW_YEAR, actor=officer(spring))
    last_year(spring)
    propose(NEW_YEAR, actor=officer(spring))
    with pytest.raises(CoefficientsRefused, match="待批准"):
        propose(NEW_YEAR, actor=officer(spring))
    with pytest.raises(CoefficientsRefused, match="还没有过完"):
        propose(date(2027, 1, 1), actor=officer(spring))
    for actor in (person(Role.INSURANCE_OFFICER, spring.hospital), person(Role.DIRECTOR, spring.bureau)):
        with pytest.raises(Forbidden):
            propose(NEW_YEAR, actor=actor)
    settled([claim(6, **PNEUMONIA)], spring, publish=False, name="more.csv")
    with pytest.raises(CoefficientsRefused, match="正在更新"):
        propose(NEW_YEAR, actor=officer(spring))
    nonsense = drg_rules(tmp_path / "zero", coefficient__rule="by_level_and_cmi", coefficient__cmi_width=0)
    with nonsense, pytest.raises(CoefficientsRefused, match="规则不成立"):
        propose(NEW_YEAR, actor=officer(spring))


def test_roles_and_sides(spring: Here) -> None:
    last_year(spring)
    table = propose(NEW_YEAR, actor=officer(spring))
    assert {one.name for one in COEFFICIENTS.steps} == {"approve", "reject"}
    for role in Role:
        for side in (spring.bureau, spring.hospital, spring.centre):
            may = side == spring.bureau and role in (Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER)
            found = {one.name for one in open_steps(table, person(role, side, id=9))}
            assert found == ({"approve", "reject"} if may else set()), (role, side)


def test_the_database_keeps_a_table_as_it_was_decided(spring: Here) -> None:
    last_year(spring)
    table = approved(spring)
    with pytest.raises(DatabaseError), transaction.atomic():
        Coefficient.objects.filter(table=table).update(coefficient=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        CoefficientTable.objects.unscoped("test").update(approved_by_id=2)


LEVEL = Decimal("1.3")
RULE = {"width": Decimal(5), "step": Decimal("0.01"), "most": Decimal("0.05")}


@pytest.mark.parametrize(
    ("own", "expected"),
    [("1.0499", "1.30"), ("1.05", "1.31"), ("0.9501", "1.30"), ("0.95", "1.29"), ("1.2499", "1.34"), ("1.25", "1.35"),
     ("2", "1.35"), ("0.1", "1.25")],
)  # fmt: skip
def test_steps_at_their_edges(own: str, expected: str) -> None:
    assert own_coefficient(LEVEL, Fraction(own), Fraction(1), **RULE) == Decimal(expected)


@given(own=st.fractions(min_value=0, max_value=5), more=st.fractions(min_value=0, max_value=2))
def test_a_heavier_mix_is_never_paid_less_and_the_bounds_hold(own: Fraction, more: Fraction) -> None:
    low, high = (own_coefficient(LEVEL, mix, Fraction(1), **RULE) for mix in (own, own + more))
    assert LEVEL - RULE["most"] <= low <= high <= LEVEL + RULE["most"]


def test_the_pages_say_which_coefficient_was_used(spring: Here) -> None:
    last_year(spring)
    client = signed_in(Role.INSURANCE_OFFICER, spring.bureau)
    assert "还没有机构系数" in text(client.get(reverse("drg:coefficients")))
    assert client.get(reverse("drg:coefficients_new")).status_code == 200
    assert client.post(reverse("drg:coefficients_new"), {"starts_on": "2024-99-01"}).status_code == 422
    assert client.post(reverse("drg:coefficients_new"), {"starts_on": "2027-01-01"}).status_code == 422
    made = client.post(reverse("drg:coefficients_new"), {"starts_on": "2026-01-01"})
    page = text(client.get(made.url))
    assert "0.9610" in page and "0.8525" in page and "+12.73%" in page and ">0.52<" in page and "待批准" in page
    assert "按机构级别：0.5" in text(client.get(reverse("drg:case", args=[ids()["S1"]])))
    without = text(client.get(reverse("drg:case", args=[ids()["S5"]])))
    assert "这一天没有本机构生效的系数，按机构级别：0.5" in without
    take_step(CoefficientTable.objects.unscoped("test").get(), "approve", actor=officer(spring, 99))
    regroup_due(settings.PLACE, actor=ACTOR)
    case = text(client.get(reverse("drg:case", args=[ids()["S5"]])))
    assert "本机构2026年系数0.52：上年病例组合指数0.9610，同级平均0.8525，级别系数0.5" in case and "3,699.54" in case
    doctor = signed_in(Role.DOCTOR, spring.hospital)
    assert "本机构2026年系数0.52" in text(doctor.get(reverse("drg:try"), TRIED))
    other = signed_in(Role.INSURANCE_OFFICER, spring.hospital)
    assert other.get(reverse("drg:coefficients_new")).status_code == 403
    assert other.get(made.url).status_code == 200
    assert doctor.get(made.url).status_code == 403


def test_claims_that_are_not_yet_grouped_make_no_table(spring: Here) -> None:
    last_year(spring)
    settled([claim(6, **HEAVY)], spring, name="more.csv")
    with pytest.raises(CoefficientsRefused, match="正在更新"):
        propose(NEW_YEAR, actor=officer(spring))
    regroup_due(settings.PLACE, actor=ACTOR)
    publish_stale()
    assert propose(NEW_YEAR, actor=officer(spring)).lines.get(institution_id=spring.hospital).cases == 4


def test_figures_that_have_changed_since_are_not_approved(spring: Here, tmp_path: Path) -> None:
    last_year(spring)
    table = propose(NEW_YEAR, actor=officer(spring))
    settled([claim(6, **PNEUMONIA)], spring, name="more.csv")
    with pytest.raises(StepRefused, match="正在更新"):
        take_step(table, "approve", actor=officer(spring, 3))
    regroup_due(settings.PLACE, actor=ACTOR)
    publish_stale()
    with pytest.raises(StepRefused, match="有变化"):
        take_step(table, "approve", actor=officer(spring, 3))
    take_step(table, "reject", actor=officer(spring, 3), answers={"reason": "病例有变化"})
    assert approved(spring).state == "approved"


def test_a_year_that_is_over_is_not_paid_anew(spring: Here, tmp_path: Path) -> None:
    with (
        drg_rules(tmp_path / "all", coefficient__rule="by_level_and_cmi"),
        pytest.raises(CoefficientsRefused, match="2025年已经结束"),
    ):
        propose(date(2025, 1, 1), actor=officer(spring))
