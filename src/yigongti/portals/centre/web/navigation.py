"""The health-management centre in the menu."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import QuickLink, register_link
from yigongti.portals.centre.permissions import FIGURES, WORK

register(NavItem(_("健康管理中心"), "centre:desk", WORK, Group.WORK, order=15, icon="people"))
register(NavItem(_("转诊和随访统计"), "centre:figures", FIGURES, Group.RESULTS, order=30, icon="chart"))
register_link(QuickLink(_("健康管理中心"), "centre:desk", WORK, icon="people", order=8))
