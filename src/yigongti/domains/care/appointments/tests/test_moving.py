"""What a change may take: rights hold where they were given, and nowhere else."""

from datetime import timedelta

import pytest

from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Slot
from yigongti.domains.care.appointments.tests.factories import (
    NOW,
    as_resident,
    case_of,
    clinic,
    holds_true,
    residents,
)

pytestmark = pytest.mark.django_db


def green(slot):
    """A place kept for referrals until an hour before it begins."""
    Slot.objects.filter(pk=slot.pk).update(pool="green", public_from=slot.starts_at - timedelta(hours=1))
    return slot


def early(slot, opens):
    """A place family doctors may book from a moment on, everybody shortly before it begins."""
    closes = slot.starts_at - timedelta(minutes=5)
    Slot.objects.filter(pk=slot.pk).update(pool="early", public_from=closes, family_doctor_from=opens)
    return slot


@pytest.mark.parametrize("who", ["himself", "coordinator", "family_doctor"])
def test_a_referred_booking_is_moved_within_its_department_only(county, who):
    [somebody] = residents(1)
    here = clinic(county)
    green(here[1])
    elsewhere = {
        "another institution": green(clinic(county, at_id=county.second.pk)[1]),
        "its ordinary places, too": clinic(county, at_id=county.second.pk, doctor="钱医生")[0],
        "another department": green(clinic(county, department="眼科")[1]),
    }
    view = api.book(here[0].pk, resident_id=somebody, actor=county.family_doctor, referral_id=7)
    actor = as_resident(somebody) if who == "himself" else getattr(county, who)
    assert [one.id for one in api.offers_instead(view.id, actor=actor)] == [here[1].pk]
    for why, slot in elsewhere.items():
        with pytest.raises(api.BookingRefused, match="只能改到同一机构同一科室"):
            api.change(view.id, slot.pk, actor=actor)
        assert Slot.objects.get(pk=slot.pk).booked == 0, why
    assert case_of(view).state == "booked"
    moved = api.change(view.id, here[1].pk, actor=actor)
    assert (moved.slot.pool, moved.referral_id, moved.priority) == ("green", 7, "referred")
    holds_true()


def test_a_referral_of_a_stopped_clinic_is_offered_nothing_elsewhere(county):
    [somebody] = residents(1)
    here, there = clinic(county)[0], clinic(county, at_id=county.second.pk)[0]
    view = api.book(here.pk, resident_id=somebody, actor=county.family_doctor, referral_id=7)
    api.stop_session(here.session_id, reason="出差", actor=county.coordinator)
    assert api.offers_instead(view.id, actor=as_resident(somebody)) == []
    with pytest.raises(api.BookingRefused, match="只能改到同一机构同一科室"):
        api.change(view.id, there.pk, actor=as_resident(somebody))


def test_who_held_an_early_place_takes_another_of_its_department_once_it_is_open_to_family_doctors(county):
    [somebody] = residents(1)
    here = clinic(county)
    opened, soon = NOW - timedelta(days=1), NOW + timedelta(hours=1)
    early(here[0], opened)
    early(here[1], opened)
    refused = [
        early(clinic(county, at_id=county.second.pk)[1], opened),
        early(clinic(county, department="眼科")[1], opened),
        early(clinic(county, doctor="赵医生")[1], soon),
    ]
    view = api.book(here[0].pk, resident_id=somebody, actor=county.family_doctor)
    assert view.early
    himself = as_resident(somebody)
    for slot in refused:
        with pytest.raises(api.BookingRefused, match="先向家庭医生开放"):
            api.change(view.id, slot.pk, actor=himself)
    found = api.offers_instead(view.id, actor=himself)
    assert [one.id for one in found if one.pool == "early"] == [here[1].pk]
    moved = api.change(view.id, here[1].pk, actor=himself)
    assert (moved.slot.pool, moved.early, moved.priority) == ("early", True, "family_doctor")
    holds_true()


def test_a_family_doctors_precedence_stays_in_the_department(county):
    [somebody] = residents(1)
    first, second = early(clinic(county)[0], NOW - timedelta(days=1)), clinic(county, doctor="赵医生")[1]
    elsewhere = clinic(county, at_id=county.second.pk)[1]
    himself = as_resident(somebody)
    view = api.book(first.pk, resident_id=somebody, actor=county.family_doctor)
    view = api.change(view.id, second.pk, actor=himself)
    assert view.priority == "family_doctor"
    assert api.change(view.id, elsewhere.pk, actor=himself).priority == "ordinary"
