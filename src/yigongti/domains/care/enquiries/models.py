"""A question as a case, and what was said in it."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.care.enquiries.workflow import ENQUIRY
from yigongti.kernel.workflow.api import CaseModel


class Topic(models.TextChoices):
    APPOINTMENT = "appointment", gettext_lazy("预约挂号")
    REFERRAL = "referral", gettext_lazy("转诊")
    ILLNESS = "illness", gettext_lazy("病情和检查结果")
    MEDICINE = "medicine", gettext_lazy("用药")
    FAMILY_DOCTOR = "family_doctor", gettext_lazy("家庭医生和签约")
    INSURANCE = "insurance", gettext_lazy("医保报销")
    RECORD = "record", gettext_lazy("健康档案有误")
    OTHER = "other", gettext_lazy("其他")


class Enquiry(CaseModel):
    """A resident's question to an institution. ``rounds``: how many times was asked; ``follows``: a closed one it
    takes up again."""

    workflow = ENQUIRY
    scope_field = "institution_id"

    resident_id = models.BigIntegerField()
    institution = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=gettext_lazy("答复机构")
    )
    topic = models.CharField(gettext_lazy("咨询什么"), max_length=20, choices=Topic.choices)
    rounds = models.PositiveSmallIntegerField(default=1)
    first_answered_at = models.DateTimeField(gettext_lazy("首次答复时间"), null=True)
    first_due_at = models.DateTimeField(null=True)
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(CaseModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["resident_id", "-opened_at"], name="enquiry_of_resident"),
            models.Index(fields=["institution", "state", "due_at"], name="enquiry_at_desk"),
        ]

    @property
    def title(self) -> str:
        return _("居民咨询：%(topic)s") % {"topic": self.get_topic_display()}

    def get_absolute_url(self) -> str:
        return reverse("enquiries:enquiry", args=[self.pk])


class Message(models.Model):
    """Something that was said. ``organisation_id``: for whom staff spoke."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="messages")
    at = models.DateTimeField()
    by_resident = models.BooleanField()
    author = models.CharField(max_length=100)
    organisation_id = models.BigIntegerField(null=True)
    text = models.TextField()

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["enquiry", "at"], name="enquiry_message")]

    def __str__(self) -> str:
        return f"message:{self.pk}"
