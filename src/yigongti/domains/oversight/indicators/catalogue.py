"""The measures, one reading down: what is counted, of it what, in which unit, from which feeds, to which target.

Care pattern: the plans' targets, and Xuchang 三（八） on what county hospitals admit. Referrals: Xuchang 三（八）,
Lincang 三（四）3, Wuhua 六（五）11–12; 牵头医院下转患者占比 is of the 2024 monitoring indicators. Appointments: Kunshan
二（四）1.
"""

import ibis
import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators import policy
from yigongti.domains.oversight.indicators.measures import (
    CASES,
    COUNT,
    FEN,
    MEAN,
    MINUTES,
    PLACES,
    VISITS,
    Feed,
    Measure,
    Text,
    Theme,
)
from yigongti.domains.oversight.indicators.rules import Rules

GRASSROOTS = ("primary", "village")
HOSPITALS = ("secondary", "tertiary")

REPORTED = ("claims", "encounters")
"""Datasets that come with reports, and say by themselves how far the reports go."""


def _inside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.inside_county


def _outside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ~t.inside_county


def _grassroots(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(GRASSROOTS)


def _hospitals(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(HOSPITALS)


# -- 就医格局 ------------------------------------------------------------------------------------------------

VISITED: dict[str, Text] = {
    "home": _("辖区管理机构"),
    "disease_group": _("病种"),
    "institution": _("就诊机构"),
    "setting": _("就诊类别"),
}

IN_COUNTY_VISITS = Measure(
    name="in_county_visit_rate",
    theme=Theme.CARE,
    label=_("县域内就诊率"),
    meaning=_("参保居民的就诊中，在县域内就诊的占多少。"),
    numerator=_("在县域内的就诊人次"),
    denominator=_("参保居民全部就诊人次"),
    dataset="claims",
    counted=lambda t, rules: t.setting.isin(rules.visit_settings),
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内就诊结算数据"), _("县域内就诊结算数据很少"), _inside),
        Feed("outside", _("没有县域外就诊结算数据"), _("县域外就诊结算数据很少"), _outside),
    ),
    target=policy.IN_COUNTY_VISIT_TARGET,
    home="managing_id",
    breakdowns=VISITED,
    unit=VISITS,
)
IN_COUNTY_ADMISSIONS = Measure(
    name="in_county_admission_rate",
    theme=Theme.CARE,
    label=_("县域内住院率"),
    meaning=_("参保居民的住院中，在县域内住院的占多少。"),
    numerator=_("在县域内的住院人次"),
    denominator=_("参保居民全部住院人次"),
    dataset="claims",
    counted=lambda t, rules: t.setting == "inpatient",
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内住院结算数据"), _("县域内住院结算数据很少"), _inside),
        Feed("outside", _("没有县域外住院结算数据"), _("县域外住院结算数据很少"), _outside),
    ),
    target=policy.IN_COUNTY_ADMISSION_TARGET,
    home="managing_id",
    breakdowns=VISITED,
    unit=VISITS,
)
GRASSROOTS_VISITS = Measure(
    name="grassroots_visit_share",
    theme=Theme.CARE,
    label=_("基层诊疗量占比"),
    meaning=_("县域内各机构的诊疗人次中，基层机构完成的占多少。"),
    numerator=_("基层机构诊疗人次"),
    denominator=_("县域内全部诊疗人次"),
    dataset="encounters",
    counted=lambda t, rules: t.setting.isin(rules.visit_settings) & t.tier.isin(GRASSROOTS + HOSPITALS),
    of_which=_grassroots,
    feeds=(
        Feed("grassroots", _("没有基层机构就诊数据"), _("基层机构就诊数据很少"), _grassroots),
        Feed("hospitals", _("没有医院就诊数据"), _("医院就诊数据很少"), _hospitals),
    ),
    target=policy.GRASSROOTS_TARGET,
    home="institution_id",
    breakdowns=VISITED,
    unit=VISITS,
)
FUND_IN_COUNTY = Measure(
    name="fund_share_in_county",
    theme=Theme.CARE,
    label=_("医保基金县域内支出占比（不含药店）"),
    meaning=_("医保基金为参保居民支付的费用中，付给县域内医疗机构的占多少；药店不计入。"),
    numerator=_("付给县域内医疗机构的基金"),
    denominator=_("医保基金支付总额（不含药店）"),
    dataset="claims",
    counted=lambda t, rules: t.setting != "pharmacy",
    of_which=_inside,
    feeds=(
        Feed("inside", _("没有县域内结算数据"), _("县域内结算数据很少"), _inside),
        Feed("outside", _("没有县域外结算数据"), _("县域外结算数据很少"), _outside),
    ),
    target=policy.FUND_SHARE_TARGET,
    home="managing_id",
    breakdowns=VISITED,
    numerator_of="fund_fen",
    denominator_of="fund_fen",
    unit=FEN,
)


