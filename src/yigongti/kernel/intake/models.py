"""Batches and the rows that were refused."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import ScopedModel
from yigongti.kernel.intake.refusals import explain
from yigongti.kernel.privacy.api import EncryptedText

ORIGINAL_CONTEXT = "intake.refused_row.original"


class Batch(ScopedModel):
    """A file that was received: what it was, how far it is stored, what became of its rows."""

    class State(models.TextChoices):
        RECEIVED = "received", _("等待处理")
        READING = "reading", _("正在处理")
        DONE = "done", _("已完成")
        REFUSED = "refused", _("整个文件被拒绝")
        STOPPED = "stopped", _("中途停止")

    FINISHED = (State.DONE, State.REFUSED, State.STOPPED)

    scope_field = "source_id"

    source_id = models.BigIntegerField(_("发送机构"))
    format = models.CharField(_("格式"), max_length=20, blank=True, default="")
    file_name = models.CharField(_("文件名"), max_length=255)
    size = models.BigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(default=1)
    extract_hint = models.CharField(max_length=40, blank=True, default="")
    upload = models.CharField(max_length=100, blank=True, default="")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.RECEIVED)
    received_at = models.DateTimeField(_("收到时间"))
    received_by_id = models.BigIntegerField(null=True)
    received_by_name = models.CharField(_("发送人"), max_length=100)
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    chunks = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    checkpoint = models.JSONField(null=True)
    progress = models.FloatField(default=0)
    stored = models.BigIntegerField(_("新存入"), default=0)
    updated = models.BigIntegerField(_("已更新"), default=0)
    unchanged = models.BigIntegerField(_("未变"), default=0)
    refused = models.BigIntegerField(_("被拒绝"), default=0)
    by_extract = models.JSONField(default=dict)
    months = models.JSONField(default=list)
    headers = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    refusal_code = models.CharField(max_length=40, blank=True, default="")
    refusal_details = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "sha256", "attempt"],
                condition=~Q(state="refused"),
                name="intake_batch_once",
            ),
            models.CheckConstraint(
                condition=Q(stored__gte=0, updated__gte=0, unchanged__gte=0, refused__gte=0),
                name="intake_batch_counts",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | (~Q(refusal_code="") & Q(stored=0, updated=0)),
                name="intake_batch_refused_stores_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["source_id", "-received_at"], name="intake_batch_source"),
            models.Index(fields=["touched_at"], name="intake_batch_unfinished", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("intake:receipt", args=[self.pk])

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return self.stored + self.updated + self.unchanged + self.refused

    @property
    def percent(self) -> int:
        """How much of the file has been read."""
        return round(self.progress * 100)

    @property
    def finished(self) -> bool:
        return self.state in self.FINISHED

    @property
    def refusal(self) -> str:
        """Why the whole file was refused, or reading it stopped, in the active language; else empty."""
        return explain(self.refusal_code, self.refusal_details) if self.refusal_code else ""

    @property
    def month_days(self) -> tuple[date, ...]:
        """First days of the months whose facts this batch changed."""
        return tuple(date.fromisoformat(month) for month in self.months)


class RefusedRow(models.Model):
    """A row that couldn't be stored: as it was sent (encrypted, since it names a person), and all that is wrong."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="refused_rows")
    extract = models.CharField(max_length=40)
    place = models.CharField(max_length=200, blank=True, default="")
    row_no = models.BigIntegerField()
    original = EncryptedText(context=ORIGINAL_CONTEXT)
    faults = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(F("batch"), F("extract"), F("place"), F("row_no"), name="intake_refused_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.row_no}".strip()
