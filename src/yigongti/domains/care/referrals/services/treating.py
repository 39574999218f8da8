"""The patient at the receiver's: arriving or not, treatment, and going back with a care plan."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from yigongti.domains.care.referrals import deadlines, policy, telling
from yigongti.domains.care.referrals.events import ReferralArrived, ReferralReturned
from yigongti.domains.care.referrals.models import Referral
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused, history
from yigongti.kernel.workflow.table import Answers


def arrive(case: Referral, actor: Actor, answers: Answers) -> None:
    """The patient is here. Sent down, the follow-up's time runs from now, and the hospital's discharge counts."""
    now = clock.now()
    case.arrived_at = now
    if case.straight_down:
        case.follow_up_by = deadlines.follow_up_day(case, now.date())
        count_discharges(case, case.origin_id, now.date())
    telling.tell(ReferralArrived, case)


def undo_arrival(case: Referral, actor: Actor, answers: Answers) -> None:
    """Somebody else's barcode was scanned, or the wrong line marked: the patient is still awaited."""
    case.arrived_at = None
    telling.lake.mark_changed(case)


def miss(case: Referral, actor: Actor, answers: Answers) -> None:
    """The appointed day and the days of grace are over: the origin is asked to reach the patient."""
    telling.missed(case, len(history(case)))


def treat(case: Referral, actor: Actor, answers: Answers) -> None:
    case.treated_at = clock.now()
    case.conclusion = answers["conclusion"]


def return_(case: Referral, actor: Actor, answers: Answers) -> None:
    """Back to whoever follows up, with care plan, medicines and next checks."""
    now = clock.now()
    next_check_on = date.fromisoformat(answers["next_check_on"]) if answers.get("next_check_on") else None
    if next_check_on is not None and next_check_on < now.date():
        raise StepRefused(_("下次复查日期已经过去。"))
    if next_check_on is not None and next_check_on > now.date() + deadlines.NEXT_CHECK_WITHIN:
        raise StepRefused(_("下次复查日期太远，请填写五年内的日期。"))
    case.treated_at = case.treated_at or now
    case.returned_at = now
    case.conclusion = answers.get("conclusion") or case.conclusion
    case.care_plan, case.medicines, case.next_checks = (
        answers["care_plan"], answers["medicines"], answers["next_checks"]
    )  # fmt: skip
    case.next_check_on = next_check_on
    case.follow_up_by = deadlines.follow_up_day(case, now.date())
    if case.receiver_id is not None:
        count_discharges(case, case.receiver_id, now.date())
    telling.tell(ReferralReturned, case)


def count_discharges(case: Referral, hospital_id: int, on: date) -> None:
    """Which discharges of this person from a hospital count as sent down by this: those ended from so many days
    before to so many days after (policy of the day)."""
    before = policy.SENT_DOWN_BEFORE_DAYS.at(case.place, on).value
    after = policy.SENT_DOWN_AFTER_DAYS.at(case.place, on).value
    case.sent_down_by_id = hospital_id
    case.discharges_from, case.discharges_until = on - timedelta(days=after), on + timedelta(days=before)
