from django.utils.translation import gettext_lazy as _

from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.permissions import GALLERY

register(NavItem(_("界面组件"), "ui:gallery", GALLERY, Group.SYSTEM, order=90, icon="eye"))
