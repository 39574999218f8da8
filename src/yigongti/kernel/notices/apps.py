from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class NoticesConfig(DomainConfig):
    name = "yigongti.kernel.notices"
    verbose_name = _("通知")
