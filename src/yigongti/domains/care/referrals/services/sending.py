"""Sending a referral, asking for approval, approving it: the effects of the origin's and the approver's steps.

Every effect runs in its step's transaction and raises StepRefused, which undoes everything.
"""

from django.db import connection
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import deadlines, selectors, telling
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services import certificates, routes
from yigongti.domains.care.referrals.services.answering import release
from yigongti.domains.care.referrals.services.routes import ReferralRefused
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers

LONGEST_REASON = 500


def send(case: Referral, actor: Actor, answers: Answers) -> None:
    """To the receiver; from now on the answer's time runs."""
    _check(case, actor, answers)
    _off(case)


def submit(case: Referral, actor: Actor, answers: Answers) -> None:
    """To whoever approves."""
    _check(case, actor, answers)
    case.approve_by = deadlines.approve_within(case, clock.now())
    telling.asked_approval(case)


def certify(case: Referral, actor: Actor, answers: Answers) -> None:
    """Out of the county where the place asks for no approval: the origin issues the certificate itself."""
    _check(case, actor, answers)
    _certify(case, actor, case.origin_id)


def approval_late(case: Referral, actor: Actor, answers: Answers) -> None:
    """Nobody approved or refused in time: somebody over the approver is called in; it can still be approved."""
    if case.approver_id is not None:
        case.overseer_id = routes.escalated_to(case.approver_id, case.origin_id)
    telling.approval_late(case)


def approve(case: Referral, actor: Actor, answers: Answers) -> None:
    _second_person(case, actor)
    _route(case)
    _off(case)


def approve_outside(case: Referral, actor: Actor, answers: Answers) -> None:
    _second_person(case, actor)
    _route(case)
    if case.approver_id is None:
        raise StepRefused(_("这张转诊单没有审批机构。"))
    _certify(case, actor, case.approver_id)


def ask_again(case: Referral, actor: Actor, answers: Answers) -> None:
    """The patient was reached and will come: the receiver is asked for another appointment; the time runs anew.

    What was held is free, so that the receiver chooses afresh. When it was first sent and answered stays.
    """
    _route(case)
    release(case, actor, _("患者未到诊"))
    case.answer_by = deadlines.answer_within(case, clock.now())
    telling.asked_again(case)


def _off(case: Referral) -> None:
    case.sent_at = clock.now()
    case.answer_by = case.first_answer_by = deadlines.answer_within(case, case.sent_at)
    telling.settle(f"referrals.approval:{case.pk}", f"referrals.approval_late:{case.pk}")
    telling.sent(case)


def _certify(case: Referral, actor: Actor, issuer_id: int) -> None:
    now = clock.now()
    case.sent_at = case.answered_at = case.accepted_at = now
    case.follow_up_by = deadlines.follow_up_day(case, now.date())
    certificates.issue(case, actor=actor, issuer_id=issuer_id)
    telling.tell(telling.events.ReferralCertified, case)


def _check(case: Referral, actor: Actor, answers: Answers) -> None:
    _route(case)
    card = residents.card(case.resident_id)
    if card is None or card.deceased_on is not None:
        raise StepRefused(_("这位居民已登记死亡，不能转诊。"))
    _hold_person(case.resident_id)
    if said := answers.get("duplicate_reason"):
        if len(said) > LONGEST_REASON:
            raise StepRefused(_("理由最多 %(n)d 个字。") % {"n": LONGEST_REASON})
        case.duplicate_reason = said
    if not case.duplicate_reason and selectors.duplicates(
        case.resident_id, case.diagnosis_code, case.reason_code, but=case.pk
    ):
        raise StepRefused(_("该患者已有同一病种或同一原因的转诊正在办理。确需再转，请填写理由。"))
    if case.straight_down and not (case.care_plan and case.medicines and case.next_checks):
        raise StepRefused(_("下转须附后续治疗方案、用药和复查安排。"))
    case.sent_by_id, case.sent_by_name = actor.id, actor.name


def _route(case: Referral) -> None:
    """Both sides still belong where they did when it was drafted; else it is said which does not."""
    try:
        found = routes.route(case.origin_id, case.receiver_id, case.direction)
        approver_id = routes.approver(found.origin, found.reach, clock.today())
    except ReferralRefused as refused:
        raise StepRefused(str(refused)) from refused
    if found.reach != case.reach or (case.state == "draft" and approver_id != case.approver_id):
        raise StepRefused(_("两家机构的隶属关系已变化，转诊规则不同了，请重新起草。"))


def _second_person(case: Referral, actor: Actor) -> None:
    if actor.id is not None and actor.id == case.sent_by_id:
        raise StepRefused(_("您提交的转诊，须由另一人审批。"))


def _hold_person(resident_id: int) -> None:
    """One referral of a person is sent at a time, so that two at once see each other."""
    standing = residents.whole(resident_id) or resident_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"referrals.send:{standing}"])
