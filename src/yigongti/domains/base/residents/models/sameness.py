"""Whether two entries of the index are one person: what the machine asks, what people decided, what was merged."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents.models.people import Resident


class Review(models.Model):
    """A question to staff: are these two one person; or (without a candidate) which of a record's details are right,
    or whether another ``institution`` that says it manages the resident is to do so from now on?"""

    class Question(models.TextChoices):
        SAME = "same", _("是否同一人")
        DETAILS = "details", _("资料互相矛盾")
        MANAGER = "manager", _("是否移交管理")

    class State(models.TextChoices):
        OPEN = "open", _("待核对")
        SAME = "same", _("是同一人")
        NOT_SAME = "not_same", _("不是同一人")
        CHECKED = "checked", _("资料已核对")
        HANDED_OVER = "handed_over", _("已移交")
        KEPT = "kept", _("不移交")

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Resident, on_delete=models.PROTECT, null=True, related_name="+")
    question = models.CharField(max_length=10, choices=Question.choices, default=Question.SAME)
    institution = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    score = models.FloatField(null=True)  # bits, see weights
    reasons = models.JSONField(default=list)  # codes of levels or of contradictions, never values
    source = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    batch_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.BigIntegerField(null=True)
    answered_for = models.ForeignKey(  # who managed the resident when it was answered whether to hand over
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("待核对")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "candidate", "question", "institution"], name="review_once", nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], condition=Q(state="open"), name="review_open"),
        ]

    def __str__(self) -> str:
        return f"review:{self.pk}"


class Decision(models.Model):
    """What a person decided about two entries. Only a person can supersede it; no batch ever does."""

    class Verdict(models.TextChoices):
        SAME = "same", _("同一人")
        NOT_SAME = "not_same", _("不是同一人")

    low = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    high = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    decided_at = models.DateTimeField()
    decided_by_id = models.BigIntegerField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("人工判定")
        constraints = [
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="decision_in_order"),
            models.UniqueConstraint(
                fields=["low", "high"], condition=Q(superseded_at__isnull=True), name="decision_one_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"decision:{self.pk}"


class Merge(models.Model):
    """That ``absorbed`` was merged into ``kept``. Nothing is moved or rewritten, so undoing clears a pointer."""

    kept = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    merged_at = models.DateTimeField()
    merged_by_id = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by_id = models.BigIntegerField(null=True)
    undo_reason = models.CharField(_("撤销理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("合并")
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("absorbed")), name="merge_two_entries"),
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at__isnull=True), name="merge_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"merge:{self.pk}"
