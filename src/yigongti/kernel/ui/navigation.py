"""The navigation: every app registers its entries in ``web/navigation.py``; a person sees those they may open.

Promises that an entry whose permission the actor lacks is never rendered, and that groups keep one order everywhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Actor, Permission


class Group(IntEnum):
    """Where an entry stands, in the order of a working day; the label is on the menu."""

    WORK = 10
    RESIDENTS = 20
    DATA = 30
    RESULTS = 40
    MONEY = 45
    CONSORTIUM = 50
    SYSTEM = 90

    @property
    def words(self) -> str:
        return str(_GROUPS[self])


_GROUPS: dict[Group, str | Promise] = {
    Group.WORK: _("我的工作"),
    Group.RESIDENTS: _("居民与健康档案"),
    Group.DATA: _("数据"),
    Group.RESULTS: _("监测与评价"),
    Group.MONEY: _("医保与财务"),
    Group.CONSORTIUM: _("医共体"),
    Group.SYSTEM: _("系统"),
}


@dataclass(frozen=True)
class NavItem:
    """One entry. ``permission`` None: everyone signed in; several: any of them. ``order`` counts inside the group.

    ``icon`` names a symbol of ``static/ui/icons.svg``. ``on_phone`` puts the entry on the bar at the foot of a phone
    (the first three are taken). ``count``, called with the actor, gives a number to show beside the label, or None.
    """

    label: str | Promise
    url_name: str
    permission: Permission | Iterable[Permission] | None = None
    group: Group = Group.WORK
    order: int = 50
    icon: str = "file"
    on_phone: bool = False
    count: Callable[[Actor], int | None] | None = None

    def open_to(self, actor: Actor) -> bool:
        """Whether the actor may open the page behind this entry (anywhere)."""
        if self.permission is None:
            return True
        needed = [self.permission] if isinstance(self.permission, Permission) else self.permission
        return any(actor.may(permission) for permission in needed)


@dataclass(frozen=True)
class Entry:
    """A navigation item as one person sees it on one page."""

    item: NavItem
    url: str
    current: bool = False
    count: int | None = None


_items: dict[str, NavItem] = {}


def register(item: NavItem) -> None:
    """Add an entry; the same ``url_name`` again replaces it."""
    _items[item.url_name] = replace(
        item,
        permission=tuple(item.permission)
        if item.permission is not None and not isinstance(item.permission, Permission)
        else item.permission,
    )


def named(url_name: str) -> NavItem | None:
    """The entry of a page, whoever may open it; None for a page that is not on the menu."""
    return _items.get(url_name)


def entries_for(actor: Actor | None, path: str = "") -> list[tuple[Group, list[Entry]]]:
    """The groups an actor sees, each with its entries in order. The entry with the longest address that begins
    ``path`` is the current one. An entry whose page does not exist is left out."""
    if actor is None:
        return []
    seen = [(item, url) for item in _items.values() if item.open_to(actor) and (url := _url(item.url_name))]
    urls = [url for _item, url in seen if path == url or (url != "/" and path.startswith(url))]
    here = max(urls, key=len, default=None)
    groups: dict[Group, list[Entry]] = {}
    for item, url in sorted(seen, key=lambda pair: (pair[0].group, pair[0].order, pair[0].url_name)):
        count = item.count(actor) if item.count else None
        groups.setdefault(item.group, []).append(Entry(item, url, url == here, count or None))
    return list(groups.items())


@cache
def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
