"""The end of a year, line by line, on top of its budget. Pure. See ``formulas.clearing`` for the rules themselves."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.computing import names
from yigongti.domains.money.insurance_fund.formulas import clearing as f
from yigongti.domains.money.insurance_fund.formulas import distribution as d
from yigongti.domains.money.insurance_fund.formulas import netting
from yigongti.domains.money.insurance_fund.inputs import Cell, ClaimSums, Holder, Member, YearInputs
from yigongti.domains.money.insurance_fund.rules import NotComputable, Rules
from yigongti.domains.money.insurance_fund.statement import Input, Line, Statement, key
from yigongti.kernel.policy.api import Parameter


def clear(made: Statement, inputs: YearInputs, claims: ClaimSums, form: int) -> Statement:
    """The budget's statement with the clearing on top. A figure that can't be worked out is left out, and named.

    Corrections count wherever the claims they correct would: as use, as owed and earned, as services.
    """
    rules = made.rules
    lines: list[Line] = list(made.lines)
    lacking: list[tuple[str, str]] = []
    covered = f.COVERS[rules.option(policy.COVERS)]
    sums = claims.with_corrections(inputs.corrections)
    corrected = ClaimSums(tuple(one.cell for one in inputs.corrections))
    lines += _fund(sums, corrected, inputs, covered)
    debts = sums.between()
    owed = netting.positions(debts, [h.id for h in inputs.holders])
    for holder in inputs.holders:
        lines += _holder(holder, made, sums, corrected, covered)
        lines += _outcome(holder, rules, lines, lacking)
    lines += _between(debts, corrected.between(), owed, inputs)
    for holder in inputs.holders:
        lines += _balance(holder, rules, lines, debts)
        lines += _members(holder, rules, inputs, sums, corrected, lines, lacking)
    lines += _patients(sums, corrected, form)
    return replace(made, lines=tuple(lines), lacking=(*made.lacking, *lacking))


def _parts(whole: int, corrected: int) -> tuple[Input, ...]:
    """How much of a sum are claims of the year and how much corrections, where there are any."""
    return (("claims_fen", whole - corrected), ("corrections_fen", corrected)) if corrected else ()


def _fund(sums: ClaimSums, corrected: ClaimSums, inputs: YearInputs, covered: frozenset[str]) -> list[Line]:
    """All the fund paid: for holders' insured inside their budgets, outside them, and for nobody's."""
    holders = [h.id for h in inputs.holders]
    inside = sum(sums.use(h, where) for h in holders for where in covered)
    beyond = sum(sums.use(h, where) for h in holders for where in f.WHERE if where not in covered)
    unassigned = sums.total_fen - inside - beyond
    return [
        Line("claims", sums.total_fen, formula="sum_of_claims",
             inputs=(("months", len(sums.months)), *_parts(sums.total_fen, corrected.total_fen)),
             rules=names(policy.COUNTED_BY, policy.MEMBERSHIP), claims=(("home", "all"),),
             below=(*(key("use", h) for h in holders), "beyond_budgets", "unassigned")),
        Line("beyond_budgets", beyond, formula="claims_not_covered", rules=names(policy.COVERS)),
        Line("unassigned", unassigned, formula="claims_without_holder", rules=names(policy.MEMBERSHIP),
             claims=(("home", "none"),)),
    ]  # fmt: skip


def _holder(
    holder: Holder, made: Statement, sums: ClaimSums, corrected: ClaimSums, covered: frozenset[str]
) -> list[Line]:
    lines = [
        Line("adjustment", a.fen, of=holder.id, nth=n, formula=a.source,
             inputs=(("reason", a.reason), ("adjustment", a.id)))
        for n, a in enumerate(holder.adjustments, start=1)
    ]  # fmt: skip
    budget = made.fen("budget", holder.id)
    lines.append(
        Line("settle", budget + sum(line.fen for line in lines), of=holder.id, formula="budget_and_adjustments",
             inputs=(("budget_fen", budget), ("adjustments_fen", sum(line.fen for line in lines))),
             below=(key("budget", holder.id), *(line.key for line in lines)))
    )  # fmt: skip
    if holder.paid is not None:
        lines.append(
            Line("paid_out", sum(fen for _month, fen in holder.paid), of=holder.id, formula="sum_of_payments",
                 inputs=(("months", len(holder.paid)),), rules=names(policy.PREPAYMENT_RATIO),
                 below=tuple(key("prepayment", holder.id, month) for month, _fen in holder.paid))
        )  # fmt: skip
    uses = [
        Line(f"use_{where}", sums.use(holder.id, where), of=holder.id, formula="sum_of_claims",
             rules=names(policy.COVERS, policy.COUNTED_BY, policy.MEMBERSHIP),
             inputs=_parts(sums.use(holder.id, where), corrected.use(holder.id, where)),
             claims=(("home", holder.id), ("where", where)))
        for where in f.WHERE
        if where in covered
    ]  # fmt: skip
    used = sum(line.fen for line in uses)
    late = sum(corrected.use(holder.id, where) for where in covered)
    lines += uses
    lines.append(
        Line("use", used, of=holder.id, formula="sum_of_uses", below=tuple(line.key for line in uses),
             rules=names(policy.COVERS),
             inputs=(*((f"{line.name}_fen", line.fen) for line in uses), *_parts(used, late)),
             claims=(("home", holder.id),))
    )  # fmt: skip
    if any(corrected.use(holder.id, where) for where in covered):
        lines.append(
            Line("corrections", late, of=holder.id, formula="sum_of_corrections",
                 inputs=tuple((f"use_{where}_fen", fen) for where in f.WHERE
                              if where in covered and (fen := corrected.use(holder.id, where))))
        )  # fmt: skip
    return lines


def _outcome(holder: Holder, rules: Rules, lines: list[Line], lacking: list[tuple[str, str]]) -> list[Line]:
    """Δ and what becomes of it, and the deposit."""
    at = {line.key: line.fen for line in lines}
    settle, used = at[key("settle", holder.id)], at[key("use", holder.id)]
    delta = settle - used
    found = [
        Line("delta", delta, of=holder.id, formula="settle_minus_use",
             inputs=(("settle_fen", settle), ("use_fen", used)),
             below=(key("settle", holder.id), key("use", holder.id)))
    ]  # fmt: skip

    def attempt(name: str, work: Callable[[], list[Line]]) -> None:
        try:
            found.extend(work())
        except NotComputable as gap:
            lacking.append((key(name, holder.id), str(gap)))

    attempt("outcome", lambda: _surplus(holder, rules, settle, delta) if delta >= 0 else
            _overspend(holder, rules, settle, -delta))  # fmt: skip
    attempt("deposit_returned", lambda: _deposit(holder, rules, at[key("deposit", holder.id)]))
    return found


def _surplus(holder: Holder, rules: Rules, settle: int, surplus: int) -> list[Line]:
    formula = rules.option(policy.SURPLUS)
    terms = f.Terms(settle)
    used: list[Parameter[Any]] = [policy.SURPLUS]
    counted: list[tuple[str, str | int]] = [("surplus_fen", surplus)]
    if formula == "kept_subject_to_assessment":
        terms = replace(terms, score=_score(holder), full_from=rules.number(policy.DEPOSIT_FULL),
                        none_below=rules.number(policy.DEPOSIT_NONE))  # fmt: skip
        used += [policy.DEPOSIT_FULL, policy.DEPOSIT_NONE]
        counted.append(("score", str(holder.score)))
    elif formula == "shared_in_band":
        terms = replace(terms, lower=rules.number(policy.BAND_LOWER), kept_share=rules.number(policy.BAND_KEPT))
        used += [policy.BAND_LOWER, policy.BAND_KEPT]
        counted += [("settle_fen", settle), ("lower", f"{terms.lower}%"), ("kept_share", f"{terms.kept_share}%")]
    kept = f.SURPLUS[formula](surplus, terms)
    below = (key("delta", holder.id),)
    return [
        Line("surplus_kept", kept, of=holder.id, formula=formula, inputs=tuple(counted), below=below,
             rules=names(*used)),
        Line("surplus_returned", surplus - kept, of=holder.id, formula="rest_to_fund", below=below,
             inputs=(("surplus_fen", surplus), ("kept_fen", kept)), rules=names(policy.SURPLUS)),
    ]  # fmt: skip


def _overspend(holder: Holder, rules: Rules, settle: int, overspend: int) -> list[Line]:
    formula = rules.option(policy.OVERSPEND)
    terms = f.Terms(settle)
    used: list[Parameter[Any]] = [policy.OVERSPEND]
    counted: list[tuple[str, str | int]] = [("overspend_fen", overspend)]
    if formula == "reasonable_part_shared":
        how = rules.option(policy.REASONABLE)
        limit, share = rules.number(policy.REASONABLE_LIMIT), rules.number(policy.OVERSPEND_FUND_SHARE)
        try:
            reasonable = f.REASONABLE[how](overspend, settle, limit, holder.reasonable_fen)
        except ValueError:
            raise NotComputable(_("%(name)s的合理超支金额还没有评估认定") % {"name": holder.name}) from None
        terms = replace(terms, reasonable_fen=reasonable, reasonable_share=share)
        used += [policy.REASONABLE, policy.OVERSPEND_FUND_SHARE]
        counted += [("settle_fen", settle), ("reasonable_fen", reasonable), ("fund_share", f"{share}%")]
        if how == "within_limit":
            used.append(policy.REASONABLE_LIMIT)
            counted.append(("limit", f"{limit}%"))
    elif formula == "shared_in_band":
        terms = replace(terms, upper=rules.number(policy.BAND_UPPER), fund_share=rules.number(policy.BAND_FUND))
        used += [policy.BAND_UPPER, policy.BAND_FUND]
        counted += [("settle_fen", settle), ("upper", f"{terms.upper}%"), ("fund_share", f"{terms.fund_share}%")]
    paid = f.OVERSPEND[formula](overspend, terms)
    below = (key("delta", holder.id),)
    return [
        Line("overspend_fund", paid, of=holder.id, formula=formula, inputs=tuple(counted), below=below,
             rules=names(*used)),
        Line("overspend_borne", overspend - paid, of=holder.id, formula="rest_to_holder", below=below,
             inputs=(("overspend_fen", overspend), ("paid_by_fund_fen", paid)), rules=names(policy.OVERSPEND)),
    ]  # fmt: skip


def _deposit(holder: Holder, rules: Rules, deposit: int) -> list[Line]:
    formula = rules.option(policy.DEPOSIT_RULE)
    full, none = rules.number(policy.DEPOSIT_FULL), rules.number(policy.DEPOSIT_NONE)
    score = _score(holder)
    back = f.DEPOSITS[formula](deposit, score, full, none)
    used = names(policy.DEPOSIT_RULE, policy.DEPOSIT_FULL, policy.DEPOSIT_NONE)
    counted = (("deposit_fen", deposit), ("score", str(score)))
    below = (key("deposit", holder.id),)
    return [
        Line("deposit_returned", back, of=holder.id, formula=formula, inputs=counted, rules=used, below=below),
        Line("deposit_forfeited", deposit - back, of=holder.id, formula="rest_to_fund", inputs=counted, rules=used,
             below=below),
    ]  # fmt: skip


def _score(holder: Holder) -> Decimal:
    if holder.score is None:
        raise NotComputable(_("%(name)s还没有年度考核得分") % {"name": holder.name})
    return holder.score


def _between(
    debts: dict[tuple[int, int], int], corrected: dict[tuple[int, int], int], owed: dict[int, int], inputs: YearInputs
) -> list[Line]:
    """Between holders: what each pays and is owed, pair by pair and on balance."""
    lines = [
        Line("owes", amount, of=home, nth=treated, formula="sum_of_claims",
             inputs=_parts(amount, corrected.get((home, treated), 0)),
             claims=(("home", home), ("treated", treated)))
        for (home, treated), amount in sorted(debts.items())
        if amount
    ]  # fmt: skip
    for (debtor, creditor), amount in netting.net(debts).items():
        below = tuple(key("owes", *pair) for pair in ((debtor, creditor), (creditor, debtor)) if debts.get(pair))
        lines.append(Line("net_owes", amount, of=debtor, nth=creditor, formula="net", below=below))
    for holder in inputs.holders:
        mine = tuple(line.key for line in lines if line.name == "owes" and holder.id in (line.of, line.nth))
        lines.append(Line("position", owed[holder.id], of=holder.id, formula="owed_minus_owing", below=mine))
    return lines


def _balance(holder: Holder, rules: Rules, lines: list[Line], debts: dict[tuple[int, int], int]) -> list[Line]:
    """What is still to be paid: what the holder is due, less what it already had, and, where the insurance body settles
    care elsewhere itself, less what it paid others and plus what is due for others' insured."""
    at = {line.key: line.fen for line in lines if line.of == holder.id}

    def amount(name: str) -> int:
        return at.get(key(name, holder.id), 0)

    delta = key("delta", holder.id)
    if delta not in at or (
        key("surplus_kept", holder.id) not in at and key("overspend_fund", holder.id) not in at
    ):  # the rule is missing
        return []
    parts: tuple[str, ...]
    if at[delta] >= 0:
        formula, parts = "use_and_kept", ("use", "surplus_kept")
    elif holder.overspend_choice == "carry_forward":  # a later year pays for it, so this one doesn't
        formula, parts = "use_carried_forward", ("use",)
    else:
        formula, parts = "settle_and_compensated", ("settle", "overspend_fund")
    entitled = sum(amount(name) for name in parts)
    due = Line("entitled", entitled, of=holder.id, formula=formula, below=tuple(key(name, holder.id) for name in parts))
    paid = "paid_out" if key("paid_out", holder.id) in at else "prepaid"  # what was really paid, where that is known
    prepaid = amount(paid)
    counted: list[tuple[str, str | int]] = [("entitled_fen", entitled), ("prepaid_fen", prepaid)]
    below = [due.key, key(paid, holder.id)]
    balance = entitled - prepaid
    if rules.option(policy.ELSEWHERE) == "insurance_body":
        away = [key(f"use_{w}", holder.id) for w in f.WHERE if w != f.OWN and key(f"use_{w}", holder.id) in at]
        elsewhere = sum(at[k] for k in away)
        credited = sum(fen for (_home, treated), fen in debts.items() if treated == holder.id)
        balance += credited - elsewhere
        counted += [("paid_elsewhere_fen", elsewhere), ("for_others_fen", credited)]
        below += [*away, key("position", holder.id)]
    return [
        due,
        Line("balance", balance, of=holder.id, formula="due_minus_paid", inputs=tuple(counted), below=tuple(below),
             rules=names(policy.ELSEWHERE)),
    ]  # fmt: skip


