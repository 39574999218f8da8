from django.utils.translation import gettext_lazy as _

from yigongti.domains.${tier}.${name}.permissions import VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("${label}"), "${name}:entries", VIEW, Group.${group}))
