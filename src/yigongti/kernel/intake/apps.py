from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class IntakeConfig(DomainConfig):
    name = "yigongti.kernel.intake"
    verbose_name = _("数据接收")
