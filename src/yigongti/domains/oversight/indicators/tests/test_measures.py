"""The measures against figures worked out by hand, and against plain SQL on PostgreSQL over random facts."""

import random
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from tests.support.people import person

from yigongti.domains.oversight.indicators import api
from yigongti.domains.oversight.indicators.tests.factories import PLACE, county, facts, publish
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, Role, system_actor
from yigongti.kernel.policy.api import PolicyGap

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@pytest.fixture(autouse=True)
def _in_2026():
    with clock.fixed(datetime(2026, 3, 10, 9, tzinfo=clock.ZONE)):
        yield


@pytest.fixture
def ids():
    return county()


def figure(name, period="2025-01", **rest):
    return api.figure(api.measure_named(name), api.period(period), actor=SYSTEM, place=PLACE, **rest)


def breakdown(name, by, period="2025-01", **rest):
    found = api.breakdown(api.measure_named(name), api.period(period), by, actor=SYSTEM, place=PLACE, **rest)
    return {s.label: (s.numerator, s.denominator) for s in found}


def claim(ids, day, **rest):
    return {"kind": "claim", "happened_on": day, "source_id": ids["bureau"], **rest}


def visit(ids, where, tier, day, **rest):
    return {"kind": "encounter", "happened_on": day, "source_id": ids[where], "tier": tier, **rest}


JANUARY = date(2025, 1, 15)


@pytest.fixture
def january(ids):
    """Visits: 7 inside, 3 outside; admissions: 3 and 1; a pharmacy. Encounters: 6 grass-roots, 4 hospital."""
    inside = [claim(ids, JANUARY, fund_fen=10_00, total_fen=20_00, code="I10.x00") for _ in range(6)]
    inside += [claim(ids, JANUARY, fund_fen=10_00, total_fen=20_00, setting="emergency", code="J18.900")]
    outside = [
        claim(
            ids,
            JANUARY,
            inside_county=False,
            institution_name="苏州某医院",
            fund_fen=50_00,
            total_fen=99_00,
            code="I10.x00",
        )
        for _ in range(3)
    ]
    admissions = [claim(ids, JANUARY, setting="inpatient", fund_fen=1000_00, total_fen=2000_00) for _ in range(3)]
    admissions += [claim(ids, JANUARY, setting="inpatient", inside_county=False, fund_fen=4000_00, total_fen=9000_00)]
    pharmacy = [claim(ids, JANUARY, setting="pharmacy", fund_fen=7000_00, total_fen=7000_00)]
    visits = [visit(ids, "east", "primary", JANUARY) for _ in range(4)]
    visits += [visit(ids, "west", "village", JANUARY, setting="home") for _ in range(2)]
    visits += [visit(ids, "hospital", "tertiary", JANUARY) for _ in range(4)]
    visits += [visit(ids, "hospital", "tertiary", JANUARY, setting="inpatient") for _ in range(5)]
    facts(inside + outside + admissions + pharmacy + visits)
    return ids


@pytest.mark.parametrize(
    ("name", "numerator", "denominator", "value"),
    [
        ("in_county_visit_rate", 7, 10, "70.0000"),
        ("in_county_admission_rate", 3, 4, "75.0000"),
        # 4 + 2 of 10: admissions are not visits
        ("grassroots_visit_share", 6, 10, "60.0000"),
        # inside 7×10 + 3×1000 = 3070; all with 3×50 + 4000 = 7220; pharmacies left out
        ("fund_share_in_county", 3070_00, 7220_00, "42.5208"),
    ],
)
def test_worked_by_hand(january, name, numerator, denominator, value):
    found = figure(name)
    assert (found.numerator, found.denominator, found.value, found.problem) == (
        numerator,
        denominator,
        Decimal(value),
        "",
    )


def test_what_it_is_made_of(january):
    assert breakdown("in_county_visit_rate", "institution") == {"bureau": (7, 7), "苏州某医院": (0, 3)}
    by_disease = breakdown("in_county_visit_rate", "disease_group")
    assert sorted(by_disease.values()) == [(1, 1), (6, 9)]
    assert sum(n for n, _ in by_disease.values()) == 7


