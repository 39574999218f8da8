"""For whom staff book, and what a refusal tells those who have nothing to do with the person."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from tests.support.people import person

from yigongti.domains.base.residents import api as index
from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.refusals import BarcodeWanted
from yigongti.domains.care.appointments.tests.factories import MACHINE, as_resident, at, clinic, residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import create_account, grant_role
from yigongti.kernel.access.models import Account
from yigongti.kernel.audit.models import Line
from yigongti.kernel.workflow.api import take_due

pytestmark = pytest.mark.django_db


def test_staff_book_for_those_they_know_and_a_clinics_own_desk_for_whoever_comes(county):
    slot, later = clinic(county)
    ours, stranger, another = [*residents(1), *residents(2, first=2, strangers=True)]
    outsiders = (county.doctor, county.family_doctor, county.village_doctor, county.other_coordinator)
    for actor in outsiders:
        with pytest.raises(BarcodeWanted, match="条码"):
            api.book(slot.pk, resident_id=stranger, actor=actor)
    assert not Appointment.objects.unscoped("test").exists()
    api.book(slot.pk, resident_id=stranger, actor=county.coordinator)
    api.book(slot.pk, resident_id=ours, actor=person("coordinator", county.centre.pk, id=77))
    api.book(later.pk, resident_id=another, actor=county.doctor, referral_id=5)


def test_who_may_not_see_the_other_booking_does_not_hear_when_it_is(county):
    [somebody] = residents(1)
    here = clinic(county)[0]
    there = clinic(county, at_id=county.second.pk, starts=time(8, 15), ends=time(8, 45))[0]
    api.book(here.pk, resident_id=somebody, actor=as_resident(somebody))
    with pytest.raises(api.BookingRefused, match="这位居民在这个时间已有预约") as refused:
        api.book(there.pk, resident_id=somebody, actor=county.other_coordinator)
    assert "08:00" not in str(refused.value)
    for actor in (as_resident(somebody), person("coordinator", county.city.pk, id=78)):
        with pytest.raises(api.BookingRefused, match="08:00"):
            api.book(there.pk, resident_id=somebody, actor=actor)


def test_who_may_not_see_the_missed_ones_does_not_hear_until_when(county):
    [somebody] = residents(1)
    for day in (1, 2, 3):
        api.book(clinic(county, day=day, doctor=f"医{day}")[0].pk, resident_id=somebody, actor=as_resident(somebody))
    there = clinic(county, at_id=county.second.pk, day=5)[0]
    with clock.fixed(at(3, 9, 0)):
        take_due()
        with pytest.raises(api.BookingRefused, match="多次爽约") as refused:
            api.book(there.pk, resident_id=somebody, actor=county.other_coordinator)
        assert "08:00" not in str(refused.value) and "2026" not in str(refused.value)


@pytest.fixture
def doctor(client, county):
    """A doctor of the hospital, signed in."""
    pk = create_account(
        "doctor", "医生", organisation_id=county.hospital.pk, password="Long-Enough-1", actor=MACHINE,
        must_change_password=False,
    )  # fmt: skip
    grant_role(pk, "doctor", organisation_id=county.hospital.pk, actor=MACHINE)
    client.force_login(Account.objects.get(pk=pk))
    return client


def test_a_strangers_barcode_opens_the_page_for_a_quarter_of_an_hour(doctor, county):
    slot = clinic(county)[0]
    stranger, other = residents(2, strangers=True)
    address = reverse("appointments:new") + f"?resident={stranger}"
    seen = doctor.get(address).content.decode()
    assert "请扫描居民本人的条码" in seen and "王主任" not in seen
    refused = doctor.post(address, {"slot": slot.pk})
    assert refused.status_code == 409 and "条码" in refused.content.decode()
    for token in ("", "nonsense", "a\0b", index.make_barcode(other, actor=MACHINE)[0]):
        assert doctor.post(address, {"token": token}).status_code == 409
    assert doctor.post(address, {"slot": slot.pk}).status_code == 409
    assert doctor.post(address, {"token": index.make_barcode(stranger, actor=MACHINE)[0]}).url == address
    assert "王主任" in doctor.get(address).content.decode()
    with clock.fixed(clock.now() + timedelta(minutes=15)):
        assert doctor.post(address, {"slot": slot.pk}).status_code == 409
    assert doctor.post(reverse("appointments:new") + f"?resident={other}", {"slot": slot.pk}).status_code == 409
    assert doctor.post(address, {"slot": slot.pk}).status_code == 302


def test_whoever_looks_whom_to_book_for_is_in_the_trail(doctor, county):
    [stranger] = residents(1, strangers=True)
    doctor.get(reverse("appointments:new") + f"?resident={stranger}")
    assert Line.objects.filter(act="appointments.choose", resident_id=stranger).count() == 1


def test_the_times_offered_instead_are_looked_at_with_a_line(doctor, county):
    [somebody] = residents(1)
    view = api.book(clinic(county)[0].pk, resident_id=somebody, actor=county.family_doctor)
    doctor.get(reverse("appointments:offers", args=[view.id]))
    assert Line.objects.filter(act="appointments.open_booking", resident_id=somebody).count() == 1


def test_no_referral_comes_in_by_an_address_or_a_form(doctor, county):
    slot = clinic(county)[0]
    [stranger] = residents(1, strangers=True)
    said = {"slot": slot.pk, "resident": stranger, "referral_id": 7, "referral": 7, "present": 1}
    assert doctor.post(reverse("appointments:book"), said).status_code == 409
    assert doctor.post(reverse("appointments:book"), said, content_type="application/json").status_code == 409
    assert doctor.post(reverse("appointments:new") + f"?resident={stranger}&present=1", said).status_code == 409
    doctor.post(reverse("appointments:new"), {"token": index.make_barcode(stranger, actor=MACHINE)[0]})
    assert not Appointment.objects.unscoped("test").exists()
