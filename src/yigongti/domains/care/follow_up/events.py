"""What other domains' events ask for: a follow-up stands exactly if the referral's step stands."""

from datetime import date

from yigongti.domains.care.follow_up import policy
from yigongti.domains.care.follow_up.formulas import due_on
from yigongti.domains.care.follow_up.models import Reason
from yigongti.domains.care.follow_up.services.keeping import ask_for, done_elsewhere, renew_urgent
from yigongti.domains.care.referrals import api as referrals
from yigongti.domains.care.referrals.events import (
    OfReferral,
    ReferralArrived,
    ReferralCertified,
    ReferralFollowedUp,
    ReferralReturned,
    ReferralSent,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.events import subscribe

DOWN = "down"


@subscribe(ReferralSent, within=True)
def _sent(event: ReferralSent) -> None:
    """紧急转诊后2周内主动随访转诊情况: whoever sent the patient asks how it went, whatever the hospital does."""
    _ask_urgent(event)


@subscribe(ReferralCertified, within=True)
def _certified(event: ReferralCertified) -> None:
    """Out of the county the same: nobody else asks how it went."""
    _ask_urgent(event)


def _ask_urgent(event: OfReferral) -> None:
    if not event.urgent or event.direction == DOWN:
        return
    if not renew_urgent(event.resident_id, event.origin_id, event.referral_id):
        last = due_on(clock.today(), policy.URGENT_DAYS.at().value)
        _ask(event, Reason.URGENT_REFERRAL, by=event.origin_id, asked_by=event.receiver_id, due=last)


@subscribe(ReferralReturned, within=True)
def _returned(event: ReferralReturned) -> None:
    _ask(event, Reason.RETURNED, by=event.follow_up_id, asked_by=event.receiver_id)


@subscribe(ReferralArrived, within=True)
def _sent_down(event: ReferralArrived) -> None:
    if event.direction == DOWN:
        _ask(event, Reason.RETURNED, by=event.follow_up_id, asked_by=event.origin_id)


@subscribe(ReferralFollowedUp)
def _followed_up(event: ReferralFollowedUp) -> None:
    """Entered on the referral's own page: then nobody needs to enter it here again."""
    done_elsewhere(event.referral_id, actor=system_actor("follow_up"))


def _ask(event: OfReferral, reason: Reason, *, by: int, asked_by: int | None, due: date | None = None) -> None:
    platform = system_actor("follow_up")
    referral = referrals.get(event.referral_id, actor=platform)
    ask_for(
        event.resident_id,
        reason,
        institution_id=by,
        asked_by_id=asked_by,
        actor=platform,
        about=referral.diagnosis or referral.direction_label,
        due=due or referral.follow_up_by or clock.today(),
        referral_id=event.referral_id,
        care_plan=referral.care_plan,
        medicines=referral.medicines,
        next_checks=referral.next_checks,
    )
