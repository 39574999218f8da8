"""Notices in the menu and as the bell of the top bar."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Actor
from yigongti.kernel.notices.permissions import SEE_OUTBOX
from yigongti.kernel.notices.selectors import unread
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.shell import Bell, register_bell


def _bell(actor: Actor) -> Bell:
    found = unread(actor)
    return Bell(found.count, found.urgent, reverse("notices:notices"), reverse("notices:bell"))


register_bell(_bell)
register(NavItem(_("通知"), "notices:notices", None, Group.WORK, order=30, icon="bell"))
register(NavItem(_("发出的短信"), "notices:outbox", SEE_OUTBOX, Group.SYSTEM, order=80, icon="send"))
