"""When two records are taken to be one person. Scores are in bits: 10 bits are odds of about a thousand to one."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

LINK_AT = parameter("residents.link_at", _("身份匹配：达到此分数自动认定为同一人"), kind=Decimal)
REVIEW_AT = parameter("residents.review_at", _("身份匹配：达到此分数交由人工核对"), kind=Decimal)
CLEAR_BY = parameter("residents.clear_by", _("身份匹配：第一候选须领先第二候选的分数"), kind=Decimal)
BARCODE_MINUTES = parameter("residents.barcode_minutes", _("个人条码有效时长"), kind=int, unit="minutes")
