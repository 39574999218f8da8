"""Menu entries of the books."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.books.permissions import APPROVE_LARGE, CHART, CONSOLIDATED, VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("各单位账簿"), "books:index", VIEW, Group.MONEY, order=40, icon="book"))
register(NavItem(_("手工凭证"), "books:vouchers", (VIEW, APPROVE_LARGE), Group.MONEY, order=42, icon="edit"))
register(NavItem(_("合并报表"), "books:consolidated", CONSOLIDATED, Group.MONEY, order=44, icon="merge"))
register(NavItem(_("会计科目"), "books:chart", (VIEW, CHART), Group.MONEY, order=46, icon="tree"))
