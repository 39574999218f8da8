"""Intake in the menu and on the workbench."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Actor
from yigongti.kernel.intake.permissions import RECEIVE, VIEW
from yigongti.kernel.intake.selectors import batches
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import Card, QuickLink, register_card, register_link

SHOWN = 5


def _latest(actor: Actor) -> dict[str, object] | None:
    found = list(batches(actor)[:SHOWN])
    return {"batches": found} if found else None


register(NavItem(_("数据接收"), "intake:batches", VIEW, Group.DATA, order=10, icon="upload"))
register_link(QuickLink(_("发送文件"), "intake:send", RECEIVE, icon="upload", order=30))
register_card(
    Card("intake.latest", _("最近收到的文件"), "intake/latest.html", _latest, VIEW, order=40, more="intake:batches")
)
