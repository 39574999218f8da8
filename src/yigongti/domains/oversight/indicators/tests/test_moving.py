"""Referrals, discharges sent down, answers, follow-ups, early places, no-shows: against answers worked out by hand."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner
from tests.support.people import person

from yigongti.domains.oversight.indicators import api, cli
from yigongti.domains.oversight.indicators.tests import factories as rows
from yigongti.domains.oversight.indicators.tests.factories import PLACE, at, county, facts, publish
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
MONTHS = {date(2026, month, 1) for month in (1, 2, 3)}


@pytest.fixture(autouse=True)
def _in_march():
    with clock.fixed(datetime(2026, 3, 10, 9, tzinfo=clock.ZONE)):
        yield


def day(number, month=2):
    return date(2026, month, number)


@pytest.fixture
def ids():
    """February 2026 at a hospital that leads, a second one, and two township centres."""
    made = county()
    hospital, east, west = made["hospital"], made["east"], made["west"]
    rows.leads(made["county"], hospital)
    rows.referral(east, hospital, at(day(2)), minutes=30)
    rows.referral(
        west, hospital, at(day(3)), minutes=10, returned=True, state="returned", urgency="urgent", code="J18.9"
    )
    rows.referral(east, hospital, at(day(4)), minutes=90, accepted=False, state="declined")
    rows.referral(east, hospital, at(day(5)), state="withdrawn")
    rows.referral(east, None, at(day(6)), minutes=0, state="certified")
    rows.referral(east, hospital, at(day(7)), minutes=60, accepted=False, state="redirected")
    rows.referral(
        hospital, east, at(day(8)), minutes=20, state="arrived", direction="down", resident_id=77,
        sent_down_by_id=hospital, discharges_from=day(1), discharges_until=day(20),
    )  # fmt: skip
    rows.referral(east, west, at(day(9)), minutes=40, returned=True, state="returned", direction="sideways")
    rows.referral(east, hospital, at(day(10)))
    # ten past midnight of 1 March in China, still February in Greenwich
    rows.referral(west, hospital, at(day(1, 3), 0, 10))

    rows.follow_up(east, day(5), done_on=day(5), asked_by_id=hospital)
    rows.follow_up(east, day(6), done_on=day(8))
    rows.follow_up(west, day(20))
    rows.follow_up(west, day(11), done_on=day(9))
    rows.follow_up(west, day(10), reason="returned")
    rows.follow_up(west, day(12), state="dropped")
    rows.follow_up(east, day(20, 3), done_on=day(9, 3))

    taken = rows.slot(hospital, day(16), quota=4)
    rows.booking(taken, hospital, day(16), "done", early=True, booked_by_id=east)
    rows.booking(taken, hospital, day(16), "no_show", early=True, booked_by_id=west)
    rows.booking(taken, hospital, day(16), "cancelled", early=True)
    rows.booking(taken, hospital, day(16), "done")
    rows.slot(hospital, day(17), quota=2, expert=False)
    rows.slot(hospital, day(18), quota=9, is_open=False)
    usual = rows.slot(hospital, day(18), pool="open")
    rows.booking(usual, hospital, day(18), "checked_in", referral_id=5)
    rows.booking(usual, hospital, day(18), "stopped")
    coming = rows.slot(hospital, day(20, 3), quota=8)
    rows.booking(coming, hospital, day(20, 3), "booked", early=True)

    rows.catalogue(("J00", "J22", "primary"), ("K00", "K14", "village"), ("I20", "I25", "secondary"))
    stay = {"kind": "encounter", "setting": "inpatient", "happened_on": day(5), "ended_at": at(day(12))}
    in_hospital = {**stay, "source_id": hospital, "tier": "tertiary"}
    facts(
        [
            {**in_hospital, "code": "J18.900", "resident_id": 77},  # sent down
            {**in_hospital, "code": "I21.900"},
            {**in_hospital, "code": "J45.900", "resident_id": 77, "ended_at": at(day(21))},  # too late after it
            {**in_hospital, "code": "K05.300"},
            {**in_hospital, "code": "J18.900", "ended_at": None},  # still there
            {**stay, "source_id": made["east"], "tier": "primary", "code": "J18.900"},
        ]
    )
    publish(MONTHS)
    return made


def figure(name, period="2026-02", **rest):
    return api.figure(api.measure_named(name), api.period(period), actor=SYSTEM, place=PLACE, **rest)


def breakdown(name, by, period="2026-02"):
    found = api.breakdown(api.measure_named(name), api.period(period), by, actor=SYSTEM, place=PLACE)
    return {s.label: (s.numerator, s.denominator) for s in found}


BY_HAND = {
    # those of the 2nd, 3rd, 4th, 6th and 10th; not the one taken back, not the one sent on elsewhere
    "referrals_up": (5, 5, "5"),
    # the 8th was sent down, those of the 3rd and 9th came back with a care plan
    "referrals_down": (3, 3, "3"),
    # of four stays that ended, one; in the hospital that leads
    "lead_hospital_sent_down_share": (1, 4, "25.0000"),
    # 30 + 10 + 90 + 60 + 20 + 40 minutes over six; the one out of the county was not asked
    "referral_time_to_answer": (250, 6, "41.6667"),
    # of the 5th, 6th, 11th and 20th, two in time
    "urgent_referral_followed_up": (2, 4, "50.0000"),
    # 2 of 4 on the 16th, none of 2 on the 17th; the 18th was called off, 20 March is to come
    "early_release_use": (2, 6, "33.3333"),
    # one of two done, one there, one who did not come
    "no_show_rate": (1, 4, "25.0000"),
    # J18 twice and K05 of five in the hospital
    "hospital_admissions_treatable_below": (3, 5, "60.0000"),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_worked_by_hand(ids, name):
    numerator, denominator, value = BY_HAND[name]
    found = figure(name)
    assert (found.numerator, found.denominator, found.value, found.problem) == (
        numerator,
        denominator,
        Decimal(value),
        "",
    )
    assert found.target is None and found.reached is None


def test_every_new_measure_is_worked_out_here(ids):
    known = {"in_county_visit_rate", "in_county_admission_rate", "grassroots_visit_share", "fund_share_in_county"}
    of_payment = {name for name, measure in api.MEASURES.items() if measure.theme == "payment"}  # test_payment.py
    assert set(api.MEASURES) == known | of_payment | set(BY_HAND)


@pytest.mark.parametrize(
    ("name", "by"),
    [(name, by) for name in BY_HAND for by in api.measure_named(name).breakdowns],
)
@pytest.mark.parametrize("period", ["2026-02", "2026"])
def test_what_a_figure_is_made_of_adds_up_to_it(ids, name, by, period):
    measure, over = api.measure_named(name), api.period(period)
    # of a whole year a feed is missing in January; its parts must add up all the same
    slices = api.breakdown(measure, over, by, actor=SYSTEM, place=PLACE)
    sums = sum(s.numerator for s in slices), sum(s.denominator for s in slices)
    if period == "2026-02":
        assert sums == BY_HAND[name][:2]
    whole = api.records(measure, over, api.Cell(), actor=SYSTEM, place=PLACE)
    below = [
        api.records(measure, over, api.cell_of(by, s.key, api.Cell()), actor=SYSTEM, place=PLACE).total for s in slices
    ]
    assert sum(below) == whole.total > 0
    if not measure.denominator_of:
        assert below == [s.denominator for s in slices]
    assert all(api.label_of(by, s.key) == s.label for s in slices)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_trend_adds_up_to_the_figure(ids, name):
    trend = figure(name).trend
    assert (sum(p.numerator for p in trend), sum(p.denominator for p in trend)) == BY_HAND[name][:2]


def test_groups_by_hand(ids):
    assert breakdown("referrals_up", "home") == {"east": (4, 4), "west": (1, 1)}
    assert breakdown("referrals_up", "institution") == {"hospital": (4, 4), "省人民医院": (1, 1)}
    assert breakdown("referrals_up", "urgent") == {"普通": (4, 4), "紧急": (1, 1)}
    assert breakdown("referrals_up", "reach") == {"医共体内": (4, 4), "县域外": (1, 1)}
    assert breakdown("referrals_down", "direction") == {"上转": (1, 1), "下转": (1, 1), "平转": (1, 1)}
    assert breakdown("referral_time_to_answer", "home") == {"hospital": (190, 4), "west": (40, 1), "east": (20, 1)}
    assert breakdown("early_release_use", "expert") == {"专家号": (2, 4), "其他号": (0, 2)}
    assert breakdown("no_show_rate", "pool") == {"家庭医生提前号": (1, 3), "普通号": (0, 1)}
    assert breakdown("no_show_rate", "referred") == {"其他预约": (1, 3), "转诊来的": (0, 1)}


def test_the_middle_stands_beside_the_mean(ids):
    assert figure("referral_time_to_answer").median == Decimal("35")  # 10 20 30 | 40 60 90
    found = api.breakdown(
        api.measure_named("referral_time_to_answer"), api.period("2026-02"), "urgent", actor=SYSTEM, place=PLACE
    )
    assert {s.label: s.median for s in found} == {"普通": Decimal("40"), "紧急": Decimal("10")}


def test_a_month_without_rows_is_nought_where_rows_are_made_here(ids):
    january = figure("referrals_up", "2026-01")
    assert (january.value, january.numerator, january.problem) == (Decimal(0), 0, "")
    year = figure("referrals_up", "2026")
    assert [p.value for p in year.trend] == [0, 5, 1] and year.value == 6


@pytest.mark.parametrize("name", ["no_show_rate", "early_release_use", "urgent_referral_followed_up"])
def test_a_share_of_nothing_is_not_computable(ids, name):
    found = figure(name, "2026-01")
    assert (found.value, found.problem) == (None, "没有可计算的记录")
    assert figure(name, "2026").value == Decimal(BY_HAND[name][2])
    assert figure(name, "2026").trend[0].value is None
    assert figure("referral_time_to_answer", "2026-01").value is None


def test_a_mean_of_nothing_is_not_computable(ids):
    assert figure("referral_time_to_answer", "2026-01").problem == "没有可计算的记录"


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("lead_hospital_sent_down_share", "没有牵头医院出院数据"),
        ("hospital_admissions_treatable_below", "没有县级医院住院数据"),
    ],
)
def test_what_is_reported_can_be_missing(ids, name, missing):
    assert figure(name, "2026-01").problem == "无法计算：" + missing


def test_without_a_catalogue_or_a_lead_hospital_there_is_no_figure():
    county()
    for name, lacking in (
        ("hospital_admissions_treatable_below", "没有基层机构的病种收治目录"),
        ("lead_hospital_sent_down_share", "没有登记牵头医院"),
    ):
        found = figure(name)
        assert (found.value, found.problem) == (None, "无法计算：" + lacking)
        with pytest.raises(api.Unsaid):
            api.records(
                api.measure_named(name), api.period("2026-02"), api.Cell(part="rest"), actor=SYSTEM, place=PLACE
            )


def test_the_catalogue_of_the_periods_end_counts(ids):
    rows.catalogue(("I00", "K99", "primary"), since=day(1, 3))
    assert figure("hospital_admissions_treatable_below").numerator == 3
    facts(
        [
            {"kind": "encounter", "setting": "inpatient", "happened_on": day(2, 3), "tier": "tertiary", "code": "I21.9",
             "source_id": ids["hospital"]}
        ]
    )  # fmt: skip
    assert figure("hospital_admissions_treatable_below", "2026-03").numerator == 1


def test_lower_is_better():
    rate = api.measure_named("no_show_rate")
    assert rate.reached(Decimal("4.9"), Decimal(5)) and not rate.reached(Decimal("5.1"), Decimal(5))
    assert rate.short_of(Decimal(7), Decimal(5)) == 2
    assert (rate.gap(1, 4), rate.gap_part) == (1, "of_which")
    share = api.measure_named("urgent_referral_followed_up")
    assert share.reached(Decimal(90), Decimal(90)) and (share.gap(1, 4), share.gap_part) == (3, "rest")


def test_parts_of_slots_partly_taken(ids):
    """A slot with four early places, two of them taken, lies on both sides; one with none taken on one."""
    measure, period = api.measure_named("early_release_use"), api.period("2026-02")
    totals = [
        api.records(measure, period, api.Cell(part=part), actor=SYSTEM, place=PLACE).total
        for part in ("", "of_which", "rest")
    ]
    assert totals == [2, 1, 2]


def test_a_break_down_that_is_not_offered_is_refused(ids):
    with pytest.raises(ValueError):
        breakdown("referrals_up", "setting")


@pytest.mark.parametrize(("by", "key"), [("urgent", "maybe"), ("origin", "x"), ("manager", "-1"), ("nothing", "")])
def test_keys_that_mean_nothing(by, key):
    with pytest.raises(ValueError):
        api.cell_of(by, key, api.Cell())


@pytest.mark.parametrize(
    ("where", "name", "total", "visible"),
    [
        ("east", "referrals_up", 5, 4),  # where they were sent from
        ("hospital", "referrals_up", 5, 4),  # where they went: all but the one out of the county
        ("west", "referrals_down", 3, 2),  # sent back to west, and by west
        ("west", "urgent_referral_followed_up", 4, 2),
        ("hospital", "urgent_referral_followed_up", 4, 1),  # asked for by the hospital
        ("east", "no_show_rate", 4, 1),  # booked by its family doctor
        ("east", "early_release_use", 2, 0),
        ("hospital", "early_release_use", 2, 2),
    ],
)
def test_records_are_seen_from_either_side(ids, where, name, total, visible):
    director = person(Role.DIRECTOR, ids[where])
    found = api.records(api.measure_named(name), api.period("2026-02"), api.Cell(), actor=director, place=PLACE)
    assert (found.total, found.visible, len(found.rows)) == (total, visible, visible)


def run(*arguments):
    return CliRunner().invoke(cli.measure, ["--place", PLACE, "--period", "2026-02", *arguments])


def test_the_command_line_says_the_same(ids):
    printed = json.loads(run("--json").output)
    assert [entry["measure"] for entry in printed] == list(api.MEASURES)
    told = {entry["measure"]: entry for entry in printed}
    for name, (numerator, denominator, value) in BY_HAND.items():
        entry = told[name]
        assert (entry["numerator"], entry["denominator"], entry["value"]) == (numerator, denominator, value)
        assert entry["target"] is None and entry["problem"] is None
    mean = told["referral_time_to_answer"]
    assert (mean["kind"], mean["unit"], mean["value_unit"], mean["better"]) == ("mean", "cases", "minutes", "lower")
    assert mean["median"] == "35.0"
    assert (told["referrals_up"]["kind"], told["referrals_up"]["value_unit"]) == ("count", "cases")
    assert (told["fund_share_in_county"]["unit"], told["in_county_visit_rate"]["unit"]) == ("fen", "visits")


def test_the_command_line_breaks_down_what_offers_it(ids):
    printed = {entry["measure"]: entry for entry in json.loads(run("--json", "--by", "urgent").output)}
    assert [row["key"] for row in printed["referrals_up"]["breakdown"]] == ["False", "True"]
    assert printed["no_show_rate"]["breakdown"] == []
    assert "it offers home" in run("--measure", "no_show_rate", "--by", "urgent").output
    assert "no break-down nonsense" in run("--by", "nonsense").output
    assert "转诊答复用时  41.6667 minutes" in run("--measure", "referral_time_to_answer").output
