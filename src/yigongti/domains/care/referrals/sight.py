"""How far a reader sees into a referral: whole, or who, where and when without the patient's name and what ails him.

Whole: those who treat or keep the desk at the origin, which wrote it, and at whoever follows up; and at the receiver as
long as the referral is with it, or its access to the record runs. One that declined, from whom it was withdrawn, or
whose time is over, sees the masked name, the state and the history.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.permissions import READ_SUMMARY
from yigongti.domains.care.referrals.workflow import ANSWERABLE, WITH_THE_RECEIVER
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor


@dataclass(frozen=True)
class Sight:
    """``since`` and ``why``: when and why a reader lost sight of the whole; None and "" for who has it or never had."""

    whole: bool
    since: datetime | None = None
    why: str = ""


def sight(case: Referral, actor: Actor) -> Sight:
    """What this reader sees of a referral that is visible to him."""
    if actor.everything or actor.may(READ_SUMMARY, case.origin_id):
        return Sight(True)
    # who was to follow up only because it was to receive is the receiver, until the patient has come
    follows = case.follow_up_id != case.receiver_id or case.arrived_at is not None
    if follows and actor.may(READ_SUMMARY, case.follow_up_id):
        return Sight(True)
    if case.receiver_id is None or not actor.may(READ_SUMMARY, case.receiver_id):
        return Sight(False)
    if with_the_receiver(case):
        return Sight(True)
    return Sight(False, case.access_until or case.ended_at or case.entered_at, _why(case))


def with_the_receiver(case: Referral) -> bool:
    """Whether the receiver has it to answer, has the patient, or has had him no longer ago than policy says."""
    if case.state in ANSWERABLE or case.state in WITH_THE_RECEIVER:
        return True
    return case.access_until is not None and case.access_until > clock.now()


def _why(case: Referral) -> str:
    if case.arrived_at is not None:
        return _("查阅期限已到")
    if case.decline_code:
        return _("转入机构没有接收")
    if case.state == "withdrawn":
        return _("转诊已撤回")
    if case.state == "redirected":
        return _("已改转其他机构")
    return _("患者没有到诊")
