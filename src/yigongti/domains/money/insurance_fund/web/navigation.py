"""The fund in the menu of those who prepare, approve or live by it."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.insurance_fund.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("医保基金"), "insurance_fund:list", VIEW, Group.MONEY, order=10, icon="money"))
