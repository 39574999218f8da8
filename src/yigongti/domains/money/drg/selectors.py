"""Reading results: the cases below a figure, one case with its path and account, what it was before."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings

from yigongti.domains.money.claims import api as claims
from yigongti.domains.money.drg.catalogue import held, scheme_in_force, scheme_keyed
from yigongti.domains.money.drg.coefficients import Held
from yigongti.domains.money.drg.formulas import Bill, Kind, together
from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.one import Grouped, group
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.payment import Account, account, decided, paid_elsewhere, payment_of, rules_of
from yigongti.domains.money.drg.permissions import FIGURES
from yigongti.domains.money.drg.policy import READMISSION_RULE
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.domains.money.drg.workflow import Outcome
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.lake.api import snapshot
from yigongti.kernel.policy.api import PolicyGap


@dataclass(frozen=True)
class GroupedClaimView:
    """A claim's standing result, with the claim and the case as it was grouped. ``gap``: why there is no account.
    ``carrier``: the case this one is paid with; ``merged``: those paid with this one; ``review``: the special review
    that decided what it is paid.
    """

    row: GroupedClaim
    claim: claims.ClaimView
    case: Case | None
    scheme: Scheme | None
    grouped: Grouped | None
    account: Account | None
    gap: str
    earlier: tuple[GroupedClaim, ...]
    carrier: GroupedClaim | None
    merged: tuple[GroupedClaim, ...]
    review: SpecialReview | None


def cases(actor: Actor) -> ScopedQuerySet:
    """Standing results the actor may see."""
    actor.require(FIGURES)
    found: ScopedQuerySet = GroupedClaim.objects.visible_to(actor, FIGURES).filter(stands=True, place=settings.PLACE)
    return found


def grouped_claim(claim_id: int, *, actor: Actor) -> GroupedClaimView:
    """One claim's result, worked out again for the path. Raises Forbidden, NotVisible; the look is in the trail."""
    rows = list(
        GroupedClaim.objects.visible_to(actor, FIGURES)
        .filter(claim_id=claim_id, place=settings.PLACE)
        .order_by("-id")[:20]
    )
    if not rows:
        raise NotVisible
    row = rows[0]
    claim = claims.get(claim_id, actor=actor)
    case = case_of(claim_id, row.settled_on)
    scheme = scheme_keyed(row.scheme)
    grouped = group(case, scheme) if case is not None and scheme is not None else None
    carrier, merged = _paid_with(row)
    review = _review(row)
    found, gap = None, ""
    if scheme is not None:
        try:
            found = _account(row, scheme, carrier, merged, review)
        except PolicyGap as missing:
            gap = str(missing)
    return GroupedClaimView(
        row, claim, case, scheme, grouped, found, gap, tuple(rows[1:]), carrier, tuple(merged), review
    )


def _paid_with(row: GroupedClaim) -> tuple[GroupedClaim | None, list[GroupedClaim]]:
    """The case a case is paid with, and those paid with it: of the same person at the same institution, so that whoever
    sees the one sees the others."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("the reader sees the case they are paid with")
    if not row.stands:
        return None, []
    carrier = rows.filter(stands=True, claim_id=row.merged_into).first() if row.merged_into else None
    return carrier, list(rows.filter(stands=True, merged_into=row.claim_id).order_by("service_start", "id"))


def _review(row: GroupedClaim) -> SpecialReview | None:
    rows: ScopedQuerySet = SpecialReview.objects.unscoped("the reader sees the case it decided")
    found: SpecialReview | None = rows.filter(pk=row.special_id).first() if row.special_id else None
    return found


def _account(
    row: GroupedClaim, scheme: Scheme, carrier: GroupedClaim | None, merged: list[GroupedClaim],
    review: SpecialReview | None,
) -> Account:  # fmt: skip
    """How what stands came about. Raises PolicyGap."""
    rules = rules_of(row.place, row.settled_on, tier=row.tier, insurance_kind=row.insurance_kind)
    rules = rules.of(Held(row.place).of(row.institution_id, row.settled_on))
    paid_too = [one for one in merged if one.outlier == Kind.MERGED]
    bill = together(Bill(one.total_fen, one.patient_fen, one.stay_days) for one in (row, *paid_too))
    numbers = "、".join(one.record_no for one in paid_too)
    found = account(scheme, row.drg, row.mdc, row.status, bill, rules, row.settled_on, with_claims=numbers)
    if carrier is not None:
        rule = READMISSION_RULE.at(place=row.place, as_of=max(row.settled_on, carrier.settled_on))
        return paid_elsewhere(found, Kind(row.outlier), carrier.record_no, rule)
    if review is not None:
        payment = payment_of(review.outcome, review.decided_fen, bill, rules)
        return decided(found, payment, bill, rules, str(Outcome(review.outcome).label))
    return found


def result_of(claim_id: int, *, actor: Actor) -> GroupedClaim | None:
    """The standing result of a claim, without a look being noted: for a card on a page that notes its own."""
    found: GroupedClaim | None = cases(actor).filter(claim_id=claim_id).first()
    return found


def case_of(claim_id: int, settled_on: date) -> Case | None:
    """The case as the published claim has it; None when its month has been published without it since."""
    month = clock.month_of(settled_on)
    for _month, file in snapshot("claims", month, clock.next_month(month)).files:
        rows = pl.scan_parquet(settings.VAR / "lake" / file).filter(pl.col("id") == claim_id).collect().to_dicts()
        for row in rows:
            return _case(row)
    return None


def _case(row: dict[str, Any]) -> Case:
    return Case(
        case_id=str(row["id"]),
        sex=row["sex"],
        age_years=row["age_years"],
        age_days=row["age_days"],
        birth_weight_g=row["birth_weight_g"],
        principal_diagnosis=row["code"],
        other_diagnoses=row["other_diagnoses"],
        procedures=row["procedures"],
    )


def schemes() -> list[tuple[Any, bool]]:
    """Every scheme of the installation, and whether it is the one in force here today."""
    now = scheme_in_force(settings.PLACE, clock.today())
    return [(one, now is not None and one.about == now.about) for one in held()]