def test_a_missing_feed_is_not_computable_never_partial(ids):
    facts([claim(ids, JANUARY) for _ in range(5)])
    found = figure("in_county_visit_rate")
    assert (found.value, found.numerator, found.denominator) == (None, None, None)
    assert found.problem == "无法计算：没有县域外就诊结算数据"
    assert figure("grassroots_visit_share").value is None


@pytest.mark.parametrize(
    ("name", "there", "instead", "missing"),
    [
        ("in_county_admission_rate", {"setting": "inpatient"}, {"setting": "outpatient"}, "没有县域{}住院结算数据"),
        ("in_county_visit_rate", {"setting": "outpatient"}, {"setting": "inpatient"}, "没有县域{}就诊结算数据"),
        ("fund_share_in_county", {"setting": "inpatient"}, {"setting": "pharmacy"}, "没有县域{}结算数据"),
    ],
)
@pytest.mark.parametrize("side", [True, False])
def test_claims_a_measure_does_not_count_are_no_feed_of_it(ids, name, there, instead, missing, side):
    """Three claims of the kind on one side of the county's border, and one of another kind on the other."""
    facts([claim(ids, JANUARY, inside_county=side, **there) for _ in range(3)])
    facts([claim(ids, JANUARY, inside_county=not side, **instead)])
    found = figure(name)
    assert (found.value, found.problem) == (None, "无法计算：" + missing.format("外" if side else "内"))


@pytest.mark.parametrize(("there", "missing"), [("east", "没有医院就诊数据"), ("hospital", "没有基层机构就诊数据")])
def test_visits_that_are_not_counted_are_no_feed(ids, there, missing):
    tiers = {"east": "primary", "hospital": "tertiary"}
    for where, tier in tiers.items():
        facts([visit(ids, where, tier, JANUARY, setting="outpatient" if where == there else "inpatient")])
    assert figure("grassroots_visit_share").problem == "无法计算：" + missing


def test_a_feed_missing_in_one_month_spoils_the_year_and_says_which(ids):
    rows = []
    for month in range(1, 13):
        rows.append(claim(ids, date(2025, month, 3)))
        if month != 7:
            rows.append(claim(ids, date(2025, month, 3), inside_county=False))
    facts(rows)
    year = figure("in_county_visit_rate", "2025")
    assert year.value is None
    assert "2025-07" in year.problem and "2025-06" not in year.problem
    assert [p.value is None for p in year.trend] == [m == 7 for m in range(1, 13)]
    assert figure("in_county_visit_rate", "2025-Q2").value == Decimal("50.0000")


def test_a_month_with_hardly_any_data_is_computed_but_pointed_out(ids):
    """Twenty claims a month from outside, in March one (5 % of the usual), in April three (15 %)."""
    outside = dict.fromkeys(range(1, 13), 20) | {3: 1, 4: 3}
    rows = [claim(ids, date(2025, month, 3)) for month in outside for _ in range(5)]
    rows += [
        claim(ids, date(2025, month, 4), inside_county=False) for month, count in outside.items() for _ in range(count)
    ]
    facts(rows)
    found = figure("in_county_visit_rate", "2025")
    assert (found.numerator, found.denominator, found.problem) == (60, 60 + 204, "")
    assert found.doubts == ("2025-03 县域外就诊结算数据很少，可能没有报全。",)
    assert figure("in_county_visit_rate", "2025-03").doubts == ()  # nothing to compare with


def test_the_running_month_is_forgiven_the_one_before_is_not(ids):
    rows = [
        claim(ids, date(2026, 1, 3)),
        claim(ids, date(2026, 1, 3), inside_county=False),
        claim(ids, date(2026, 3, 3)),
    ]
    facts(rows)
    assert "2026-02" in figure("in_county_visit_rate", "2026").problem
    facts([claim(ids, date(2026, 2, 3)), claim(ids, date(2026, 2, 3), inside_county=False)])
    found = figure("in_county_visit_rate", "2026")
    assert (found.numerator, found.denominator) == (3, 5)


