"""The place a page is about, and the tabs to the others."""

from django.http import Http404
from django.urls import reverse

from yigongti.kernel.policy import api as policy
from yigongti.kernel.policy.api import Place


def chosen(key: str | None) -> Place:
    """The place of an address, or the one that is served. Raises Http404 for an unknown one."""
    try:
        return policy.place(key)
    except KeyError as error:
        raise Http404 from error


def tabs(page: str, here: Place, national: bool = False) -> list[dict[str, object]]:
    """One tab per place for ``<c-tab>``: label, url, whether it is this one."""
    found = [*policy.places(), *([policy.place("national")] if national else [])]
    return [{"label": str(place), "url": reverse(page, args=[place.key]), "current": place == here} for place in found]
