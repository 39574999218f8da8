"""From rules, inputs and sums of claims to a statement: the budget first, then the clearing. Pure: nothing is read.

``budget`` gives the lines down to the monthly prepayments; ``clearing`` adds use, surplus or overspend, deposit,
distribution and settlement between holders. A figure whose rule or input is missing is not there; ``lacking`` says why.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.formulas import budget as f
from yigongti.domains.money.insurance_fund.inputs import EMPLOYEES, FORM, ClaimSums, Holder, YearInputs
from yigongti.domains.money.insurance_fund.rules import NotComputable, Rules
from yigongti.domains.money.insurance_fund.statement import Line, Statement, key
from yigongti.kernel.money import split
from yigongti.kernel.policy.api import Parameter

BOUNDS_RELAXED = "bounds_relaxed"
GROWTH_CAPPED = "growth_capped"

_DEDUCTION = {
    "risk_adjustment": (policy.RISK_BY, policy.RISK_RATE, policy.RISK_HEAD),
    "quality_deposit": (policy.DEPOSIT_BY, policy.DEPOSIT_RATE, policy.DEPOSIT_HEAD),
    "critical_illness": (policy.ILLNESS_BY, policy.ILLNESS_RATE, policy.ILLNESS_HEAD),
}


def names(*parameters: Parameter[Any]) -> tuple[str, ...]:
    return tuple(p.name for p in parameters)


FORMS = frozenset({1, FORM})
"""The versions of the arithmetic this program knows: a closed year is computed again by its own.

1  a referral is a certificate that the claim names
2  a referral is one that ``claims`` found to cover it, and what the lack of one cost is shown
"""


class UnknownForm(Exception):
    """A closed year of a form this program does not know; ``str()`` is for people."""

    def __init__(self, form: int) -> None:
        super().__init__(
            _("这一年是按第 %(form)d 版格式冻结的，本程序只认得第 %(known)s 版。请用冻结时的或更新的程序。")
            % {"form": form, "known": "、".join(map(str, sorted(FORMS)))}
        )


def compute(rules: Rules, inputs: YearInputs, sums: ClaimSums | None = None, form: int = FORM) -> Statement:
    """The year's statement: the budget, and with sums of claims the clearing as well.

    Raises NotComputable when not even the budget can be worked out, UnknownForm.
    """
    from yigongti.domains.money.insurance_fund.clearing import clear

    if form not in FORMS:
        raise UnknownForm(form)
    made = budget(rules, inputs)
    return clear(made, inputs, sums, form) if sums is not None else made


def budget(rules: Rules, inputs: YearInputs) -> Statement:
    """Pool, deductions, what is shared, each holder's budget, deposit and prepayments. Raises NotComputable."""
    if not inputs.holders:
        raise NotComputable(_("没有可以下达预算的单位"))
    for holder in inputs.holders:
        if holder.persons <= 0:
            raise NotComputable(_("%(name)s没有参保人数") % {"name": holder.name})
    lines: list[Line] = []
    notes: list[str] = []
    pool = _pool(rules, inputs)
    lines.append(pool)
    deductions = [_deduction(name, rules, inputs, pool.fen) for name in rules.options(policy.DEDUCTIONS)]
    lines += deductions
    available = pool.fen - sum(line.fen for line in deductions)
    lines.append(
        Line(
            "available",
            available,
            formula="pool_minus_deductions",
            rules=names(policy.DEDUCTIONS),
            inputs=(("pool_fen", pool.fen), *((f"{line.name}_fen", line.fen) for line in deductions)),
            below=(pool.key, *(line.key for line in deductions)),
        )
    )
    if available < 0:
        raise NotComputable(_("预留的资金超过了筹资总额"))
    shared = _shared(rules, inputs, available)
    lines.append(shared)
    if shared.fen < available:
        notes.append(GROWTH_CAPPED)
    lines.append(
        Line("undistributed", available - shared.fen, formula="available_minus_shared",
             inputs=(("available_fen", available), ("shared_fen", shared.fen)), below=("available", "shared"))
    )  # fmt: skip
    budgets, relaxed = _budgets(rules, inputs, shared.fen)
    lines += budgets
    if relaxed:
        notes.append(BOUNDS_RELAXED)
    deposit = next((line.fen for line in deductions if line.name == "quality_deposit"), 0)
    parts = split(deposit, [line.fen for line in budgets]) if sum(b.fen for b in budgets) else [0] * len(budgets)
    for line, part in zip(budgets, parts, strict=True):
        lines.append(
            Line("deposit", part, of=line.of, formula="in_proportion_to_budget", rules=names(policy.DEPOSIT_BY),
                 inputs=(("quality_deposit_fen", deposit), ("budget_fen", line.fen), ("shared_fen", shared.fen)),
                 below=("quality_deposit", line.key))
        )  # fmt: skip
    for line, holder in zip(budgets, inputs.holders, strict=True):
        lines += _prepayments(rules, inputs.year, holder, line.fen)
    return Statement(tuple(lines), rules, tuple(notes))


