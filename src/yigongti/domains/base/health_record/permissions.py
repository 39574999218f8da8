"""Who may read a resident's record (given a relation to the resident) and who may correct a fact."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare

VIEW = declare("health_record.view", _("查看健康档案"), to=CLINICIANS)
LIST = declare(
    "health_record.list",
    _("查看本机构的记录清单"),
    to=CLINICIANS | {Role.DATA_OFFICER, Role.INSURANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER},
)
CORRECT = declare("health_record.correct", _("更正健康档案中的记录"), to={Role.DOCTOR, Role.DATA_OFFICER})
"""Only facts of one's own institution, whoever reported them."""
