"""Sending a code, and forgetting old ones."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@task("resident.send_code")
def send_code(code_id: int, known: bool, sealed: str) -> None:
    """Send a code to the phone in the sealed note; that opens while the code is good, so a late job sends none."""
    from django.utils.translation import gettext as _

    from yigongti.kernel.notices.api import send_text
    from yigongti.kernel.privacy.api import TokenExpired, read_token
    from yigongti.portals.resident.policy import CODE_MINUTES
    from yigongti.portals.resident.services import CODE

    try:
        code, phone = read_token(CODE, sealed).split(" ", 1)
    except TokenExpired:
        return
    if known:
        words = _("登录验证码 %(code)s，%(minutes)d 分钟内有效。不要告诉任何人，工作人员也不会向您要。")
        said = words % {"code": code, "minutes": CODE_MINUTES.at().value}
        send_text(phone, said, key=f"resident.code:{code_id}")


@app.periodic(cron="17 3 * * *")
@task("resident.forget_codes")
def forget(timestamp: int) -> None:
    """Codes of yesterday, the expired choices with them."""
    from yigongti.portals.resident.services import forget_codes

    forget_codes()
