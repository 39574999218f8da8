"""Notices and the texts that go with them."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.privacy.api import EncryptedText


class Notice(models.Model):
    """One person told of one event, once: a member of staff by ``account_id``, or a resident by ``resident_id``."""

    key = models.CharField(max_length=120)
    account_id = models.BigIntegerField(null=True)
    resident_id = models.BigIntegerField(null=True)
    title = models.CharField(_("内容"), max_length=200)
    body = models.CharField(max_length=1000, blank=True)
    address = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(_("紧急"), default=False)
    told_at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="notice_for_one",
                condition=models.Q(account_id__isnull=False, resident_id__isnull=True)
                | models.Q(account_id__isnull=True, resident_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account_id", "key"], condition=models.Q(account_id__isnull=False), name="notice_once_to_staff"
            ),
            models.UniqueConstraint(
                fields=["resident_id", "key"],
                condition=models.Q(resident_id__isnull=False),
                name="notice_once_to_resident",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["account_id", "-told_at"], name="notice_of_account"),
            models.Index(fields=["resident_id", "-told_at"], name="notice_of_resident"),
            models.Index(
                fields=["account_id", "urgent"],
                condition=models.Q(read_at__isnull=True, account_id__isnull=False),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"notice:{self.pk}"


class Text(models.Model):
    """A text on its way to a phone. The key of its notice goes with it, so that no second try is a second text."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待发送")
        SENT = "sent", _("已发送")
        NO_PHONE = "no_phone", _("没有登记电话")

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="text")
    phone = EncryptedText(null=True, context="notices.phone")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="text_waiting")
        ]

    def __str__(self) -> str:
        return f"text:{self.pk}"
