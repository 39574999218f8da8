"""Codes sent to phones. A row says nothing about anybody to who reads it: numbers are keyed hashes, the code is one."""

from typing import Any, ClassVar

from django.db import models

from yigongti.kernel.privacy.api import EncryptedText


class SignInCode(models.Model):
    """One code that was asked for, whether the number is known or not: unknown ones have no phone and go nowhere.

    ``number_key`` is of the number in its one form, ``phone_key`` of the phone the code went to.
    """

    number_key = models.BinaryField()
    client_key = models.BinaryField()
    phone = EncryptedText(null=True, context="resident.code")
    phone_key = models.BinaryField(default=b"", db_default=b"")
    named_id = models.BigIntegerField(null=True)
    code_key = models.BinaryField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["number_key", "asked_at"], name="sign_in_code_number"),
            models.Index(fields=["phone_key", "asked_at"], name="sign_in_code_phone"),
            models.Index(fields=["client_key", "asked_at"], name="sign_in_code_client"),
            models.Index(fields=["asked_at"], name="sign_in_code_asked"),
        ]

    def __str__(self) -> str:
        return f"code:{self.pk}"
