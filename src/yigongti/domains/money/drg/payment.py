"""What a case is paid, with the account of how it was worked out: each line with its figure and its rule."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg import formulas, policy
from yigongti.domains.money.drg.formulas import HIGH_RULES, Bill, Kind, Payment, Terms
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.kernel.money import yuan
from yigongti.kernel.policy.api import Value

EMPLOYEES = "01"
"""Insurance kind of employees; everybody else is paid at the residents' rate."""

KIND_WORDS = {
    Kind.NORMAL: gettext_lazy("正常病例"),
    Kind.LOW: gettext_lazy("低倍率"),
    Kind.HIGH: gettext_lazy("高倍率"),
    Kind.BED_DAY: gettext_lazy("按床日"),
    Kind.BY_ITEM: gettext_lazy("按项目"),
    Kind.AMBIGUOUS: gettext_lazy("歧义"),
    Kind.UNGROUPABLE: gettext_lazy("未入组"),
    Kind.INVALID: gettext_lazy("数据不合格"),
    Kind.UNPRICED: gettext_lazy("没有权重"),
}


@dataclass(frozen=True)
class Step:
    """A line of the account: what was worked out, the working, the result in fen, the rule behind it."""

    label: str
    working: str
    amount_fen: int | None = None
    rule: Value[Any] | None = None


@dataclass(frozen=True)
class Account:
    payment: Payment
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Rules:
    """The terms, and the policy value behind each (by the parameter's name)."""

    terms: Terms
    values: dict[str, Value[Any]]


def rules_of(place: str, on: date, *, tier: str, insurance_kind: str) -> Rules:
    """The rules in force at a place on a day. Raises PolicyGap."""
    values: dict[str, Value[Any]] = {}

    def at(parameter: Any) -> Any:
        value = parameter.at(place=place, as_of=on)
        values[parameter.name] = value
        return value.value

    level = tier if tier in policy.COEFFICIENTS else "secondary" if tier == "outside" else "primary"
    rate = policy.RATE_EMPLOYEES if insurance_kind == EMPLOYEES else policy.RATE_RESIDENTS
    terms = Terms(
        base_rate_fen=at(rate) * 100,
        coefficient=at(policy.COEFFICIENTS[level]),
        pays=at(policy.PAYS),
        low_ratio=at(policy.LOW_RATIO),
        high_rule=at(policy.HIGH_RULE),
        high_ratio=at(policy.HIGH_RATIO),
        high_to_one=at(policy.HIGH_TO_ONE),
        high_to_two=at(policy.HIGH_TO_TWO),
        high_above=at(policy.HIGH_ABOVE),
        high_share=at(policy.HIGH_SHARE) / 100,
        by_item_days=at(policy.BY_ITEM_DAYS),
        bed_day_mdcs=frozenset(part.strip() for part in at(policy.BED_DAY_MDCS).split("、") if part.strip()),
        bed_day_from=at(policy.BED_DAY_FROM),
        bed_day_fen=at(policy.BED_DAY_RATE) * 100,
        ambiguous=at(policy.NO_GROUP_AMBIGUOUS),
        ungroupable=at(policy.NO_GROUP_UNGROUPABLE),
        without_group_share=at(policy.NO_GROUP_SHARE) / 100,
    )
    values["rate"], values["coefficient"] = values[rate.name], values[policy.COEFFICIENTS[level].name]
    return Rules(terms, values)


def paid(status: str, mdc: str, weight_e4: int | None, bill: Bill, terms: Terms) -> Payment:
    """The payment of a case by its status."""
    if status == Status.GROUPED:
        return formulas.pay(mdc, weight_e4, bill, terms)
    return formulas.pay_without_group(Kind(status), bill, terms)


