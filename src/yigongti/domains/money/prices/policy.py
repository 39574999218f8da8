"""How far an adjustment may change the total: policies/*/prices.yaml."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

MARGIN = parameter("prices.total_margin", _("价格调整后总费用变化的上限"), kind=Decimal, unit="%")
USAGE_MONTHS = parameter("prices.usage_months", _("价格调整按前多少个月的服务量测算"), kind=int, unit="months")
