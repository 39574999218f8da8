"""Each request's actor, the idle time-out, the forced first password, and the headers that keep pages to themselves."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from yigongti.kernel import clock
from yigongti.kernel.access import limits
from yigongti.kernel.access.actors import Forbidden, NotVisible
from yigongti.kernel.access.selectors import actor_of
from yigongti.kernel.audit.api import record

Next = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class security_headers:
    """No page may load or send anything elsewhere, be framed, or stay in a shared cache."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        if getattr(request, "actor", None) is not None:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class acting:
    """Sets ``request.actor`` (None when nobody is signed in) and turns refusals into 403 and 404 pages."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        if request.path_info not in _asked_later:
            turned_away = identify(request)
            if turned_away is not None:
                return turned_away
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if isinstance(error, Forbidden):
            self._record(request, error.permission.name)
            raise PermissionDenied(str(error)) from error
        if isinstance(error, NotVisible):
            self._record(request, "access.not_visible")
            raise Http404 from error

    def _record(self, request: HttpRequest, act: str) -> None:
        """Who tried what is in the trail; an address carries ids, never numbers or names of persons.

        PostgreSQL keeps no NUL, and what can't be printed must not stand in a trail people read.
        """
        actor = request.actor  # type: ignore[attr-defined]
        if actor is not None:
            page = "".join(sign if sign.isprintable() else "\ufffd" for sign in request.path)
            record(actor=actor, act=act, subject=f"page:{page}"[:120], outcome="refused")


def identify(request: HttpRequest) -> HttpResponse | None:
    """Find out who asks: sets ``request.actor`` (None: nobody is signed in); gives the answer for one turned away."""
    account = request.user
    if not account.is_authenticated:
        return None
    if _idle(request) or not account.is_active:
        logout(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("access:sign_in")})
        return None
    request.actor = actor_of(account)  # type: ignore[attr-defined]
    if account.must_change_password and not _may_go_on(request):
        return HttpResponseRedirect(reverse("access:change_password"))
    return None


_asked_later: set[str] = set()


def ask_later(path: str) -> None:
    """At this address the view itself calls ``identify``, after refusing what it would refuse anybody: where thousands
    come at once for what only a few can have, most need no look-up of who they are."""
    _asked_later.add(path)


def _idle(request: HttpRequest) -> bool:
    now = clock.now().timestamp()
    last = request.session.get("last_seen")
    limit = timedelta(minutes=limits.current().idle_minutes).total_seconds()
    if last is not None and now - last > limit:
        return True
    # A page that asks by itself keeps nobody signed in, and a session is not rewritten at every click.
    if last is None or (now - last > 60 and not request.headers.get("X-Background")):
        request.session["last_seen"] = now
    return False


def _may_go_on(request: HttpRequest) -> bool:
    return request.path in {
        reverse("access:change_password"),
        reverse("access:sign_out"),
        reverse("set_language"),
    }
