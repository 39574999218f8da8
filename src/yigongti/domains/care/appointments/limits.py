"""How much one person may hold, and who has to wait after not coming. Read under the person's lock, so that two
bookings at once can't both be the last allowed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments import policy
from yigongti.domains.care.appointments.refusals import BookingRefused
from yigongti.domains.care.appointments.selectors import visible_bookings
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('appointments.person', %s))"

_HELD = """
    SELECT count(*) FILTER (WHERE state = 'booked' AND ends_at > %(now)s),
        count(*) FILTER (
            WHERE state IN ('booked', 'checked_in', 'done', 'no_show')
            AND institution_id = %(institution)s AND department = %(department)s AND day = %(day)s
        ),
        count(*) FILTER (WHERE state NOT IN ('cancelled', 'stopped') AND opened_at > %(period)s),
        count(*) FILTER (WHERE state = 'no_show' AND starts_at > %(no_shows)s),
        max(starts_at) FILTER (WHERE state = 'no_show' AND starts_at > %(no_shows)s),
        min(starts_at) FILTER (
            WHERE state IN ('booked', 'checked_in') AND starts_at < %(ends)s AND ends_at > %(starts)s
        )
    FROM appointments_appointment WHERE resident_id = ANY(%(entries)s)
"""


@dataclass(frozen=True)
class Wanted:
    """What is to be booked. ``referred``: by a referral, whose need outweighs the counts and the no-show rule.
    ``instead``: of a place in a clinic that was stopped, which is not the patient's doing."""

    institution_id: int
    department: str
    day: date
    starts_at: datetime
    ends_at: datetime
    referred: bool
    instead: bool = False


def lock(person_id: int) -> None:
    """One booking of a person at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [person_id])


def check(entries: tuple[int, ...], wanted: Wanted, actor: Actor) -> None:
    """Raises BookingRefused where the person (all entries that are one) may not book this as well.

    When the person is elsewhere is said only to those who may see that booking.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD,
            {
                "entries": list(entries),
                "now": now,
                "institution": wanted.institution_id,
                "department": wanted.department,
                "day": wanted.day,
                "period": now - timedelta(days=policy.PERIOD_DAYS.at().value),
                "no_shows": now - timedelta(days=policy.NO_SHOW_DAYS.at().value),
                "starts": wanted.starts_at,
                "ends": wanted.ends_at,
            },
        )
        is_open, same_day, period, missed, last_missed, overlapping = cursor.fetchone()
    if overlapping is not None:
        if not _sees(actor, entries, overlapping):
            raise BookingRefused(_("这位居民在这个时间已有预约，不能同时约两个号。"))
        at = f"{overlapping.astimezone(clock.ZONE):%Y-%m-%d %H:%M}"
        raise BookingRefused(_("这个时间已有另一个预约（%(at)s），不能同时约两个号。") % {"at": at})
    if wanted.referred or wanted.instead:
        return
    if same_day >= policy.MOST_A_DAY.at().value:
        raise BookingRefused(_("同一天在同一科室已有预约。要换时间请改约。"))
    if is_open >= policy.MOST_OPEN.at().value:
        raise BookingRefused(_("已有 %(count)d 个未就诊的预约，达到上限。就诊或取消后才能再约。") % {"count": is_open})
    if period >= policy.MOST_A_PERIOD.at().value:
        raise BookingRefused(
            _("%(days)d 天内已预约 %(count)d 次，达到上限。") % {"days": policy.PERIOD_DAYS.at().value, "count": period}
        )
    until = blocked_until(missed, last_missed)
    if until is not None and now < until:
        if not _sees(actor, entries, last_missed):
            raise BookingRefused(_("这位居民多次爽约，现在暂停预约。确有需要可由医生转诊预约。"))
        raise BookingRefused(
            _("%(days)d 天内已爽约 %(count)d 次，%(until)s 前暂停预约。确有需要可由医生转诊预约。")
            % {
                "days": policy.NO_SHOW_DAYS.at().value,
                "count": missed,
                "until": f"{until.astimezone(clock.ZONE):%Y-%m-%d %H:%M}",
            }
        )


def _sees(actor: Actor, entries: tuple[int, ...], starts_at: datetime) -> bool:
    """Whether a booking of the person that begins at a moment is one the actor may see."""
    if actor.is_resident:
        return True
    found: bool = visible_bookings(actor).filter(resident_id__in=entries, starts_at=starts_at).exists()
    return found


def blocked_until(missed: int, last_missed: datetime | None) -> datetime | None:
    """Until when somebody who did not come so often has to wait; None below the number of the rule."""
    if last_missed is None or missed < policy.NO_SHOWS.at().value:
        return None
    return last_missed + timedelta(days=policy.BLOCK_DAYS.at().value)
