from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class AuditConfig(DomainConfig):
    name = "yigongti.kernel.audit"
    verbose_name = _("审计")
