from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class CockpitConfig(DomainConfig):
    name = "yigongti.portals.cockpit"
    verbose_name = _("驾驶舱")
