from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class IndicatorsConfig(DomainConfig):
    name = "yigongti.domains.oversight.indicators"
    verbose_name = _("监测指标")
