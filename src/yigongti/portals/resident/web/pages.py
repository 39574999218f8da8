"""The first page, the ways to all others, notices, the barcode, and the family: who acts for whom."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.enquiries import api as enquiries
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel import clock
from yigongti.kernel.notices import api as notices
from yigongti.portals.resident.sessions import resident_required
from yigongti.portals.resident.web.layout import MENU, ON_BAR, Way, address, reader_of, show

SHOWN_AT_HOME = 3
REFRESHED_AT = 0.7  # of a code's life: a slow network must not leave an expired one on the screen


@resident_required
def start(request: HttpRequest) -> HttpResponse:
    """To one's own first page."""
    return redirect("resident:home", person=reader_of(request).own_id)


@resident_required
def home(request: HttpRequest) -> HttpResponse:
    """What is next: the appointment, the referral, what is new; and whom I act for."""
    reader = reader_of(request)
    now = clock.now()
    booked = [one for one in appointments.of_resident(reader.person_id, actor=reader.actor) if _counts(one, now)]
    under_way = [one for one in referrals.of_resident(reader.person_id, actor=reader.actor) if one.open]
    unread = [one for one in notices.of_resident(reader.actor.residents) if one.read_at is None]
    return show(
        request,
        "resident/home.html",
        {
            "next": min(booked, key=lambda one: one.slot.starts_at, default=None),
            "more_booked": max(len(booked) - 1, 0),
            "stopped": [one for one in booked if one.state == "stopped"],
            "referrals": under_way[:SHOWN_AT_HOME],
            "unread": unread[:SHOWN_AT_HOME],
            "unread_count": len(unread),
            "answered": enquiries.answered_of(reader.person_id, actor=reader.actor),
            "family": [(one, one.person.id == reader.person_id) for one in residents.wards(reader.own_id)],
        },
        here="home",
    )


def _counts(one: appointments.AppointmentView, now: datetime) -> bool:
    """Whether a booking is still ahead, or asks for something to be done."""
    return (one.is_open and one.slot.ends_at > now) or (
        one.state == "stopped" and one.may_change and one.slot.ends_at > now
    )


@resident_required
def more(request: HttpRequest) -> HttpResponse:
    """All pages there are."""
    person_id = reader_of(request).person_id
    ways = [Way(w.key, w.label, w.icon, w.words, address(w.key, person_id)) for w in MENU[ON_BAR:]]
    return show(request, "resident/more.html", {"ways": ways}, here="more")


@resident_required
def notices_page(request: HttpRequest) -> HttpResponse:
    """What I was told; a POST says that all is read."""
    reader = reader_of(request)
    if request.method == "POST":
        notices.read_all(actor=reader.actor)
        messages.success(request, _("都标为已读了。"))
        return redirect("resident:notices", person=reader.person_id)
    found = notices.of_resident(reader.actor.residents)
    unread = any(one.read_at is None for one in found)
    return show(request, "resident/notices.html", {"notices": found, "unread": unread}, here="notices")


# Where a page of staff has one for residents: a notice's address is the case's own.
_HERE = {
    "appointments:appointment": "resident:appointment",
    "referrals:referral": "resident:referral",
    "enquiries:enquiry": "resident:enquiry",
}


@resident_required
@require_POST
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a notice was read, and go to what it is about."""
    reader = reader_of(request)
    target = notices.read(pk, actor=reader.actor) or ""
    try:
        found = resolve(target)
    except Resolver404:
        return redirect("resident:notices", person=reader.person_id)
    name = _HERE.get(found.view_name)
    if name is None:
        return redirect("resident:notices", person=reader.person_id)
    return redirect(name, person=reader.person_id, pk=found.kwargs["pk"])


@resident_required
def barcode(request: HttpRequest) -> HttpResponse:
    """My code, large; it renews itself while the page is open."""
    return show(request, "resident/barcode.html", _code(request), here="barcode")


@resident_required
def barcode_code(request: HttpRequest) -> HttpResponse:
    """A fresh code alone, for the page that asks by itself."""
    return show(request, "resident/code_alone.html", _code(request), here="barcode")


def _code(request: HttpRequest) -> dict[str, object]:
    reader = reader_of(request)
    token, until = residents.make_barcode(reader.person_id, actor=reader.actor)
    every = max(int((until - clock.now()).total_seconds() * REFRESHED_AT), 10)
    return {"token": token, "until": until, "every": f"{every}s"}


@resident_required
def family(request: HttpRequest) -> HttpResponse:
    """Whom I act for, and who acts for me: always about the one who signed in."""
    own_id = reader_of(request).own_id
    mine, of_me = residents.wards(own_id), residents.guardians(own_id)
    places = organisation.names({one.institution_id for one in (*mine, *of_me) if one.institution_id})
    return show(request, "resident/family.html", {"mine": mine, "of_me": of_me, "places": places}, here="family")


@resident_required
def end_acting(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a consent back, or stop acting for somebody: at once."""
    reader = reader_of(request)
    own_id = reader.own_id
    both = (*residents.wards(own_id), *residents.guardians(own_id))
    about = next((one for one in both if one.id == pk), None)
    if about is None:
        messages.info(request, _("这个代办关系已经结束。"))
        return redirect("resident:family", person=own_id)
    if request.method == "POST":
        residents.end_guardianship(pk, reason="", actor=reader.actor, by_resident_id=own_id)
        messages.success(request, _("已结束，即刻生效。"))
        return redirect("resident:family", person=own_id)
    acting = about in residents.wards(own_id)
    return show(request, "resident/end_acting.html", {"about": about, "acting": acting}, here="family")
