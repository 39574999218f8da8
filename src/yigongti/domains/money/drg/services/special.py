"""Applying for a special review, what its steps write, and what becomes of one whose claim has changed."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yigongti.domains.money.drg import special as reading
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.permissions import (
    FIGURES,
    SPECIAL_APPLY,
    SPECIAL_CONFIRM,
    SPECIAL_REVIEW,
)
from yigongti.domains.money.drg.reasons import Lapse
from yigongti.domains.money.drg.workflow import Outcome
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, Permission, ScopedQuerySet, system_actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.money import fen, yuan
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import StepRefused, open_case, take_step
from yigongti.kernel.workflow.models import History
from yigongti.kernel.workflow.table import Answers

LONGEST = 2_000


class SpecialRefused(ValueError):
    """The application can't be made; ``str()`` says why, for whoever tried."""


def apply_for(claim_id: int, *, reason: str, explanation: str, statement: str, actor: Actor) -> SpecialReview:
    """Ask for a special review of a case of one's own institution. Raises Forbidden, NotVisible, SpecialRefused,
    PolicyGap. ``explanation``: why; ``statement``: what the department says.

    Two applications at once count one after the other, so that together they don't pass the institution's share.
    """
    row = GroupedClaim.objects.visible_to(actor, FIGURES).filter(
        claim_id=claim_id, stands=True, place=settings.PLACE
    ).first()  # fmt: skip
    if row is None:
        raise NotVisible
    if row.institution_id is None:
        raise Forbidden(SPECIAL_APPLY)
    actor.require(SPECIAL_APPLY, row.institution_id)
    try:
        with transaction.atomic():
            _alone(row.institution_id, row.settled_on.year)
            return _opened(row, reason, explanation.strip()[:LONGEST], statement.strip()[:LONGEST], actor)
    except SpecialRefused as refused:
        record(
            actor=actor,
            act="drg.special.open",
            subject=f"claim:{claim_id}",
            organisation_id=row.institution_id,
            outcome="refused",
            detail={"why": str(refused)},
        )
        raise


def _alone(institution_id: int, year: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drg.special.{institution_id}.{year}"]
        )


def _opened(row: GroupedClaim, reason: str, explanation: str, statement: str, actor: Actor) -> SpecialReview:
    from yigongti.domains.money.drg.services.merging import basis_of

    found = reading.standing(row, actor=actor)
    if found is None:
        raise SpecialRefused(_("特例单议由治疗的医疗机构申请；负责评审的人不能申请。"))
    if found.why_not:
        raise SpecialRefused(found.why_not)
    if reason not in dict(found.reasons):
        raise SpecialRefused(_("这个病例不能以这个理由申请。"))
    if not explanation or not statement:
        raise SpecialRefused(_("请写明理由，并附科室意见。"))
    if row.institution_id is None:
        raise Forbidden(SPECIAL_APPLY)
    bill = reading.bill_of(row)
    case = SpecialReview(
        place=row.place,
        claim_id=row.claim_id,
        record_no=row.record_no,
        settled_on=row.settled_on,
        payer_id=row.source_id,
        institution_id=row.institution_id,
        institution_name=row.institution_name,
        department=row.department,
        resident_id=row.resident_id,
        basis=basis_of(row.drg, row.claim_id, reading.members_of(row)),
        drg=row.drg,
        kind=row.outlier,
        stay_days=bill.stay_days,
        total_fen=bill.total_fen,
        patient_fen=bill.patient_fen,
        standard_fen=row.standard_fen,
        whole_fen=row.whole_fen,
        payment_fen=row.payment_fen,
        reason=reason,
        explanation=explanation,
        statement=statement,
    )
    open_case(case, actor=actor, answers={})
    _page(case, "applied", _("请评审特例单议：%(what)s"), SPECIAL_REVIEW, case.payer_id)
    return case


