"""The four plans as they stand in ``policies/``, against tables written by hand from the documents."""

import re
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from yigongti.kernel.policy import api

WUHUA, XUCHANG, LINCANG, KUNSHAN = "wuhua", "xuchang", "lincang", "kunshan"
IN_2020, IN_2021, IN_2024, IN_2025 = date(2020, 11, 1), date(2021, 1, 1), date(2024, 6, 1), date(2025, 6, 1)
D = Decimal
GUIDE = settings.ROOT / "docs" / "policies.md"

# What the four documents themselves fix. The number is the row of the list of requirements; rows 18 to 20 are
# partly work flows or checks, of which the figures stand here.
FIGURES = [
    # 1 in-county visit rate ≥ 90 %
    (1, "indicators.in_county_visit_rate.target", WUHUA, IN_2020, D(90), "三", date(2020, 12, 31)),
    (1, "indicators.in_county_visit_rate.target", XUCHANG, IN_2020, D(90), "一（三）", None),
    (1, "indicators.in_county_visit_rate.target", KUNSHAN, IN_2025, D(90), "一", date(2027, 12, 31)),
    # 2 grass-roots share ≈ 65 %
    (2, "indicators.grassroots_visit_share.target", WUHUA, IN_2020, D(65), "三", date(2020, 12, 31)),
    (2, "indicators.grassroots_visit_share.target", XUCHANG, IN_2020, D(65), "一（三）", None),
    (2, "indicators.grassroots_visit_share.target", KUNSHAN, IN_2025, D(65), "一", date(2027, 12, 31)),
    # 3 in-county admissions 75 % by 2027
    (3, "indicators.in_county_admission_rate.target", KUNSHAN, IN_2025, D(75), "一", date(2027, 12, 31)),
    # 4 standard management of hypertension and diabetes ≥ 65 %
    (4, "indicators.hypertension_standard_management_rate.target", KUNSHAN, IN_2025, D(65), "一", date(2027, 12, 31)),
    (4, "indicators.diabetes_standard_management_rate.target", KUNSHAN, IN_2025, D(65), "一", date(2027, 12, 31)),
    # 5 fund inside the county, without pharmacies, ≥ 80 %
    (5, "indicators.fund_share_in_county.target", KUNSHAN, IN_2025, D(80), "一", date(2027, 12, 31)),
    # 6 village clinics ≥ 45 % in 2020, 50 % from 2021
    (6, "public_health.village_task_share", XUCHANG, IN_2020, D(45), "三（四）", None),
    (6, "public_health.village_task_share", XUCHANG, date(2020, 12, 31), D(45), "三（四）", None),
    (6, "public_health.village_task_share", XUCHANG, IN_2021, D(50), "三（四）", None),
    # 7 contract income to the team ≥ 70 %
    (7, "family_doctor.team_income_share", XUCHANG, IN_2020, D(70), "四（四）", None),
    # 8 surplus for incentive pay ≥ 60 %
    (8, "pay.surplus_incentive_share", XUCHANG, IN_2020, D(60), "四（四）", None),
    # 9 posts: 5–7 per 10 000 residents, 604 in all
    (9, "workforce.posts_per_10000_residents.minimum", WUHUA, IN_2020, D(5), "六（三）6", None),
    (9, "workforce.posts_per_10000_residents.maximum", WUHUA, IN_2020, D(7), "六（三）6", None),
    (9, "workforce.posts_total", WUHUA, IN_2020, 604, "六（三）6", None),
    # 10 the fund's year
    (10, "insurance_fund.cycle", XUCHANG, IN_2020,
     ("annual_budget", "monthly_prepayment", "quarterly_assessment", "year_end_clearing"), "四（二）", None),
    # 11 base, deductions, allocation, one to three past years
    (11, "insurance_fund.budget.base", XUCHANG, IN_2020, "resident_pooled_funds_current_year", "四（二）", None),
    (11, "insurance_fund.budget.deductions", XUCHANG, IN_2020,
     ("risk_adjustment", "quality_deposit", "critical_illness"), "四（二）", None),
    (11, "insurance_fund.budget.allocation_basis", XUCHANG, IN_2020,
     ("insured_persons", "services_of_past_years", "payments_of_past_years"), "四（二）", None),
    (11, "insurance_fund.budget.history_years.minimum", XUCHANG, IN_2020, 1, "四（二）", None),
    (11, "insurance_fund.budget.history_years.maximum", XUCHANG, IN_2020, 3, "四（二）", None),
    # 12 everything payable, wherever treated
    (12, "insurance_fund.budget.covers", XUCHANG, IN_2020, "all_payable_wherever_treated", "四（二）", None),
    # 13 surplus and overspend
    (13, "insurance_fund.surplus.rule", XUCHANG, IN_2020, "kept", "四（二）", None),
    (13, "insurance_fund.overspend.rule", XUCHANG, IN_2020, "not_compensated", "四（二）", None),
    (13, "insurance_fund.surplus.rule", KUNSHAN, IN_2025, "kept", "二（五）2", None),
    (13, "insurance_fund.overspend.rule", KUNSHAN, IN_2025, "reasonable_part_shared", "二（五）2", None),
    # 14 what assessment results feed
    (14, "insurance_fund.assessment.consequences", XUCHANG, IN_2020,
     ("quality_deposit_refund", "annual_clearing", "next_year_budget"), "四（二）", None),
    (14, "evaluation.consequences", XUCHANG, IN_2020,
     ("insurance_payment", "hospital_grading", "commendation", "performance_pay_total"), "五（二）", None),
    (14, "evaluation.consequences", WUHUA, IN_2020,
     ("insurance_payment", "performance_pay_total", "targets"), "七（三）", None),
    # 15 three pooled funds, separate books, surplus after approval
    (15, "subsidies.pooled_funds", WUHUA, IN_2020,
     ("basic_public_health", "essential_medicines", "equipment"), "六（六）18", None),
    (15, "subsidies.books", WUHUA, IN_2020, "central_accounting_separate_books", "六（六）18", None),
    (15, "subsidies.surplus.approved_by", WUHUA, IN_2020, "management_committee", "六（六）18", None),
    # 18 personal barcode and what it links
    (18, "residents.personal_barcode", WUHUA, IN_2020, True, "六（五）14", None),
    (18, "residents.personal_barcode.links", WUHUA, IN_2020,
     ("care", "public_health", "family_doctor", "health_record"), "六（五）14", None),
    # 19 secondment; one attending doctor of a lead hospital in every town institution
    (19, "public_health.staff_may_be_seconded", WUHUA, IN_2020, True, "六（五）15", None),
    (19, "public_health.staff_may_be_seconded", XUCHANG, IN_2020, True, "三（五）", None),
    (19, "workforce.lead_doctors_per_town_institution", KUNSHAN, IN_2025, 1, "二（四）1", None),
    (19, "workforce.lead_doctor_minimum_title", KUNSHAN, IN_2025, "attending", "二（四）1", None),
    # 20 three management areas
    (20, "organisation.management_areas", KUNSHAN, IN_2025, 3, "二（一）3；附件", None),
]  # fmt: skip

