"""What happens to a clinic that is published: it is stopped, another doctor comes, places are added, a draft goes.

Stopping closes the slots in one transaction: a booking that was faster is there and is told, one that is slower is
refused. Then those booked are told one by one, each in a transaction of its own; the job queued with the closing does
it again for whoever was left out when a process died in between.
"""

from datetime import date, time

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments import words
from yigongti.domains.care.appointments.events import ClinicStopped
from yigongti.domains.care.appointments.lake import mark_places_changed
from yigongti.domains.care.appointments.models import (
    Appointment,
    ScheduleException,
    Session,
    SessionState,
    Slot,
)
from yigongti.domains.care.appointments.permissions import KEEP
from yigongti.domains.care.appointments.refusals import ClinicRefused
from yigongti.domains.care.appointments.services.publishing import LONGEST_SPAN, publish
from yigongti.domains.care.appointments.services.schedules import kept_schedule
from yigongti.domains.care.appointments.texts import plain
from yigongti.domains.care.appointments.views import WITH_SLOT
from yigongti.domains.care.appointments.workflow import LIVE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, system_actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit
from yigongti.kernel.jobs.api import defer
from yigongti.kernel.workflow.api import StepRefused, take_step


def stop_session(session_id: int, *, reason: str, actor: Actor) -> int:
    """A clinic does not take place; returns how many people were told. Stopping it again tells nobody twice.

    Raises Forbidden, NotVisible, ClinicRefused.
    """
    from yigongti.domains.care.appointments.tasks import tell_stopped

    reason = plain(reason)
    if not reason:
        raise ClinicRefused(_("请写明停诊原因。"))
    with transaction.atomic():
        session = _locked(session_id, actor)
        if session.state == SessionState.DRAFT:
            raise ClinicRefused(_("还没有发布的出诊，删除即可。"))
        if session.state == SessionState.PUBLISHED:
            if session.ends_at <= clock.now():
                raise ClinicRefused(_("这个出诊已经过去。"))
            session.state, session.stopped_at, session.reason = SessionState.STOPPED, clock.now(), reason
            session.save()
            _close(session)
            _note(actor, "appointments.stop", session, {"reason": session.reason})
            defer(tell_stopped, session_id=session.pk)
            emit(ClinicStopped(session.pk, session.institution_id))
    return tell_those_booked(session_id)


def tell_those_booked(session_id: int) -> int:
    """Take everybody booked into a stopped clinic out of it and tell them; returns how many. Safe to run twice."""
    session = Session.objects.unscoped("a clinic that was stopped").filter(pk=session_id).first()
    if session is None or session.state != SessionState.STOPPED:
        return 0
    rows = Appointment.objects.unscoped("everybody booked is told").filter(slot__session_id=session_id, state__in=LIVE)
    told = 0
    for case in rows.order_by("starts_at", "pk"):
        try:
            take_step(case, "stop", actor=system_actor("stop"), answers={"reason": session.reason})
            told += 1
        except StepRefused:
            continue  # cancelled or told a moment ago
    return told


def substitute(session_id: int, *, doctor: str, title: str = "", actor: Actor) -> None:
    """Another doctor holds the clinic; those booked are told and keep their places.

    Raises Forbidden, NotVisible, ClinicRefused.
    """
    doctor, title = plain(doctor, 60), plain(title, 40)
    if not doctor:
        raise ClinicRefused(_("请填写替诊医生。"))
    with transaction.atomic():
        session = _locked(session_id, actor)
        if session.state == SessionState.STOPPED or session.ends_at <= clock.now():
            raise ClinicRefused(_("已停诊或已经过去的出诊不能换人。"))
        session.substitute, session.substitute_title = doctor, title
        session.save()
        _note(actor, "appointments.substitute", session, {"doctor": session.substitute})
        rows = Appointment.objects.unscoped("everybody booked is told").filter(slot__session=session, state="booked")
        for case in rows.select_related(*WITH_SLOT).order_by("pk"):
            words.tell_substitute(case)


def add_places(slot_id: int, more: int, *, actor: Actor) -> Slot:
    """Give a slot more places (加号), or take back those nobody has. Raises Forbidden, NotVisible, ClinicRefused."""
    slot = Slot.objects.select_related("session").filter(pk=slot_id).first()
    if slot is None:
        raise NotVisible
    with transaction.atomic():
        session = _locked(slot.session_id, actor)
        if session.state != SessionState.PUBLISHED or slot.ends_at <= clock.now():
            raise ClinicRefused(_("已停诊或已经过去的出诊不能加号。"))
        try:
            with transaction.atomic():
                changed = Slot.objects.filter(pk=slot_id, quota__gt=-more).update(quota=F("quota") + more)
        except IntegrityError as error:
            raise ClinicRefused(_("号数不能少于已约的人数。")) from error
        if not changed:
            raise ClinicRefused(_("号数不能少于 1。"))
        mark_places_changed([session.day])
        _note(actor, "appointments.add_places", session, {"slot": slot_id, "more": more})
    slot.refresh_from_db()
    return slot


