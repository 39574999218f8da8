"""Bookings: one person in one slot, as a case. A live booking holds exactly one place of its slot."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.care.appointments.models.clinics import Slot, one_at_a_time
from yigongti.domains.care.appointments.workflow import BOOKING, LIVE
from yigongti.kernel import clock
from yigongti.kernel.workflow.api import CaseModel


class Priority(models.IntegerChoices):
    """Who is seen first (Kunshan 二（四）1: 经转诊的签约居民优先就诊): the lower number."""

    REFERRED = 0, "referred"
    FAMILY_DOCTOR = 1, "family_doctor"
    ORDINARY = 2, "ordinary"


class Appointment(CaseModel):
    """A booking. ``resident_id`` is the entry that stands for the person; ``booked_for_id`` the one it stood for then.

    ``booked_by_id``: the institution whose staff booked; None when the resident did. ``early``: a family doctor took an
    early place before the public could. ``told_at``: when the resident was told of the booking, by a job each minute,
    so that nothing but the booking itself is done while thousands want a place.
    """

    workflow = BOOKING
    scope_field = ("institution_id", "booked_by_id")

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="appointments")
    resident_id = models.BigIntegerField()
    booked_for_id = models.BigIntegerField()
    institution_id = models.BigIntegerField()
    department = models.CharField(max_length=60)
    day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    booked_by_id = models.BigIntegerField(null=True)
    referral_id = models.BigIntegerField(null=True)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.ORDINARY)
    early = models.BooleanField(default=False)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    note = models.CharField(max_length=200, blank=True, default="")
    checked_in_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta(CaseModel.Meta):
        constraints = [
            one_at_a_time("appointments_one_place_at_a_time", "resident_id", Q(state__in=LIVE)),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointments_appointment_lasts"),
        ]
        indexes = [
            models.Index(fields=["resident_id", "day"], name="appointments_of_resident"),
            models.Index(fields=["booked_for_id"], name="appointments_booked_for"),
            models.Index(fields=["institution_id", "day"], name="appointments_of_day"),
            models.Index(fields=["booked_by_id", "day"], name="appointments_booked_by"),
            models.Index(fields=["id"], condition=Q(told_at=None), name="appointments_to_tell"),
            models.Index(fields=["referral_id"], condition=~Q(referral_id=None), name="appointments_of_referral"),
        ]

    @property
    def number(self) -> str:
        """What people quote: the day of the clinic and the booking's own number."""
        return f"{self.day:%y%m%d}-{self.pk:06d}"

    @property
    def title(self) -> str:
        return _("预约 %(number)s：%(department)s %(moment)s") % {
            "number": self.number,
            "department": self.department,
            "moment": f"{self.starts_at.astimezone(clock.ZONE):%Y-%m-%d %H:%M}",
        }

    def get_absolute_url(self) -> str:
        return reverse("appointments:appointment", args=[self.pk])
