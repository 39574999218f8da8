from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class PrivacyConfig(DomainConfig):
    name = "yigongti.kernel.privacy"
    verbose_name = _("个人信息保护")