def delete_session(session_id: int, *, actor: Actor, by_exception: bool = False) -> None:
    """Remove a session into which nobody was ever booked: its hours stay stopped, so that the nightly publishing does
    not bring it back. Where an exception of the day keeps it away, nothing stays. Raises Forbidden, NotVisible,
    ClinicRefused.

    The slots are closed before anybody is counted: a booking under way is either seen here, or refused there.
    """
    with transaction.atomic():
        session = _locked(session_id, actor)
        _close(session)
        rows = Appointment.objects.unscoped("whether anybody was ever booked").filter(slot__session=session)
        if rows.exists():
            raise ClinicRefused(_("已经有人预约过，不能删除。请停诊：已约的人会得到通知并可改约。"))
        _note(actor, "appointments.delete_session", session, {"day": session.day.isoformat()})
        session.slots.all().delete()
        if by_exception:
            Session.objects.unscoped("the permission was checked").filter(pk=session.pk).delete()
        else:
            session.state, session.stopped_at, session.reason = SessionState.STOPPED, clock.now(), _("已删除")
            session.save()


def except_day(
    schedule_id: int,
    *,
    day: date,
    kind: str,
    actor: Actor,
    starts: time | None = None,
    ends: time | None = None,
    slot_minutes: int | None = None,
    quota: int | None = None,
    doctor: str = "",
    title: str = "",
    reason: str = "",
) -> ScheduleException:
    """A day that is not like the others, and what follows for what is published already.

    ``closed``: that day's clinics are stopped, none is published. ``extra``: hours besides, published at once.
    ``substitute``: another doctor holds that day's clinics. Raises Forbidden, NotVisible, ClinicRefused.
    """
    kinds = ScheduleException.Kind
    doctor, title, reason = plain(doctor, 60), plain(title, 40), plain(reason)
    if day < clock.today():
        raise ClinicRefused(_("日期已经过去。"))
    if kind not in kinds.values:
        raise ClinicRefused(_("请选择变化的类别。"))
    if kind == kinds.EXTRA and not (starts and ends and slot_minutes and quota):
        raise ClinicRefused(_("加开要写明开始、结束、每个号段的分钟数和号数。"))
    if kind == kinds.SUBSTITUTE and not doctor:
        raise ClinicRefused(_("请填写替诊医生。"))
    if kind == kinds.CLOSED and not reason:
        raise ClinicRefused(_("请写明停诊原因。"))
    extra = kind == kinds.EXTRA
    try:
        with transaction.atomic():
            schedule = kept_schedule(schedule_id, actor, lock=True)
            row = ScheduleException.objects.create(
                schedule=schedule,
                day=day,
                kind=kind,
                starts=starts if extra else None,
                ends=ends if extra else None,
                slot_minutes=slot_minutes if extra else None,
                quota=quota if extra else None,
                substitute=doctor if kind == kinds.SUBSTITUTE else "",
                substitute_title=title if kind == kinds.SUBSTITUTE else "",
                reason=reason,
            )
            record(
                actor=actor,
                act="appointments.except_day",
                subject=f"schedule:{schedule.pk}",
                organisation_id=schedule.institution_id,
                detail={"day": day.isoformat(), "kind": kind, "reason": row.reason},
            )
    except IntegrityError as error:
        if "appointments_exception_once" in str(error):
            raise ClinicRefused(_("这一天已登记过同类变化。")) from error
        raise
    if extra:
        if (day - clock.today()).days < LONGEST_SPAN:
            publish(
                schedule.institution_id, since=day, until=day, actor=actor, schedule_ids=[schedule.pk], drafts_too=False
            )
        return row
    sessions = Session.objects.unscoped("the permission was checked").filter(schedule=schedule, day=day)
    for session_id, state in list(sessions.filter(ends_at__gt=clock.now()).values_list("pk", "state")):
        if kind == kinds.SUBSTITUTE and state != SessionState.STOPPED:
            substitute(session_id, doctor=doctor, title=title, actor=actor)
        elif kind == kinds.CLOSED and state == SessionState.PUBLISHED:
            stop_session(session_id, reason=reason, actor=actor)
        elif kind == kinds.CLOSED and state == SessionState.DRAFT:
            delete_session(session_id, actor=actor, by_exception=True)
    return row


def remove_exception(exception_id: int, *, actor: Actor) -> None:
    """The day is like the others again, for what is not published yet. Raises Forbidden, NotVisible."""
    row = ScheduleException.objects.select_related("schedule").filter(pk=exception_id).first()
    if row is None:
        raise NotVisible
    actor.require(KEEP, row.schedule.institution_id)
    with transaction.atomic():
        row.delete()
        record(
            actor=actor,
            act="appointments.remove_exception",
            subject=f"schedule:{row.schedule_id}",
            organisation_id=row.schedule.institution_id,
            detail={"day": row.day.isoformat(), "kind": row.kind},
        )


def _locked(session_id: int, actor: Actor) -> Session:
    rows = Session.objects.unscoped("the permission is checked below").select_related("schedule")
    found: Session | None = rows.select_for_update(of=("self",)).filter(pk=session_id).first()
    if found is None:
        raise NotVisible
    actor.require(KEEP, found.institution_id)
    return found


def _close(session: Session) -> None:
    """Nobody books here any more; bookings under way have ended when this returns. Slots in the order of their ids."""
    ids = list(session.slots.select_for_update().order_by("pk").values_list("pk", flat=True))
    Slot.objects.filter(pk__in=ids).update(is_open=False)
    mark_places_changed([session.day])


def _note(actor: Actor, act: str, session: Session, detail: dict[str, object]) -> None:
    record(
        actor=actor,
        act=act,
        subject=f"session:{session.pk}",
        organisation_id=session.institution_id,
        detail=detail,
    )
