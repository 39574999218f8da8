from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.api import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import QuickLink, register_link

register(NavItem(_("驾驶舱"), "cockpit:home", VIEW, Group.RESULTS, order=10, icon="chart", on_phone=True))
register_link(QuickLink(_("看监测指标"), "cockpit:home", VIEW, icon="gauge", order=40))
