"""Clinics, in FHIR's words: a schedule (who or what can be booked), its sessions on dates, and their slots.

The counter of a slot can't pass its quota whatever the code does (CHECK), and two sessions of one schedule can't lie
over one another (exclusion on core GiST ranges). What a slot's pool means in time is decided at publishing and stored
as moments, so that booking reads no rule and no job has to open or close anything.
"""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.appointments.formulas import EARLY, GREEN, OPEN
from yigongti.kernel.access.api import ScopedModel


class Kind(models.TextChoices):
    """What is booked."""

    CLINIC = "clinic", _("科室门诊")
    DOCTOR = "doctor", _("医生门诊")
    DEVICE = "device", _("检查设备")


class Weekday(models.IntegerChoices):
    MONDAY = 1, _("周一")
    TUESDAY = 2, _("周二")
    WEDNESDAY = 3, _("周三")
    THURSDAY = 4, _("周四")
    FRIDAY = 5, _("周五")
    SATURDAY = 6, _("周六")
    SUNDAY = 7, _("周日")


class SessionState(models.TextChoices):
    DRAFT = "draft", _("未发布")
    PUBLISHED = "published", _("已发布")
    STOPPED = "stopped", _("已停诊")


class Pool(models.TextChoices):
    """Whom a place is kept for until it opens to everybody."""

    OPEN = OPEN, _("普通号")
    EARLY = EARLY, _("家庭医生提前号")
    GREEN = GREEN, _("转诊绿色通道号")


def one_at_a_time(name: str, column: str, condition: Q) -> ExclusionConstraint:
    """No two rows of the same value in a column may overlap between ``starts_at`` and ``ends_at``."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            (Func(F(column), F(column), Value("[]"), function="int8range"), "&&"),
            (Func(F("starts_at"), F("ends_at"), function="tstzrange"), "&&"),
        ],
        condition=condition,
    )


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Schedule(ScopedModel):
    """What can be booked at an institution: a department's clinic, a doctor, or a device several share."""

    scope_field = "institution_id"

    institution_id = models.BigIntegerField(_("机构"))
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    department = models.CharField(_("科室"), max_length=60)
    doctor = models.CharField(_("医生或设备"), max_length=60, blank=True, default="")
    professional_title = models.CharField(_("职称"), max_length=40, blank=True, default="")
    expert = models.BooleanField(_("专家号"), default=False)
    location = models.CharField(_("就诊地点"), max_length=120, blank=True, default="")
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution_id", "kind", "department", "doctor"], name="appointments_schedule_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.CLINIC, doctor="") | (~Q(kind=Kind.CLINIC) & ~Q(doctor="")),
                name="appointments_schedule_named",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What is booked, without the institution: 心内科 王伟 主任医师."""
        return " ".join(filter(None, (self.department, self.doctor, self.professional_title)))

    def get_absolute_url(self) -> str:
        return reverse("appointments:schedule", args=[self.pk])


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Pattern(models.Model):
    """The hours of a weekday, from a day until a day (both included, if any); past midnight if they end first.

    A clinic keeps to the working days of the calendar unless ``on_days_off``.
    """

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="patterns")
    weekday = models.SmallIntegerField(_("星期"), choices=Weekday.choices)
    starts = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))
    slot_minutes = models.PositiveSmallIntegerField(_("每个号段（分钟）"))
    quota = models.PositiveSmallIntegerField(_("每个号段号数"))
    valid_from = models.DateField(_("自哪天起"))
    valid_to = models.DateField(_("到哪天止"), null=True, blank=True)
    on_days_off = models.BooleanField(_("节假日照常出诊"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="appointments_pattern_weekday"),
            models.CheckConstraint(
                condition=Q(slot_minutes__gte=1) & Q(quota__gte=1), name="appointments_pattern_places"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="appointments_pattern_valid"
            ),
        ]


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ScheduleException(models.Model):
    """A day that is not like the others: no clinic, hours besides, or somebody else's face."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("停诊")
        EXTRA = "extra", _("加开")
        SUBSTITUTE = "substitute", _("替诊")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="exceptions")
    day = models.DateField(_("日期"))
    kind = models.CharField(_("变化"), max_length=10, choices=Kind.choices)
    starts = models.TimeField(_("开始"), null=True, blank=True)
    ends = models.TimeField(_("结束"), null=True, blank=True)
    slot_minutes = models.PositiveSmallIntegerField(_("每个号段（分钟）"), null=True, blank=True)
    quota = models.PositiveSmallIntegerField(_("每个号段号数"), null=True, blank=True)
    substitute = models.CharField(_("替诊医生"), max_length=60, blank=True, default="")
    substitute_title = models.CharField(_("替诊医生职称"), max_length=40, blank=True, default="")
    reason = models.CharField(_("原因"), max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "day", "kind"],
                condition=~Q(kind="extra"),
                name="appointments_exception_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="extra")
                | (Q(starts__isnull=False) & Q(ends__isnull=False) & Q(slot_minutes__gte=1) & Q(quota__gte=1)),
                name="appointments_extra_has_hours",
            ),
            models.CheckConstraint(
                condition=~Q(kind="substitute") | ~Q(substitute=""), name="appointments_substitute_named"
            ),
        ]


class Session(ScopedModel):
    """A clinic on a date. ``day`` is the day it begins; it may end on the next."""

    scope_field = "institution_id"

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="sessions")
    institution_id = models.BigIntegerField()
    day = models.DateField(_("日期"))
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    slot_minutes = models.PositiveSmallIntegerField()
    quota = models.PositiveSmallIntegerField()
    state = models.CharField(_("状态"), max_length=10, choices=SessionState.choices)
    substitute = models.CharField(_("替诊医生"), max_length=60, blank=True, default="")
    substitute_title = models.CharField(max_length=40, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    published_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "starts_at"], name="appointments_session_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointments_session_lasts"),
            one_at_a_time("appointments_one_session_at_a_time", "schedule_id", ~Q(state="stopped")),
        ]
        indexes = [models.Index(fields=["institution_id", "day"], name="appointments_session_day")]

    @property
    def doctor(self) -> str:
        """Who is there: the substitute, if one has been named."""
        return self.substitute or self.schedule.doctor

    @property
    def professional_title(self) -> str:
        return self.substitute_title if self.substitute else self.schedule.professional_title

    @property
    def label(self) -> str:
        return " ".join(filter(None, (self.schedule.department, self.doctor, self.professional_title)))

    def get_absolute_url(self) -> str:
        return reverse("appointments:session", args=[self.pk])


class Slot(models.Model):
    """Places of one pool at one time of a session. ``is_open`` until the clinic is stopped."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    pool = models.CharField(max_length=10, choices=Pool.choices)
    quota = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    is_open = models.BooleanField(default=True)
    family_doctor_from = models.DateTimeField(null=True)
    public_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "starts_at", "pool"], name="appointments_slot_once"),
            models.CheckConstraint(
                condition=Q(booked__gte=0) & Q(booked__lte=F("quota")), name="appointments_never_oversold"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointments_slot_lasts"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="appointments_slot_start")]

    @property
    def left(self) -> int:
        return self.quota - self.booked
