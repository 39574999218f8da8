"""Codes are public knowledge: every member of staff reads them. A new edition changes what everybody's codes mean."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import EVERYONE, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("terminology.view", _("查看编码"), to=EVERYONE)
IMPORT = declare("terminology.import", _("导入编码"), to={Role.DATA_OFFICER, Role.SYSTEM_ADMIN})

declare_act("terminology.describe", _("登记编码体系的说明"))
