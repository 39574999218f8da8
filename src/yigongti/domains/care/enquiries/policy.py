"""How soon a question is answered, and how long an answered one stays open."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

ANSWER_HOURS = parameter("enquiries.answer_hours", _("居民咨询：多久内答复"), kind=int, unit="hours")
CLOSE_DAYS = parameter("enquiries.close_days", _("居民咨询：答复后多久自动结束"), kind=int, unit="days")
OPEN_AT_ONCE = parameter("enquiries.open_at_once", _("居民咨询：一个人同时未结束的最多几个"), kind=int, unit="times")
