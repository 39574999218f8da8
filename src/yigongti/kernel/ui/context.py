"""The context processor of the shell: what ``ui/base.html`` needs on every page, worked out only when it is used."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from yigongti.kernel import clock
from yigongti.kernel.ui.navigation import entries_for
from yigongti.kernel.ui.place import consortium_name, place_name
from yigongti.kernel.ui.shell import organisation_name, quick_search


def shell(request: HttpRequest) -> dict[str, Any]:
    """``actor`` and a lazy ``shell`` with the place's name, the actor's organisation, the navigation and the search."""
    actor = getattr(request, "actor", None)
    return {"actor": actor, "shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    groups = entries_for(actor, request.path)
    flat = [entry for _group, entries in groups for entry in entries]
    english = (get_language() or "").startswith("en")
    return {
        "name": consortium_name(),
        "place": place_name(),
        "organisation": organisation_name(actor.home_organisation_id) if actor else "",
        "groups": groups,
        "phone": [entry for entry in flat if entry.item.on_phone][:3],
        "search": _search(actor),
        "other_language": ("zh-hans", "中文") if english else ("en", "English"),
        "now": clock.now(),
        "language": "en" if english else "zh-Hans",
    }


def _search(actor: Any) -> dict[str, Any] | None:
    search = quick_search()
    if actor is None or search is None or not actor.may(search.permission):
        return None
    try:
        return {"url": reverse(search.url_name), "label": search.label, "parameter": search.parameter}
    except NoReverseMatch:
        return None
