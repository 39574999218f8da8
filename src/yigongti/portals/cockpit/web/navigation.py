from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.api import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("驾驶舱"), "cockpit:home", VIEW, Group.RESULTS, order=10, icon="chart", on_phone=True))
