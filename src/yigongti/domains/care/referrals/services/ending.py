"""How a referral ends: followed up and closed, ended at the receiver's, arranged otherwise, withdrawn."""

from datetime import date

from django.utils.translation import gettext as _

from yigongti.domains.care.referrals import deadlines, telling
from yigongti.domains.care.referrals.events import ReferralFollowedUp
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.services import certificates
from yigongti.domains.care.referrals.services.answering import release
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


def follow_up(case: Referral, actor: Actor, answers: Answers) -> None:
    done_on = date.fromisoformat(answers["done_on"])
    since = case.returned_at or case.arrived_at or case.accepted_at
    if done_on > clock.today():
        raise StepRefused(_("随访日期不能在今天之后。"))
    if since is not None and done_on < since.astimezone(clock.ZONE).date():
        raise StepRefused(_("随访日期早于患者转回的日期。"))
    case.follow_up_note, case.followed_up_on = answers["note"], done_on
    telling.tell(ReferralFollowedUp, case)


def close(case: Referral, actor: Actor, answers: Answers) -> None:
    _end(case, "closed", with_access=True)


def end_here(case: Referral, actor: Actor, answers: Answers) -> None:
    """The receiver keeps the patient, or there is nothing to send back (died, left against advice, went elsewhere)."""
    case.treated_at = case.treated_at or clock.now()
    case.conclusion = case.conclusion or answers["reason"]
    _end(case, "closed", with_access=True)


def arrange_otherwise(case: Referral, actor: Actor, answers: Answers) -> None:
    _end(case, "closed", with_access=False)


def withdraw(case: Referral, actor: Actor, answers: Answers) -> None:
    """By the origin, or the approver of a certificate: what is held is free again, what was certified no longer holds.

    The patient never came, so the receiver's access to the record ends at once.
    """
    release(case, actor, _("转诊已撤回：%(reason)s") % {"reason": answers["reason"]})
    certificates.revoke(case, reason=answers["reason"])
    told = case.sent_at is not None
    _end(case, "withdrawn", with_access=False)
    if told and case.receiver_id is not None:
        telling.withdrawn(case)


def _end(case: Referral, state: str, *, with_access: bool) -> None:
    now = clock.now()
    case.ended_at = now
    if case.accepted_at is not None:
        case.access_until = deadlines.access_until(case, now) if with_access and case.arrived_at else now
    telling.ended(case, state)
