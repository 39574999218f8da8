"""The context processor of the shell: what ``ui/base.html`` needs on every page, worked out only when it is used."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from yigongti.kernel import clock
from yigongti.kernel.ui.navigation import Entry, entries_for
from yigongti.kernel.ui.place import consortium_name, place_name
from yigongti.kernel.ui.shell import bell_of, organisation_name, quick_search


def shell(request: HttpRequest) -> dict[str, Any]:
    """``actor`` and a lazy ``shell`` with the place's name, the actor's organisation, the navigation and the search."""
    actor = getattr(request, "actor", None)
    return {"actor": actor, "shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    language = get_language() or ""
    english = language.startswith("en")
    menu, phone = _menu(
        tuple((g.value, g.words, tuple(map(_line, entries))) for g, entries in entries_for(actor, request.path)),
        language,
    )
    return {
        "name": consortium_name(),
        "place": place_name(),
        "organisation": organisation_name(actor.home_organisation_id) if actor else "",
        "menu": menu,
        "phone": phone,
        "search": _search(actor),
        "bell": bell_of(actor),
        "other_language": ("zh-hans", "中文") if english else ("en", "English"),
        "now": clock.now(),
        "language": "en" if english else "zh-Hans",
    }


class _Line(NamedTuple):
    """An entry as the menu draws it: plain values, so that equal menus are found again quickly."""

    url: str
    label: str
    icon: str
    current: bool
    waiting: int | None
    on_phone: bool


def _line(entry: Entry) -> _Line:
    item = entry.item
    return _Line(entry.url, str(item.label), item.icon, entry.current, entry.count, item.on_phone)


@lru_cache(maxsize=1024)
def _menu(groups: tuple[tuple[int, str, tuple[_Line, ...]], ...], language: str) -> tuple[SafeString, SafeString]:
    """The menu and the bar at the foot of a phone. Many people see the same ones, so they are drawn once."""
    on_phone = [line for _value, _words, lines in groups for line in lines if line.on_phone]
    return (
        render_to_string("ui/menu.html", {"groups": groups}),
        render_to_string("ui/phone.html", {"lines": on_phone[:3]}),
    )


def _search(actor: Any) -> dict[str, Any] | None:
    search = quick_search()
    if actor is None or search is None or not actor.may(search.permission):
        return None
    try:
        return {"url": reverse(search.url_name), "label": search.label, "parameter": search.parameter}
    except NoReverseMatch:
        return None
