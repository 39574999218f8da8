from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

GALLERY = declare("ui.gallery", _("查看界面组件"), to={Role.SYSTEM_ADMIN})

declare_act("list.export", _("导出清单"))
