"""The parameters of signing in (GB/T 22239-2019 8.1.4; the usual figures of assessors, which a place confirms)."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

LOCK_AFTER_FAILURES = parameter("access.lock_after_failures", _("连续输错密码几次后锁定账号"), kind=int, unit="times")
LOCK_MINUTES = parameter("access.lock_minutes", _("账号锁定时长"), kind=int, unit="minutes")
IDLE_MINUTES = parameter("access.idle_minutes", _("无操作自动退出时长"), kind=int, unit="minutes")
PASSWORD_DAYS = parameter("access.password_days", _("密码使用期限"), kind=int, unit="days")
PASSWORD_LENGTH = parameter("access.password_length", _("密码最短长度"), kind=int, unit="characters")
