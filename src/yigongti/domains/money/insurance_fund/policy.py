"""The parameters of the fund's year. A ``choice`` that picks a formula names a function of ``formulas``.

Values are read once, for the first day of the fund's year, and frozen with the agreement (``rules.py``).
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import Parameter, choice, parameter, several

SET_ASIDE = {
    "risk_adjustment": _("风险调剂金"),
    "quality_deposit": _("质量保证金"),
    "critical_illness": _("大病保险资金"),
}
RATE_OR_HEAD = {"share_of_pool": _("按筹资总额的比例"), "per_head": _("按参保人数定额")}
POOLS = {
    "resident_pooled_funds_current_year": _("县域内城乡居民基本医保当年筹资总额"),
    "given_amount": _("按医保部门下达的金额"),
}

# -- who, and out of what ---------------------------------------------------------------------------------------
HOLDER = parameter(
    "insurance_fund.budget.holder",
    _("预算下达到哪一级"),
    kind=choice(consortium=_("医共体"), management_area=_("管理片区")),
)
MEMBERSHIP = parameter(
    "insurance_fund.budget.membership",
    _("居民和机构归属按哪一天的隶属关系"),
    kind=choice(on_the_day=_("费用发生当日"), at_year_end=_("年末（组建当年）")),
)
BASE = parameter("insurance_fund.budget.base", _("医保总额预算的基数"), kind=choice(**POOLS))
BASE_EMPLOYEES = parameter("insurance_fund.budget.base_employees", _("职工医保总额预算的基数"), kind=choice(**POOLS))
DEDUCTIONS = parameter("insurance_fund.budget.deductions", _("预算前预留的资金"), kind=several(**SET_ASIDE))
RISK_BY = parameter("insurance_fund.risk_adjustment.by", _("风险调剂金怎样计提"), kind=choice(**RATE_OR_HEAD))
RISK_RATE = parameter("insurance_fund.risk_adjustment.rate", _("风险调剂金比例"), kind=Decimal, unit="%")
RISK_HEAD = parameter("insurance_fund.risk_adjustment.per_head", _("风险调剂金人均"), kind=Decimal, unit="yuan")
DEPOSIT_BY = parameter("insurance_fund.quality_deposit.by", _("质量保证金怎样计提"), kind=choice(**RATE_OR_HEAD))
DEPOSIT_RATE = parameter("insurance_fund.quality_deposit.rate", _("质量保证金比例"), kind=Decimal, unit="%")
DEPOSIT_HEAD = parameter("insurance_fund.quality_deposit.per_head", _("质量保证金人均"), kind=Decimal, unit="yuan")
ILLNESS_BY = parameter("insurance_fund.critical_illness.by", _("大病保险资金怎样计提"), kind=choice(**RATE_OR_HEAD))
ILLNESS_RATE = parameter("insurance_fund.critical_illness.rate", _("大病保险资金比例"), kind=Decimal, unit="%")
ILLNESS_HEAD = parameter("insurance_fund.critical_illness.per_head", _("大病保险资金人均"), kind=Decimal, unit="yuan")

# -- each holder's share ----------------------------------------------------------------------------------------
ALLOCATION = parameter(
    "insurance_fund.budget.allocation",
    _("年度预分额度的公式"),
    kind=choice(
        persons_and_history=_("参保人数与往年情况加权"),
        persons_alone=_("只按参保人数（人头总额）"),
        history_alone=_("只按往年情况"),
    ),
)
PERSONS_WEIGHT = parameter("insurance_fund.budget.persons_weight", _("参保人数所占权重 α（0–1）"), kind=Decimal)
SERVICES_WEIGHT = parameter(
    "insurance_fund.budget.services_weight", _("往年情况中服务量所占权重（0–1），其余为基金支付"), kind=Decimal
)
HISTORY_MINIMUM = parameter(
    "insurance_fund.budget.history_years.minimum", _("参考的以往年数最少"), kind=int, unit="years"
)
HISTORY_MAXIMUM = parameter(
    "insurance_fund.budget.history_years.maximum", _("参考的以往年数最多"), kind=int, unit="years"
)
HISTORY_WEIGHTS = tuple(
    parameter(f"insurance_fund.budget.history_weight.{nth}", label, kind=Decimal)
    for nth, label in (("first", _("上一年的权重")), ("second", _("前两年的权重")), ("third", _("前三年的权重")))
)
FLOOR = parameter("insurance_fund.budget.floor", _("额度不低于上年的"), kind=Decimal, unit="%")
CAP = parameter("insurance_fund.budget.cap", _("额度不高于上年的"), kind=Decimal, unit="%")
GROWTH_CAP = parameter("insurance_fund.budget.growth_cap", _("预算总额比上年最多增长"), kind=Decimal, unit="%")
COVERS = parameter(
    "insurance_fund.budget.covers",
    _("年度预分额度包含的费用"),
    kind=choice(
        all_payable_wherever_treated=_("覆盖参保居民当年发生的所有医保应支费用（不论在何处就医）"),
        without_pharmacies=_("不含零售药店"),
        inside_county_only=_("只含县域内"),
    ),
)

# -- in the year ------------------------------------------------------------------------------------------------
PREPAYMENT = parameter(
    "insurance_fund.prepayment.formula",
    _("按月预付的公式"),
    kind=choice(equal_months=_("每月相等，余数在最后一个月"), by_days=_("按当月天数")),
)
PREPAYMENT_RATIO = parameter("insurance_fund.prepayment.ratio", _("预付比例"), kind=Decimal, unit="%")
PAYEE = parameter(
    "insurance_fund.prepayment.payee",
    _("按月预付付给谁"),
    kind=choice(lead_institution=_("牵头医疗机构"), each_member=_("各成员单位")),
)
QUARTERLY = parameter(
    "insurance_fund.assessment.quarterly",
    _("季度评估结果怎样用于预付"),
    kind=choice(record_only=_("只记录"), hold_when_low=_("低于规定分数时暂扣下一季度预付")),
)
HOLD_BELOW = parameter("insurance_fund.assessment.hold_below", _("低于多少分暂扣预付"), kind=Decimal, unit="points")
HOLD_SHARE = parameter("insurance_fund.assessment.hold_share", _("暂扣比例"), kind=Decimal, unit="%")
FORECAST_OVER = parameter(
    "insurance_fund.warning.forecast_over", _("全年预计超过预算多少时预警"), kind=Decimal, unit="%"
)

# -- the end of the year ----------------------------------------------------------------------------------------
COUNTED_BY = parameter(
    "insurance_fund.clearing.counted_by",
    _("费用归入哪一年"),
    kind=choice(settled_in_year=_("按结算日期"), service_ended_in_year=_("按治疗结束日期，并在截止日前结算")),
)
CUT_OFF_DAYS = parameter(
    "insurance_fund.clearing.cut_off_days", _("年末后多少天内结算的仍算上年"), kind=int, unit="days"
)
ELSEWHERE = parameter(
    "insurance_fund.settlement.elsewhere_paid_by",
    _("参保居民在其他医共体、医药机构和县域外的费用由谁结算"),
    kind=choice(lead_institution=_("牵头医疗机构"), insurance_body=_("医保经办机构")),
)
SURPLUS = parameter(
    "insurance_fund.surplus.rule",
    _("医保基金结余的处理"),
    kind=choice(
        kept=_("结余留用"),
        kept_subject_to_assessment=_("按考核得分留用"),
        shared_in_band=_("在约定区间内分享"),
    ),
)
OVERSPEND = parameter(
    "insurance_fund.overspend.rule",
    _("医保基金超支的处理"),
    kind=choice(
        not_compensated=_("超支不补"),
        reasonable_part_shared=_("合理超支分担"),
        shared_in_band=_("在约定区间内分担"),
    ),
)
REASONABLE = parameter(
    "insurance_fund.overspend.reasonable",
    _("怎样算合理超支"),
    kind=choice(within_limit=_("不超过预算一定比例的部分"), assessed_amount=_("经评估认定的金额")),
)
REASONABLE_LIMIT = parameter(
    "insurance_fund.overspend.reasonable_limit", _("合理超支不超过预算的"), kind=Decimal, unit="%"
)
OVERSPEND_FUND_SHARE = parameter(
    "insurance_fund.overspend.fund_share", _("合理超支由基金分担的比例"), kind=Decimal, unit="%"
)
BAND_LOWER = parameter("insurance_fund.band.lower", _("约定区间下限（占预算）"), kind=Decimal, unit="%")
BAND_UPPER = parameter("insurance_fund.band.upper", _("约定区间上限（占预算）"), kind=Decimal, unit="%")
BAND_KEPT = parameter("insurance_fund.band.kept_share", _("区间内结余留用比例"), kind=Decimal, unit="%")
BAND_FUND = parameter("insurance_fund.band.fund_share", _("区间内超支由基金分担的比例"), kind=Decimal, unit="%")
DEPOSIT_RULE = parameter(
    "insurance_fund.deposit.rule",
    _("质量保证金返还公式"),
    kind=choice(by_bands=_("按得分分档返还"), in_proportion=_("按得分比例返还")),
)
DEPOSIT_FULL = parameter("insurance_fund.deposit.full_from", _("多少分以上全额返还或留用"), kind=Decimal, unit="points")
DEPOSIT_NONE = parameter(
    "insurance_fund.deposit.none_below", _("低于多少分不返还、不留用"), kind=Decimal, unit="points"
)

# -- among members ----------------------------------------------------------------------------------------------
DISTRIBUTION = parameter(
    "insurance_fund.distribution.rule",
    _("结余在成员单位间的分配公式"),
    kind=choice(
        tier_ratio=_("按县、乡、村固定比例"),
        service_volume=_("按服务量"),
        assessment_points=_("按考核得分"),
        grassroots_first=_("先提基层份额，其余按服务量"),
    ),
)
WITHIN_TIER = parameter(
    "insurance_fund.distribution.within_tier",
    _("同一级机构之间怎样分"),
    kind=choice(by_service=_("按服务量"), by_points=_("按考核得分"), equally=_("平均")),
)
RATIO_COUNTY = parameter("insurance_fund.distribution.county", _("县级份额"), kind=Decimal)
RATIO_TOWN = parameter("insurance_fund.distribution.town", _("乡级份额"), kind=Decimal)
RATIO_VILLAGE = parameter("insurance_fund.distribution.village", _("村级份额"), kind=Decimal)
GRASSROOTS_SHARE = parameter(
    "insurance_fund.distribution.grassroots_share", _("基层先分的比例"), kind=Decimal, unit="%"
)

ALL: tuple[Parameter[Any], ...] = tuple(  # in the order of this page
    value
    for found in list(globals().values())
    for value in (found if isinstance(found, tuple) else (found,))
    if isinstance(value, Parameter)
)
