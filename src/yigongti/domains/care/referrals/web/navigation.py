"""Menu, workbench: what waits for an answer, and the way to start. The menu counts nothing: the bell and the card say
what presses, and a count would cost every page a query."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals.permissions import ANSWER, APPROVE, CATALOGUE, SEND, VIEW
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import Card, QuickLink, register_card, register_link


def _card(actor: Actor) -> Mapping[str, Any] | None:
    from yigongti.domains.care.referrals.api import to_answer

    found = to_answer(actor)
    return {"referrals": found[:5], "more": max(len(found) - 5, 0)} if found else None


register(NavItem(_("转诊"), "referrals:list", (VIEW, APPROVE), Group.WORK, order=30, icon="send"))
register(NavItem(_("病种收治目录"), "referrals:catalogue", CATALOGUE, Group.CONSORTIUM, order=40, icon="book"))
register(NavItem(_("县域外转诊证明"), "referrals:certificates", (VIEW, APPROVE), Group.WORK, order=35, icon="file"))
register_link(QuickLink(_("新建转诊"), "referrals:new", SEND, icon="send", order=20))
register_card(
    Card(
        "referrals", _("待答复的转诊"), "referrals/card.html", _card, permission=ANSWER, order=20, more="referrals:list"
    )
)
residents.register_action(
    residents.Action(
        "referrals",
        _("转诊"),
        lambda resident_id: f"{reverse('referrals:new')}?resident={resident_id}",
        SEND,
        icon="send",
        order=30,
    )
)
