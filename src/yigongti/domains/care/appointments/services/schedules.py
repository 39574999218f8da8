"""What can be booked, and its weekly hours. Changing hours changes what is published from now on, not what is."""

from dataclasses import dataclass
from datetime import date, time

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments.models import Kind, Pattern, Schedule
from yigongti.domains.care.appointments.permissions import KEEP
from yigongti.domains.care.appointments.refusals import ClinicRefused
from yigongti.domains.care.appointments.texts import plain
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.audit.api import record


@dataclass(frozen=True)
class Hours:
    """Weekly hours: ``weekday`` 1 Monday … 7 Sunday; past midnight if they end no later than they start.

    ``slot_minutes`` long slots of ``quota`` places each, from ``valid_from`` until ``valid_to`` (both included).
    """

    weekday: int
    starts: time
    ends: time
    slot_minutes: int
    quota: int
    valid_from: date
    valid_to: date | None = None
    on_days_off: bool = False


def keep_schedule(
    schedule_id: int | None = None,
    *,
    actor: Actor,
    institution_id: int,
    kind: str,
    department: str,
    doctor: str = "",
    professional_title: str = "",
    expert: bool = False,
    location: str = "",
    active: bool = True,
) -> Schedule:
    """Enter a schedule, or change one. Raises Forbidden, NotVisible, ClinicRefused.

    ``doctor``: whose clinic, or which device; none for a department's. A schedule stays with its institution.
    """
    actor.require(KEEP, institution_id)
    department, doctor = plain(department, 60), plain(doctor, 60)
    if not department:
        raise ClinicRefused(_("请填写科室。"))
    if kind not in Kind.values:
        raise ClinicRefused(_("请选择类别。"))
    if (kind == Kind.CLINIC) == bool(doctor):
        raise ClinicRefused(_("科室门诊不填医生；医生门诊和检查设备要写明医生或设备。"))
    found = organisation.get_many([institution_id]).get(institution_id)
    if found is None or not found.is_institution:
        raise ClinicRefused(_("请选择医疗卫生机构。"))
    row = _schedule(schedule_id, actor) if schedule_id is not None else Schedule(institution_id=institution_id)
    if row.institution_id != institution_id:
        raise ClinicRefused(_("出诊安排不能换到别的机构。"))
    row.kind, row.department, row.doctor = kind, department, doctor
    row.professional_title, row.expert = plain(professional_title, 40), expert
    row.location, row.active = plain(location, 120), active
    try:
        with transaction.atomic():
            row.save()
            record(
                actor=actor,
                act="appointments.keep_schedule",
                subject=f"schedule:{row.pk}",
                organisation_id=institution_id,
                detail={"label": row.label, "active": active},
            )
    except IntegrityError as error:
        if "appointments_schedule_once" in str(error):
            raise ClinicRefused(_("这个出诊安排已经有了。")) from error
        raise
    return row


def add_pattern(schedule_id: int, hours: Hours, *, actor: Actor) -> Pattern:
    """Enter weekly hours. Raises Forbidden, NotVisible, ClinicRefused where they lie over others."""
    if hours.slot_minutes < 1 or hours.quota < 1:
        raise ClinicRefused(_("每个号段至少 1 分钟、1 个号。"))
    if hours.valid_to is not None and hours.valid_to < hours.valid_from:
        raise ClinicRefused(_("截止日期早于开始日期。"))
    length = _minutes(hours.starts, hours.ends)
    if hours.slot_minutes > length:
        raise ClinicRefused(_("出诊时间不足一个号段。"))
    with transaction.atomic():
        row = _schedule(schedule_id, actor, lock=True)
        for other in row.patterns.filter(
            Q(valid_to=None) | Q(valid_to__gte=hours.valid_from),
            **({} if hours.valid_to is None else {"valid_from__lte": hours.valid_to}),
        ):
            if _lie_over(hours, other):
                raise ClinicRefused(
                    _("与已有的出诊时间重叠：%(weekday)s %(starts)s–%(ends)s。")
                    % {
                        "weekday": other.get_weekday_display(),
                        "starts": f"{other.starts:%H:%M}",
                        "ends": f"{other.ends:%H:%M}",
                    }
                )
        pattern = Pattern.objects.create(schedule=row, **vars(hours))
        record(
            actor=actor,
            act="appointments.keep_pattern",
            subject=f"schedule:{row.pk}",
            organisation_id=row.institution_id,
            detail={name: str(value) for name, value in vars(hours).items()},
        )
    return pattern


def end_pattern(pattern_id: int, *, last_day: date | None, actor: Actor) -> None:
    """Hours hold until a day (included); without one they are removed. What is published stays.

    Raises Forbidden, NotVisible, ClinicRefused.
    """
    pattern = Pattern.objects.select_related("schedule").filter(pk=pattern_id).first()
    if pattern is None:
        raise NotVisible
    actor.require(KEEP, pattern.schedule.institution_id)
    if last_day is not None and last_day < pattern.valid_from:
        raise ClinicRefused(_("截止日期早于开始日期。"))
    with transaction.atomic():
        if last_day is None:
            pattern.delete()
        else:
            pattern.valid_to = last_day
            pattern.save()
        record(
            actor=actor,
            act="appointments.keep_pattern" if last_day else "appointments.remove_pattern",
            subject=f"schedule:{pattern.schedule_id}",
            organisation_id=pattern.schedule.institution_id,
            detail={"pattern": pattern_id, "last_day": last_day.isoformat() if last_day else None},
        )


def _schedule(schedule_id: int, actor: Actor, *, lock: bool = False) -> Schedule:
    """A schedule the actor keeps. Raises NotVisible, Forbidden."""
    rows: ScopedQuerySet = Schedule.objects.unscoped("the permission is checked below")
    found: Schedule | None = (rows.select_for_update() if lock else rows).filter(pk=schedule_id).first()
    if found is None:
        raise NotVisible
    actor.require(KEEP, found.institution_id)
    return found


kept_schedule = _schedule
"""For the other services of this domain."""

_DAY = 24 * 60


def _minutes(starts: time, ends: time) -> int:
    first, last = starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute
    return last - first if last > first else last + _DAY - first


def _of_week(weekday: int, starts: time, ends: time) -> list[tuple[int, int]]:
    """Hours as minutes of the week, in one piece or, over its end, in two."""
    first = (weekday - 1) * _DAY + starts.hour * 60 + starts.minute
    last = first + _minutes(starts, ends)
    week = 7 * _DAY
    return [(first, last)] if last <= week else [(first, week), (0, last - week)]


def _lie_over(hours: Hours, other: Pattern) -> bool:
    ours = _of_week(hours.weekday, hours.starts, hours.ends)
    theirs = _of_week(other.weekday, other.starts, other.ends)
    return any(a < d and c < b for a, b in ours for c, d in theirs)