def hear(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    """Keep what experts said, with their names; several hearings stand beside each other."""
    on = date.fromisoformat(str(answers["heard_on"]))
    if not case.settled_on <= on <= clock.today():
        raise StepRefused(_("评审日期须在结算之后，且不晚于今天。"))
    said = {
        "on": on.isoformat(),
        "experts": str(answers["experts"])[:LONGEST],
        "opinion": str(answers["opinion"])[:LONGEST],
        "by": actor.name,
    }
    case.opinions = [*case.opinions, said]


def decide(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    """Propose by item, another standard (above what the group pays, not above the cost), or no."""
    outcome, asked = Outcome(answers["outcome"]), answers["standard_yuan"]
    if (outcome is Outcome.ADJUSTED) != (asked is not None):
        raise StepRefused(_("调整支付标准时要填写调整后的标准，其他决定不填。"))
    row = _require_standing(case)
    amount: int | None = case.total_fen if outcome is Outcome.BY_ITEM else None
    if asked is not None:
        amount = fen(Decimal(asked))
        if not row.whole_fen < amount <= case.total_fen:
            raise StepRefused(
                _("调整后的标准须高于按病组的支付%(least)s元，不超过实际费用%(most)s元。")
                % {"least": yuan(row.whole_fen), "most": yuan(case.total_fen)}
            )
    _require_more(amount, row)
    case.decided_by_id = actor.id
    case.outcome = outcome.value
    case.decided_fen = amount
    case.decision = str(answers["reason"])[:LONGEST]
    _page(case, "decided", _("请确认特例单议的决定：%(what)s"), SPECIAL_CONFIRM, case.payer_id)


def grant(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    """The second person. The month is grouped anew for it."""
    _require_more(case.decided_fen, _require_standing(case))
    _confirmed(case, actor)
    _page(case, "granted", _("特例单议已同意：%(what)s"), SPECIAL_APPLY, case.institution_id)


def refuse(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    _confirmed(case, actor)
    _page(case, "refused", _("特例单议不予同意：%(what)s"), SPECIAL_APPLY, case.institution_id)


def _confirmed(case: SpecialReview, actor: Actor) -> None:
    case.confirmed_by_id = actor.id
    case.confirmed_at = clock.now()


def send_back(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    case.decided_by_id = case.decided_fen = None
    case.outcome = case.decision = ""
    _page(case, "sent_back", _("特例单议被退回评审：%(what)s"), SPECIAL_REVIEW, case.payer_id)


def withdraw(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    _page(case, "withdrawn", _("特例单议已由医疗机构撤回：%(what)s"), SPECIAL_REVIEW, case.payer_id)


def _require_more(amount: int | None, row: GroupedClaim) -> None:
    """Rules and coefficients may have changed since the application."""
    if amount is not None and amount <= row.whole_fen:
        raise StepRefused(
            _("按病组的支付现为%(whole)s元，不低于要决定的支付，不能同意。") % {"whole": yuan(row.whole_fen)}
        )


def _require_standing(case: SpecialReview) -> GroupedClaim:
    """The result as it stands; nobody decides on a claim that is no longer what was applied for."""
    from yigongti.domains.money.drg.services.merging import basis_of

    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("the step has checked the side")
    row: GroupedClaim | None = rows.filter(claim_id=case.claim_id, stands=True).first()
    if (
        row is None
        or basis_of(row.drg, row.merged_into or row.claim_id, reading.members_of(row)) != case.basis
        or not case.is_of(reading.bill_of(row))
    ):
        raise StepRefused(_("申请之后，这笔结算或它的入组有变化，不能再作决定。"))
    return row


def lapse(case: SpecialReview, actor: Actor, answers: Answers) -> None:
    """The platform ends what was under way when its claim changed."""
    _tell_lapsed(case)


def lapse_all(found: Iterable[tuple[int, Lapse]], *, actor: Actor) -> None:
    """Have reviews lapse whose claims no longer stand as they were applied for: one under way ends, a decision that was
    confirmed keeps its state and says that it no longer holds."""
    rows: ScopedQuerySet = SpecialReview.objects.unscoped("the platform keeps reviews in step with claims")
    for pk, why in found:
        case = rows.select_for_update().get(pk=pk)
        if case.lapsed_at is not None or case.state in ("refused", "withdrawn", "lapsed"):
            continue
        case.lapsed_at, case.lapse_reason = clock.now(), why.value
        rows.filter(pk=pk).update(lapsed_at=case.lapsed_at, lapse_reason=case.lapse_reason)
        record(
            actor=actor,
            act="drg.special_lapsed",
            subject=f"drg.special:{pk}",
            organisation_id=case.institution_id,
            detail={"why": why.value, "state": case.state},
        )
        if case.is_open:
            take_step(case, "lapse", actor=system_actor("drg"))
        else:
            _tell_lapsed(case)


def decisions(place: str, start: date, end: date) -> list[tuple[Any, ...]]:
    """What reviews of claims settled from ``start`` up to (not including) ``end`` have decided, where that holds."""
    rows: ScopedQuerySet = SpecialReview.objects.unscoped("payment asks for no reader")
    held = rows.filter(place=place, settled_on__gte=start, settled_on__lt=end, state="granted", lapsed_at=None)
    return list(held.order_by("pk").values_list("pk", "claim_id", "outcome", "decided_fen"))


def _tell_lapsed(case: SpecialReview) -> None:
    title = _("特例单议因结算有变化而失效：%(what)s")
    _page(case, "lapsed", title, SPECIAL_APPLY, case.institution_id)
    _page(case, "lapsed", title, SPECIAL_REVIEW, case.payer_id)


def _page(case: SpecialReview, what: str, title: str, permission: Permission, organisation_id: int) -> None:
    done = History.objects.filter(workflow=case.workflow.name, case_id=case.pk).count()
    with in_the_places_language():
        notify(
            f"drg.special.{what}:{case.pk}.{done}.{permission.name}",
            title=title % {"what": case.title},
            address=case.get_absolute_url(),
            desk=(permission, organisation_id),
        )