def _members(
    holder: Holder, rules: Rules, inputs: YearInputs, sums: ClaimSums, corrected: ClaimSums, lines: list[Line],
    lacking: list[tuple[str, str]],
) -> list[Line]:  # fmt: skip
    """Each member: what the fund paid for care there, services, and its part of the surplus (none on an overspend)."""
    members = [m for m in inputs.members if m.holder_id == holder.id]
    found = [
        Line("member_paid", sums.paid_to(holder.id, m.id), of=m.id, nth=holder.id, formula="sum_of_claims",
             inputs=(("services", sums.services_at(holder.id, m.id)),
                     *_parts(sums.paid_to(holder.id, m.id), corrected.paid_to(holder.id, m.id))),
             claims=(("treated", holder.id), ("institution", m.id)))
        for m in members
    ]  # fmt: skip
    at = {line.key: line.fen for line in lines if line.of == holder.id}
    kept = at.get(key("surplus_kept", holder.id), 0)
    sharers = [m for m in members if m.tier in d.LEVELS]
    if not kept and holder.overspend_choice == "share_by_formula" and sharers:
        found += _borne(sharers, holder, sums, at.get(key("overspend_borne", holder.id), 0))
    if not kept:
        return found
    if not sharers:
        why = _("%(name)s有结余，但没有可以参加分配的成员单位") % {"name": holder.name}
        lacking.append((key("distribution", holder.id), why))
        return found
    try:
        formula, within = rules.option(policy.DISTRIBUTION), rules.option(policy.WITHIN_TIER)
        shares = d.Shares(
            ratio={
                d.COUNTY: rules.number(policy.RATIO_COUNTY),
                d.TOWN: rules.number(policy.RATIO_TOWN),
                d.VILLAGE: rules.number(policy.RATIO_VILLAGE),
            },
            grassroots_share=rules.number(policy.GRASSROOTS_SHARE),
            within=within,
        )
        by = [d.Sharer(d.LEVELS[m.tier], sums.services_at(holder.id, m.id), m.points) for m in sharers]
        parts = d.DISTRIBUTIONS[formula](kept, by, shares)
    except NotComputable as gap:
        lacking.append((key("distribution", holder.id), str(gap)))
        return found
    except ValueError:
        lacking.append((key("distribution", holder.id), _("有成员单位没有考核得分，或得分合计为零")))
        return found
    used: list[Parameter[Any]] = [policy.DISTRIBUTION, policy.WITHIN_TIER]
    if formula == "tier_ratio":
        used += [policy.RATIO_COUNTY, policy.RATIO_TOWN, policy.RATIO_VILLAGE]
    if formula == "grassroots_first":
        used.append(policy.GRASSROOTS_SHARE)
    for member, sharer, part in zip(sharers, by, parts, strict=True):
        found.append(
            Line("distribution", part, of=member.id, nth=holder.id, formula=formula, rules=names(*used),
                 inputs=(("kept_fen", kept), ("level", sharer.level), ("services", sharer.services),
                         *((("points", str(sharer.points)),) if sharer.points is not None else ())),
                 below=(key("surplus_kept", holder.id), key("member_paid", member.id, holder.id)))
        )  # fmt: skip
    return found


