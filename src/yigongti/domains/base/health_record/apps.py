from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class HealthRecordConfig(DomainConfig):
    name = "yigongti.domains.base.health_record"
    label = "health_record"
    verbose_name = _("健康档案")