def _pool(rules: Rules, inputs: YearInputs) -> Line:
    base = policy.BASE_EMPLOYEES if inputs.fund_kind == EMPLOYEES else policy.BASE
    chosen = rules.option(base)
    try:
        amount = f.POOLS[chosen](inputs.persons, inputs.individual_fen, inputs.subsidy_fen, inputs.given_fen)
    except ValueError:
        raise NotComputable(_("没有填写医保部门下达的基金总额")) from None
    if amount <= 0:
        raise NotComputable(_("没有填写筹资标准或基金总额"))
    if chosen == "given_amount":
        return Line("pool", amount, formula="as_given", rules=names(base), inputs=(("given_fen", amount),))
    return Line(
        "pool", amount, formula="persons_times_contribution", rules=names(base),
        inputs=(("persons", inputs.persons), ("individual_fen", inputs.individual_fen),
                ("subsidy_fen", inputs.subsidy_fen)),
    )  # fmt: skip


def _deduction(name: str, rules: Rules, inputs: YearInputs, pool: int) -> Line:
    by, rate, head = _DEDUCTION[name]
    formula = rules.option(by)
    per_head = formula == "per_head"
    figure = head if per_head else rate
    value = rules.number(figure)
    zero = Decimal(0)
    amount = f.SET_ASIDE[formula](pool, inputs.persons, zero if per_head else value, value if per_head else zero)
    counted: tuple[tuple[str, str | int], ...] = (
        (("persons", inputs.persons), ("per_head_yuan", str(value))) if per_head
        else (("pool_fen", pool), ("rate", f"{value}%"))
    )  # fmt: skip
    return Line(name, amount, formula=formula, inputs=counted, rules=names(policy.DEDUCTIONS, by, figure),
                below=("pool",))  # fmt: skip


def _shared(rules: Rules, inputs: YearInputs, available: int) -> Line:
    last = [h.last_budget_fen for h in inputs.holders]
    last_total = sum(b for b in last if b is not None) if all(b is not None for b in last) else None
    cap = rules.number(policy.GROWTH_CAP)
    counted: tuple[tuple[str, str | int], ...] = (("available_fen", available), ("growth_cap", f"{cap}%"))
    if last_total is not None:
        counted += (("last_total_fen", last_total),)
    return Line("shared", f.total_to_share(available, last_total, cap), formula="total_to_share", inputs=counted,
                rules=names(policy.GROWTH_CAP), below=("available",))  # fmt: skip


def _standings(rules: Rules, holders: Sequence[Holder], year: int) -> tuple[list[f.Standing], int]:
    """Holders as the allocation sees them, and how many past years all of them have."""
    most, least = rules.whole(policy.HISTORY_MAXIMUM), rules.whole(policy.HISTORY_MINIMUM)
    weights = [rules.number(w) for w in policy.HISTORY_WEIGHTS]
    known = min((_years_known(h, year) for h in holders), default=0)
    used = min(known, most, len(weights))
    if used < least:
        raise NotComputable(
            _("往年情况不足：规则至少要 %(least)d 年，各单位都有的只有 %(used)d 年") % {"least": least, "used": used}
        )
    found = []
    for holder in holders:
        past = {p.year: p for p in holder.past}
        years = [past[year - 1 - n] for n in range(used)]
        found.append(
            f.Standing(
                holder.persons,
                holder.factor,
                f.weighted_history([p.payments_fen for p in years], weights) if used else None,
                f.weighted_history([p.services for p in years], weights) if used else None,
                holder.growth,
            )
        )
    return found, used


def _years_known(holder: Holder, year: int) -> int:
    past = {p.year for p in holder.past}
    n = 0
    while year - 1 - n in past:
        n += 1
    return n


