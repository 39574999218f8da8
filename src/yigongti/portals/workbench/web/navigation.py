from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("工作台"), "workbench:home", None, Group.WORK, order=10, icon="home", on_phone=True))
register(NavItem(_("待办"), "workbench:inbox", None, Group.WORK, order=20, icon="inbox", on_phone=True))