def account(scheme: Scheme, drg: str, mdc: str, status: str, bill: Bill, rules: Rules, on: date) -> Account:
    """The payment of a case and how it came to that, in words of the language in force."""
    weight = scheme.weight(drg, on) if status == Status.GROUPED else None
    weight_e4 = weight.weight_e4 if weight else None
    terms, values = rules.terms, rules.values
    payment = paid(status, mdc, weight_e4, bill, terms)
    steps = [Step(_("实际费用"), _("其中个人负担{amount}元").format(amount=yuan(bill.patient_fen)), bill.total_fen)]
    if weight_e4 is not None:
        steps.append(
            Step(
                _("支付标准"),
                _("权重{weight} × 费率{rate}元 × 机构系数{coefficient}").format(
                    weight=_plain(Decimal(weight_e4) / formulas.E4),
                    rate=yuan(formulas.fen(terms.base_rate_fen)),
                    coefficient=_plain(terms.coefficient),
                ),
                payment.standard_fen,
                values["rate"],
            )
        )
    steps += _kind_steps(payment, weight_e4, bill, rules)
    steps.append(
        Step(
            _("基金支付"),
            _("{whole}元 − 个人负担{patient}元，不低于0").format(
                whole=yuan(payment.whole_fen), patient=yuan(bill.patient_fen)
            )
            if payment.fund_fen != payment.whole_fen
            else _("{whole}元全部由基金支付").format(whole=yuan(payment.whole_fen)),
            payment.fund_fen,
            values[policy.PAYS.name],
        )
    )
    return Account(payment, tuple(steps))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _kind_steps(payment: Payment, weight_e4: int | None, bill: Bill, rules: Rules) -> list[Step]:
    terms, values, kind = rules.terms, rules.values, payment.kind
    label = str(KIND_WORDS[kind])
    days = bill.stay_days
    if kind is Kind.BED_DAY:
        working = _("{days}天 × {rate}元 × 机构系数{coefficient}").format(
            days=days, rate=yuan(formulas.fen(terms.bed_day_fen)), coefficient=_plain(terms.coefficient)
        )
        return [Step(label, working, payment.whole_fen, values[policy.BED_DAY_RATE.name])]
    if kind is Kind.BY_ITEM:
        working = _("住院{days}天，超过{most}天，按实际费用").format(days=days, most=terms.by_item_days)
        return [Step(label, working, payment.whole_fen, values[policy.BY_ITEM_DAYS.name])]
    if kind is Kind.LOW:
        working = _("实际费用低于标准的{ratio}倍（{limit}元），按实际费用").format(
            ratio=_plain(terms.low_ratio), limit=yuan(payment.low_limit_fen)
        )
        return [Step(label, working, payment.whole_fen, values[policy.LOW_RATIO.name])]
    if kind is Kind.HIGH and weight_e4 is not None:
        working = _("超过标准的{ratio}倍（{limit}元）的部分按{share}%加付；可申请特例单议").format(
            ratio=_plain(HIGH_RULES[terms.high_rule](weight_e4, terms)),
            limit=yuan(payment.high_limit_fen),
            share=_plain(terms.high_share * 100),
        )
        return [Step(label, working, payment.whole_fen, values[policy.HIGH_SHARE.name])]
    if kind is Kind.NORMAL:
        working = _("实际费用在{low}元至{high}元之间，按支付标准").format(
            low=yuan(payment.low_limit_fen), high=yuan(payment.high_limit_fen)
        )
        return [Step(label, working, payment.whole_fen, values[policy.HIGH_RULE.name])]
    if kind is Kind.UNPRICED:
        return [Step(label, _("分组方案没有这一组的权重，暂按实际费用"), payment.whole_fen)]
    name = (policy.NO_GROUP_AMBIGUOUS if kind is Kind.AMBIGUOUS else policy.NO_GROUP_UNGROUPABLE).name
    if payment.whole_fen == 0:
        return [Step(label, _("更正前不支付"), 0, values[name])]
    working = _("没有入组，按实际费用的{share}%").format(share=_plain(terms.without_group_share * 100))
    return [Step(label, working, payment.whole_fen, values[name])]