# Rows 16 and 17: how many things stay unchanged, how many are managed as one.
COUNTS = [
    (16, "organisation.unchanged", WUHUA, IN_2020, 8, "六（二）5"),
    (16, "organisation.unchanged", LINCANG, IN_2024, 9, "三（三）"),
    (17, "organisation.unified_management", LINCANG, IN_2024, 6, "三（三）"),
    (17, "organisation.unified_management", KUNSHAN, IN_2025, 5, "二（一）3"),
    (17, "organisation.unified_management", XUCHANG, IN_2020, 7, "二（二）"),
    (17, "organisation.unified_management", WUHUA, IN_2020, 8, "六（二）5"),
]

NUMBERS = {
    WUHUA: "五政通〔2020〕4号",
    XUCHANG: "许政办〔2020〕19号",
    LINCANG: "临政办发〔2023〕58号",
    KUNSHAN: "",
}


@pytest.mark.parametrize(("row", "name", "place", "as_of", "value", "clause", "due"), FIGURES)
def test_a_figure_of_the_plans(
    row: int, name: str, place: str, as_of: date, value: object, clause: str, due: date | None
) -> None:
    found = api.at(name, place, as_of)
    assert found.value == value and type(found.value) is type(value)
    assert (found.clause, found.due, found.place) == (clause, due, place)
    assert found.document.number == NUMBERS[place]
    assert found.evidence == "V-SEED" and found.confirmed


