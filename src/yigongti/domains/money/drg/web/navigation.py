"""Menu of payment by group, and the card it puts on a claim's page."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.claims import api as claims
from yigongti.domains.money.drg.permissions import FIGURES, SCHEME, SPECIAL, TRY
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("病组统计"), "drg:figures", FIGURES, Group.MONEY, order=30, icon="chart"))
register(NavItem(_("特例单议"), "drg:specials", SPECIAL, Group.MONEY, order=32, icon="edit"))
register(NavItem(_("机构系数"), "drg:coefficients", FIGURES, Group.MONEY, order=34, icon="gauge"))
register(NavItem(_("病组试算"), "drg:try", TRY, Group.WORK, order=60, icon="scan"))
register(NavItem(_("分组方案"), "drg:schemes", SCHEME, Group.MONEY, order=35, icon="book"))


def _panel(claim: claims.ClaimView, actor: Actor) -> Mapping[str, Any] | None:
    from yigongti.domains.money.drg.payment import KIND_WORDS
    from yigongti.domains.money.drg.selectors import result_of

    if claim.setting != "inpatient":
        return None
    row = result_of(claim.id, actor=actor)
    return {"row": row, "kind": KIND_WORDS.get(row.outlier, row.outlier)} if row else None  # type: ignore[call-overload]


claims.register_panel(claims.Panel("drg", _("病组"), "drg/panel.html", _panel, FIGURES, order=40))
residents.register_action(
    residents.Action(
        "drg",
        _("病组试算"),
        lambda resident_id: f"{reverse('drg:try')}?resident={resident_id}",
        TRY,
        icon="scan",
        order=80,
    )
)
