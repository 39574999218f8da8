"""The forecast against the standard library and a numerical integral; who is told; who is paid where members are."""

from datetime import date
from math import exp, lgamma, pi, sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fund.world import claim, publish, running, usual, world
from yigongti.domains.money.books import api as books
from yigongti.domains.money.insurance_fund import gathering, warnings
from yigongti.domains.money.insurance_fund.formulas.pace import T95, pace
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import take_step


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=11), st.integers(0, 10**10))
def test_the_forecast_by_another_way(months, budget):
    got = pace(months, budget)
    n, k = len(months), 12 - len(months)
    assert got.used == sum(months) and got.expected == budget * n // 12
    assert abs(got.forecast - mean(months) * 12) <= 1
    reach = T95[n - 2] * stdev(months) * sqrt(k + k * k / n)
    assert abs((got.high - got.forecast) - reach) <= 1 + 1e-9 * reach
    assert got.high - got.forecast == got.forecast - got.low


def test_points_of_students_t():
    """Each tabled point leaves 2.5 % above it: the density integrated by Simpson's rule."""
    for freedom, point in enumerate(T95, start=1):
        scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
        n = 20_000
        width = point / n
        total = 0.0
        for i in range(n + 1):
            x = i * width
            weight = 1 if i in (0, n) else 4 if i % 2 else 2
            total += weight * scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        assert abs(total * width / 3 - 0.475) < 2e-5, freedom


def test_few_months_and_whole_years_are_not_guessed():
    assert pace([5, 6], 100).forecast is None
    whole = pace([10] * 11 + [20], 100)
    assert (whole.forecast, whole.low, whole.high) == (130, 130, 130)


@pytest.mark.django_db
def test_the_payer_is_told_once_a_month(settings, tmp_path):
    """In August 2026 with seven months over: west spends 21,000.00 a month against 126,000.00 for the year."""
    from yigongti.domains.care.referrals.tests.factories import signed_in
    from yigongti.kernel.access.api import Role

    settings.VAR = tmp_path
    here = world()
    rows = usual(here, 2026)
    rows += [claim(here, date(2026, m, 9), "west_centre", "outside", 1_200_000) for m in range(1, 9)]
    publish(rows, 2026, months=range(1, 9))
    case = running(here, 2026)
    with clock.fixed(clock.now().replace(month=8, day=20)):
        signed_in(Role.INSURANCE_OFFICER, here.id("county"))
        found = gathering.gather(case)
        assert len(warnings.complete_months(found)) == 7
        paces = {one.name: one for one in warnings.paces(found)}
        assert paces["west"].warns and not paces["east"].warns
        # 7 × 21,000.00 used, the same for five more: 252,000.00
        assert (paces["west"].pace.used, paces["west"].pace.forecast) == (14_700_000, 25_200_000)
        assert paces["west"].over == 25_200_000 - paces["west"].budget
        before = Notice.objects.filter(key__startswith="insurance_fund.pace").count()
        assert warnings.warn(found, actor=system_actor("test")) == 1
        told = Notice.objects.filter(key__startswith="insurance_fund.pace").count()
        assert warnings.warn(found, actor=system_actor("test")) == 1
        assert before == 0 and told == 1
        assert Notice.objects.filter(key__startswith="insurance_fund.pace").count() == told
        drivers = warnings.disease_drivers(found)
        assert sum(d.fen for d in drivers[here.id("west")]) == found.statement.fen("use", here.id("west"))
        assert warnings.member_drivers(found)[here.id("west")][0].name == "县域外就医"


@pytest.mark.django_db
def test_where_each_member_is_paid(settings, tmp_path):
    """A rule of the place, and no Python: the month goes to the members by the insured they look after."""
    settings.VAR = tmp_path
    here = world()
    publish(usual(here))
    case = running(here)
    case.rules["values"]["insurance_fund.prepayment.payee"]["value"] = "each_member"
    case.save(update_fields=["rules"])
    hospital = next(m for m in case.members() if m.organisation_id == here.id("east_hospital"))
    hospital.persons = 100
    hospital.save(update_fields=["persons"])
    take_step(case, "pay_month", actor=here.officer, answers={"month": "1", "on": "2025-03-05"})
    paid = {}
    for key in ("east_hospital", "east_centre"):
        keeper = books.keeper_of(here.id(key))
        voucher = books.voucher_of(f"insurance_fund:{case.pk}:prepayment:1:{here.id('east')}:{keeper}")
        paid[key] = max(line.fen for line in voucher.lines)
    month = gathering.gather(case).statement.fen("prepayment", here.id("east"), 1)
    assert sum(paid.values()) == month
    assert paid["east_centre"] in (month * 3 // 4, month * 3 // 4 + 1)
