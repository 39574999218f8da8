from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class LakeConfig(DomainConfig):
    name = "yigongti.kernel.lake"
    verbose_name = _("数据湖")
