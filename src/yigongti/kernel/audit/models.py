"""Lines of the audit trail and the heads of its chains. Append-only: the database refuses anything else."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Line(models.Model):
    """One act or one look, with the seal that chains it to the line before it in its shard."""

    class Outcome(models.TextChoices):
        DONE = "done", _("完成")
        REFUSED = "refused", _("被拒绝")

    shard = models.SmallIntegerField()
    number = models.BigIntegerField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=100)
    organisation_id = models.BigIntegerField(null=True)
    act = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    resident_id = models.BigIntegerField(null=True)
    resident_ids = ArrayField(models.BigIntegerField(), default=list)  # a list that showed several
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    detail = models.JSONField(default=dict)
    seal = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "number"], name="audit_line_place")]
        indexes = [
            models.Index(fields=["-at"], name="audit_line_at"),
            models.Index(fields=["actor_id", "-at"], name="audit_line_actor"),
            models.Index(fields=["subject", "-at"], name="audit_line_subject"),
            models.Index(
                fields=["resident_id", "-at"],
                name="audit_line_resident",
                condition=models.Q(resident_id__isnull=False),
            ),
            GinIndex(fields=["resident_ids"], name="audit_line_residents", condition=~models.Q(resident_ids=[])),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def content(self) -> dict[str, object]:
        """What the seal covers, besides the line's place and time."""
        several = {"resident_ids": self.resident_ids} if self.resident_ids else {}
        return several | {
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "organisation_id": self.organisation_id,
            "act": self.act,
            "subject": self.subject,
            "resident_id": self.resident_id,
            "outcome": self.outcome,
            "detail": self.detail,
        }


class Head(models.Model):
    """The end of one shard's chain."""

    shard = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)
    last = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32)
