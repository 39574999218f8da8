"""From weekly hours to clinics on dates with their slots. Publishing the same days again changes nothing.

Per schedule one transaction under the schedule's lock: two who publish at once make each session once. What was
published, stopped or deleted by hand is left as it is: only days without a session of those hours get one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments import formulas, policy, release
from yigongti.domains.care.appointments.lake import mark_places_changed
from yigongti.domains.care.appointments.models import (
    Pattern,
    Schedule,
    ScheduleException,
    Session,
    SessionState,
    Slot,
)
from yigongti.domains.care.appointments.permissions import KEEP
from yigongti.domains.care.appointments.refusals import ClinicRefused
from yigongti.domains.care.appointments.working_days import CalendarGap, Workday, workday
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

LONGEST_SPAN = 62
"""Days that are published at once at most."""
FURTHEST = 366
"""Days ahead that anything is published."""


@dataclass(frozen=True)
class Published:
    """What publishing made. ``unknown``: days left out because nobody has entered that year's days off."""

    sessions: int = 0
    places: int = 0
    unknown: tuple[date, ...] = ()

    def __add__(self, other: "Published") -> "Published":
        unknown = tuple(sorted({*self.unknown, *other.unknown}))
        return Published(self.sessions + other.sessions, self.places + other.places, unknown)


def publish(
    institution_id: int,
    *,
    since: date,
    until: date,
    actor: Actor,
    schedule_ids: Iterable[int] | None = None,
    as_draft: bool = False,
    drafts_too: bool = True,
) -> Published:
    """Make the sessions of an institution from a day until a day (both included), and open their slots to booking.

    ``as_draft``: make them without slots, to be looked over first; ``drafts_too``: publish those that were.
    Days before today are left out. Raises Forbidden, ClinicRefused for a span that makes no sense.
    """
    actor.require(KEEP, institution_id)
    since = max(since, clock.today())
    if until < since:
        raise ClinicRefused(_("结束日期早于开始日期，或者日期已经过去。"))
    if (until - clock.today()).days > FURTHEST:
        raise ClinicRefused(_("最多提前一年发布。"))
    if (until - since).days >= LONGEST_SPAN:
        raise ClinicRefused(_("一次最多发布 %(days)d 天。") % {"days": LONGEST_SPAN})
    rows = Schedule.objects.unscoped("the permission is checked above").filter(
        institution_id=institution_id, active=True
    )
    if schedule_ids is not None:
        rows = rows.filter(pk__in=list(schedule_ids))
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    done = Published()
    for schedule_id in list(rows.order_by("pk").values_list("pk", flat=True)):
        done += _publish_schedule(schedule_id, days, actor, as_draft=as_draft, drafts_too=drafts_too and not as_draft)
    return done


def publish_ahead(actor: Actor) -> Published:
    """Publish every institution's clinics as far ahead as the place's policy says: the daily job."""
    today = clock.today()
    until = today + timedelta(days=policy.PUBLISH_DAYS.at().value)
    rows = Schedule.objects.unscoped("the platform itself publishes").filter(active=True)
    done = Published()
    for institution_id in list(rows.order_by("institution_id").values_list("institution_id", flat=True).distinct()):
        done += publish(institution_id, since=today, until=until, actor=actor, drafts_too=False)
    return done


def publish_session(session: Session, *, actor: Actor) -> int:
    """Publish one draft; returns its places. Raises Forbidden, ClinicRefused."""
    actor.require(KEEP, session.institution_id)
    with transaction.atomic():
        rows = Session.objects.unscoped("the permission is checked above").select_related("schedule")
        locked: Session = rows.select_for_update(of=("self",)).get(pk=session.pk)
        if locked.state != SessionState.DRAFT:
            raise ClinicRefused(_("这个出诊不是未发布状态。"))
        if locked.ends_at <= clock.now():
            raise ClinicRefused(_("这个出诊已经过去。"))
        places = _open(locked)
        _note(actor, "appointments.publish", locked.schedule, [locked.day], places)
    return places


@dataclass(frozen=True)
class Plan:
    """A session as the hours and exceptions of its day make it."""

    day: date
    starts_at: datetime
    ends_at: datetime
    slot_minutes: int
    quota: int
    extra: bool = False


def planned(day: Workday | date, patterns: Sequence[Pattern], exceptions: Sequence[ScheduleException]) -> list[Plan]:
    """The sessions of a day. ``day`` as a date where its year's days off are not known: then only hours that don't
    keep to them, and extra ones, are planned."""
    on = day.day if isinstance(day, Workday) else day
    kinds = {one.kind for one in exceptions}
    plans = []
    for one in patterns:
        if not (one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)):
            continue
        weekday = on.isoweekday() if one.on_days_off else day.weekday if isinstance(day, Workday) else None
        if one.weekday == weekday and ScheduleException.Kind.CLOSED not in kinds:
            plans.append(Plan(on, *formulas.span(on, one.starts, one.ends), one.slot_minutes, one.quota))
    for more in exceptions:
        if more.kind == ScheduleException.Kind.EXTRA and more.starts and more.ends and more.slot_minutes and more.quota:
            hours = formulas.span(on, more.starts, more.ends)
            plans.append(Plan(on, *hours, more.slot_minutes, more.quota, extra=True))
    return plans


