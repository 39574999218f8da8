from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class FollowUpConfig(DomainConfig):
    name = "yigongti.domains.care.follow_up"
    verbose_name = _("随访")
