"""From a figure down to its records, as each role, and with addresses that make no sense."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.tests.factories import person, register
from yigongti.domains.oversight.indicators.tests import factories as rows
from yigongti.domains.oversight.indicators.tests.factories import county, facts, publish
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor
from yigongti.kernel.access.models import Account
from yigongti.kernel.audit.models import Line
from yigongti.portals.cockpit.words import duration, shown

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
DAY = date(2025, 1, 15)


@pytest.fixture(autouse=True)
def _in_2026():
    with clock.fixed(datetime(2026, 3, 10, 9, tzinfo=clock.ZONE)):
        yield


@pytest.fixture
def ids(settings):
    made = county()
    [resident] = register(person("王小梅", "1960-05-01", "2"))
    one = {"kind": "claim", "happened_on": DAY, "source_id": made["bureau"], "resident_id": resident}
    outside = {**one, "inside_county": False, "institution_name": "苏州某医院", "code": "I10.x00"}
    visit = {"kind": "encounter", "happened_on": DAY, "resident_id": resident}
    facts(
        [one] * 7
        + [outside] * 3
        + [{**visit, "source_id": made["east"], "tier": "primary"}] * 6
        + [{**visit, "source_id": made["hospital"], "tier": "tertiary"}] * 4
    )
    return made


def signed_in(role, organisation_id):
    pk = create_account(
        f"u-{role}", "某人", organisation_id=organisation_id, password="Long-Enough-1",
        actor=SYSTEM, must_change_password=False,
    )  # fmt: skip
    grant_role(pk, role, organisation_id=organisation_id, actor=SYSTEM)
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_cost_and_its_median_are_said_in_yuan(ids):
    """Stays of 9,000, 3,000 and 3,000 yuan: 5,000 on average, 3,000 in the middle."""
    stay = {"kind": "claim", "happened_on": DAY, "source_id": ids["bureau"], "setting": "inpatient", "fund_fen": 1}
    facts([{**stay, "total_fen": total * 100} for total in (9_000, 3_000, 3_000)])
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    page = text(client.get(reverse("cockpit:home") + "?period=2025-01"))
    assert "5,000.00 元" in page and "中位数 3,000.00 元" in page and "300000" not in page


def test_the_way_from_the_figure_to_the_records(ids):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    assert "70.0" in text(client.get(reverse("cockpit:home") + "?period=2025-01"))
    page = client.get(reverse("cockpit:measure", args=["in_county_visit_rate"]) + "?period=2025-01&by=institution")
    links = re.findall(r'href="([^"]*/records/[^"]*)"', page.content.decode())
    rest = [link for link in links if "part=rest" in link]
    assert len(rest) == 1, "the gap of the outside hospital, and only that, leads to its records"
    records = client.get(rest[0].replace("&amp;", "&"))
    assert "共 3 条记录" in text(records)
    assert text(records).count("苏州某医院") >= 3
    assert "王*梅" in text(records) and "王小梅" not in text(records)


def test_not_computable_is_said_on_the_card(ids):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    assert "无法计算" in text(client.get(reverse("cockpit:home") + "?period=2025"))


@pytest.mark.parametrize(
    ("role", "home", "measure", "records"),
    [
        (Role.GUIDANCE_OFFICER, 200, 200, 200),
        (Role.DIRECTOR, 200, 200, 200),
        (Role.INSURANCE_OFFICER, 200, 200, 200),
        (Role.DATA_OFFICER, 200, 200, 200),
        (Role.FINANCE_OFFICER, 200, 200, 403),
        (Role.DOCTOR, 403, 403, 403),
        (Role.VILLAGE_DOCTOR, 403, 403, 403),
        (Role.SYSTEM_ADMIN, 403, 403, 403),
        (Role.SECURITY_ADMIN, 403, 403, 403),
        (Role.AUDITOR, 403, 403, 403),
    ],
)
def test_who_may_open_what(ids, role, home, measure, records):
    client = signed_in(role, ids["county"])
    name = ["in_county_visit_rate"]
    assert client.get(reverse("cockpit:home")).status_code == home
    assert client.get(reverse("cockpit:measure", args=name)).status_code == measure
    assert client.get(reverse("cockpit:records", args=name) + "?period=2025-01").status_code == records


def test_another_institutions_records_are_counted_not_shown(ids):
    client = signed_in(Role.DIRECTOR, ids["hospital"])
    shown = text(client.get(reverse("cockpit:records", args=["grassroots_visit_share"]) + "?period=2025-01"))
    assert "共 10 条记录" in shown and "其中 6 条属于您管理范围以外的机构" in shown


@pytest.mark.parametrize(
    "query",
    [
        "period=nonsense",
        "period=2025-01&by=nonsense",
        "period=2025-01&part=nonsense",
        "period=2025-01&disease_group=nonsense",
        "period=2025-01&home=x",
        "period=2025-01&node=x",
        "period=2025-01&node=999999",
        "period=2025-01&node=99999999999999999999999",
        "period=2025-01&home=999999",
        "period=2025-01&home=99999999999999999999999",
        "period=2025-01&home=%00",
    ],
)
def test_an_address_that_makes_no_sense_is_not_found(ids, query):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    assert client.get(reverse("cockpit:measure", args=["in_county_visit_rate"]) + "?" + query).status_code == 404


def test_a_measure_that_is_none_is_not_found(ids):
    client = signed_in(Role.DIRECTOR, ids["east"])
    assert client.get(reverse("cockpit:measure", args=["nonsense"])).status_code == 404


@pytest.mark.parametrize("narrowing", ["node", "home"])
@pytest.mark.parametrize("page", ["measure", "records"])
def test_figures_are_narrowed_to_any_organisation_of_the_place_and_to_no_other(ids, narrowing, page):
    """A director sees how the neighbours do, whichever way the address says it; their records he counts only."""
    elsewhere = organisation("county", "elsewhere", place="wuhua").pk
    client = signed_in(Role.DIRECTOR, ids["east"])
    address = reverse(f"cockpit:{page}", args=["grassroots_visit_share"]) + f"?period=2025-01&by=setting&{narrowing}="
    for key, count in (("east", 6), ("hospital", 4)):
        answer = client.get(f"{address}{ids[key]}")
        assert answer.status_code == 200
        if page == "records":
            assert f"共 {count} 条记录" in text(answer)
            assert (f"其中 {count} 条属于您管理范围以外的机构" in text(answer)) == (key == "hospital")
    assert client.get(f"{address}{elsewhere}").status_code == 404


def test_a_home_narrows_within_the_organisation_chosen_above_it(ids):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    address = reverse("cockpit:records", args=["grassroots_visit_share"]) + "?period=2025-01"
    for node, home, count in (("county", "hospital", 4), ("hospital", "hospital", 4), ("east", "hospital", 0)):
        found = text(client.get(f"{address}&node={ids[node]}&home={ids[home]}"))
        assert f"共 {count} 条记录" in found


@pytest.mark.parametrize("period", ["1900", "1950", "2014", "2014-12"])
def test_a_period_before_the_place_says_what_a_visit_is_has_no_figure(ids, period):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    name = ["in_county_admission_rate"]
    for address in (
        reverse("cockpit:home"), reverse("cockpit:measure", args=name), reverse("cockpit:records", args=name)
    ):  # fmt: skip
        answer = client.get(f"{address}?period={period}")
        assert answer.status_code == 200
        assert "无法计算：没有规定" in text(answer) and "计入诊疗人次的就诊类别" in text(answer)


@pytest.mark.parametrize("query", ["institution=%00", "setting=%00", "page=²", "page=99999999999999999999999"])
def test_nonsense_that_is_no_error_finds_nothing_or_the_first_page(ids, query):
    client = signed_in(Role.GUIDANCE_OFFICER, ids["county"])
    for page in ("measure", "records"):
        address = reverse(f"cockpit:{page}", args=["grassroots_visit_share"])
        assert client.get(f"{address}?period=2025-01&{query}").status_code == 200


@pytest.mark.parametrize(
    ("value", "reads"),
    [("89.9600", "89.9"), ("90.0000", "90.0"), ("87.0500", "87.1"), ("87.0499", "87.0"), ("0.0000", "0.0")],
)
def test_a_share_is_never_rounded_up_to_a_target_it_has_not_reached(value, reads):
    assert shown(Decimal(value)) == reads


@pytest.mark.parametrize(
    ("value", "reads"),
    [("10.0400", "10.1"), ("10.0000", "10.0"), ("9.9600", "10.0"), ("4.9499", "4.9"), ("0.0000", "0.0")],
)
def test_where_lower_is_better_a_share_is_never_rounded_down_to_a_target(value, reads):
    assert shown(Decimal(value), lower=True) == reads


@pytest.mark.parametrize(
    ("minutes", "reads"),
    [("59.4", ""), ("59.5", "约 1 小时 0 分钟"), ("187.4", "约 3 小时 7 分钟"), ("1500", "约 1 天 1 小时")],
)
def test_minutes_in_words(minutes, reads):
    assert duration(Decimal(minutes)) == reads


FEBRUARY = date(2026, 2, 3)


@pytest.fixture
def moving(ids):
    """Two up-referrals and one down, answered after 30, 100 and 200 minutes; a follow-up; early places; a no-show."""
    hospital, east, west = ids["hospital"], ids["east"], ids["west"]
    [resident] = register(person("李建军", "1955-03-02", "1"))
    sent = rows.at(FEBRUARY, 9)
    ids["mine"] = rows.referral(east, hospital, sent, minutes=30, resident_id=resident, urgency="urgent")
    rows.referral(west, hospital, sent, minutes=1234, resident_id=resident)
    rows.referral(hospital, west, sent, minutes=200, resident_id=resident, direction="down")
    rows.follow_up(east, FEBRUARY, done_on=FEBRUARY, resident_id=resident, asked_by_id=hospital)
    rows.follow_up(west, FEBRUARY, resident_id=resident)
    slot = rows.slot(hospital, FEBRUARY, quota=3)
    rows.booking(slot, hospital, FEBRUARY, "no_show", early=True, resident_id=resident, booked_by_id=east)
    rows.booking(slot, hospital, FEBRUARY, "done", resident_id=resident + 1)
    publish({date(2026, 2, 1)})
    return ids


MADE_HERE = {
    "referrals_up": ("2", "例", "共 2 条记录"),
    "referrals_down": ("1", "例", "共 1 条记录"),
    # 30 + 1234 + 200 over three
    "referral_time_to_answer": ("488.0", "分钟", "共 3 条记录"),
    "urgent_referral_followed_up": ("50.0", "%", "共 2 条记录"),
    "early_release_use": ("33.3", "%", "共 1 条记录"),
    "no_show_rate": ("50.0", "%", "共 2 条记录"),
}


def test_the_cockpit_shows_them_by_theme(moving):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    page = text(client.get(reverse("cockpit:home") + "?period=2026-02"))
    assert page.index("就医格局") < page.index("转诊协同") < page.index("预约诊疗")
    for value, unit, _records in MADE_HERE.values():
        assert f"{value} {unit}" in page
    assert "方案没有规定目标值；越低越好。" in page and "中位数 200.0 分钟" in page and "约 8 小时 8 分钟" in page


@pytest.mark.parametrize("name", MADE_HERE)
def test_from_each_figure_down_to_its_records(moving, name):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    value, unit, count = MADE_HERE[name]
    address = reverse("cockpit:measure", args=[name]) + "?period=2026-02"
    page = client.get(address)
    assert f"{value} {unit}" in text(page)
    breakdowns = re.findall(r'href="([?][^"]*by=[^"]*)"', page.content.decode())
    for link in breakdowns:
        assert client.get(reverse("cockpit:measure", args=[name]) + link.replace("&amp;", "&")).status_code == 200
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*/records/[^"]*)"', page.content.decode())]
    assert links
    for link in links:
        assert "条记录" in text(client.get(link))
    shown = text(client.get(reverse("cockpit:records", args=[name]) + "?period=2026-02"))
    assert count in shown and "李建军" not in shown
    assert ("李*军" in shown) == (name != "early_release_use")


def test_a_mean_is_broken_down_with_its_middle(moving):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    page = text(client.get(reverse("cockpit:measure", args=["referral_time_to_answer"]) + "?period=2026-02"))
    assert "hospital 2 632.0 分钟 632.0 分钟 1,264 分钟 全部" in page  # (30 + 1234) ÷ 2, which is the middle too
    assert "west 1 200.0 分钟 200.0 分钟 200 分钟 全部" in page
    assert "合计 3 488.0 分钟 1,464 分钟 全部记录" in page


def test_where_lower_is_better_the_link_leads_to_what_there_should_be_less_of(moving):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    page = client.get(reverse("cockpit:measure", args=["no_show_rate"]) + "?period=2026-02&by=home")
    [link] = re.findall(r'href="([^"]*/records/[^"]*part=of_which[^"]*)"', page.content.decode())
    records = text(client.get(link.replace("&amp;", "&")))
    assert "共 1 条记录" in records and "part=rest" not in page.content.decode()


@pytest.mark.parametrize(
    ("where", "name", "hidden"),
    [
        ("east", "referrals_up", 1),
        ("hospital", "referrals_up", 0),
        ("east", "urgent_referral_followed_up", 1),
        ("hospital", "urgent_referral_followed_up", 1),
        ("east", "no_show_rate", 1),
        ("west", "no_show_rate", 2),
        ("west", "early_release_use", 1),
    ],
)
def test_records_of_neither_side_are_counted_not_shown(moving, where, name, hidden):
    client = signed_in(Role.DIRECTOR, moving[where])
    page = text(client.get(reverse("cockpit:records", args=[name]) + "?period=2026-02"))
    assert (f"其中 {hidden} 条属于您管理范围以外的机构" in page) == bool(hidden)


def test_one_line_of_the_trail_says_whose_were_listed(moving):
    client = signed_in(Role.DIRECTOR, moving["hospital"])
    for name, act in (
        ("referrals_up", "referrals.list"),
        ("no_show_rate", "appointments.list"),
        ("urgent_referral_followed_up", "follow_up.list"),
    ):
        before = Line.objects.filter(act=act).count()
        client.get(reverse("cockpit:records", args=[name]) + "?period=2026-02")
        assert Line.objects.filter(act=act).count() == before + 1


def test_a_record_opens_only_for_those_who_may_open_it(moving):
    """A director of a side may open a referral; a data officer sees that there is one."""
    for role, opens in ((Role.DIRECTOR, True), (Role.DATA_OFFICER, False)):
        client = signed_in(role, moving["east"])
        page = client.get(reverse("cockpit:records", args=["referrals_up"]) + "?period=2026-02").content.decode()
        assert (reverse("referrals:referral", args=[moving["mine"]]) in page) == opens


@pytest.mark.parametrize(
    "query", ["by=setting", "setting=outpatient", "urgent=perhaps", "origin=999999", "direction=up"]
)
def test_a_break_down_the_measure_does_not_offer_is_not_found(moving, query):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    assert client.get(reverse("cockpit:measure", args=["referrals_up"]) + f"?period=2026-02&{query}").status_code == 404


def test_a_period_without_records_is_said_plainly(moving):
    client = signed_in(Role.GUIDANCE_OFFICER, moving["county"])
    page = text(client.get(reverse("cockpit:measure", args=["no_show_rate"]) + "?period=2026-01"))
    assert "没有可计算的记录" in page and "请联系报送单位" not in page
    assert "0 例" in text(client.get(reverse("cockpit:measure", args=["referrals_up"]) + "?period=2026-01"))
