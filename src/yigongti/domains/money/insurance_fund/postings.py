"""What the year puts into the members' books, by the templates of ``books``. In the transaction of the step."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.api import Posting, VoucherRefused
from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.formulas.clearing import OTHER_INSIDE, OUTSIDE, PHARMACY
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.inputs import Holder
from yigongti.domains.money.insurance_fund.models import FundYear, Paid
from yigongti.kernel.access.api import Actor
from yigongti.kernel.money import split
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import StepRefused

ELSEWHERE = (OUTSIDE, OTHER_INSIDE, PHARMACY)
PREPAID, OWN = "prepaid", "own"
"""What is stored by holder and book: prepaid to a member itself, and set off against that."""


def source(year: FundYear, *parts: object) -> str:
    """What names a voucher's cause: the same one is posted once."""
    return ":".join(["insurance_fund", str(year.pk), *map(str, parts)])


@in_the_places_language()
def deposits(found: Gathered, on: date) -> list[Posting]:
    """At the agreement: what is withheld of each holder."""
    return [
        _one(found, "quality_deposit_withheld", holder, on, {"withheld": amount}, "deposit",
             _("预留质量保证金"))
        for holder in found.inputs.holders
        if (amount := _fen(found, "deposit", holder))
    ]  # fmt: skip


@in_the_places_language()
def prepayment(found: Gathered, holder: Holder, month: int, amount: int, on: date) -> list[Posting]:
    """A month's prepayment to who leads; where the place pays each member, to them by the insured they look after."""
    if not amount:
        return []
    words = _("%(month)d月医保预付金") % {"month": month}
    if found.rules.option(policy.PAYEE) == "each_member":
        members = [m for m in found.inputs.members if m.holder_id == holder.id and m.persons > 0]
        parts: dict[int, int] = {}
        for member, part in zip(members, split(amount, [m.persons for m in members]), strict=True):
            keeper = keeper_of(member.id)
            parts[keeper] = parts.get(keeper, 0) + part
        return [
            Posting("fund_prepayment_received", keeper, on, {"prepayment": part},
                    source(found.year, f"prepayment:{month}", holder.id, keeper), f"{found.year.title} {words}",
                    address=found.year.get_absolute_url(), prepared_by_id=found.year.prepared_by_id)
            for keeper, part in parts.items() if part
        ]  # fmt: skip
    return [_one(found, "fund_prepayment_received", holder, on, {"prepayment": amount}, f"prepayment:{month}", words)]


@in_the_places_language()
def gathered(found: Gathered, on: date) -> list[Posting]:
    """Where members had the prepayment themselves: what each has left of it, or is short of, comes together in the
    lead's book, in which dealings between holders, care elsewhere and the clearing are posted."""
    if found.rules.option(policy.PAYEE) != "each_member":
        return []
    made = []
    for holder in found.inputs.holders:
        lead, left = lead_of(holder), Counter[int]()
        rows = Paid.objects.filter(year=found.year, what__in=(f"{PREPAID}:{holder.id}", f"{OWN}:{holder.id}"))
        for what, keeper, fen in rows.values_list("what", "holder_id", "fen"):
            left[keeper] += fen if what.startswith(PREPAID) else -fen
        for keeper, fen in sorted(left.items()):
            if keeper != lead and fen:
                template = "prepayment_gathered" if fen > 0 else "prepayment_gathered_from_member"
                made.append(_pair(found, template, keeper, lead, on, {"prepayment": abs(fen)},
                                  f"gathered:{holder.id}:{keeper}", _("归集成员单位的预付金余额")))  # fmt: skip
    return made


@in_the_places_language()
def clearing(found: Gathered, on: date, borne_now: Collection[int] = ()) -> list[Posting]:
    """At the end: deposit back, surplus or overspend, between holders, and among members. What the prepayment comes to
    then is repaid or made up, so that nothing is left of it. ``borne_now``: holders whose carried overspend no later
    year takes."""
    made: list[Posting] = []
    for holder in found.inputs.holders:
        back, lost = _fen(found, "deposit_returned", holder), _fen(found, "deposit_forfeited", holder)
        if back or lost:
            made.append(_one(found, "quality_deposit_returned", holder, on, {"returned": back, "not_returned": lost},
                             "deposit_returned", _("返还质量保证金")))  # fmt: skip
        left = _fen(found, "paid_out", holder) - _fen(found, "use", holder)
        kept, borne = _fen(found, "surplus_kept", holder), _fen(found, "overspend_borne", holder)
        if holder.overspend_choice == "carry_forward" and holder.id not in borne_now:
            borne = 0  # a later year bears it
        if kept:
            made.append(
                _one(found, "clearing_surplus", holder, on, {"surplus": kept}, "surplus", _("年度清算结余留用"))
            )
            out_of_it = min(kept, max(left, 0))
            left -= out_of_it
            made.append(_one(found, "clearing_received", holder, on,
                             {"from_prepayment": out_of_it, "paid": kept - out_of_it}, "surplus_received",
                             _("收到年度清算款")))  # fmt: skip
        if borne:
            made.append(_one(found, "clearing_overspend", holder, on, {"overspend": borne}, "overspend",
                             _("年度清算超支负担")))  # fmt: skip
        made += (elsewhere := _elsewhere(found, holder, on))
        to_repay = borne + sum(one.amounts["used"] for one in elsewhere if one.template == "used_elsewhere")
        if left > 0:
            made.append(_one(found, "prepayment_to_repay", holder, on, {"left": left}, "left",
                             _("预付金结余应退回")))  # fmt: skip
        elif left < 0:
            netted = min(-left, to_repay)
            made.append(_one(found, "prepayment_made_up", holder, on, {"netted": netted, "paid": -left - netted},
                             "made_up", _("补足医保预付金")))  # fmt: skip
        made += _shares(found, holder, on)
    return made + _dealings(found, on)


