"""What a place fixes about payment by group: scheme, rates, coefficients, outliers, cases without a group."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import choice, parameter, several

SCHEME = parameter("drg.scheme", _("采用的分组方案（版本）"), kind=str)
PAYS = parameter(
    "drg.pays",
    _("基金支付怎样计算"),
    kind=choice(
        standard_less_patient=_("支付标准减去个人负担（费率含个人部分）"),
        standard_alone=_("支付标准即基金支付（费率只含基金部分）"),
    ),
)
RATE_RESIDENTS = parameter("drg.base_rate.residents", _("居民医保费率（每1权重）"), kind=Decimal, unit="yuan")
RATE_EMPLOYEES = parameter("drg.base_rate.employees", _("职工医保费率（每1权重）"), kind=Decimal, unit="yuan")
COEFFICIENTS = {
    "tertiary": parameter("drg.coefficient.tertiary", _("三级机构系数"), kind=Decimal),
    "secondary": parameter("drg.coefficient.secondary", _("二级机构系数"), kind=Decimal),
    "primary": parameter("drg.coefficient.primary", _("一级和基层机构系数"), kind=Decimal),
}
COEFFICIENT_RULE = parameter(
    "drg.coefficient.rule",
    _("机构系数怎样确定"),
    kind=choice(by_level=_("按机构级别"), by_level_and_cmi=_("按机构级别，再按上年病例组合指数调整")),
)
CMI_WIDTH = parameter("drg.coefficient.cmi_width", _("病例组合指数每偏离同级平均多少调整一次"), kind=Decimal, unit="%")
CMI_STEP = parameter("drg.coefficient.cmi_step", _("每次调整的机构系数"), kind=Decimal)
CMI_MOST = parameter("drg.coefficient.cmi_most", _("机构系数最多上下调整多少"), kind=Decimal)
CMI_LEAST = parameter(
    "drg.coefficient.cmi_least_cases", _("上年入组病例不足多少例不调整机构系数"), kind=int, unit="pieces"
)
LOW_RATIO = parameter("drg.low.ratio", _("费用低于支付标准的几倍算低倍率"), kind=Decimal)
HIGH_RULE = parameter(
    "drg.high.rule",
    _("高倍率按什么界定"),
    kind=choice(one_ratio=_("统一倍数"), ratio_by_weight=_("按权重分段的倍数")),
)
HIGH_RATIO = parameter("drg.high.ratio", _("统一的高倍率界限（倍）"), kind=Decimal)
HIGH_TO_ONE = parameter("drg.high.ratio_weight_to_1", _("权重不超过1的高倍率界限（倍）"), kind=Decimal)
HIGH_TO_TWO = parameter("drg.high.ratio_weight_to_2", _("权重1至2的高倍率界限（倍）"), kind=Decimal)
HIGH_ABOVE = parameter("drg.high.ratio_weight_above_2", _("权重大于2的高倍率界限（倍）"), kind=Decimal)
HIGH_SHARE = parameter("drg.high.share", _("超出高倍率界限的部分支付的比例"), kind=Decimal, unit="%")
BY_ITEM_DAYS = parameter("drg.by_item.above_days", _("住院超过几天按项目支付"), kind=int, unit="days")
BED_DAY_MDCS = parameter("drg.bed_day.mdcs", _("按床日支付的MDC（用、隔开）"), kind=str)
BED_DAY_FROM = parameter("drg.bed_day.from_days", _("住院满几天起按床日支付"), kind=int, unit="days")
BED_DAY_RATE = parameter("drg.bed_day.rate", _("床日支付标准（每天）"), kind=Decimal, unit="yuan")
NO_GROUP_AMBIGUOUS = parameter(
    "drg.ambiguous.pays",
    _("歧义病例怎样支付"),
    kind=choice(nothing=_("更正前不支付"), discounted=_("按实际费用打折支付")),
)
NO_GROUP_UNGROUPABLE = parameter(
    "drg.ungroupable.pays",
    _("未入组病例怎样支付"),
    kind=choice(nothing=_("更正前不支付"), discounted=_("按实际费用打折支付")),
)
NO_GROUP_SHARE = parameter("drg.without_group.share", _("没有入组的病例按实际费用的比例"), kind=Decimal, unit="%")
SPECIAL_MOST = parameter("drg.special.most", _("特例单议最多占出院病例的比例"), kind=Decimal, unit="%")
SPECIAL_REASONS = parameter(
    "drg.special.reasons",
    _("可以申请特例单议的理由"),
    kind=several(
        high_cost=_("费用极高"),
        long_stay=_("住院时间长"),
        complex=_("复杂危重或多学科联合诊疗"),
        new_technology=_("使用新药、新耗材或新技术"),
    ),
)
SPECIAL_LONG_DAYS = parameter("drg.special.long_days", _("住院满几天可以住院时间长申请特例单议"), kind=int, unit="days")
SPECIAL_WITHIN = parameter("drg.special.within_days", _("结算后几天内可以申请特例单议"), kind=int, unit="days")
READMISSION_RULE = parameter(
    "drg.readmission.rule",
    _("短期内因同一病组再次住院怎样支付"),
    kind=choice(
        none=_("分别支付"),
        second_unpaid=_("再次住院不另支付"),
        merged=_("合并为一次，按权重高的一次支付"),
    ),
)
READMISSION_DAYS = parameter("drg.readmission.days", _("出院后几天内再次住院算短期再入院"), kind=int, unit="days")
READMISSION_SAME = parameter(
    "drg.readmission.same",
    _("短期再入院以什么相同为准"),
    kind=choice(drg=_("病组（DRG）相同"), adrg=_("核心组（ADRG）相同")),
)
READMISSION_PLANNED = parameter(
    "drg.readmission.planned", _("按计划再次住院的主要诊断，不合并（编码开头，用、隔开）"), kind=str
)
LOW_RISK_RULE = parameter(
    "drg.low_risk.rule",
    _("低风险组怎样界定"),
    kind=choice(named=_("分组方案指定"), by_mortality=_("按病死率的对数（均值减一个标准差）")),
)
