"""Booking, giving back and changing, as people do it."""

from datetime import time, timedelta

import pytest
from django.db import connection
from tests.support.people import person

from yigongti.domains.base.residents.tests.factories import one_person, two_persons
from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Slot
from yigongti.domains.care.appointments.tests.factories import (
    NOW,
    as_resident,
    at,
    case_of,
    clinic,
    holds_true,
    residents,
)
from yigongti.domains.care.appointments.words import tell_all_booked
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible
from yigongti.kernel.audit.models import Line
from yigongti.kernel.lake.models import Stale
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import history, inbox, take_due

pytestmark = pytest.mark.django_db


def test_a_place_is_booked_with_history_trail_notice_and_a_month_to_publish(county):
    slot, _ = clinic(county, department="内分泌科", doctor="李医生")[:2]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=county.village_doctor, note="初诊")
    assert (view.state, view.slot.institution, view.slot.doctor, view.slot.left) == ("booked", "市一院", "李医生", 1)
    assert (view.booked_by, view.priority, view.note) == ("蓬朗村卫生室", "family_doctor", "初诊")
    case = case_of(view)
    assert [line.state for line in history(case)] == ["已预约"]
    assert Line.objects.filter(act="appointments.booking.open", subject=f"appointments.booking:{view.id}").count() == 1
    assert (tell_all_booked(), tell_all_booked()) == (1, 0)
    assert Notice.objects.filter(resident_id=somebody).count() == 1
    assert Stale.objects.filter(dataset="appointments", month="2026-11-01").exists()
    assert case.due_at == at(1, 9), "half past eight, and half an hour of grace"
    assert inbox(county.coordinator) == [], "the desk has its list; bookings fill nobody's inbox"
    holds_true()


def test_the_last_place_is_somebodys_and_the_next_one_hears_where_there_are_others(county):
    first, second = clinic(county, quota=1)
    one, two = residents(2)
    api.book(first.pk, resident_id=one, actor=county.family_doctor)
    with pytest.raises(api.SlotTaken) as refused:
        api.book(first.pk, resident_id=two, actor=county.family_doctor)
    assert [view.id for view in refused.value.alternatives] == [second.pk]
    assert "11-24 周二 08:00–08:30 的号已被约完" in str(refused.value).replace("星期", "周")
    assert "08:30–09:00" in str(refused.value)
    holds_true()


def test_no_two_places_at_the_same_time(county):
    here, *_ = clinic(county)
    there, *_ = clinic(county, at_id=county.second.pk, starts=time(8, 15), ends=time(8, 45))
    [somebody] = residents(1)
    api.book(here.pk, resident_id=somebody, actor=county.family_doctor)
    with pytest.raises(api.BookingRefused, match="同时约两个号"):
        api.book(there.pk, resident_id=somebody, actor=county.family_doctor)
    holds_true()


def test_a_place_that_ends_when_the_next_begins_is_not_at_the_same_time(county):
    here = clinic(county)[0]
    there = clinic(county, at_id=county.second.pk, starts=time(8, 30), ends=time(9))[0]
    [somebody] = residents(1)
    for slot in (here, there):
        api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    holds_true()


def test_once_a_day_in_a_department(county):
    one = clinic(county)[0]
    other = clinic(county, doctor="赵医生", starts=time(14), ends=time(15))[0]
    [somebody] = residents(1)
    api.book(one.pk, resident_id=somebody, actor=county.family_doctor)
    with pytest.raises(api.BookingRefused, match="同一天在同一科室"):
        api.book(other.pk, resident_id=somebody, actor=county.family_doctor)


def test_five_open_bookings_are_the_most_and_a_referral_outweighs_the_count(county):
    slots = [clinic(county, department=f"科{n}", starts=time(8 + n), ends=time(9 + n))[0] for n in range(7)]
    [somebody] = residents(1)
    for slot in slots[:5]:
        api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    with pytest.raises(api.BookingRefused, match="已有 5 个未就诊"):
        api.book(slots[5].pk, resident_id=somebody, actor=county.family_doctor)
    referred = api.book(slots[6].pk, resident_id=somebody, actor=county.family_doctor, referral_id=7)
    assert (referred.priority, referred.priority_label, referred.referral_id) == ("referred", "转诊优先", 7)


