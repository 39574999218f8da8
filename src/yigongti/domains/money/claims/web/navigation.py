"""Menu of the claims pages."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("医保结算"), "claims:list", VIEW, Group.MONEY, order=10, icon="money"))
