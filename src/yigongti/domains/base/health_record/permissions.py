"""Who may read, open in an emergency, and correct health records."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare

VIEW = declare("health_record.view", _("查看健康档案"), to=CLINICIANS)
BREAK_GLASS = declare("health_record.break_glass", _("紧急查阅健康档案"), to=CLINICIANS)
WHO_LOOKED = declare("health_record.who_looked", _("查看档案被谁看过"), to=CLINICIANS | {Role.AUDITOR})
CORRECT = declare("health_record.correct", _("更正健康档案记录"), to=CLINICIANS)
LIST_FACTS = declare(
    "health_record.list_facts",
    _("查看指标明细记录"),
    to={Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER, Role.DATA_OFFICER},
)
