from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class DrgConfig(DomainConfig):
    name = "yigongti.domains.money.drg"
    label = "drg"
    verbose_name = _("按病组付费")
