"""Who acts for somebody who cannot, or does not want to, act alone: a child, an elder, somebody in another's care."""

from typing import Any

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents.models.people import Resident
from yigongti.kernel.access.api import ScopedModel


def _itself(column: str) -> Func:
    return Func(F(column), F(column), Value("[]"), function="int8range")


_PERIOD: Any = Func(F("starts_on"), F("ends_on"), Value("[)"), function="daterange", output_field=DateRangeField())


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Guardianship(ScopedModel):
    """That ``guardian`` acts for ``ward`` from ``starts_on`` until before ``ends_on``, by a consent that is on record.

    It ends by being given an end, never by being removed: what the guardian read in its time must stay explained.
    """

    class Kind(models.TextChoices):
        CHILD = "child", _("未成年人")
        ELDER = "elder", _("老年人")
        OTHER = "other", _("其他需要照护的人")

    class Consent(models.TextChoices):
        """How it was given (PIPL art. 14, 29, 31)."""

        PAPER = "paper", _("书面同意书")
        IN_PERSON = "in_person", _("当面同意")
        BIRTH_RECORD = "birth_record", _("出生医学证明或户口簿")

    scope_field = "institution_id"

    guardian = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+", verbose_name=_("代办人"))
    ward = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+", verbose_name=_("被代办人"))
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    consent = models.CharField(_("同意方式"), max_length=14, choices=Consent.choices)
    consent_no = models.CharField(_("文书编号"), max_length=80, blank=True)
    institution = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("登记机构")
    )
    recorded_by_id = models.BigIntegerField(null=True)
    recorded_by_name = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=100, blank=True)
    end_reason = models.CharField(_("结束原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("代办关系")
        indexes = [
            models.Index(fields=["ward", "guardian"], name="guardianship_of_ward"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(guardian=F("ward")), name="guardianship_of_another"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="guardianship_period"
            ),
            models.CheckConstraint(
                condition=~Q(consent="paper") | ~Q(consent_no=""), name="guardianship_paper_has_a_number"
            ),
            ExclusionConstraint(
                name="guardianship_once_at_a_time",
                expressions=[(_itself("guardian_id"), "&&"), (_itself("ward_id"), "&&"), (_PERIOD, "&&")],
            ),
        ]

    def __str__(self) -> str:
        return f"guardianship:{self.pk}"
