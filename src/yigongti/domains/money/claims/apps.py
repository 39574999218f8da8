from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ClaimsConfig(DomainConfig):
    name = "yigongti.domains.money.claims"
    label = "claims"
    verbose_name = _("医保结算")
