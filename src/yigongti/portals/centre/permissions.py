"""Who works at the desk, and who sees its figures."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, MANAGERS, Role, declare
from yigongti.kernel.audit.acts import declare_act

WORK = declare("centre.work", _("在健康管理中心办事"), to=CLINICIANS | {Role.COORDINATOR})
FIGURES = declare("centre.figures", _("查看健康管理中心的统计"), to=MANAGERS | {Role.COORDINATOR})

declare_act("centre.list", _("查看健康管理中心的清单"))
