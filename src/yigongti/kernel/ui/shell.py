"""What the top bar shows that the kernel can't know by itself: names of organisations, and the search for residents."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Permission

Names = Callable[[Iterable[int]], Mapping[int, str]]


def _no_names(ids: Iterable[int]) -> Mapping[int, str]:
    return {}


_names: Names = _no_names


def register_organisation_names(names: Names) -> None:
    """The organisation domain says here how ids become names (short names, in the language of the page)."""
    global _names
    _names = names


def organisation_name(organisation_id: int | None) -> str:
    """The name of an organisation, or an empty string. Every page asks: a name is kept for half a minute."""
    if organisation_id is None:
        return ""
    return _kept_name(organisation_id, get_language(), int(clock.now().timestamp() // 30), _names)


@lru_cache(maxsize=2048)
def _kept_name(organisation_id: int, language: str | None, half_minute: int, names: Names) -> str:
    return names([organisation_id]).get(organisation_id, "")


@dataclass(frozen=True)
class QuickSearch:
    """The search box of the top bar: a page that takes the words as one query parameter."""

    url_name: str
    permission: Permission
    label: str | Promise
    parameter: str = "q"


_search: QuickSearch | None = None


def register_quick_search(search: QuickSearch) -> None:
    """The residents domain registers its search here; the last registration holds."""
    global _search
    _search = search


def quick_search() -> QuickSearch | None:
    """The registered search, if any."""
    return _search


@dataclass(frozen=True)
class Bell:
    """What the bell of the top bar shows: unread notices, and the newest urgent one (``id``, ``title``) or None.

    ``address`` is the page of the notices; ``again`` gives the bell alone.
    """

    count: int
    urgent: Any
    address: str
    again: str


_bell: Callable[[Actor], Bell] | None = None


def register_bell(bell: Callable[[Actor], Bell]) -> None:
    """The notices register here what the bell shows to whom."""
    global _bell
    _bell = bell


def bell_of(actor: Actor | None) -> Bell | None:
    """The bell of a member of staff; None where there is none to show."""
    return _bell(actor) if _bell is not None and actor is not None else None
