"""A referral: one patient, from one institution to one other, for one reason. The state table is ``workflow.py``.

What the origin wrote (until ``duplicate_reason``), what the receiver wrote (from ``way`` to ``next_check_on``) and what
who follows up wrote are columns of their own; each is written only by the step of that side.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.care.referrals.codes import DeclineCode, Direction, Reach, Reason, Urgency, Way
from yigongti.domains.care.referrals.workflow import REFERRAL
from yigongti.kernel.workflow.api import CaseModel


class Referral(CaseModel):
    """See the module. ``answered_at`` is the first answer and ``first_answer_by`` the time it had: who is asked again
    later (``answer_by``) does not make it good. ``receiver_id`` is None exactly for a referral out of the county.

    ``sent_down_by_id`` with ``discharges_from`` and ``discharges_until``: whose discharges of this person, ended on
    which days (both included), count as sent down by this referral (牵头医院下转患者占比).
    """

    workflow = REFERRAL
    scope_field = ("origin_id", "receiver_id", "follow_up_id", "approver_id", "overseer_id")

    place = models.CharField(gettext_lazy("地区"), max_length=40)
    resident_id = models.BigIntegerField(gettext_lazy("患者"))
    direction = models.CharField(gettext_lazy("方向"), max_length=10, choices=Direction.choices)
    reach = models.CharField(gettext_lazy("范围"), max_length=10, choices=Reach.choices)
    urgency = models.CharField(gettext_lazy("缓急"), max_length=10, choices=Urgency.choices)
    origin_id = models.BigIntegerField(gettext_lazy("转出机构"))
    origin_department = models.CharField(gettext_lazy("转出科室"), max_length=60, blank=True, default="")
    receiver_id = models.BigIntegerField(gettext_lazy("转入机构"), null=True)
    receiver_name = models.CharField(gettext_lazy("转入机构名称"), max_length=120)
    receiver_region = models.CharField(gettext_lazy("转入机构所在地"), max_length=60, blank=True, default="")
    department = models.CharField(gettext_lazy("转入科室"), max_length=60, blank=True, default="")
    follow_up_id = models.BigIntegerField(gettext_lazy("随访机构"))
    approver_id = models.BigIntegerField(gettext_lazy("审批机构"), null=True)
    overseer_id = models.BigIntegerField(gettext_lazy("督办机构"), null=True)
    diagnosis_code = models.CharField(gettext_lazy("诊断编码"), max_length=20)
    diagnosis = models.CharField(gettext_lazy("诊断"), max_length=200)
    category = models.CharField(max_length=3)
    reason_code = models.CharField(gettext_lazy("转诊原因"), max_length=20, choices=Reason.choices)
    note = models.TextField(gettext_lazy("病情和转诊要求"), blank=True, default="")
    inpatient = models.BooleanField(gettext_lazy("需要住院"), default=False)
    criteria = models.JSONField(gettext_lazy("紧急转诊指征"), default=list)
    readings = models.JSONField(gettext_lazy("测量值"), default=dict)
    summary = models.JSONField(gettext_lazy("病情摘要"), default=dict)
    belongs = models.JSONField(gettext_lazy("病种收治目录的说法"), default=dict)
    above_reason = models.CharField(gettext_lazy("目录内上转的理由"), max_length=500, blank=True, default="")
    duplicate_reason = models.CharField(gettext_lazy("重复转诊的理由"), max_length=500, blank=True, default="")
    redirected_from_id = models.BigIntegerField(null=True)
    redirected_to_id = models.BigIntegerField(null=True)
    sent_by_id = models.BigIntegerField(null=True, editable=False)
    sent_by_name = models.CharField(gettext_lazy("转诊医生"), max_length=100, blank=True, default="")

    way = models.CharField(gettext_lazy("接收方式"), max_length=10, choices=Way.choices, blank=True, default="")
    appointment_id = models.BigIntegerField(null=True)
    slot = models.CharField(gettext_lazy("预留号源"), max_length=200, blank=True, default="")
    ward = models.CharField(gettext_lazy("病区和床位"), max_length=100, blank=True, default="")
    expected_at = models.DateTimeField(gettext_lazy("约定时间"), null=True)
    instructions = models.CharField(gettext_lazy("到诊须知"), max_length=500, blank=True, default="")
    decline_code = models.CharField(
        gettext_lazy("不接收原因"), max_length=20, choices=DeclineCode.choices, blank=True, default=""
    )
    advice = models.TextField(gettext_lazy("处理建议"), blank=True, default="")
    conclusion = models.TextField(gettext_lazy("诊治情况"), blank=True, default="")
    care_plan = models.TextField(gettext_lazy("后续治疗方案"), blank=True, default="")
    medicines = models.TextField(gettext_lazy("用药"), blank=True, default="")
    next_checks = models.TextField(gettext_lazy("复查安排"), blank=True, default="")
    next_check_on = models.DateField(gettext_lazy("下次复查日期"), null=True)
    follow_up_note = models.TextField(gettext_lazy("随访情况"), blank=True, default="")
    followed_up_on = models.DateField(gettext_lazy("随访日期"), null=True)

    sent_at = models.DateTimeField(gettext_lazy("发出时间"), null=True, editable=False)
    answer_by = models.DateTimeField(gettext_lazy("答复时限"), null=True, editable=False)
    approve_by = models.DateTimeField(gettext_lazy("审批时限"), null=True, editable=False)
    first_answer_by = models.DateTimeField(gettext_lazy("首次答复时限"), null=True, editable=False)
    answered_at = models.DateTimeField(gettext_lazy("答复时间"), null=True, editable=False)
    accepted_at = models.DateTimeField(gettext_lazy("接收时间"), null=True, editable=False)
    arrived_at = models.DateTimeField(gettext_lazy("到诊时间"), null=True, editable=False)
    treated_at = models.DateTimeField(gettext_lazy("诊治时间"), null=True, editable=False)
    returned_at = models.DateTimeField(gettext_lazy("转回时间"), null=True, editable=False)
    follow_up_by = models.DateField(gettext_lazy("随访时限"), null=True, editable=False)
    ended_at = models.DateTimeField(gettext_lazy("办结时间"), null=True, editable=False)
    access_until = models.DateTimeField(gettext_lazy("档案查阅期限"), null=True, editable=False)
    sent_down_by_id = models.BigIntegerField(null=True, editable=False)
    discharges_from = models.DateField(null=True, editable=False)
    discharges_until = models.DateField(null=True, editable=False)

    class Meta(CaseModel.Meta):
        indexes = [
            models.Index(fields=["resident_id", "category"], name="referrals_of_resident"),
            models.Index(fields=["receiver_id", "state"], name="referrals_by_receiver"),
            models.Index(fields=["origin_id", "state"], name="referrals_by_origin"),
            models.Index(fields=["follow_up_id", "state"], name="referrals_by_follow_up"),
            models.Index(fields=["sent_at"], name="referrals_by_sending"),
            models.Index(
                fields=["sent_down_by_id", "resident_id"],
                condition=Q(sent_down_by_id__isnull=False),
                name="referrals_sent_down",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reach=Reach.OUTSIDE, receiver_id__isnull=True)
                | (~Q(reach=Reach.OUTSIDE) & Q(receiver_id__isnull=False)),
                name="referrals_receiver_inside_the_county",
            ),
            models.CheckConstraint(condition=~Q(origin_id=models.F("receiver_id")), name="referrals_two_sides"),
            models.UniqueConstraint(
                fields=["redirected_from_id"],
                condition=Q(redirected_from_id__isnull=False),
                name="referrals_redirected_once",
            ),
        ]

    def __str__(self) -> str:
        return f"referral:{self.pk}"

    @property
    def title(self) -> str:
        """Without a name: it stands in inboxes and notices."""
        words = {"kind": self.get_direction_display(), "receiver": self.receiver_name, "diagnosis": self.diagnosis}
        if self.urgent:
            return _("紧急%(kind)s：%(diagnosis)s → %(receiver)s") % words
        return _("%(kind)s：%(diagnosis)s → %(receiver)s") % words

    def get_absolute_url(self) -> str:
        return reverse("referrals:referral", args=[self.pk])

    @property
    def urgent(self) -> bool:
        return self.urgency == Urgency.URGENT

    @property
    def outside(self) -> bool:
        return self.reach == Reach.OUTSIDE

    @property
    def straight_down(self) -> bool:
        """Sent down with its care plan, to be carried out there: nothing to treat first, nothing to return."""
        return self.direction == Direction.DOWN

    @property
    def place_lost(self) -> bool:
        """Accepted with a slot that fell away since (the clinic stopped, the booking cancelled), and no new one yet."""
        return self.state == "accepted" and self.way == Way.SLOT and self.appointment_id is None

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.category = self.diagnosis_code.strip().upper()[:3]
        super().save(*args, **kwargs)