@pytest.mark.parametrize(("row", "name", "place", "as_of", "count", "clause"), COUNTS)
def test_a_list_of_the_plans(row: int, name: str, place: str, as_of: date, count: int, clause: str) -> None:
    found = api.at(name, place, as_of)
    assert len(found.value) == count
    assert found.clause == clause and found.document.number == NUMBERS[place]


def test_every_row_of_the_list_is_there() -> None:
    assert {figure[0] for figure in FIGURES} | {count[0] for count in COUNTS} == set(range(1, 21))


def test_a_draft_says_so() -> None:
    found = api.at("organisation.management_areas", KUNSHAN, IN_2025)
    assert found.document.standing == "draft"
    assert found.citation == "《昆山市推进紧密型县域医疗共同体建设总体方案》（征求意见稿） 二（一）3；附件"


def test_about_is_not_at_least() -> None:
    name = "indicators.grassroots_visit_share.target"
    assert str(api.at(name, XUCHANG, IN_2020)) == "约 65 %"
    assert str(api.at(name, KUNSHAN, IN_2025)) == "≥ 65 %"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access.lock_after_failures", 5),
        ("access.lock_minutes", 15),
        ("access.idle_minutes", 30),
        ("access.password_days", 90),
        ("record.treatment_relation_months", 6),
        ("record.break_glass_hours", 24),
        ("indicators.thin_feed_percent", 10),
    ],
)
def test_defaults_of_the_platform_are_flagged(name: str, value: int) -> None:
    for place in (WUHUA, XUCHANG, LINCANG, KUNSHAN):
        found = api.at(name, place, IN_2025)
        assert found.value == value and found.place == "national" and not found.confirmed


def test_nothing_recalled_counts_as_confirmed() -> None:
    for place in (WUHUA, XUCHANG, LINCANG, KUNSHAN):
        for parameter in api.parameters():
            for value in api.history(parameter.name, place):
                if value.evidence in ("R-H", "R-M", "R-L", "V-SEC", "PROPOSED") and not value.confirmed_by:
                    assert not value.confirmed, value


def test_what_code_uses_has_a_value_today_in_the_place_that_is_served() -> None:
    assert [parameter.name for parameter in api.gaps(KUNSHAN, date(2026, 11, 22))] == []


def test_places_and_their_codes() -> None:
    assert {place.key: place.division for place in api.places()} == {
        WUHUA: "530102",
        XUCHANG: "411000",
        LINCANG: "530900",
        KUNSHAN: "320583",
    }


# Kunshan's annex, name by name
ANNEX = {
    "市一院管理片区": (
        "市一院 妇保院 蓬朗卫生中心 青阳卫生中心 震川卫生中心 兵希卫生中心 市四院（陆家医院） 陆家卫生中心 "
        "千灯医院（市五院） 千灯卫生中心 淀山湖医院（淀山湖卫生中心） 锦溪医院（市老年医院） 锦溪卫生中心"
    ),
    "中医院管理片区": (
        "中医院 市中西医医院（花桥医院） 花桥卫生中心 市六院（张浦医院） 张浦卫生中心 康复医院（周市医院） "
        "周市卫生中心 新镇卫生中心 精卫中心（巴城医院） 巴城卫生中心 正仪卫生中心 周庄医院（周庄卫生中心）"
    ),
    "高新区管理片区": "市二院 市三院 柏庐卫生中心 亭林卫生中心 江浦卫生中心",
}


def test_kunshans_annex_is_whole() -> None:
    plan = api.organisations(KUNSHAN)
    assert plan is not None
    by_key = {organisation.key: organisation for organisation in plan.organisations}
    areas = {o.name: o.key for o in plan.organisations if o.kind == "management_area"}
    assert list(areas) == list(ANNEX)
    for area, names in ANNEX.items():
        assert [o.name for o in plan.organisations if o.parent == areas[area]] == names.split()
    leads = {by_key[key].name for key in by_key["consortium"].led_by}
    assert leads == {"市一院", "中医院"}
    assert Counter(o.institution_kind for o in plan.organisations if o.parent in areas.values()) == {
        "lead_hospital": 2,
        "hospital": 10,
        "community_centre": 18,
    }
    members = [o for o in plan.organisations if o.parent in areas.values()]
    assert all(o.member_from == date(2025, 12, 31) and o.legal_person for o in members)