def _publish_schedule(
    schedule_id: int, days: Sequence[date], actor: Actor, *, as_draft: bool, drafts_too: bool
) -> Published:
    with transaction.atomic():
        schedule: Schedule = (
            Schedule.objects.unscoped("the permission was checked").select_for_update().get(pk=schedule_id)
        )
        patterns = list(schedule.patterns.all())
        exceptions: dict[date, list[ScheduleException]] = {}
        for one in schedule.exceptions.filter(day__gte=days[0], day__lte=days[-1]):
            exceptions.setdefault(one.day, []).append(one)
        there = _there(schedule, days)
        made, places, unknown = [], 0, set()
        for day in days:
            known = _known(day)
            if known is None and any(not pattern.on_days_off for pattern in patterns):
                unknown.add(day)
            today = exceptions.get(day, [])
            substitute = next((e for e in today if e.kind == ScheduleException.Kind.SUBSTITUTE), None)
            for plan in planned(known or day, patterns, today):
                if plan.ends_at <= clock.now() or _in_the_way(plan, there):
                    continue
                session = Session.objects.create(
                    schedule=schedule,
                    institution_id=schedule.institution_id,
                    day=plan.day,
                    starts_at=plan.starts_at,
                    ends_at=plan.ends_at,
                    slot_minutes=plan.slot_minutes,
                    quota=plan.quota,
                    state=SessionState.DRAFT,
                    substitute=substitute.substitute if substitute else "",
                    substitute_title=substitute.substitute_title if substitute else "",
                )
                there.append(session)
                made.append(session)
                if not as_draft:
                    places += _open(session)
        if drafts_too:
            for session in there:
                if session.state == SessionState.DRAFT and session.day in set(days) and session.ends_at > clock.now():
                    session.schedule = schedule
                    places += _open(session)
                    made.append(session)
        if made:
            act = "appointments.draft" if as_draft else "appointments.publish"
            _note(actor, act, schedule, sorted({session.day for session in made}), places)
    return Published(len(made), places, tuple(sorted(unknown)))


def _known(day: date) -> Workday | None:
    try:
        return workday(day)
    except CalendarGap:
        return None


def _there(schedule: Schedule, days: Sequence[date]) -> list[Session]:
    """Sessions on these days and their neighbours: one may begin the evening before."""
    rows = Session.objects.unscoped("the permission was checked").select_for_update()
    around = timedelta(days=1)
    return list(rows.filter(schedule=schedule, day__gte=days[0] - around, day__lte=days[-1] + around).order_by("pk"))


def _in_the_way(plan: Plan, there: Sequence[Session]) -> bool:
    """Whether there is a session already: the same, or one that lies over it. A stopped one keeps its own hours
    stopped; extra hours may be put in its place, unless they begin at the same moment."""
    return any(
        one.starts_at == plan.starts_at
        or (
            one.starts_at < plan.ends_at
            and plan.starts_at < one.ends_at
            and not (plan.extra and one.state == SessionState.STOPPED)
        )
        for one in there
    )


def _open(session: Session) -> int:
    """Cut a session into slots and open them; returns its places."""
    times = formulas.cut(session.starts_at, session.ends_at, session.slot_minutes)
    early, green = release.percents(expert=session.schedule.expert, institution_id=session.institution_id)
    opens = formulas.openings(session.day, release.rules())
    pieces = formulas.dealt([session.quota] * len(times), formulas.totals(session.quota * len(times), early, green))
    Slot.objects.bulk_create(
        Slot(
            session=session,
            starts_at=starts_at,
            ends_at=ends_at,
            pool=pool,
            quota=quota,
            family_doctor_from=opens[pool].family_doctor_from,
            public_from=opens[pool].public_from,
        )
        for (starts_at, ends_at), piece in zip(times, pieces, strict=True)
        for pool, quota in piece.items()
    )
    session.state, session.published_at = SessionState.PUBLISHED, clock.now()
    session.save()
    mark_places_changed([session.day])
    return session.quota * len(times)


def _note(actor: Actor, act: str, schedule: Schedule, days: Sequence[date], places: int) -> None:
    record(
        actor=actor,
        act=act,
        subject=f"schedule:{schedule.pk}",
        organisation_id=schedule.institution_id,
        detail={"since": days[0].isoformat(), "until": days[-1].isoformat(), "places": places},
    )
