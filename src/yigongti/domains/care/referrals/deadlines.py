"""By when each step of a referral should be taken: policy values of the referral's place, counted from the case.

A working day is one by the yearly notice on days off (appointments keeps it).
"""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from yigongti.domains.care.appointments.api import is_working_day
from yigongti.domains.care.referrals import policy
from yigongti.domains.care.referrals.formulas import after_working_days
from yigongti.kernel import clock

if TYPE_CHECKING:
    from yigongti.domains.care.referrals.models import Referral

BED_WITHIN = timedelta(days=366)
NEXT_CHECK_WITHIN = timedelta(days=5 * 366)
"""How far ahead a bed is kept and a next check is agreed: further is a slip of the pen."""


def _day(at: datetime) -> date:
    return at.astimezone(clock.ZONE).date()


def _end_of(day: date) -> datetime:
    return clock.midnight(day + timedelta(days=1))


def answer_within(case: "Referral", since: datetime) -> datetime:
    """Urgent: minutes, at any hour. Ordinary: working days, counted from the next one if sent on a day off."""
    on = _day(since)
    if case.urgent:
        return since + policy.ANSWER_URGENT.at(case.place, on).value
    return after_working_days(since, policy.ANSWER_ORDINARY_WORKING_DAYS.at(case.place, on).value, is_working_day)


def answer_by(case: "Referral") -> datetime | None:
    """An answer that is overdue stays so until it is given; nothing presses the receiver in other states."""
    return case.answer_by if case.state in ("sent", "expired") else None


def approve_within(case: "Referral", since: datetime) -> datetime:
    on = _day(since)
    if case.urgent:
        return since + policy.APPROVAL_URGENT.at(case.place, on).value
    return after_working_days(since, policy.APPROVAL_WORKING_DAYS.at(case.place, on).value, is_working_day)


def approval_by(case: "Referral") -> datetime:
    return case.approve_by or approve_within(case, case.entered_at)


def treat_by(case: "Referral") -> datetime | None:
    """How long a patient who came may be kept before he is sent back, or it is said that he is not."""
    if case.arrived_at is None:
        return None
    on = _day(case.arrived_at)
    return _end_of(on + timedelta(days=policy.TREAT_DAYS.at(case.place, on).value))


def arrive_by(case: "Referral") -> datetime | None:
    """The end of the day so many days after the appointed one; for who may come at once, so many hours. Nobody is
    late while no place is held for him."""
    if case.place_lost:
        return None
    if case.expected_at is None:
        since = case.accepted_at or case.entered_at
        return since + policy.ARRIVE_AT_ONCE.at(case.place, _day(since)).value
    on = _day(case.expected_at)
    return _end_of(on + timedelta(days=policy.ARRIVE_DAYS.at(case.place, on).value))


def reschedule_by(case: "Referral") -> datetime | None:
    """A place that fell away is made good as fast as an answer was due."""
    return answer_within(case, case.entered_at) if case.place_lost else None


def contact_by(case: "Referral") -> datetime | None:
    """How long the origin has to reach a patient who did not come; nothing presses in other states."""
    if case.state != "not_arrived":
        return None
    on = _day(case.entered_at)
    return _end_of(on + timedelta(days=policy.CONTACT_DAYS.at(case.place, on).value))


def arrange_by(case: "Referral") -> datetime:
    """A patient who was not accepted is arranged for as fast as an answer was due."""
    return answer_within(case, case.entered_at)


def follow_up_day(case: "Referral", since: date) -> date:
    """The last day for the follow-up of who came back, or was sent down, or went outside, on a day."""
    return since + timedelta(days=policy.FOLLOW_UP_DAYS.at(case.place, since).value)


def follow_up_by(case: "Referral") -> datetime | None:
    return _end_of(case.follow_up_by) if case.follow_up_by else None


def close_at(case: "Referral") -> datetime:
    on = _day(case.entered_at)
    return case.entered_at + timedelta(days=policy.CLOSE_DAYS.at(case.place, on).value)


def access_until(case: "Referral", ended: datetime) -> datetime:
    """How long after the end the receiver may still read the record."""
    return ended + timedelta(days=policy.ACCESS_DAYS.at(case.place, _day(ended)).value)
