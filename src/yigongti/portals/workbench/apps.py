from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class WorkbenchConfig(DomainConfig):
    name = "yigongti.portals.workbench"
    label = "workbench"
    verbose_name = _("工作台")