def _treatable_at_primary(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ibis.or_(*(t.category.between(first, last) for first, last in rules.treatable_at_primary))


TREATABLE_BELOW = Measure(
    name="hospital_admissions_treatable_below",
    theme=Theme.CARE,
    label=_("县级医院收治基层可治病种占比"),
    meaning=_("县级医院的住院中，主要诊断属于病种收治目录里乡镇卫生院、社区卫生服务中心能收治的占多少。"),
    numerator=_("基层能够收治的住院"),
    denominator=_("县级医院全部住院"),
    dataset="encounters",
    counted=lambda t, rules: (t.setting == "inpatient") & _hospitals(t, rules),
    of_which=_treatable_at_primary,
    feeds=(Feed("hospitals", _("没有县级医院住院数据"), _("县级医院住院数据很少"), _hospitals),),
    home="institution_id",
    breakdowns={"home": _("收治医院"), "disease_group": _("病种"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    lower_is_better=True,
    gap_label=_("其他住院"),
)

# -- 转诊协同 ------------------------------------------------------------------------------------------------

REFERRED: dict[str, Text] = {
    "home": _("转出机构"),
    "institution": _("转入机构"),
    "disease_group": _("病种"),
    "urgent": _("缓急"),
    "reach": _("转诊范围"),
}


def _stands(t: ir.Table) -> ir.BooleanValue:
    """Not taken back, and not sent on as another referral, which counts itself."""
    return ~t.state.isin(("withdrawn", "redirected"))


def _up(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return (t.direction == "up") & _stands(t)


def _down(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ((t.direction == "down") | t.returned) & _stands(t)


REFERRALS_UP = Measure(
    name="referrals_up",
    theme=Theme.REFERRALS,
    label=_("上转例数"),
    meaning=_("发出的上转，按发出日期计；撤回的不算，改转其他机构的只算一次。"),
    numerator=_("上转例数"),
    dataset="referrals",
    counted=_up,
    kind=COUNT,
    home="source_id",
    breakdowns=REFERRED,
    unit=CASES,
    value_unit=CASES,
)
REFERRALS_DOWN = Measure(
    name="referrals_down",
    theme=Theme.REFERRALS,
    label=_("下转例数"),
    meaning=_(
        "发出的下转，加上接收方已诊治、带着后续治疗方案转回的上转和平转；按转诊发出日期计，撤回的不算，改转其他机构的只算一次。"
    ),
    numerator=_("下转例数"),
    dataset="referrals",
    counted=_down,
    kind=COUNT,
    home="source_id",
    breakdowns={**REFERRED, "direction": _("原来的方向")},
    unit=CASES,
    value_unit=CASES,
)
SENT_DOWN = Measure(
    name="lead_hospital_sent_down_share",
    theme=Theme.REFERRALS,
    label=_("牵头医院下转患者占比"),
    meaning=_("牵头医院的出院患者中，转到下级机构继续治疗的占多少；按入院日期计，还没有出院的不算。"),
    numerator=_("下转的出院患者"),
    denominator=_("牵头医院出院患者"),
    dataset="discharges",
    counted=lambda t, rules: t.institution_id.isin(rules.lead_hospitals),
    of_which=lambda t, rules: t.sent_down,
    feeds=(
        Feed(
            "discharges",
            _("没有牵头医院出院数据"),
            _("牵头医院出院数据很少"),
            lambda t, rules: t.institution_id.isin(rules.lead_hospitals),
        ),
    ),
    home="institution_id",
    breakdowns={"home": _("牵头医院"), "disease_group": _("病种"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    gap_label=_("没有下转的"),
)
TIME_TO_ANSWER = Measure(
    name="referral_time_to_answer",
    theme=Theme.REFERRALS,
    label=_("转诊答复用时"),
    meaning=_(
        "从转诊发出到接收方第一次答复（接收或不接收）平均用多少分钟；按发出日期计，还没有答复的和转往县域外的不算。"
    ),
    numerator=_("答复用时合计"),
    denominator=_("已答复的转诊"),
    dataset="referrals",
    counted=lambda t, rules: t.minutes_to_answer.notnull() & (t.reach != "outside"),
    kind=MEAN,
    numerator_of="minutes_to_answer",
    home="institution_id",
    breakdowns={
        "home": _("答复机构"),
        "origin": _("转出机构"),
        "urgent": _("缓急"),
        "direction": _("方向"),
        "disease_group": _("病种"),
    },
    unit=CASES,
    value_unit=MINUTES,
    lower_is_better=True,
)
FOLLOWED_UP = Measure(
    name="urgent_referral_followed_up",
    theme=Theme.REFERRALS,
    label=_("紧急转诊两周内随访率"),
    meaning=_(
        "紧急转诊后，应随访的患者中，在期限内（一般为转诊后 14 天）完成随访的占多少；按期限日计，期限还没有过的不算。"
    ),
    numerator=_("在期限内完成的随访"),
    denominator=_("期限已过的随访"),
    dataset="follow_ups",
    counted=lambda t, rules: (t.reason == "urgent") & (t.happened_on < rules.today),
    of_which=lambda t, rules: t.in_time,
    home="institution_id",
    breakdowns={"home": _("随访机构"), "origin": _("转诊机构"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    gap_label=_("没有按期完成的"),
)

# -- 预约诊疗 ------------------------------------------------------------------------------------------------

EARLY_USE = Measure(
    name="early_release_use",
    theme=Theme.APPOINTMENTS,
    label=_("提前号源使用率"),
    meaning=_("向家庭医生提前开放的号源中，由家庭医生为居民约上的占多少；按出诊日期计，还没有到的日期不算。"),
    numerator=_("家庭医生约上的号源"),
    denominator=_("提前开放的号源"),
    dataset="early_places",
    counted=lambda t, rules: t.happened_on < rules.today,
    of_which=lambda t, rules: t.used > 0,
    rest=lambda t, rules: t.used < t.places,
    numerator_of="used",
    denominator_of="places",
    home="institution_id",
    breakdowns={"home": _("出诊机构"), "department": _("科室"), "expert": _("专家号")},
    unit=PLACES,
    gap_label=_("没有用上的"),
)
NO_SHOW = Measure(
    name="no_show_rate",
    theme=Theme.APPOINTMENTS,
    label=_("预约爽约率"),
    meaning=_("约好的就诊中，没有来也没有提前取消的占多少；取消的、停诊的、还没有到的不算。"),
    numerator=_("爽约"),
    denominator=_("到诊和爽约"),
    dataset="appointments",
    counted=lambda t, rules: t.state.isin(("done", "checked_in", "no_show")),
    of_which=lambda t, rules: t.no_show,
    home="institution_id",
    breakdowns={
        "home": _("就诊机构"),
        "department": _("科室"),
        "origin": _("预约机构"),
        "pool": _("号源"),
        "referred": _("是否转诊"),
    },
    unit=VISITS,
    lower_is_better=True,
    gap_label=_("到诊的"),
)

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        IN_COUNTY_VISITS,
        IN_COUNTY_ADMISSIONS,
        GRASSROOTS_VISITS,
        FUND_IN_COUNTY,
        TREATABLE_BELOW,
        REFERRALS_UP,
        REFERRALS_DOWN,
        SENT_DOWN,
        TIME_TO_ANSWER,
        FOLLOWED_UP,
        EARLY_USE,
        NO_SHOW,
    )
}