def test_a_cancelled_booking_does_not_count_and_its_place_is_free(county):
    slot = clinic(county, quota=1)[0]
    one, two = residents(2)
    view = api.book(slot.pk, resident_id=one, actor=county.family_doctor)
    assert api.cancel(view.id, actor=county.family_doctor, reason="有事").state == "cancelled"
    assert Notice.objects.filter(key=f"appointments.cancelled:{view.id}", resident_id=one).count() == 1
    assert api.book(slot.pk, resident_id=two, actor=county.family_doctor).state == "booked"
    assert api.book(clinic(county, doctor="钱医生")[0].pk, resident_id=one, actor=county.family_doctor)
    holds_true()


def test_twelve_bookings_in_thirty_days(county):
    [somebody] = residents(1)
    slots = clinic(county, at_id=county.centre.pk, starts=time(8), ends=time(10), minutes=5, quota=1)
    for slot in slots[:12]:
        view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
        _seen_already(view.id)
    with pytest.raises(api.BookingRefused, match="30 天内已预约 12 次"):
        api.book(slots[12].pk, resident_id=somebody, actor=county.family_doctor)
    with clock.fixed(NOW + timedelta(days=30)):
        later = clinic(county, day=31, department="眼科")[0]
        assert api.book(later.pk, resident_id=somebody, actor=county.family_doctor)


