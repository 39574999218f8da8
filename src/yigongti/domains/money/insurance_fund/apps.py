from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class InsuranceFundConfig(DomainConfig):
    name = "yigongti.domains.money.insurance_fund"
    label = "insurance_fund"
    verbose_name = _("医保基金")
