from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class AdministrationConfig(DomainConfig):
    name = "yigongti.portals.administration"
    verbose_name = _("系统管理")