def _seen_already(pk):
    """As if the visit had been the day before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yigongti.step', 'appointments_appointment', true)")
        cursor.execute(
            "UPDATE appointments_appointment SET state = 'done', day = day - 2,"
            " starts_at = starts_at - interval '2 day', ends_at = ends_at - interval '2 day' WHERE id = %s",
            [pk],
        )
        cursor.execute("SELECT set_config('yigongti.step', '', true)")


def test_three_no_shows_in_ninety_days_block_for_thirty_and_a_referral_goes_through(county):
    [somebody] = residents(1)
    for day in (1, 2, 3):
        slot = clinic(county, day=day, doctor=f"医{day}")[0]
        api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    with clock.fixed(at(3, 8, 59)):
        assert take_due() == 2, "the third has until nine"
    with clock.fixed(at(3, 9, 0)):
        assert take_due() == 1
        assert {v.state for v in api.of_resident(somebody, actor=county.family_doctor)} == {"no_show"}
        holds_true()
        slot = clinic(county, day=5, department="骨科")[0]
        with pytest.raises(api.BookingRefused, match="90 天内已爽约 3 次，2026-12-26 08:00 前暂停预约"):
            api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
        assert api.book(slot.pk, resident_id=somebody, actor=county.family_doctor, referral_id=1)
    with clock.fixed(at(33, 8, 0)):  # 26 December: thirty days after the last one
        slot = clinic(county, day=35, department="眼科")[0]
        assert api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)


def test_a_change_is_one_step_and_both_know_of_each_other(county):
    first, second = clinic(county, quota=1)
    one, two = residents(2)
    view = api.book(first.pk, resident_id=one, actor=county.family_doctor, note="复诊")
    moved = api.change(view.id, second.pk, actor=county.family_doctor)
    assert (moved.slot.id, moved.note, moved.booked_by) == (second.pk, "复诊", "蓬朗卫生中心")
    old = api.get(view.id, actor=county.family_doctor)
    assert (old.state, old.replaced_by_id) == ("cancelled", moved.id)
    assert not Notice.objects.filter(key__startswith="appointments.cancelled").exists(), (
        "nobody hears of a cancellation"
    )
    assert api.book(first.pk, resident_id=two, actor=county.family_doctor)
    holds_true()


def test_a_change_to_a_place_that_is_gone_leaves_the_old_one(county):
    first, second = clinic(county, quota=1)
    one, two = residents(2)
    view = api.book(first.pk, resident_id=one, actor=county.family_doctor)
    api.book(second.pk, resident_id=two, actor=county.family_doctor)
    with pytest.raises(api.SlotTaken):
        api.change(view.id, second.pk, actor=county.family_doctor)
    assert api.get(view.id, actor=county.family_doctor).state == "booked"
    holds_true()


def test_a_resident_books_and_cancels_for_himself_and_his_ward_and_for_nobody_else(county):
    slot = clinic(county)[0]
    himself, ward, stranger = residents(3)
    actor = as_resident(himself, ward)
    own = api.book(slot.pk, resident_id=himself, actor=actor)
    api.book(slot.pk, resident_id=ward, actor=actor)
    assert own.booked_by_id is None
    with pytest.raises(NotVisible):
        api.book(slot.pk, resident_id=stranger, actor=actor)
    assert api.cancel(own.id, actor=actor).state == "cancelled"
    with pytest.raises(NotVisible):
        api.get(own.id, actor=as_resident(stranger))
    with pytest.raises(NotVisible):
        api.of_resident(himself, actor=as_resident(stranger))
    holds_true()


def test_once_it_has_begun_a_resident_can_not_cancel_and_the_clinic_can(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=as_resident(somebody))
    with clock.fixed(at(1, 8)):
        with pytest.raises(api.BookingRefused, match="就诊时间已到"):
            api.cancel(view.id, actor=as_resident(somebody))
        assert api.cancel(view.id, actor=county.coordinator).state == "cancelled"


def test_what_has_begun_is_not_booked(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    with clock.fixed(at(1, 8)), pytest.raises(api.BookingRefused, match="已经开始就诊"):
        api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)


def test_staff_book_on_behalf_of_their_own_institution_only(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    with pytest.raises(Forbidden):
        api.book(slot.pk, resident_id=somebody, actor=county.village_doctor, booked_by_id=county.centre.pk)
    with pytest.raises(Forbidden):
        api.book(slot.pk, resident_id=somebody, actor=person("director", county.hospital.pk))
    # who receives a referral books for whoever referred
    view = api.book(
        slot.pk, resident_id=somebody, actor=county.coordinator, booked_by_id=county.village.pk, referral_id=3
    )
    assert view.booked_by == "蓬朗村卫生室"
    assert api.get(view.id, actor=county.village_doctor).id == view.id
    with pytest.raises(Forbidden):
        api.book(
            slot.pk, resident_id=somebody, actor=county.other_coordinator, booked_by_id=county.village.pk, referral_id=3
        )


def test_an_unknown_slot_and_an_unknown_resident(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    with pytest.raises(NotVisible):
        api.book(0, resident_id=somebody, actor=county.family_doctor)
    with pytest.raises(NotVisible):
        api.book(slot.pk, resident_id=987654, actor=county.family_doctor)


def test_a_booking_follows_its_person_when_two_entries_are_found_to_be_one(county):
    first, second = clinic(county)
    kept, absorbed = residents(2)
    view = api.book(first.pk, resident_id=absorbed, actor=county.family_doctor)
    merge = one_person(kept, absorbed)
    assert case_of(view).resident_id == kept
    assert [v.id for v in api.of_resident(kept, actor=as_resident(kept))] == [view.id]
    with pytest.raises(api.BookingRefused, match="同一天"):
        api.book(second.pk, resident_id=absorbed, actor=county.family_doctor)
    two_persons(merge.pk)
    assert case_of(view).resident_id == absorbed


def test_two_places_at_once_of_one_person_are_left_to_the_clinic(county):
    slot = clinic(county)[0]
    kept, absorbed = residents(2)
    api.book(slot.pk, resident_id=kept, actor=county.family_doctor)
    other = api.book(slot.pk, resident_id=absorbed, actor=county.family_doctor)
    one_person(kept, absorbed)
    assert case_of(other).resident_id == absorbed and case_of(other).state == "booked"
    assert len(api.of_resident(kept, actor=as_resident(kept))) == 2
    holds_true()


def test_offered_is_what_can_be_booked(county):
    slots = clinic(county, quota=1)
    [somebody] = residents(1)
    assert [v.id for v in api.offered(actor=county.family_doctor)] == [slot.pk for slot in slots]
    api.book(slots[0].pk, resident_id=somebody, actor=county.family_doctor)
    assert [v.id for v in api.offered(actor=county.family_doctor, department="心内科")] == [slots[1].pk]
    assert api.offered(actor=county.family_doctor, institution_id=county.second.pk) == []
    assert Slot.objects.get(pk=slots[0].pk).booked == 1
    with pytest.raises(Forbidden):
        api.offered(actor=person("data_officer", county.hospital.pk))
