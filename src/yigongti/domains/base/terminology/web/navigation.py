"""The menu entry of code systems."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.terminology.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("编码与术语"), "terminology:systems", VIEW, Group.DATA, order=60, icon="file"))
