from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class AccessConfig(DomainConfig):
    name = "yigongti.kernel.access"
    verbose_name = _("账号与权限")
