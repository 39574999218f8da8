from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class EnquiriesConfig(DomainConfig):
    name = "yigongti.domains.care.enquiries"
    label = "enquiries"
    verbose_name = _("居民咨询")