def test_a_period_that_has_not_begun(ids):
    assert "还没有开始" in figure("in_county_visit_rate", "2027").problem


def test_the_latest_year_is_the_newest_with_both_visits_and_claims(ids):
    assert api.latest_year().text == "2026"  # nothing yet: the present one
    facts([claim(ids, date(2024, 5, 1)), visit(ids, "east", "primary", date(2024, 5, 2))])
    assert api.latest_year().text == "2024"


def test_a_superseded_fact_no_longer_counts(january):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE health_record_fact SET superseded_by = id WHERE id IN "
            "(SELECT id FROM health_record_fact WHERE NOT inside_county AND setting = 'outpatient' LIMIT 2)"
        )
    publish({date(2025, 1, 1)})
    found = figure("in_county_visit_rate")
    assert (found.numerator, found.denominator) == (7, 8)


def test_the_last_day_of_a_month_belongs_to_it(ids):
    facts(
        [
            claim(ids, date(2024, 2, 29)),
            claim(ids, date(2024, 2, 29), inside_county=False),
            claim(ids, date(2024, 3, 1)),
            claim(ids, date(2024, 3, 1), inside_county=False),
        ]
    )
    assert figure("in_county_visit_rate", "2024-02").denominator == 2
    assert figure("in_county_visit_rate", "2024-Q1").problem != ""  # January brought nothing


def test_a_place_that_does_not_say_what_a_visit_is_gets_no_figure(ids):
    found = figure("in_county_visit_rate", "1999")
    assert (found.value, found.numerator, found.denominator) == (None, None, None)
    assert found.problem == "无法计算：没有规定“计入诊疗人次的就诊类别”（1999-12-31）"
    assert [point.value for point in found.trend] == [None] * 12
    with pytest.raises(PolicyGap):
        breakdown("in_county_visit_rate", "home", "1999")


@pytest.mark.parametrize("key", ["99999999999999999999999", "-1", "x", "\x00"])
def test_a_key_that_can_be_no_organisation_is_refused(key):
    with pytest.raises(ValueError):
        api.cell_of("home", key, api.Cell())


def test_a_home_narrows_what_is_already_narrowed():
    within = api.Cell(homes=frozenset({1, 2}))
    assert api.cell_of("home", "2", within).homes == {2}
    assert api.cell_of("home", "3", within).homes == frozenset()
    assert api.cell_of("home", "3", api.Cell()).homes == {3}


def test_records_below_a_cell_are_as_many_as_the_cell_says(january):
    measure, period = api.measure_named("in_county_visit_rate"), api.period("2025-01")
    for part, count in (("", 10), ("of_which", 7), ("rest", 3)):
        found = api.records(measure, period, api.Cell(part=part), actor=SYSTEM, place=PLACE)
        assert (found.total, len(found.rows), found.visible) == (count, count, count)
    facts([claim(january, JANUARY, code=code) for code in ("", "D99.1", "XYZ", "I64")])
    for s in api.breakdown(measure, period, "disease_group", actor=SYSTEM, place=PLACE):
        cell = api.cell_of("disease_group", s.key, api.Cell())
        assert api.records(measure, period, cell, actor=SYSTEM, place=PLACE).total == s.denominator


def test_pages_of_records_together_are_all_of_them_newest_first(ids):
    chance = random.Random(3)
    facts([claim(ids, date(2025, chance.randint(1, 4), chance.randint(1, 28))) for _ in range(47)])
    measure, period = api.measure_named("in_county_visit_rate"), api.period("2025")
    pages = [
        api.records(measure, period, api.Cell(), actor=SYSTEM, place=PLACE, limit=10, offset=offset).rows
        for offset in range(0, 50, 10)
    ]
    assert [len(page) for page in pages] == [10, 10, 10, 10, 7]
    order = [(row.happened_on, row.id) for page in pages for row in page]
    assert order == sorted(order, reverse=True) and len(set(order)) == 47


