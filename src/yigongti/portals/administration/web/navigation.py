from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.permissions import GRANT_ROLES, MANAGE_ACCOUNTS, READ_TRAIL
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import QuickLink, register_link

register(
    NavItem(_("账号"), "administration:accounts", (MANAGE_ACCOUNTS, GRANT_ROLES), Group.SYSTEM, order=10, icon="people")
)
register(NavItem(_("审计日志"), "administration:trail", READ_TRAIL, Group.SYSTEM, order=20, icon="shield"))
register_link(QuickLink(_("新建账号"), "administration:new_account", MANAGE_ACCOUNTS, icon="plus", order=60))
register_link(QuickLink(_("查审计日志"), "administration:trail", READ_TRAIL, icon="shield", order=70))