def _budgets(rules: Rules, inputs: YearInputs, total: int) -> tuple[list[Line], bool]:
    formula = rules.option(policy.ALLOCATION)
    alpha, sigma = rules.number(policy.PERSONS_WEIGHT), rules.number(policy.SERVICES_WEIGHT)
    if not 0 <= alpha <= 1 or not 0 <= sigma <= 1:
        raise NotComputable(_("权重须在 0 到 1 之间"))
    needs_history = formula != "persons_alone" and not (formula == "persons_and_history" and alpha == 1)
    if needs_history:
        standings, used = _standings(rules, inputs.holders, inputs.year)
    else:
        standings, used = [f.Standing(h.persons, h.factor, None, None, h.growth) for h in inputs.holders], 0
    try:
        shares = f.ALLOCATIONS[formula](standings, alpha, sigma)
    except ValueError:
        raise NotComputable(_("各单位的往年情况合计为零，无法据以分配")) from None
    weights = [s * (1 + f.percent(h.growth)) for s, h in zip(shares, inputs.holders, strict=True)]
    floor, cap = f.percent(rules.number(policy.FLOOR)), f.percent(rules.number(policy.CAP))
    lows = [floor * (h.last_budget_fen or 0) for h in inputs.holders]
    highs = [None if h.last_budget_fen is None else cap * h.last_budget_fen for h in inputs.holders]
    exact, relaxed = f.within_bounds(total, weights, lows, highs)
    amounts = split(total, exact) if total else [0] * len(exact)
    lines = []
    for holder, standing, share, amount in zip(inputs.holders, standings, shares, amounts, strict=True):
        counted: list[tuple[str, str | int]] = [
            ("shared_fen", total),
            ("persons", holder.persons),
            ("all_persons", inputs.persons),
            ("factor", str(holder.factor)),
            ("alpha", str(alpha)),
            ("share", decimal(share)),
        ]
        if standing.payments is not None:
            counted += [("history_years", used), ("past_payments_fen", f.fen(standing.payments)),
                        ("past_services", decimal(standing.services or Fraction(0), 1))]  # fmt: skip
        if holder.growth:
            counted.append(("growth", f"{holder.growth}%"))
        if holder.last_budget_fen is not None:
            counted.append(("last_budget_fen", holder.last_budget_fen))
        lines.append(
            Line(
                "budget",
                amount,
                of=holder.id,
                formula=formula,
                inputs=tuple(counted),
                below=("shared",),
                rules=names(
                    policy.ALLOCATION,
                    policy.PERSONS_WEIGHT,
                    policy.SERVICES_WEIGHT,
                    policy.HISTORY_MINIMUM,
                    policy.HISTORY_MAXIMUM,
                    *policy.HISTORY_WEIGHTS,
                    policy.FLOOR,
                    policy.CAP,
                ),
            )
        )
    return lines, relaxed


def _prepayments(rules: Rules, year: int, holder: Holder, amount: int) -> list[Line]:
    formula, ratio = rules.option(policy.PREPAYMENT), rules.number(policy.PREPAYMENT_RATIO)
    months = f.PREPAYMENTS[formula](amount, ratio, year)
    how, below_, share = (
        rules.option(policy.QUARTERLY), rules.number(policy.HOLD_BELOW), rules.number(policy.HOLD_SHARE)
    )  # fmt: skip
    budget_key = key("budget", holder.id)
    used = names(policy.PREPAYMENT, policy.PREPAYMENT_RATIO)
    lines = []
    for month, part in enumerate(months, start=1):
        quarter = (month - 1) // 3  # held back for the score of the quarter before
        score = holder.quarters[quarter - 1] if quarter else None
        held = f.QUARTERS[how](part, score, below_, share)
        counted: tuple[tuple[str, str | int], ...] = (("budget_fen", amount), ("ratio", f"{ratio}%"))
        if held:
            counted += (("planned_fen", part), ("held_fen", held), ("score", str(score)))
        lines.append(
            Line("prepayment", part - held, of=holder.id, nth=month, formula=formula, inputs=counted,
                 rules=used + (names(policy.QUARTERLY, policy.HOLD_BELOW, policy.HOLD_SHARE) if held else ()),
                 below=(budget_key,))
        )  # fmt: skip
    lines.append(
        Line("prepaid", sum(line.fen for line in lines), of=holder.id, formula="sum_of_months",
             rules=(*used, *names(policy.PAYEE)),
             inputs=(("budget_fen", amount), ("ratio", f"{ratio}%")), below=tuple(line.key for line in lines))
    )  # fmt: skip
    return lines


def decimal(value: Fraction, places: int = 6) -> str:
    """An exact fraction as people read it; only for showing."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.{places}f}"
