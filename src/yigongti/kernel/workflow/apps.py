from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class WorkflowConfig(DomainConfig):
    name = "yigongti.kernel.workflow"
    verbose_name = _("流程")
