"""Whom an institution has to look after again, why, and by when."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from yigongti.domains.care.follow_up.formulas import Risk
from yigongti.domains.care.follow_up.workflow import FOLLOW_UP_CASE
from yigongti.kernel.workflow.api import CaseModel


class Reason(models.TextChoices):
    """Why somebody is followed up."""

    URGENT_REFERRAL = "urgent", gettext_lazy("紧急转诊后随访")
    RETURNED = "returned", gettext_lazy("下转后随访")
    DISCHARGED = "discharged", gettext_lazy("出院后随访")
    PLANNED = "planned", gettext_lazy("约定的随访")
    UNPLANNED = "unplanned", gettext_lazy("临时测量")


RISK_LABELS = {
    Risk.URGENT: gettext_lazy("紧急"),
    Risk.HIGH: gettext_lazy("高风险"),
    Risk.RAISED: gettext_lazy("中风险"),
    Risk.ROUTINE: gettext_lazy("一般"),
}


class FollowUp(CaseModel):
    """One follow-up. ``asked_by_id`` is the institution that wants it done (the hospital that sent somebody back), and
    sees whether it was; ``why`` says in words where the risk comes from."""

    workflow = FOLLOW_UP_CASE
    scope_field = ("institution_id", "asked_by_id")

    resident_id = models.BigIntegerField()
    institution_id = models.BigIntegerField(gettext_lazy("随访机构"))
    asked_by_id = models.BigIntegerField(null=True)
    reason = models.CharField(gettext_lazy("事由"), max_length=12, choices=Reason.choices)
    about = models.CharField(gettext_lazy("情况"), max_length=200, blank=True)
    care_plan = models.TextField(gettext_lazy("照护计划"), blank=True)
    medicines = models.TextField(gettext_lazy("用药"), blank=True)
    next_checks = models.TextField(gettext_lazy("复查安排"), blank=True)
    referral_id = models.BigIntegerField(null=True)
    fact_id = models.BigIntegerField(null=True)
    risk = models.PositiveSmallIntegerField(
        gettext_lazy("风险"), default=0, choices=[(r.value, label) for r, label in RISK_LABELS.items()]
    )
    why = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(gettext_lazy("期限"))
    attempts = models.PositiveSmallIntegerField(default=0)
    done_on = models.DateField(gettext_lazy("随访日期"), null=True)
    findings = models.JSONField(default=dict)

    class Meta(CaseModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["referral_id", "reason"], condition=Q(referral_id__isnull=False), name="follow_up_once_a_reason"
            ),
            models.UniqueConstraint(
                fields=["fact_id"], condition=Q(fact_id__isnull=False), name="follow_up_once_a_discharge"
            ),
        ]
        indexes = [
            models.Index(fields=["institution_id", "-risk", "due_on"], name="follow_up_list"),
            models.Index(fields=["resident_id"], name="follow_up_of"),
            models.Index(fields=["asked_by_id"], name="follow_up_asked"),
        ]

    @property
    def title(self) -> str:
        return self.about or str(self.get_reason_display())

    @property
    def risk_label(self) -> str:
        return str(RISK_LABELS[Risk(self.risk)])

    def get_absolute_url(self) -> str:
        return reverse("follow_up:follow_up", args=[self.pk])

    def __str__(self) -> str:
        return f"follow-up:{self.pk}"