def test_records_are_seen_as_far_as_ones_institutions_reach(january):
    measure, period = api.measure_named("grassroots_visit_share"), api.period("2025-01")
    director = person(Role.DIRECTOR, january["east"])
    found = api.records(measure, period, api.Cell(), actor=director, place=PLACE)
    assert (found.total, found.visible, len(found.rows)) == (10, 4, 4)
    officer = person(Role.GUIDANCE_OFFICER, january["county"])
    assert api.records(measure, period, api.Cell(), actor=officer, place=PLACE).visible == 10


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.VILLAGE_DOCTOR, Role.AUDITOR, Role.SYSTEM_ADMIN])
def test_figures_are_not_for_everybody(january, role):
    with pytest.raises(Forbidden):
        api.figure(
            api.measure_named("in_county_visit_rate"),
            api.period("2025-01"),
            actor=person(role, january["county"]),
            place=PLACE,
        )


def test_finance_sees_figures_but_no_records(january):
    officer = person(Role.FINANCE_OFFICER, january["county"])
    measure, period = api.measure_named("fund_share_in_county"), api.period("2025-01")
    assert api.figure(measure, period, actor=officer, place=PLACE).value is not None
    with pytest.raises(Forbidden):
        api.records(measure, period, api.Cell(), actor=officer, place=PLACE)


# What the definitions say, written a second time as plain SQL over PostgreSQL.
REFERENCE = {
    "in_county_visit_rate": (
        "claim",
        "setting IN ('outpatient', 'emergency', 'home')",
        "inside_county",
        "1",
    ),
    "in_county_admission_rate": ("claim", "setting = 'inpatient'", "inside_county", "1"),
    "grassroots_visit_share": (
        "encounter",
        "setting IN ('outpatient', 'emergency', 'home') AND tier IN ('tertiary', 'secondary', 'primary', 'village')",
        "tier IN ('primary', 'village')",
        "1",
    ),
    "fund_share_in_county": ("claim", "setting <> 'pharmacy'", "inside_county", "fund_fen"),
}


def test_duckdb_agrees_with_postgresql_on_random_facts(ids):
    chance = random.Random(20250101)
    rows = []
    for _ in range(1500):
        day = date(2025, chance.randint(1, 12), chance.randint(1, 28))
        if chance.random() < 0.5:
            setting = chance.choice(["outpatient", "emergency", "inpatient", "pharmacy"])
            fund = chance.randint(0, 10**7)
            inside = setting == "pharmacy" or chance.random() < 0.8
            rows.append(
                claim(
                    ids, day, setting=setting, inside_county=inside, fund_fen=fund, total_fen=fund + 5, code="E11.900"
                )
            )
        else:
            where, tier = chance.choice(
                [("hospital", "tertiary"), ("east", "primary"), ("west", "village"), ("west", "")]
            )
            setting = chance.choice(["outpatient", "emergency", "inpatient", "home", "remote"])
            rows.append(visit(ids, where, tier, day, setting=setting))
    facts(rows)
    for name, (kind, counted, of_which, amount) in REFERENCE.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT to_char(happened_on, 'YYYY-MM'), "
                f"coalesce(sum({amount}) FILTER (WHERE {of_which}), 0), sum({amount}) "
                f"FROM health_record_fact WHERE kind = '{kind}' AND superseded_by IS NULL AND {counted} GROUP BY 1"
            )
            expected = {month: (int(n), int(d)) for month, n, d in cursor.fetchall()}
        found = figure(name, "2025")
        assert {f"{p.month:%Y-%m}": (p.numerator, p.denominator) for p in found.trend} == expected
        assert (found.numerator, found.denominator) == tuple(map(sum, zip(*expected.values(), strict=True)))
        for by in api.measure_named(name).breakdowns:
            slices = breakdown(name, by, "2025").values()
            assert tuple(map(sum, zip(*slices, strict=True))) == (found.numerator, found.denominator)
