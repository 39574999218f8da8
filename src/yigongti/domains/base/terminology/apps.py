from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class TerminologyConfig(DomainConfig):
    name = "yigongti.domains.base.terminology"
    label = "terminology"
    verbose_name = _("编码与术语")