def test_kunshans_alliances() -> None:
    plan = api.organisations(KUNSHAN)
    assert plan is not None
    by_key = {organisation.key: organisation.name for organisation in plan.organisations}
    leads = {alliance.name: by_key[alliance.lead] for alliance in plan.alliances if alliance.lead}
    assert leads == {
        "妇幼健康服务共同体": "妇保院",
        "康复健康服务共同体": "康复医院（周市医院）",
        "精神心理健康服务共同体": "精卫中心（巴城医院）",
        "老龄健康服务共同体": "锦溪医院（市老年医院）",
    }
    (city,) = [alliance for alliance in plan.alliances if alliance.kind == "city"]
    assert [by_key[key] for key in city.members] == ANNEX["高新区管理片区"].split()


def test_no_organisation_carries_invented_legal_data() -> None:
    """Tiers the plans do not state are tagged as recalled."""
    for place in (WUHUA, XUCHANG, LINCANG, KUNSHAN):
        plan = api.organisations(place)
        assert plan is not None
        for organisation in plan.organisations:
            if organisation.tier in ("secondary", "tertiary"):
                assert organisation.tier_evidence in ("R-H", "R-M", "R-L"), organisation


@pytest.mark.parametrize(
    ("place", "numbers"),
    [
        # 一 · 二（一）1–3 · 二（二）1–3 · 二（三）1–5 · 二（四）1–6 · 二（五）1–4 · 三（一）–（三） · 四 · 附件
        (KUNSHAN, 1 + 3 + 3 + 5 + 6 + 4 + 3 + 1 + 1),
        # 三 · 四 · 五 · 六 1–19 · 七（一）1–5 · 七（二） · 七（三）
        (WUHUA, 1 + 1 + 1 + 19 + 5 + 1 + 1),
        # 一（三） · 二（一）–（四） · 三（一）–（九） · 四（一）–（五） · 五（一）–（三）
        (XUCHANG, 1 + 4 + 9 + 5 + 3),
        # 二 · 三（一）1–2 · 三（二）1–2 · 三（三）and its 1–6 · 三（四）1–3 · 三（五）1–2 · 三（六） · 四（一）–（四）
        (LINCANG, 1 + 2 + 2 + 7 + 3 + 2 + 1 + 4),
    ],
)
def test_every_clause_is_listed(place: str, numbers: int) -> None:
    clauses = api.clauses(place)
    assert len(clauses) == numbers
    assert all(clause.asks for clause in clauses)


def test_who_leads_is_taken_from_the_document() -> None:
    leads = {c.number: [b.name.zh for b in c.leads] for c in api.clauses(WUHUA)}
    assert leads["六（一）1"] == ["区委组织部"]
    assert leads["六（三）7"] == ["区人力资源社会保障局", "区卫生健康局"]
    assert leads["六（六）16"] == ["区医保局"]
    responsible = {c.number: [b.name.zh for b in c.responsible] for c in api.clauses(WUHUA)}
    assert responsible["六（六）17"] == ["区财政局", "区发展改革局", "区审计局"]


def test_a_fifth_place_needs_no_python(tmp_path: Path) -> None:
    """The files docs/policies.md shows are all it takes; Taicang's plan there is invented."""
    copy = tmp_path / "policies"
    shutil.copytree(settings.POLICIES, copy)
    written = re.findall(r"```yaml\n# policies/(taicang/\w+\.yaml)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert [name for name, _text in written] == [
        f"taicang/{name}.yaml" for name in ("place", "documents", "targets", "clauses")
    ]
    (copy / "taicang").mkdir()
    for name, text in written:
        (copy / name).write_text(text, encoding="utf-8")
    with api.reading(copy):
        assert "320585" in {place.division for place in api.places()}
        found = api.at("indicators.in_county_visit_rate.target", "taicang", date(2026, 5, 1))
        assert str(found) == "≥ 90 %" and found.citation == "《太仓市紧密型县域医共体建设方案》 太政发〔2026〕1号 一"
        assert [c.number for c in api.clauses("taicang")] == ["一", "三（四）", "五（二）"]
        missing = {parameter.name for parameter in api.gaps("taicang", date(2026, 5, 1))}
        assert "indicators.fund_share_in_county.target" in missing
        assert api.at("access.lock_minutes", "taicang", date(2026, 5, 1)).place == "national"
