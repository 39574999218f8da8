"""Booking for programs: the pages' own scripts and the mini-program of tomorrow send what a form would, and read JSON.

This is the hot path: thousands want the places of a clinic in the minute in which it opens. So it does nothing but look
at the slot, book or refuse, and say so.
"""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yigongti.domains.care.appointments import hot
from yigongti.domains.care.appointments.refusals import BookingRefused, SlotTaken
from yigongti.domains.care.appointments.services import booking
from yigongti.domains.care.appointments.views import AppointmentView, SlotView
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.middleware import identify


@require_POST
def book(request: HttpRequest) -> HttpResponse:
    """Book ``slot`` for ``resident``; staff may say ``booked_by`` and a ``note``. As a form or as JSON.

    201 the booking · 401 nobody signed in · 409 refused, in words, with the nearest free places where the slot was
    full · 422 not understood. 403 and 404 are the platform's pages. Who finds the slot full is told so before anybody
    looks up who it is.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return _sign_in_first()
    try:
        said = _said(request)
        slot_id, resident_id = _id(said["slot"]), _id(said["resident"])
        booked_by_id = _id(said["booked_by"]) if said.get("booked_by") else None
        note = _text(said.get("note") or "")
    except (KeyError, TypeError, ValueError, RecursionError):
        return JsonResponse({"refused": _("请说明要约的号（slot）和居民（resident）。")}, status=422)
    if (full := hot.taken(slot_id)) is not None:
        full.body = full.body or _taken(full.refusal).content
        return HttpResponse(full.body, content_type="application/json", status=409)
    turned_away = identify(request)
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if turned_away is not None or actor is None:
        return _sign_in_first()
    try:
        view = booking.book(slot_id, resident_id=resident_id, actor=actor, booked_by_id=booked_by_id, note=note)
    except SlotTaken as taken:
        return _taken(taken)
    except BookingRefused as refused:
        return JsonResponse({"refused": str(refused), "alternatives": []}, status=409)
    return JsonResponse(_booking(view), status=201)


def _sign_in_first() -> JsonResponse:
    return JsonResponse({"refused": _("请先登录。")}, status=401)


def _taken(refusal: SlotTaken) -> JsonResponse:
    near = [_slot(one) for one in refusal.alternatives]
    return JsonResponse({"refused": str(refusal), "alternatives": near}, status=409)


book.needs = None  # type: ignore[attr-defined]  # residents book, too; who may is asked inside


def _said(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json":
        said = json.loads(request.body)
        if not isinstance(said, dict):
            raise ValueError
        return said
    return request.POST.dict()


def _id(said: Any) -> int:
    """A whole number as JSON or a form has it. Raises ValueError for anything else."""
    text = str(said) if isinstance(said, (int, str)) and not isinstance(said, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text)):
        raise ValueError
    return int(text)


def _text(said: Any) -> str:
    """Text that can be stored. Raises ValueError for anything else."""
    if not isinstance(said, str) or "\x00" in said:
        raise ValueError
    said.encode()  # half a character is none (UnicodeEncodeError)
    return said


def _booking(view: AppointmentView) -> dict[str, Any]:
    return {
        "id": view.id,
        "number": view.number,
        "state": view.state,
        "state_label": view.state_label,
        "address": view.address,
        "slot": _slot(view.slot),
    }


def _slot(view: SlotView) -> dict[str, Any]:
    return {
        "id": view.id,
        "institution": view.institution,
        "department": view.department,
        "doctor": view.doctor,
        "title": view.title,
        "starts_at": view.starts_at.isoformat(),
        "ends_at": view.ends_at.isoformat(),
        "when": view.when,
        "left": view.left,
    }
