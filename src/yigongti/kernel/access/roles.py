"""The few roles. A person's power is a role × an organisation (and all under it) × a period."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    VILLAGE_DOCTOR = "village_doctor", _("乡村医生")
    DOCTOR = "doctor", _("医生")
    COORDINATOR = "coordinator", _("健康管理专员")
    DATA_OFFICER = "data_officer", _("数据专员")
    INSURANCE_OFFICER = "insurance_officer", _("医保专员")
    FINANCE_OFFICER = "finance_officer", _("财务人员")
    DIRECTOR = "director", _("院长")
    GUIDANCE_OFFICER = "guidance_officer", _("指导中心人员")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDITOR = "auditor", _("审计员")


CLINICIANS = frozenset({Role.VILLAGE_DOCTOR, Role.DOCTOR})
MANAGERS = frozenset({Role.DIRECTOR, Role.GUIDANCE_OFFICER})
EVERYONE = frozenset(Role)

# Whoever makes accounts, grants rights or reads the trail does nothing else here, and no two of these (GB/T 22239-2019
# 8.1.4, controls 05–08); services.grant_role refuses it.
SEPARATE = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
