from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ResidentsConfig(DomainConfig):
    name = "yigongti.domains.base.residents"
    verbose_name = _("居民")