def _borne(sharers: list[Member], holder: Holder, sums: ClaimSums, borne: int) -> list[Line]:
    """What each member bears of an overspend, by services, where people have decided to share it."""
    if not borne:
        return []
    services = [sums.services_at(holder.id, m.id) for m in sharers]
    by = [d.Sharer(d.LEVELS[m.tier], n) for m, n in zip(sharers, services, strict=True)]
    return [
        Line("bears", part, of=m.id, nth=holder.id, formula="by_service",
             inputs=(("borne_fen", borne), ("services", n)), below=(key("overspend_borne", holder.id),))
        for m, n, part in zip(sharers, services, d.by_service(borne, by), strict=True)
    ]  # fmt: skip


def _patients(sums: ClaimSums, corrected: ClaimSums, form: int) -> list[Line]:
    """What patients got back inside the county, and outside it with a referral, without the one they need, and where
    none is needed; and what the fund would have paid for those without, had there been one."""
    groups: dict[str, tuple[Callable[[Cell], bool], tuple[Input, ...]]] = {
        "reimbursed_inside": (lambda c: c.where != f.OUTSIDE, (("outside", 0),)),
        "reimbursed_referred": (
            lambda c: c.where == f.OUTSIDE and c.certified is True, (("outside", 1), ("certified", 1))
        ),
        "reimbursed_unreferred": (
            lambda c: c.where == f.OUTSIDE and c.certified is False, (("outside", 1), ("certified", 0))
        ),
    }  # fmt: skip
    if form > 1:
        groups["reimbursed_exempt"] = (
            lambda c: c.where == f.OUTSIDE and c.certified is None, (("outside", 1), ("certified", "exempt"))
        )  # fmt: skip
    lines = []
    for name, (among, claims) in groups.items():
        cells = [c for c in sums.cells if among(c)]
        fund, late = sum(c.fund_fen for c in cells), sum(c.fund_fen for c in corrected.cells if among(c))
        lines.append(
            Line(name, fund, formula="fund_of_total", claims=claims,
                 inputs=(("total_fen", sum(c.total_fen for c in cells)), ("services", sum(c.services for c in cells)),
                         *_parts(fund, late)))
        )  # fmt: skip
    if form > 1:
        unreferred = key("reimbursed_unreferred")
        paid = sum(line.fen for line in lines if line.key == unreferred)
        missed = sum(c.missed_fen for c in sums.cells if c.where == f.OUTSIDE and c.certified is False)
        counted = (("paid_without_fen", paid), ("missed_fen", missed))
        lines += [
            Line("had_referral", paid + missed, formula="with_referral", inputs=counted, below=(unreferred,)),
            Line("referral_missed", missed, formula="with_less_without", inputs=counted, below=(unreferred,)),
        ]
    return lines
