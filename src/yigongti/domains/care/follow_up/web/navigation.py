"""Follow-ups in the menu, on the bar of a phone, and on the workbench."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.follow_up.permissions import FOLLOW_UP, VIEW
from yigongti.domains.care.follow_up.selectors import waiting
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.workbench import Card, QuickLink, register_card, register_link

SHOWN = 6


def _waiting(actor: Actor) -> Mapping[str, Any] | None:
    rows = list(waiting(actor)[:SHOWN])
    names = {pk: card.name for pk, card in residents.cards(row.resident_id for row in rows).items()}
    return {"rows": [(row, names.get(row.resident_id, "")) for row in rows]} if rows else None


register(NavItem(_("随访"), "follow_up:list", VIEW, Group.WORK, order=20, icon="heart", on_phone=True))
register_link(QuickLink(_("随访"), "follow_up:list", FOLLOW_UP, icon="heart", order=5))
register_card(
    Card("follow_up.waiting", _("待随访"), "follow_up/waiting.html", _waiting, VIEW, order=10, more="follow_up:list")
)
residents.register_action(
    residents.Action(
        "follow_up",
        _("测量、随访"),
        lambda resident_id: f"{reverse('follow_up:measure')}?resident={resident_id}",
        health_record.VIEW,
        icon="heart",
        order=10,
    )
)
