from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class CentreConfig(DomainConfig):
    name = "yigongti.portals.centre"
    verbose_name = _("健康管理中心")
