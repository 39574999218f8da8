"""Menu entries of the prices."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.prices.permissions import FOLLOW, VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("医疗服务价格"), "prices:index", VIEW, Group.MONEY, order=60, icon="file"))
register(NavItem(_("价格调整"), "prices:adjustments", FOLLOW, Group.MONEY, order=62, icon="gauge"))
