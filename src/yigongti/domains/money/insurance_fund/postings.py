"""What the year puts into the members' books, by the templates of ``books``. In the transaction of the step."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.money.books import api as books
from yigongti.domains.money.books.api import Posting, VoucherRefused
from yigongti.domains.money.insurance_fund import policy
from yigongti.domains.money.insurance_fund.formulas.clearing import OTHER_INSIDE, OUTSIDE, PHARMACY
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.inputs import Holder
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.kernel.access.api import Actor
from yigongti.kernel.money import split
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import StepRefused

ELSEWHERE = (OUTSIDE, OTHER_INSIDE, PHARMACY)


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
def clearing(found: Gathered, on: date) -> list[Posting]:
    """At the end: deposit back, surplus or overspend, between holders, and among members."""
    made: list[Posting] = []
    leads = {h.id: lead_of(h) for h in found.inputs.holders}
    for holder in found.inputs.holders:
        back, lost = _fen(found, "deposit_returned", holder), _fen(found, "deposit_forfeited", holder)
        if back or lost:
            made.append(_one(found, "quality_deposit_returned", holder, on, {"returned": back, "not_returned": lost},
                             "deposit_returned", _("返还质量保证金")))  # fmt: skip
        kept, borne = _fen(found, "surplus_kept", holder), _fen(found, "overspend_borne", holder)
        if kept:
            made.append(
                _one(found, "clearing_surplus", holder, on, {"surplus": kept}, "surplus", _("年度清算结余留用"))
            )
            left = min(kept, max(_fen(found, "paid_out", holder) - _fen(found, "use", holder), 0))
            made.append(_one(found, "clearing_received", holder, on, {"from_prepayment": left, "paid": kept - left},
                             "surplus_received", _("收到年度清算款")))  # fmt: skip
        if borne and holder.overspend_choice != "carry_forward":  # carried: a later year bears it
            made.append(_one(found, "clearing_overspend", holder, on, {"overspend": borne}, "overspend",
                             _("年度清算超支负担")))  # fmt: skip
        elsewhere = sum(_fen(found, f"use_{where}", holder) for where in ELSEWHERE)
        if elsewhere > 0 and found.rules.option(policy.ELSEWHERE) == "insurance_body":
            made.append(_one(found, "used_elsewhere", holder, on, {"used": elsewhere}, "elsewhere",
                             _("参保人在医共体外就医由预算列支")))  # fmt: skip
        made += _shares(found, holder, on)
    assert found.statement is not None
    for line in found.statement.named("owes"):
        assert line.of is not None and line.nth is not None
        debtor, creditor = leads[line.of], leads[line.nth]
        if line.fen < 0:  # more was taken back than came: the other owes it
            debtor, creditor = creditor, debtor
        if debtor != creditor and line.fen:
            made.append(_pair(found, "cross_consortium_owed", debtor, creditor, on, {"owed": abs(line.fen)}, line.key,
                              _("参保人在其他医共体就医应付款")))  # fmt: skip
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
