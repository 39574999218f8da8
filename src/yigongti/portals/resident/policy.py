"""The figures of the residents' sign-in."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

CODE_MINUTES = parameter("resident.code_minutes", _("居民登录：验证码有效多久"), kind=int, unit="minutes")
CODE_ATTEMPTS = parameter("resident.code_attempts", _("居民登录：一个验证码可以试几次"), kind=int, unit="times")
CODES_PER_NUMBER = parameter(
    "resident.codes_per_number", _("居民登录：同一号码一小时内可以要几个验证码"), kind=int, unit="times"
)
CODES_PER_CLIENT = parameter(
    "resident.codes_per_client", _("居民登录：同一网络地址一小时内可以要几个验证码"), kind=int, unit="times"
)
IDLE_MINUTES = parameter("resident.idle_minutes", _("居民登录：无操作自动退出时长"), kind=int, unit="minutes")
SESSION_HOURS = parameter("resident.session_hours", _("居民登录：一次登录最长多久"), kind=int, unit="hours")
