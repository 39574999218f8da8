"""Where people are treated: the plans' targets, and Xuchang 三（八） on what county hospitals admit."""

import ibis
import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators import policy
from yigongti.domains.oversight.indicators.catalogue.conditions import (
    GRASSROOTS,
    HOSPITALS,
    VISITED,
    grassroots,
    hospitals,
    inside,
    outside,
    stands,
)
from yigongti.domains.oversight.indicators.measures import CASES, FEN, VISITS, Feed, Measure, Theme
from yigongti.domains.oversight.indicators.rules import Rules

IN_COUNTY_VISITS = Measure(
    name="in_county_visit_rate",
    theme=Theme.CARE,
    label=_("县域内就诊率"),
    meaning=_("参保居民的就诊中，在县域内就诊的占多少。"),
    numerator=_("在县域内的就诊人次"),
    denominator=_("参保居民全部就诊人次"),
    dataset="claims",
    counted=lambda t, rules: t.setting.isin(rules.visit_settings) & stands(t),
    of_which=inside,
    feeds=(
        Feed("inside", _("没有县域内就诊结算数据"), _("县域内就诊结算数据很少"), inside),
        Feed("outside", _("没有县域外就诊结算数据"), _("县域外就诊结算数据很少"), outside),
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
    counted=lambda t, rules: (t.setting == "inpatient") & stands(t),
    of_which=inside,
    feeds=(
        Feed("inside", _("没有县域内住院结算数据"), _("县域内住院结算数据很少"), inside),
        Feed("outside", _("没有县域外住院结算数据"), _("县域外住院结算数据很少"), outside),
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
    of_which=grassroots,
    feeds=(
        Feed("grassroots", _("没有基层机构就诊数据"), _("基层机构就诊数据很少"), grassroots),
        Feed("hospitals", _("没有医院就诊数据"), _("医院就诊数据很少"), hospitals),
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
    of_which=inside,
    feeds=(
        Feed("inside", _("没有县域内结算数据"), _("县域内结算数据很少"), inside),
        Feed("outside", _("没有县域外结算数据"), _("县域外结算数据很少"), outside),
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
    counted=lambda t, rules: (t.setting == "inpatient") & hospitals(t, rules),
    of_which=_treatable_at_primary,
    feeds=(Feed("hospitals", _("没有县级医院住院数据"), _("县级医院住院数据很少"), hospitals),),
    home="institution_id",
    breakdowns={"home": _("收治医院"), "disease_group": _("病种"), "manager": _("居民辖区管理机构")},
    unit=CASES,
    lower_is_better=True,
    gap_label=_("其他住院"),
)
