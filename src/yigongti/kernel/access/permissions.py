"""Who may manage accounts and read the trail: three separate people."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.actors import declare
from yigongti.kernel.access.roles import Role
from yigongti.kernel.audit.acts import declare_act

MANAGE_ACCOUNTS = declare("access.manage_accounts", _("管理账号"), to={Role.SYSTEM_ADMIN})
GRANT_ROLES = declare("access.grant_roles", _("授予和收回角色"), to={Role.SECURITY_ADMIN})
READ_TRAIL = declare("audit.read", _("查看审计日志"), to={Role.AUDITOR})

declare_act("access.sign_in", _("登录"))
declare_act("access.sign_out", _("退出登录"))
declare_act("access.change_password", _("修改密码"))
declare_act("access.create_account", _("新建账号"))
declare_act("access.close_account", _("停用账号"))
declare_act("access.open_account", _("启用账号"))
declare_act("access.reset_password", _("重置密码"))
declare_act("access.grant_role", _("授予角色"))
declare_act("access.end_grant", _("收回角色"))
declare_act("access.not_visible", _("打开看不到的内容"))
