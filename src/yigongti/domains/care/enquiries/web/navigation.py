"""Residents' questions in the menu of who answers them."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.enquiries.permissions import ANSWER
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("居民咨询"), "enquiries:list", ANSWER, Group.RESIDENTS, order=60, icon="inbox"))
