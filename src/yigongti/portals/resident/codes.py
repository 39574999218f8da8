"""Codes on their way and codes of the past: what a job does with them."""

from datetime import timedelta

from django.utils.translation import gettext as _

from yigongti.kernel import clock
from yigongti.kernel.notices.api import send_text
from yigongti.kernel.privacy.api import TokenExpired, blind_index, read_token, sign_token
from yigongti.portals.resident.models import SignInCode
from yigongti.portals.resident.policy import CODE_MINUTES

CODE = "resident.code"
KEPT = timedelta(days=1)
ANY_PHONE = "0" * 11
"""What goes to the job for an unknown number, so that both notes are of one length."""


def key_of(code_id: int, code: str) -> bytes:
    """The keyed hash of a code: of the digits typed, under this very asking."""
    digits = "".join(sign for sign in code if sign.isdecimal())[:20]
    return blind_index(CODE, f"{code_id}:{digits}")


def sealed(code: str, phone: str | None, *, lasts: timedelta) -> str:
    """A note for the job that nobody else can read, and nobody at all once the code is over."""
    return sign_token(CODE, f"{code} {phone or ANY_PHONE}", lasts=lasts)


def send(code_id: int, note: str, *, known: bool) -> None:
    """Send the code in a note to the phone in it; nothing when it is too late, or the number was nobody's."""
    try:
        code, phone = read_token(CODE, note).split(" ", 1)
    except TokenExpired:
        return
    if known:
        words = _("登录验证码 %(code)s，%(minutes)d 分钟内有效。不要告诉任何人，工作人员也不会向您要。")
        said = words % {"code": code, "minutes": CODE_MINUTES.at().value}
        send_text(phone, said, key=f"resident.code:{code_id}")


def forget_codes() -> int:
    """Remove codes of yesterday; returns how many."""
    return SignInCode.objects.filter(asked_at__lt=clock.now() - KEPT).delete()[0]
