"""Who may read a resident's record (given a relation to the resident) and who may correct a fact."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("health_record.view", _("查看健康档案"), to=CLINICIANS)
LIST = declare(
    "health_record.list",
    _("查看本机构的记录清单"),
    to=CLINICIANS | {Role.DATA_OFFICER, Role.INSURANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER},
)
CORRECT = declare("health_record.correct", _("更正健康档案中的记录"), to={Role.DOCTOR, Role.DATA_OFFICER})
"""Only facts of one's own institution, whoever reported them."""
OBSERVE = declare("health_record.observe", _("记录测量结果"), to=CLINICIANS | {Role.COORDINATOR})

declare_act("health_record.read", _("查看档案"))
declare_act("health_record.list", _("在明细清单中看到"))
declare_act("health_record.looked", _("查看查阅记录"))
declare_act("health_record.break_glass", _("紧急打开档案"))
declare_act("health_record.correct", _("更正记录"))
declare_act("health_record.withdraw", _("撤回记录"))
