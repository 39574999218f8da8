"""Menu entries of the organisation domain."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation.permissions import VIEW, VIEW_CASES
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("组织机构"), "organisation:tree", VIEW, Group.CONSORTIUM, order=10, icon="tree"))
register(NavItem(_("联盟和医联体"), "organisation:alliances", VIEW, Group.CONSORTIUM, order=15, icon="merge"))
register(NavItem(_("加入和退出"), "organisation:cases", VIEW_CASES, Group.CONSORTIUM, order=20, icon="link"))
