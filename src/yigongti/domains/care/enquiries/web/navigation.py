"""Residents' questions in the menu of who answers them."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.enquiries.permissions import ANSWER, FIGURES
from yigongti.domains.care.enquiries.selectors import open_count
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("居民咨询"), "enquiries:list", ANSWER, Group.RESIDENTS, order=60, icon="inbox", count=open_count))
register(NavItem(_("咨询答复情况"), "enquiries:figures", FIGURES, Group.RESULTS, order=60, icon="gauge"))
