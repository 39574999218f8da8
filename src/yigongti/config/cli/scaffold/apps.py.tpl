from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ${Name}Config(DomainConfig):
    name = "yigongti.domains.${tier}.${name}"
    verbose_name = _("${label}")
