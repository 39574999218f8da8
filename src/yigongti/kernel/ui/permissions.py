from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare

GALLERY = declare("ui.gallery", _("查看界面组件"), to={Role.SYSTEM_ADMIN})
