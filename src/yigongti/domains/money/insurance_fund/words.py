"""What lines, formulas and inputs are called, by their names: a frozen year is read in any language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.statement import Line
from yigongti.kernel.money import yuan

Words = str | Promise

LINES: Mapping[str, Words] = {
    "pool": gettext_lazy("筹资总额"),
    "risk_adjustment": gettext_lazy("风险调剂金"),
    "quality_deposit": gettext_lazy("质量保证金"),
    "critical_illness": gettext_lazy("大病保险资金"),
    "available": gettext_lazy("可分配总额"),
    "shared": gettext_lazy("下达预算总额"),
    "undistributed": gettext_lazy("未下达，留在基金"),
    "budget": gettext_lazy("年度预算"),
    "deposit": gettext_lazy("应分担的质量保证金"),
    "prepayment": gettext_lazy("月预付"),
    "prepaid": gettext_lazy("全年预付"),
    "paid_out": gettext_lazy("实际拨付的预付金"),
    "claims": gettext_lazy("基金支付合计"),
    "beyond_budgets": gettext_lazy("不由预算承担的支付"),
    "unassigned": gettext_lazy("不属于任何预算单位的支付"),
    "adjustment": gettext_lazy("额度调整"),
    "settle": gettext_lazy("清算额度"),
    "use_own": gettext_lazy("本单位内就医"),
    "use_other_holder": gettext_lazy("其他预算单位就医"),
    "use_outside": gettext_lazy("县域外就医"),
    "use_other_inside": gettext_lazy("县域内其他机构"),
    "use_pharmacy": gettext_lazy("零售药店"),
    "use": gettext_lazy("实际支出"),
    "corrections": gettext_lazy("其中：更正"),
    "delta": gettext_lazy("结余（负数为超支）"),
    "surplus_kept": gettext_lazy("留用的结余"),
    "surplus_returned": gettext_lazy("结余上交基金"),
    "overspend_fund": gettext_lazy("基金分担的超支"),
    "overspend_borne": gettext_lazy("自行承担的超支"),
    "deposit_returned": gettext_lazy("返还的质量保证金"),
    "deposit_forfeited": gettext_lazy("不予返还的质量保证金"),
    "owes": gettext_lazy("在对方就医的费用"),
    "net_owes": gettext_lazy("轧差后应付"),
    "position": gettext_lazy("跨单位结算净额（正数为应收）"),
    "entitled": gettext_lazy("应得总额"),
    "balance": gettext_lazy("清算应付（负数为应退）"),
    "member_paid": gettext_lazy("基金支付给该成员"),
    "distribution": gettext_lazy("分得的结余"),
    "bears": gettext_lazy("分担的超支"),
    "reimbursed_inside": gettext_lazy("县域内就医报销"),
    "reimbursed_referred": gettext_lazy("县域外就医报销（有转诊证明）"),
    "reimbursed_unreferred": gettext_lazy("县域外就医报销（无转诊证明）"),
    "reimbursed_exempt": gettext_lazy("县域外就医报销（不需转诊）"),
    "had_referral": gettext_lazy("假如都办了转诊，基金应付"),
    "referral_missed": gettext_lazy("因未转诊少报销"),
}

FORMULAS: Mapping[str, Words] = {
    "persons_times_contribution": gettext_lazy("参保人数 ×（个人缴费 + 财政补助）"),
    "as_given": gettext_lazy("医保部门下达的金额"),
    "share_of_pool": gettext_lazy("筹资总额 × 比例"),
    "per_head": gettext_lazy("参保人数 × 人均标准"),
    "pool_minus_deductions": gettext_lazy("筹资总额 − 各项预留"),
    "total_to_share": gettext_lazy("可分配总额，不超过上年总额 ×（1 + 增长上限）"),
    "available_minus_shared": gettext_lazy("可分配总额 − 下达总额"),
    "persons_and_history": gettext_lazy(
        "总额 × [α × 人数占比 +（1 − α）× 往年占比]，再按上下限和增长调整，合计等于总额"
    ),
    "persons_alone": gettext_lazy("总额 × 人数占比"),
    "history_alone": gettext_lazy("总额 × 往年占比"),
    "in_proportion_to_budget": gettext_lazy("质量保证金按各单位预算分摊"),
    "equal_months": gettext_lazy("预算 × 预付比例 ÷ 12，余数在 12 月"),
    "by_days": gettext_lazy("预算 × 预付比例，按当月天数"),
    "sum_of_months": gettext_lazy("各月之和"),
    "sum_of_payments": gettext_lazy("已拨付各月之和"),
    "sum_of_claims": gettext_lazy("结算单基金支付之和（冲销单为负）"),
    "claims_not_covered": gettext_lazy("规则不计入预算的结算单之和"),
    "claims_without_holder": gettext_lazy("管理机构不在任何预算单位的结算单之和"),
    "manual": gettext_lazy("经批准的调整"),
    "late": gettext_lazy("以前年度清算后到达的结算单"),
    "carried": gettext_lazy("上年超支结转"),
    "budget_and_adjustments": gettext_lazy("年度预算 ± 调整"),
    "sum_of_uses": gettext_lazy("各处就医支出之和"),
    "settle_minus_use": gettext_lazy("清算额度 − 实际支出"),
    "kept": gettext_lazy("结余全部留用"),
    "kept_subject_to_assessment": gettext_lazy("结余 × 得分对应的比例"),
    "shared_in_band": gettext_lazy("约定区间内的部分 × 比例"),
    "rest_to_fund": gettext_lazy("其余归基金"),
    "not_compensated": gettext_lazy("超支不补"),
    "reasonable_part_shared": gettext_lazy("合理超支 × 基金分担比例"),
    "rest_to_holder": gettext_lazy("其余自行承担"),
    "in_proportion": gettext_lazy("保证金 × 得分 ÷ 100"),
    "by_bands": gettext_lazy("按得分分档返还"),
    "net": gettext_lazy("双方应付相抵"),
    "owed_minus_owing": gettext_lazy("应收 − 应付"),
    "use_and_kept": gettext_lazy("实际支出 + 留用的结余"),
    "use_carried_forward": gettext_lazy("实际支出；负担的超支结转，由以后年度的额度扣减"),
    "settle_and_compensated": gettext_lazy("清算额度 + 基金分担的超支"),
    "due_minus_paid": gettext_lazy("应得总额 − 已付"),
    "tier_ratio": gettext_lazy("县、乡、村固定比例，同级再分"),
    "service_volume": gettext_lazy("按服务量"),
    "assessment_points": gettext_lazy("按考核得分"),
    "grassroots_first": gettext_lazy("先提基层份额，其余按服务量"),
    "by_service": gettext_lazy("按服务量"),
    "sum_of_corrections": gettext_lazy("以前年度清算后变更的、核实扣减的结算单，计入本年支出的合计"),
    "with_referral": gettext_lazy("无转诊证明的支付 + 因未转诊少报销的金额"),
    "with_less_without": gettext_lazy("逐单按有转诊时的比例计算，减去实际按无转诊支付的金额"),
    "fund_of_total": gettext_lazy("基金支付；占总费用的比例即实际报销比例"),
}

INPUTS: Mapping[str, Words] = {
    "persons": gettext_lazy("参保人数"), "all_persons": gettext_lazy("全部参保人数"),
    "individual_fen": gettext_lazy("个人缴费"), "subsidy_fen": gettext_lazy("财政补助"),
    "given_fen": gettext_lazy("下达的基金总额"), "pool_fen": gettext_lazy("筹资总额"), "rate": gettext_lazy("比例"),
    "per_head_yuan": gettext_lazy("人均标准（元）"), "available_fen": gettext_lazy("可分配总额"),
    "growth_cap": gettext_lazy("增长上限"),
    "last_total_fen": gettext_lazy("上年总额"), "shared_fen": gettext_lazy("下达总额"),
    "factor": gettext_lazy("风险系数"), "alpha": gettext_lazy("人数权重 α"), "share": gettext_lazy("份额"),
    "history_years": gettext_lazy("参考年数"), "past_payments_fen": gettext_lazy("往年基金支付（加权平均）"),
    "past_services": gettext_lazy("往年服务量（加权平均）"), "growth": gettext_lazy("增长"),
    "last_budget_fen": gettext_lazy("上年额度"), "quality_deposit_fen": gettext_lazy("质量保证金合计"),
    "risk_adjustment_fen": gettext_lazy("风险调剂金"), "critical_illness_fen": gettext_lazy("大病保险资金"),
    "budget_fen": gettext_lazy("年度预算"), "ratio": gettext_lazy("预付比例"), "planned_fen": gettext_lazy("应付"),
    "held_fen": gettext_lazy("暂扣"), "score": gettext_lazy("得分"), "months": gettext_lazy("月份数"),
    "reason": gettext_lazy("依据"), "adjustments_fen": gettext_lazy("调整合计"), "settle_fen": gettext_lazy("清算额度"),
    "use_fen": gettext_lazy("实际支出"), "use_own_fen": gettext_lazy("本单位内就医"),
    "use_other_holder_fen": gettext_lazy("其他预算单位就医"), "use_outside_fen": gettext_lazy("县域外就医"),
    "use_other_inside_fen": gettext_lazy("县域内其他机构"), "use_pharmacy_fen": gettext_lazy("零售药店"),
    "surplus_fen": gettext_lazy("结余"), "kept_fen": gettext_lazy("留用的结余"), "lower": gettext_lazy("区间下限"),
    "upper": gettext_lazy("区间上限"), "kept_share": gettext_lazy("留用比例"),
    "fund_share": gettext_lazy("基金分担比例"),
    "overspend_fen": gettext_lazy("超支"), "reasonable_fen": gettext_lazy("合理超支"),
    "limit": gettext_lazy("合理超支上限"),
    "paid_by_fund_fen": gettext_lazy("基金分担"), "deposit_fen": gettext_lazy("质量保证金"),
    "entitled_fen": gettext_lazy("应得总额"), "prepaid_fen": gettext_lazy("已预付"),
    "paid_elsewhere_fen": gettext_lazy("医保机构已代付的外部就医费用"),
    "for_others_fen": gettext_lazy("为其他单位参保人服务应收"), "level": gettext_lazy("级别"),
    "services": gettext_lazy("服务量"), "points": gettext_lazy("考核得分"), "borne_fen": gettext_lazy("自行承担的超支"),
    "total_fen": gettext_lazy("总费用"), "claims_fen": gettext_lazy("本年结算单"),
    "corrections_fen": gettext_lazy("更正"), "paid_without_fen": gettext_lazy("无转诊证明的支付"),
    "missed_fen": gettext_lazy("因未转诊少报销"),
}  # fmt: skip

LEVELS: Mapping[str, Words] = {
    "county": gettext_lazy("县级"), "town": gettext_lazy("乡级"), "village": gettext_lazy("村级")
}  # fmt: skip
NOTES: Mapping[str, Words] = {
    "bounds_relaxed": gettext_lazy("各单位的上下限不能同时满足，已按上下限的比例分配"),
    "growth_capped": gettext_lazy("下达总额受增长上限限制，未下达的部分留在基金"),
}


def line_label(line: Line) -> str:
    """What a line is called, with its month where it has one."""
    label = str(LINES.get(line.name, line.name))
    if line.name == "prepayment":
        return _("%(month)d月预付") % {"month": line.nth}
    return label


def formula_label(name: str) -> str:
    return str(FORMULAS.get(name, name))


def input_words(name: str, value: Any) -> tuple[str, str]:
    """An input's name and value for people."""
    label = str(INPUTS.get(name, name))
    if name.endswith("_fen"):
        return label, _("%(yuan)s 元") % {"yuan": yuan(int(value))}
    if name == "level":
        return label, str(LEVELS.get(value, value))
    return label, f"{value:,}" if isinstance(value, int) else str(value)


def whose(found: Gathered) -> dict[int, str]:
    """Names of holders and members, as they were when the year was drawn up."""
    return {**{m.id: m.name for m in found.inputs.members}, **{h.id: h.name for h in found.inputs.holders}}
