from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.plan_ledger.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("方案台账"), "plan_ledger:clauses", VIEW, Group.CONSORTIUM, order=60, icon="plan"))
register(NavItem(_("政策参数"), "plan_ledger:parameters", VIEW, Group.CONSORTIUM, order=70, icon="book"))
