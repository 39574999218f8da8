"""Menu of the claims pages."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.permissions import FINDINGS, VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("医保结算清单"), "claims:list", VIEW, Group.MONEY, order=10, icon="money"))
register(NavItem(_("基金监管"), "claims:findings", FINDINGS, Group.MONEY, order=15, icon="shield"))
