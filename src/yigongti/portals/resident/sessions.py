"""A resident's session: the same mechanism as staff's, never both in one browser.

``session["resident"]`` holds the entry that stood for the person at sign-in; whom he acts for is asked when needed, so
that a consent taken back counts from the next click.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, resident_actor
from yigongti.kernel.audit.api import record
from yigongti.portals.resident.policy import IDLE_MINUTES, SESSION_HOURS

RESIDENT, NAME, SEEN, SINCE = "resident", "resident_name", "resident_seen", "resident_since"
ASKED, CHOICE = "resident_asked", "resident_choice"
_OURS = f"{RESIDENT}_"
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Reader:
    """Who is signed in, and for whom this page is: himself, or somebody he acts for."""

    own_id: int
    own_entries: tuple[int, ...]
    name: str
    person_id: int
    actor: Actor

    @property
    def for_oneself(self) -> bool:
        return self.person_id == self.own_id


def begin(request: HttpRequest, resident_id: int, name: str) -> None:
    """Sign a resident in, and staff out."""
    logout(request)
    now = clock.now().timestamp()
    request.session.update({RESIDENT: resident_id, NAME: name, SEEN: now, SINCE: now})
    request.session.cycle_key()
    actor = resident_actor(residents.signature(name, for_oneself=True), {resident_id})
    record(actor=actor, act="resident.sign_in", subject=f"resident:{resident_id}", resident_id=resident_id)


def end(request: HttpRequest) -> None:
    """Sign a resident out."""
    resident_id = request.session.get(RESIDENT)
    if resident_id is not None:
        actor = resident_actor(residents.signature(request.session[NAME], for_oneself=True), {resident_id})
        record(actor=actor, act="resident.sign_out", subject=f"resident:{resident_id}", resident_id=resident_id)
    request.session.flush()


def forget(request: HttpRequest) -> None:
    """Take a resident's sign-in, finished or begun, out of a session that becomes another's."""
    ours = [key for key in request.session.keys() if key == RESIDENT or key.startswith(_OURS)]  # noqa: SIM118
    for key in ours:
        del request.session[key]
    if ours:
        request.session.cycle_key()


def resident_required(view: View) -> View:
    """Ask for a resident's sign-in first. ``request.reader`` then says who reads and for whom, and
    ``request.resident_actor`` acts. ``person`` in the address is the one the page is for: oneself or a ward; anybody
    else does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, person: int | None = None, **kwargs: Any) -> HttpResponseBase:
        reader = _reader(request, person)
        if reader is None:
            return _sign_in_first(request)
        request.reader, request.resident_actor = reader, reader.actor  # type: ignore[attr-defined]
        try:
            response = view(request, *args, **kwargs)
        except (Forbidden, NotVisible):
            page = f"page:{request.path}"[:120]
            record(actor=reader.actor, act="access.not_visible", subject=page, outcome="refused")
            raise
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    guarded.resident = True  # type: ignore[attr-defined]
    return guarded


def _reader(request: HttpRequest, person: int | None) -> Reader | None:
    """None when nobody is signed in (any more). Raises NotVisible for a person who is not the reader's.

    The dead read nothing, and nobody reads for them: who signed in may have been on record as dead since.
    """
    if not _lives(request):
        return None
    entries = residents.cluster(request.session[RESIDENT])
    if not entries or residents.has_died(entries):
        request.session.flush()
        return None
    own_id, name = entries[0], request.session[NAME]
    if person is None or person in entries:
        actor = resident_actor(residents.signature(name, for_oneself=True), entries)
        return Reader(own_id, entries, name, own_id, actor)
    ward = residents.whole(person)
    of_ward = residents.cluster(person)
    actor = resident_actor(residents.signature(name, for_oneself=False), of_ward or {0})
    if ward is None or ward not in residents.ward_ids(entries) or residents.has_died(of_ward):
        page = f"page:{request.path}"[:120]
        record(
            actor=resident_actor(residents.signature(name, for_oneself=True), entries),
            act="access.not_visible",
            subject=page,
            outcome="refused",
        )
        raise NotVisible
    return Reader(own_id, entries, name, ward, actor)


def _lives(request: HttpRequest) -> bool:
    """Whether somebody is signed in whose time is not over; ended sign-ins are forgotten on the way."""
    session = request.session
    if session.get(RESIDENT) is None:
        return False
    now = clock.now().timestamp()
    idle = now - session[SEEN] > timedelta(minutes=IDLE_MINUTES.at().value).total_seconds()
    if idle or now - session[SINCE] > timedelta(hours=SESSION_HOURS.at().value).total_seconds():
        session.flush()
        return False
    # A page that asks by itself keeps nobody signed in, and a session is not rewritten at every click.
    if now - session[SEEN] > 60 and not request.headers.get("X-Background"):
        session[SEEN] = now
    return True


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    address = reverse("resident:sign_in")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
