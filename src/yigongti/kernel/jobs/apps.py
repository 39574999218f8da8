from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class JobsConfig(DomainConfig):
    name = "yigongti.kernel.jobs"
    verbose_name = _("后台任务")
