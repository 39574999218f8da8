"""From when books are kept, and from what amount a voucher needs one approval more: policies/*/books.yaml."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

FIRST_MONTH = parameter("books.first_month", _("从哪个月起在平台记账"), kind=str)
APPROVAL_LIMIT = parameter("books.approval_limit", _("凭证金额超过多少须院长或指导中心审批"), kind=int, unit="yuan")
TOGETHER_DAYS = parameter(
    "books.together_days",
    _("同一经手人、同一科目和往来单位的凭证，多少天以内的合并计入审批限额"),
    kind=int,
    unit="days",
)
