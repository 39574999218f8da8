"""Where my referral is now, and who may read my record because of it until when."""

from django.http import HttpRequest, HttpResponse

from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.referrals import api as referrals
from yigongti.kernel.access.api import NotVisible
from yigongti.portals.resident.sessions import resident_required
from yigongti.portals.resident.web.layout import reader_of, show


@resident_required
def mine(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    reader = reader_of(request)
    found = referrals.of_resident(reader.person_id, actor=reader.actor)
    return show(request, "resident/referrals.html", {"referrals": found}, here="referrals")


@resident_required
def referral(request: HttpRequest, pk: int) -> HttpResponse:
    """One: where it is now, what was arranged, what comes after."""
    reader = reader_of(request)
    one = referrals.get(pk, actor=reader.actor)
    booked = None
    if one.appointment_id is not None:
        try:
            booked = appointments.get(one.appointment_id, actor=reader.actor)
        except NotVisible:
            booked = None
    return show(request, "resident/referral.html", {"one": one, "booked": booked}, here="referrals")
