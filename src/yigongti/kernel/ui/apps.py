from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class UiConfig(DomainConfig):
    name = "yigongti.kernel.ui"
    label = "ui"
    verbose_name = _("界面")
