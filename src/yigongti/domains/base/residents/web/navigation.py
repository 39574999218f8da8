"""Menu entries, the search of the top bar, and what the workbench shows of residents."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents.permissions import DECIDE, MERGE, REGISTER, SCAN, SEARCH
from yigongti.domains.base.residents.questions import open_count
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui.navigation import Group, NavItem, register
from yigongti.kernel.ui.shell import QuickSearch, register_quick_search
from yigongti.kernel.ui.workbench import Card, QuickLink, register_card, register_link


def _waiting(actor: Actor) -> Mapping[str, Any] | None:
    count = open_count(actor)
    return {"count": count} if count else None


register(NavItem(_("查找居民"), "residents:search", SEARCH, Group.RESIDENTS, order=10, icon="search", on_phone=True))
register(NavItem(_("扫个人条码"), "residents:scan", SCAN, Group.RESIDENTS, order=20, icon="scan", on_phone=True))
register(NavItem(_("登记居民"), "residents:register", REGISTER, Group.RESIDENTS, order=30, icon="plus"))
register(
    NavItem(_("身份核对"), "residents:reviews", DECIDE, Group.RESIDENTS, order=40, icon="people", count=open_count)
)
register(NavItem(_("合并记录"), "residents:merges", MERGE, Group.RESIDENTS, order=50, icon="merge"))
register_quick_search(QuickSearch("residents:search", SEARCH, _("查找居民")))
register_link(QuickLink(_("查找居民"), "residents:search", SEARCH, icon="search", order=10))
register_link(QuickLink(_("扫个人条码"), "residents:scan", SCAN, icon="scan", order=20))
register_card(
    Card(
        "residents.reviews",
        _("身份核对"),
        "residents/waiting.html",
        _waiting,
        permission=DECIDE,
        order=40,
        more="residents:reviews",
    )
)
