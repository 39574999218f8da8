from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ClaimsConfig(DomainConfig):
    name = "yigongti.domains.money.claims"
    label = "claims"
    verbose_name = _("医保结算")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.money.claims.usage import quantities
        from yigongti.domains.money.prices.api import register_usage

        register_usage(quantities)
