"""Guards of pages: who must be signed in, and with which permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from yigongti.kernel.access.actors import Permission

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Ask for a sign-in first, and come back after it. ``request.actor`` is then never None."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.actor is None:  # type: ignore[attr-defined]
            target = request.get_full_path() if request.method == "GET" else "/"
            address = f"{reverse('access:sign_in')}?{urlencode({'next': target})}"
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return HttpResponseRedirect(address)
        return view(request, *args, **kwargs)

    guarded.needs = None  # type: ignore[attr-defined]
    return guarded


def permission_required(*permissions: Permission) -> Callable[[View], View]:
    """Ask for a sign-in, then for one of the permissions (anywhere); else the 403 page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = request.actor  # type: ignore[attr-defined]
            if not any(actor.may(permission) for permission in permissions):
                actor.require(permissions[0])
            return view(request, *args, **kwargs)

        page = signed_in(guarded)
        page.needs = permissions  # type: ignore[attr-defined]
        return page

    return decorate
