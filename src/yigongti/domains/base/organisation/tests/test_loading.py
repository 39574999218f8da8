"""Loading what the plans name: Kunshan's annex counted by hand in the document, and loading again."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.people import person

from yigongti.domains.base.organisation import api
from yigongti.domains.base.organisation.models import AllianceMember, LoadedEntry, Membership, Organisation
from yigongti.domains.base.organisation.selectors import holds_on, under
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.services.loading import apply_plan
from yigongti.kernel.access.api import Forbidden, system_actor
from yigongti.kernel.audit.models import Line
from yigongti.kernel.policy import api as policy

pytestmark = pytest.mark.django_db

SET_UP = system_actor("setup")
BEFORE, AFTER = date(2025, 12, 30), date(2025, 12, 31)

# 附件：医共体管理片区组成单位, typed off the document row by row: 13 + 12 + 5
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


@pytest.fixture
def kunshan():
    return api.load_place("kunshan", SET_UP)


def table_rows():
    return {
        model: list(model.objects.order_by("pk").values())
        for model in (Organisation, Membership, LoadedEntry, AllianceMember)
    }


def test_every_institution_of_the_annex_stands_in_its_area(kunshan):
    assert [len(names.split()) for names in ANNEX.values()] == [13, 12, 5]
    for area, members in ANNEX.items():
        found = api.find(area, place="kunshan")
        assert found.kind == "management_area"
        standing = api.get_many(under(found.id, AFTER) - {found.id}, AFTER)
        assert sorted(view.name for view in standing.values()) == sorted(members.split())
        assert under(found.id, BEFORE) == {found.id}
        for view in standing.values():
            assert [one.name for one in api.path(view.id, AFTER)][:3] == ["昆山市", "昆山市紧密型县域医疗共同体", area]
            assert [one.name for one in api.path(view.id, BEFORE)][:-1] == ["昆山市"]


def test_double_names_find_one_body(kunshan):
    for text, key in [
        ("陆家医院", "fourth_hospital"),
        ("市四院(陆家医院)", "fourth_hospital"),
        ("市五院", "qiandeng_hospital"),
        ("老年医院", "jinxi_hospital"),
        ("周市医院", "rehabilitation_hospital"),
        ("周庄卫生中心", "zhouzhuang_hospital"),
        ("first_hospital", "first_hospital"),
    ]:
        assert api.find(text, place="kunshan").key == key
    assert api.find("苏州大学附属第一医院", place="kunshan") is None
    assert {view.key for view in api.search("qdwszx", place="kunshan")} == {"qiandeng_centre"}


def test_who_leads_and_who_is_allied(kunshan):
    groups = ("consortium", "first_hospital_area", "high_tech_zone_area")
    leads = {key: api.by_key("kunshan", key).led_by for key in groups}
    first, tcm = (api.by_key("kunshan", key).id for key in ("first_hospital", "tcm_hospital"))
    assert leads == {"consortium": (first, tcm), "first_hospital_area": (first,), "high_tech_zone_area": ()}
    # 二（二）2: 市二院、市三院与高新区3家社区卫生中心组建区域医联体
    allied = AllianceMember.objects.filter(alliance__key="high_tech_zone_alliance")
    assert {m.organisation.name for m in allied.select_related("organisation")} == set(ANNEX["高新区管理片区"].split())


def test_loading_twice_changes_nothing(kunshan):
    before, lines = table_rows(), Line.objects.count()
    again = api.load_place("kunshan", SET_UP)
    assert again.nothing_changed and len(again.unchanged) == len(kunshan.created) and not again.missing
    assert table_rows() == before and Line.objects.count() == lines


@pytest.mark.parametrize("place", ["wuhua", "xuchang", "lincang"])
def test_the_other_plans_load_too(place):
    report = api.load_place(place, SET_UP)
    assert report.created and api.root(place) is not None
    assert api.load_place(place, SET_UP).nothing_changed


def test_all_four_live_side_by_side(kunshan):
    for place in ("wuhua", "xuchang", "lincang"):
        api.load_place(place, SET_UP)
    root = api.root("kunshan")
    assert {view.place for view in api.get_many(under(root.id, AFTER)).values()} == {"kunshan"}


def test_only_set_up_loads():
    with pytest.raises(Forbidden):
        api.load_place("kunshan", person("system_admin", 1))
    with pytest.raises(api.NoPlan):
        api.load_place("national", SET_UP)


def changed(plan, key, **changes):
    return replace(plan, organisations=tuple(replace(o, **changes) if o.key == key else o for o in plan.organisations))


def apply(plan, on=date(2026, 5, 1)):
    return apply_plan("kunshan", plan, actor=SET_UP, on=on)


def stays(key):
    row = Organisation.objects.get(place="kunshan", key=key)
    return [(m.parent.key, m.starts_on) for m in row.memberships.order_by("starts_on")]


class TestChangedPlan:
    def test_another_area_from_the_day_of_loading(self, kunshan):
        plan = changed(policy.organisations("kunshan"), "bingxi_centre", parent="tcm_hospital_area", member_from=None)
        assert apply(plan).changed == ["bingxi_centre"]
        assert stays("bingxi_centre") == [
            ("kunshan", tree.BEFORE_RECORDS),
            ("first_hospital_area", date(2025, 12, 31)),
            ("tcm_hospital_area", date(2026, 5, 1)),
        ]
        assert apply(plan).nothing_changed

    def test_a_later_day_of_joining(self, kunshan):
        apply(changed(policy.organisations("kunshan"), "bingxi_centre", member_from=date(2026, 2, 1)))
        row = Organisation.objects.get(key="bingxi_centre")
        area, county = (Organisation.objects.get(key=k).pk for k in ("first_hospital_area", "kunshan"))
        for on, inside in [(date(2025, 12, 31), False), (date(2026, 1, 31), False), (date(2026, 2, 1), True)]:
            assert (row.pk in under(area, on)) is inside and row.pk in under(county, on)

    def test_an_earlier_day_of_joining(self, kunshan):
        apply(changed(policy.organisations("kunshan"), "bingxi_centre", member_from=date(2025, 10, 1)))
        row, area = Organisation.objects.get(key="bingxi_centre"), Organisation.objects.get(key="first_hospital_area")
        for on, inside in [(date(2025, 9, 30), False), (date(2025, 10, 1), True), (date(2026, 6, 1), True)]:
            assert (row.pk in under(area.pk, on)) is inside

    def test_what_people_edited_stays(self, kunshan):
        row = Organisation.objects.get(key="bingxi_centre")
        county = Organisation.objects.get(key="kunshan")
        officer = person("guidance_officer", county.pk)
        tree.edit(row.pk, actor=officer, name="兵希街道社区卫生服务中心", uscc="123205830000000006")
        apply(changed(policy.organisations("kunshan"), "bingxi_centre", towns=("兵希",)))
        row.refresh_from_db()
        assert (row.name, row.uscc, row.towns) == ("兵希街道社区卫生服务中心", "123205830000000006", ["兵希"])
        assert api.find("兵希卫生中心", place="kunshan").id == row.pk  # by its former name

    def test_where_a_case_moved_it_stays(self, kunshan):
        row, tcm = Organisation.objects.get(key="bingxi_centre"), Organisation.objects.get(key="tcm_hospital_area")
        with tree.writing(SET_UP, "tests"):
            tree.put_under(row.pk, tcm.pk, on=date(2026, 4, 1))
        apply(changed(policy.organisations("kunshan"), "bingxi_centre", towns=("兵希",)))
        assert row.pk in under(tcm.pk, date(2026, 5, 2))

    def test_a_tier_changes_from_a_day(self, kunshan):
        apply(changed(policy.organisations("kunshan"), "second_hospital", tier="tertiary"))
        row = Organisation.objects.get(key="second_hospital")
        assert api.institution_tier(row.pk, date(2026, 4, 30)) == "secondary"
        assert api.institution_tier(row.pk, date(2026, 5, 1)) == "tertiary"

    def test_a_new_lead(self, kunshan):
        apply(changed(policy.organisations("kunshan"), "high_tech_zone_area", led_by=("second_hospital",)))
        area = api.by_key("kunshan", "high_tech_zone_area", date(2026, 5, 1))
        assert area.led_by == (Organisation.objects.get(key="second_hospital").pk,)
        assert api.by_key("kunshan", "high_tech_zone_area", date(2026, 4, 30)).led_by == ()

    def test_no_longer_named_is_said_and_kept(self, kunshan):
        plan = policy.organisations("kunshan")
        without = replace(plan, organisations=tuple(o for o in plan.organisations if o.key != "xinzhen_centre"))
        assert apply(without).missing == ["xinzhen_centre"]
        row, area = Organisation.objects.get(key="xinzhen_centre"), Organisation.objects.get(key="tcm_hospital_area")
        assert row.pk in under(area.pk, date(2026, 6, 1))

    def test_an_alliance_gains_and_loses_members_by_date(self, kunshan):
        plan = policy.organisations("kunshan")
        alliances = tuple(
            replace(a, members=("second_hospital", "third_hospital", "bailu_centre", "huaqiao_centre"))
            if a.key == "high_tech_zone_alliance"
            else a
            for a in plan.alliances
        )
        assert apply(replace(plan, alliances=alliances)).changed == ["high_tech_zone_alliance"]

        def members(on):
            rows = AllianceMember.objects.filter(holds_on(on), alliance__key="high_tech_zone_alliance")
            return {m.organisation.key for m in rows.select_related("organisation")}

        assert members(date(2026, 4, 30)) == {
            "second_hospital",
            "third_hospital",
            "bailu_centre",
            "tinglin_centre",
            "jiangpu_centre",
        }
        assert members(date(2026, 5, 1)) == {"second_hospital", "third_hospital", "bailu_centre", "huaqiao_centre"}
