"""Intake in the menu."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.intake.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("数据接收"), "intake:batches", VIEW, Group.DATA, order=10, icon="upload"))
