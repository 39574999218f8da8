"""What the insurance pays, by hand: the grass-roots share, the cost of a stay and its growth, what is reimbursed."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from yigongti.domains.oversight.indicators import api
from yigongti.domains.oversight.indicators.formulas import growth, period, year_before
from yigongti.domains.oversight.indicators.tests.factories import PLACE, county, facts
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@pytest.fixture
def ids():
    return county()


@pytest.fixture(autouse=True)
def _in_2026():
    with clock.fixed(datetime(2026, 3, 10, 9, tzinfo=clock.ZONE)):
        yield


def claims(ids, *rows):
    """Rows of (day, tier or "outside", setting, total yuan, fund yuan)."""
    facts(
        [
            {
                "kind": "claim",
                "source_id": ids["bureau"],
                "institution_id": None if tier == "outside" else ids["east"],
                "happened_on": day,
                "tier": tier,
                "inside_county": tier != "outside",
                "setting": setting,
                "total_fen": total * 100,
                "fund_fen": fund * 100,
                "code": "J18.900",
            }
            for day, tier, setting, total, fund in rows
        ]
    )


def figure(name, text):
    return api.figure(api.measure_named(name), period(text), actor=SYSTEM, place=PLACE)


FEBRUARY = date(2026, 2, 20)
OF_FEBRUARY = (
    (FEBRUARY, "primary", "outpatient", 100, 60),
    (FEBRUARY, "village", "outpatient", 50, 40),
    (FEBRUARY, "tertiary", "inpatient", 9_000, 5_000),
    (FEBRUARY, "secondary", "inpatient", 3_000, 1_900),
    (FEBRUARY, "outside", "inpatient", 30_000, 12_000),
    (FEBRUARY, "", "pharmacy", 80, 80),
)


@pytest.mark.parametrize(
    ("name", "numerator", "denominator", "value"),
    [
        # 60 + 40 of 60 + 40 + 5,000 + 1,900; neither the pharmacy nor Shanghai
        ("grassroots_fund_share", 100_00, 7_000_00, "1.4286"),
        # 9,000 + 3,000 over two stays, in fen
        ("inpatient_cost_in_county", 12_000_00, 2, "600000.0000"),
        # 5,000 + 1,900 + 12,000 of 9,000 + 3,000 + 30,000
        ("inpatient_reimbursement_rate", 18_900_00, 42_000_00, "45.0000"),
    ],
)
def test_worked_by_hand(ids, name, numerator, denominator, value):
    claims(ids, *OF_FEBRUARY)
    found = figure(name, "2026-02")
    assert (found.numerator, found.denominator, found.value) == (numerator, denominator, Decimal(value))
    for by in api.measure_named(name).breakdowns:
        slices = api.breakdown(api.measure_named(name), period("2026-02"), by, actor=SYSTEM, place=PLACE)
        assert (sum(s.numerator for s in slices), sum(s.denominator for s in slices)) == (numerator, denominator)


def test_growth_is_against_the_same_month_a_year_ago(ids):
    claims(ids, *OF_FEBRUARY, (date(2025, 2, 3), "tertiary", "inpatient", 4_800, 1))
    found = figure("inpatient_cost_in_county", "2026-02")
    assert (found.before, found.growth) == (Decimal("480000.0000"), Decimal("25.0000"))


def test_a_running_year_is_compared_with_as_many_months(ids):
    """In March 2026: January to March 2025, not the dear stay of December."""
    rows = [(date(year, month, 5), "tertiary", "inpatient", 1_000 * (year - 2024), 1)
            for year in (2025, 2026) for month in (1, 2, 3)]  # fmt: skip
    claims(ids, *rows, (date(2025, 12, 5), "tertiary", "inpatient", 90_000, 1))
    found = figure("inpatient_cost_in_county", "2026")
    assert (found.value, found.before, found.growth) == (200_000, 100_000, 100)


def test_without_a_year_before_there_is_no_growth(ids):
    claims(ids, *OF_FEBRUARY)
    found = figure("inpatient_cost_in_county", "2026-02")
    assert found.value is not None and found.before is None and found.growth is None


@pytest.mark.parametrize(
    ("text", "until", "start", "end"),
    [
        ("2025", date(2026, 3, 10), date(2024, 1, 1), date(2025, 1, 1)),
        ("2026", date(2026, 3, 10), date(2025, 1, 1), date(2025, 4, 1)),
        ("2026", date(2026, 12, 31), date(2025, 1, 1), date(2026, 1, 1)),
        ("2026-Q1", date(2026, 2, 28), date(2025, 1, 1), date(2025, 3, 1)),
        ("2024-02", date(2026, 3, 10), date(2023, 2, 1), date(2023, 3, 1)),
    ],
)
def test_the_same_months_of_the_year_before(text, until, start, end):
    before = year_before(period(text), until)
    assert (before.start, before.end) == (start, end)


def test_growth_by_hand():
    assert growth(Decimal(110), Decimal(100)) == Decimal("10.0000")
    assert growth(Decimal(2), Decimal(3)) == Decimal("-33.3333")
    assert growth(Decimal(2), Decimal(0)) is None


def test_the_case_mix_of_grouped_cases(ids, settings):
    """1.5 and 0.75 inside the county; neither the ungrouped one nor the one outside: 2.25 over two."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from yigongti.kernel.lake.api import dataset_named
    from yigongti.kernel.lake.models import Part

    rows = [
        {"status": "grouped", "weight_e4": 15_000, "inside_county": True, "drg": "ES21", "department": "呼吸内科"},
        {"status": "grouped", "weight_e4": 7_500, "inside_county": True, "drg": "GZ15", "department": "消化内科"},
        {"status": "ungroupable", "weight_e4": 0, "inside_county": True, "drg": "", "department": ""},
        {"status": "grouped", "weight_e4": 90_000, "inside_county": False, "drg": "BB11", "department": "神经外科"},
    ]
    schema = dataset_named("drg_cases").schema
    usual = {"place": PLACE, "happened_on": FEBRUARY, "institution_id": ids["hospital"], "source_id": ids["bureau"]}
    empty = {pa.types.is_string: "", pa.types.is_integer: 0, pa.types.is_boolean: False}
    nothing = {f.name: next((v for fits, v in empty.items() if fits(f.type)), None) for f in schema}
    full = [{**nothing, **usual, **row, "id": n} for n, row in enumerate(rows)]
    file = settings.VAR / "lake" / "drg_cases" / "2026-02.made-by-hand.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), file)
    Part.objects.create(
        dataset="drg_cases", month=FEBRUARY.replace(day=1), file=f"drg_cases/{file.name}", rows=4,
        published_at=clock.now(),
    )  # fmt: skip
    found = figure("case_mix_index", "2026-02")
    assert (found.numerator, found.denominator, found.value) == (22_500, 2, Decimal("11250.0000"))
    slices = api.breakdown(
        api.measure_named("case_mix_index"), period("2026-02"), "department", actor=SYSTEM, place=PLACE
    )
    assert {s.label: s.numerator for s in slices} == {"呼吸内科": 15_000, "消化内科": 7_500}
