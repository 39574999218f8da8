"""What a password must be, and how a first one is made."""

import secrets
import string

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from yigongti.kernel.access import limits

KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class LongEnoughValidator:
    """At least as long as the place's policy says."""

    def validate(self, password: str, user: object | None = None) -> None:
        if len(password) < limits.current().password_length:
            raise ValidationError(self.get_help_text(), code="password_too_short")

    def get_help_text(self) -> str:
        return _("密码至少 %(length)d 位。") % {"length": limits.current().password_length}


class ThreeKindsValidator:
    """At least three of: small letters, capitals, digits, other signs (GB/T 22239-2019 8.1.4, control 01)."""

    def validate(self, password: str, user: object | None = None) -> None:
        kinds = {next((i for i, k in enumerate(KINDS) if c in k), len(KINDS)) for c in password}
        if len(kinds) < 3:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("密码要包含大写字母、小写字母、数字、符号中的至少三种。")


def first_password() -> str:
    """A random password to hand over once; it must be changed at the first sign-in."""
    while True:
        found = "".join(secrets.choice(UNMISTAKABLE) for _ in range(12))
        if all(any(c in k for c in found) for k in KINDS):
            return found
