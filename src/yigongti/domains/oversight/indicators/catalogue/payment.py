"""What the insurance pays: items 8–11 of the 2024 monitoring indicators."""

import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.catalogue.conditions import VISITED, grassroots, hospitals, inside, outside
from yigongti.domains.oversight.indicators.measures import CASES, FEN, MEAN, VISITS, WEIGHT, Feed, Measure, Text, Theme
from yigongti.domains.oversight.indicators.rules import Rules


def _paid_in_county(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.inside_county & (t.setting != "pharmacy")


def _stays(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return (t.setting == "inpatient") & ~t.cancelled


def _stays_in_county(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.inside_county & _stays(t, rules)


_STAYS_IN_COUNTY = (Feed("inside", _("没有县域内住院结算数据"), _("县域内住院结算数据很少"), _stays_in_county),)
TREATED: dict[str, Text] = {
    "institution": _("就诊机构"),
    "home": _("辖区管理机构"),
    "disease_group": _("病种"),
}

GRASSROOTS_FUND = Measure(
    name="grassroots_fund_share",
    theme=Theme.PAYMENT,
    label=_("县域内基层医保基金支出占比（不含药店）"),
    meaning=_("医保基金付给县域内医疗机构的费用中，付给基层机构（乡镇、社区、村）的占多少；药店不计入。"),
    numerator=_("付给基层机构的基金"),
    denominator=_("付给县域内医疗机构的基金"),
    dataset="claims",
    counted=_paid_in_county,
    of_which=grassroots,
    feeds=(
        Feed("grassroots", _("没有基层机构结算数据"), _("基层机构结算数据很少"), grassroots),
        Feed("hospitals", _("没有医院结算数据"), _("医院结算数据很少"), hospitals),
    ),
    home="managing_id",
    breakdowns=VISITED,
    numerator_of="fund_fen",
    denominator_of="fund_fen",
    unit=FEN,
)
INPATIENT_COST = Measure(
    name="inpatient_cost_in_county",
    theme=Theme.PAYMENT,
    label=_("县域内住院次均费用"),
    meaning=_("参保居民在县域内住院，平均每次花费多少元（总费用，含个人支付）；看它比上年同期增长多少。"),
    numerator=_("住院总费用"),
    denominator=_("县域内住院人次"),
    dataset="claims",
    counted=_stays_in_county,
    kind=MEAN,
    numerator_of="total_fen",
    denominator_of="visits",
    feeds=_STAYS_IN_COUNTY,
    home="managing_id",
    breakdowns=TREATED,
    unit=VISITS,
    value_unit=FEN,
    lower_is_better=True,
    growth=True,
)
REIMBURSED = Measure(
    name="inpatient_reimbursement_rate",
    theme=Theme.PAYMENT,
    label=_("住院实际报销比"),
    meaning=_("参保居民住院的总费用中，统筹基金实际支付的占多少；大病保险、医疗救助等另外支付的不算在内。"),
    numerator=_("统筹基金支付"),
    denominator=_("住院总费用"),
    dataset="claims",
    counted=_stays,
    numerator_of="fund_fen",
    denominator_of="total_fen",
    feeds=(
        *_STAYS_IN_COUNTY,
        Feed(
            "outside",
            _("没有县域外住院结算数据"),
            _("县域外住院结算数据很少"),
            lambda t, rules: outside(t, rules) & _stays(t, rules),
        ),
    ),
    home="managing_id",
    breakdowns=TREATED,
    unit=FEN,
    gap_label=_("没有由统筹基金支付的"),
)

CASE_MIX = Measure(
    name="case_mix_index",
    theme=Theme.PAYMENT,
    label=_("病例组合指数（CMI）"),
    meaning=_("县域内住院已入组的病例，平均每例的病组权重；越高说明收治的病例越复杂。按结算日期计，没有入组的不算。"),
    numerator=_("总权重"),
    denominator=_("入组病例"),
    dataset="drg_cases",
    counted=lambda t, rules: inside(t, rules) & (t.status == "grouped"),
    kind=MEAN,
    numerator_of="weight_e4",
    feeds=(Feed("cases", _("没有入组的住院病例"), _("入组的住院病例很少"), inside),),
    home="institution_id",
    breakdowns={
        "home": _("收治机构"),
        "department": _("科室"),
        "disease_group": _("病种"),
        "manager": _("居民辖区管理机构"),
    },
    unit=CASES,
    value_unit=WEIGHT,
)
