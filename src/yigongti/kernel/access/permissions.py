"""Who may manage accounts and read the trail: three separate people."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.actors import declare
from yigongti.kernel.access.roles import Role

MANAGE_ACCOUNTS = declare("access.manage_accounts", _("管理账号"), to={Role.SYSTEM_ADMIN})
GRANT_ROLES = declare("access.grant_roles", _("授予和收回角色"), to={Role.SECURITY_ADMIN})
READ_TRAIL = declare("audit.read", _("查看审计日志"), to={Role.AUDITOR})
