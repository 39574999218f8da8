"""What several pages ask: which institution, department, day. Nonsense in an address is as good as nothing."""

from collections.abc import Iterable
from datetime import date

from django.http import HttpRequest

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments import selectors
from yigongti.kernel.access.api import Actor, Permission


def number(request: HttpRequest, name: str) -> int | None:
    """A number of the address or form; None for anything else."""
    said = (request.POST.get(name) or request.GET.get(name) or "").strip()
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None


def day(request: HttpRequest, name: str) -> date | None:
    """A day of the address; None for anything else, and for one that no calendar page shows."""
    try:
        found = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def clinics() -> list[tuple[int, str]]:
    """Institutions with clinics, by name."""
    return named(selectors.institutions_with_clinics())


def named(ids: Iterable[int]) -> list[tuple[int, str]]:
    return sorted(organisation.names(ids).items(), key=lambda pair: pair[1])


def own_institutions(actor: Actor, permission: Permission) -> list[tuple[int, str]]:
    """Institutions at which the actor holds the permission, the home one first."""
    ids = set(selectors.institutions_with_clinics()) if actor.everything else set(actor.organisations(permission))
    found = organisation.get_many(ids)
    pairs = [(view.id, view.label) for view in found.values() if view.is_institution]
    return sorted(pairs, key=lambda pair: (pair[0] != actor.home_organisation_id, pair[1]))
