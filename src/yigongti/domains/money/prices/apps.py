from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class PricesConfig(DomainConfig):
    name = "yigongti.domains.money.prices"
    label = "prices"
    verbose_name = _("医疗服务价格")