def _elsewhere(found: Gathered, holder: Holder, on: date) -> list[Posting]:
    """Care of its insured outside the holders: owed to the insurance body that settled it, or by the lead to who gave
    it; the other way round where more was taken back than came."""
    used = sum(_fen(found, f"use_{where}", holder) for where in ELSEWHERE)
    if not used:
        return []
    by = "used_elsewhere" if found.rules.option(policy.ELSEWHERE) == "insurance_body" else "used_elsewhere_by_lead"
    template = by if used > 0 else f"{by}_taken_back"
    words = _("参保人在医共体外就医由预算列支")
    return [_one(found, template, holder, on, {"used": abs(used)}, "elsewhere", words)]


def _dealings(found: Gathered, on: date) -> list[Posting]:
    """Between holders: what each owes for its insured at another; inside one book where one hospital leads both."""
    assert found.statement is not None
    leads = {h.id: lead_of(h) for h in found.inputs.holders}
    holders = {h.id: h for h in found.inputs.holders}
    words = _("参保人在其他医共体就医应付款")
    made = []
    for line in found.statement.named("owes"):
        assert line.of is not None and line.nth is not None
        debtor, creditor, amount = leads[line.of], leads[line.nth], abs(line.fen)
        if debtor == creditor:
            template = "fund_settled_month" if line.fen > 0 else "fund_settled_month_taken_back"
            made.append(_one(found, template, holders[line.of], on, {"from_prepayment": amount}, line.key, words))
        elif line.fen > 0:
            made.append(_pair(found, "cross_consortium_owed", debtor, creditor, on, {"owed": amount}, line.key, words))
        else:  # more was taken back than came: the other owes it
            made.append(_pair(found, "cross_consortium_taken_back", creditor, debtor, on, {"owed": amount}, line.key,
                              words))  # fmt: skip
    return made


def _shares(found: Gathered, holder: Holder, on: date) -> list[Posting]:
    """Each member's part of a surplus, or of an overspend that people decided to share, by the book it stands in."""
    made = []
    lead = lead_of(holder)
    for name, template, words in (
        ("distribution", "surplus_distributed", _("向成员单位分配结余")),
        ("bears", "overspend_recovered", _("成员单位分担超支")),
    ):
        parts: dict[int, int] = {}
        for line in found.statement.named(name) if found.statement else ():
            if line.nth == holder.id and line.fen and line.of is not None:
                keeper = keeper_of(line.of)
                parts[keeper] = parts.get(keeper, 0) + line.fen
        for keeper, amount in parts.items():
            if keeper != lead:
                made.append(_pair(found, template, lead, keeper, on, {"share": amount}, f"{name}:{holder.id}:{keeper}",
                                  words))  # fmt: skip
    return made


def post(postings: Iterable[Posting], *, actor: Actor) -> list[int]:
    """Post them all or none; the ids of the vouchers. The step has checked who may. Raises StepRefused."""
    wanted = list(postings)
    if not wanted:
        return []
    try:
        return [view.id for view in books.post_many(wanted, actor=actor, needs_permission=False)]
    except VoucherRefused as refused:
        raise StepRefused(_("记账没有成功：%(why)s") % {"why": refused}) from refused


def _one(found: Gathered, template: str, holder: Holder, on: date, amounts: dict[str, int], cause: str,
         words: str) -> Posting:  # fmt: skip
    year = found.year
    return Posting(
        template, lead_of(holder), on, amounts, source(year, cause, holder.id), f"{year.title} {words}",
        address=year.get_absolute_url(), prepared_by_id=year.cleared_by_id or year.prepared_by_id,
    )  # fmt: skip


def _pair(found: Gathered, template: str, mine: int, other: int, on: date, amounts: dict[str, int], cause: str,
          words: str) -> Posting:  # fmt: skip
    year = found.year
    return Posting(
        template, mine, on, amounts, source(year, cause), f"{year.title} {words}", counterparty_id=other,
        both_sides=True, address=year.get_absolute_url(),
        prepared_by_id=year.cleared_by_id or year.prepared_by_id,
    )  # fmt: skip


def lead_of(holder: Holder) -> int:
    """Whose book the prepayment of a holder goes to. Raises StepRefused."""
    if holder.lead_id is None:
        raise StepRefused(_("%(name)s没有可以收款的牵头医疗机构") % {"name": holder.name})
    return keeper_of(holder.lead_id)


def keeper_of(organisation_id: int) -> int:
    """Whose book holds an organisation's money. Raises StepRefused."""
    try:
        return books.keeper_of(organisation_id)
    except VoucherRefused as refused:
        raise StepRefused(str(refused)) from refused


def _fen(found: Gathered, name: str, holder: Holder) -> int:
    line = found.statement.get(name, holder.id) if found.statement else None
    return line.fen if line else 0
