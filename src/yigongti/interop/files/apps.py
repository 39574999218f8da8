from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class FilesConfig(DomainConfig):
    name = "yigongti.interop.files"
    label = "files"
    verbose_name = _("表格文件")
