"""What a case is paid, with the account of how it was worked out: each line with its figure and its rule."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg import formulas, policy
from yigongti.domains.money.drg.formulas import HIGH_RULES, Bill, Kind, Payment, Terms
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.domains.money.drg.workflow import Outcome
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
    Kind.MERGED: gettext_lazy("并入另一次住院"),
    Kind.READMISSION: gettext_lazy("短期再入院"),
    Kind.SPECIAL: gettext_lazy("特例单议"),
    Kind.NO_RULE: gettext_lazy("缺少政策规定"),
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
class Own:
    """An institution's own coefficient of a year, with what it came from: case-mix indices of ``since`` … ``until``."""

    coefficient: Decimal
    year: int
    table_id: int
    cmi: Fraction
    level_cmi: Fraction
    level_coefficient: Decimal
    few: bool


@dataclass(frozen=True)
class Rules:
    """The terms, and the policy value behind each (by the parameter's name). ``own``: the institution's coefficient,
    where it is what counts."""

    terms: Terms
    values: dict[str, Value[Any]]
    own: Own | None = None

    def of(self, own: Own | None) -> "Rules":
        """The rules for an institution with this coefficient in force: its own, where the place goes by CMI."""
        if own is None or self.values[policy.COEFFICIENT_RULE.name].value != "by_level_and_cmi":
            return self
        return replace(self, terms=replace(self.terms, coefficient=own.coefficient), own=own)


def level_of(tier: str) -> str:
    """The level whose coefficient an institution of this tier has."""
    return tier if tier in policy.COEFFICIENTS else "secondary" if tier == "outside" else "primary"


def rules_of(place: str, on: date, *, tier: str, insurance_kind: str) -> Rules:
    """The rules in force at a place on a day. Raises PolicyGap."""
    values: dict[str, Value[Any]] = {}

    def at(parameter: Any) -> Any:
        value = parameter.at(place=place, as_of=on)
        values[parameter.name] = value
        return value.value

    level = level_of(tier)
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
    at(policy.COEFFICIENT_RULE)
    values["coefficient_rule"] = values[policy.COEFFICIENT_RULE.name]
    values["rate"], values["coefficient"] = values[rate.name], values[policy.COEFFICIENTS[level].name]
    return Rules(terms, values)


def paid(status: str, mdc: str, weight_e4: int | None, bill: Bill, terms: Terms) -> Payment:
    """The payment of a case by its status."""
    if status == Status.GROUPED:
        return formulas.pay(mdc, weight_e4, bill, terms)
    return formulas.pay_without_group(Kind(status), bill, terms)


def account(
    scheme: Scheme, drg: str, mdc: str, status: str, bill: Bill, rules: Rules, on: date, *, with_claims: str = ""
) -> Account:
    """The payment of a case and how it came to that, in words of the language in force. ``with_claims``: the numbers of
    the claims whose bills are part of this one."""
    weight = scheme.weight(drg, on) if status == Status.GROUPED else None
    weight_e4 = weight.weight_e4 if weight else None
    terms, values = rules.terms, rules.values
    payment = paid(status, mdc, weight_e4, bill, terms)
    steps = [Step(_("实际费用"), _cost_words(bill, with_claims), bill.total_fen)]
    if weight_e4 is not None:
        steps.append(Step(_("机构的系数"), _coefficient_words(rules), None, values["coefficient_rule"]))
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
    steps.append(_fund_step(payment, bill, rules))
    return Account(payment, tuple(steps))


def _fund_step(payment: Payment, bill: Bill, rules: Rules) -> Step:
    if payment.fund_fen == payment.whole_fen:
        words = _("{whole}元全部由基金支付")
    elif payment.fund_fen == formulas.standard_less_patient(payment.whole_fen, bill):
        words = _("{whole}元 − 个人负担{patient}元，不低于0")
    else:
        words = _("{whole}元由基金支付，连同个人负担{patient}元不超过实际费用")
    working = words.format(whole=yuan(payment.whole_fen), patient=yuan(bill.patient_fen))
    return Step(_("基金支付"), working, payment.fund_fen, rules.values[policy.PAYS.name])


def payment_of(outcome: str, decided_fen: int | None, bill: Bill, rules: Rules) -> Payment:
    """What a special review that was granted makes of a case."""
    if outcome == Outcome.BY_ITEM or decided_fen is None:
        return formulas.by_item(bill)
    return formulas.adjusted_standard(decided_fen, bill, rules.terms)


def decided(found: Account, payment: Payment, bill: Bill, rules: Rules, words: str) -> Account:
    """The account of a case by a special review: what the group would pay stays to be seen above the decision."""
    step = Step(str(KIND_WORDS[Kind.SPECIAL]), words, payment.whole_fen)
    return Account(payment, (*found.steps[:-1], step, _fund_step(payment, bill, rules)))


def paid_elsewhere(found: Account, kind: Kind, record_no: str, rule: Value[Any] | None) -> Account:
    """The account of a stay that is paid with another one."""
    words = (
        _("出院后短期内因同一病组再次住院，与结算单{number}合并为一次，支付列在该单")
        if kind is Kind.MERGED
        else _("结算单{number}出院后短期内因同一病组再次住院，不另支付")
    )
    payment = Payment(kind, found.payment.standard_fen, 0, 0)
    step = Step(str(KIND_WORDS[kind]), words.format(number=record_no), 0, rule)
    kept = [one for one in found.steps if one.label in (_("实际费用"), _("机构的系数"), _("支付标准"))]
    return Account(payment, (*kept, step))


def _cost_words(bill: Bill, with_claims: str) -> str:
    words = _("其中个人负担{amount}元").format(amount=yuan(bill.patient_fen))
    if not with_claims:
        return words
    return _("{words}；与结算单{numbers}合并为一次住院").format(words=words, numbers=with_claims)


def _coefficient_words(rules: Rules) -> str:
    own = rules.own
    if own is None:
        words = _("按机构级别")
        if rules.values[policy.COEFFICIENT_RULE.name].value == "by_level_and_cmi":
            words = _("这一天没有本机构生效的系数，按机构级别")
        return _("{words}：{coefficient}").format(words=words, coefficient=_plain(rules.terms.coefficient))
    if own.few:
        return _("本机构{year}年系数{coefficient}：上年入组病例少，按机构级别").format(
            year=own.year, coefficient=_plain(own.coefficient)
        )
    return _("本机构{year}年系数{coefficient}：上年病例组合指数{cmi}，同级平均{mean}，级别系数{level}").format(
        year=own.year,
        coefficient=_plain(own.coefficient),
        cmi=f"{float(own.cmi):.4f}",
        mean=f"{float(own.level_cmi):.4f}",
        level=_plain(own.level_coefficient),
    )


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
        working = _("住院{days}天，超过{most}天，按实际费用").format(days=bill.longest or days, most=terms.by_item_days)
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
