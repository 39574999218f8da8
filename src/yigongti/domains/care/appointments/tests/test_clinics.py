"""Publishing, exceptions, stopping, substitutes: what they make, and that nobody booked is lost."""

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from tests.support.people import person

from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment, Session, Slot
from yigongti.domains.care.appointments.permissions import KEEP
from yigongti.domains.care.appointments.services import sessions
from yigongti.domains.care.appointments.services.desk import check_in_resident
from yigongti.domains.care.appointments.services.schedules import end_pattern
from yigongti.domains.care.appointments.tests.factories import (
    MACHINE,
    NOW,
    TODAY,
    County,
    as_resident,
    at,
    case_of,
    clinic,
    holds_true,
    published,
    residents,
    schedule,
    weekly,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, system_actor
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import take_due

pytestmark = pytest.mark.django_db


def all_sessions():
    return Session.objects.unscoped("test").order_by("starts_at")


def test_publishing_twice_makes_everything_once(county):
    row = schedule(county)
    for weekday in range(1, 8):
        weekly(row, weekday)
    assert published(row, 0, 6) == api.Published(7, 28)
    assert published(row, 0, 6) == api.Published(0, 0)
    assert published(row, 5, 8) == api.Published(2, 8)
    assert all_sessions().count() == 9 and Slot.objects.count() == 9 * 2 + Slot.objects.exclude(pool="open").count()


def test_days_off_are_skipped_unless_the_hours_say_otherwise_and_made_up_days_are_worked(county):
    row, emergency = schedule(county), schedule(county, department="急诊", doctor="值班")
    for weekday in range(1, 6):
        weekly(row, weekday)
    for weekday in range(1, 8):
        weekly(emergency, weekday, on_days_off=True)
    with clock.fixed(datetime(2026, 9, 30, 7, tzinfo=clock.ZONE)):
        for one in (row, emergency):
            api.publish(
                county.hospital.pk,
                since=date(2026, 9, 30),
                until=date(2026, 10, 11),
                actor=MACHINE,
                schedule_ids=[one.pk],
            )
    days = [one.day.isoformat()[5:] for one in all_sessions().filter(schedule=row)]
    assert days == ["09-30", "10-08", "10-09", "10-10"], "1–7 October off; Saturday the 10th worked as a Wednesday"
    assert all_sessions().filter(schedule=emergency).count() == 12


def test_across_the_year_what_is_not_known_is_left_out_and_said(county):
    row = schedule(county)
    for weekday in range(1, 8):
        weekly(row, weekday)
    with clock.fixed(datetime(2027, 12, 30, 7, tzinfo=clock.ZONE)):
        done = api.publish(county.hospital.pk, since=date(2027, 12, 30), until=date(2028, 1, 2), actor=MACHINE)
    assert (done.sessions, done.unknown) == (2, (date(2028, 1, 1), date(2028, 1, 2)))


def test_a_night_clinic_into_the_new_year(county):
    row = schedule(county, department="急诊", doctor="夜班")
    weekly(row, 4, time(23), time(1), 30, 2, on_days_off=True)  # Thursday, 31 December
    night = date(2026, 12, 31)
    with clock.fixed(datetime(2026, 12, 29, 8, tzinfo=clock.ZONE)):
        api.publish(county.hospital.pk, since=night, until=night, actor=MACHINE)
    slots = list(Slot.objects.filter(pool="open").order_by("starts_at"))
    with clock.fixed(datetime(2026, 12, 31, 20, tzinfo=clock.ZONE)):
        one, two, three = residents(3)
        before = api.book(slots[0].pk, resident_id=one, actor=county.family_doctor)
        after = api.book(slots[-1].pk, resident_id=two, actor=county.family_doctor)
        missed = api.book(slots[0].pk, resident_id=three, actor=county.family_doctor)
        assert after.slot.starts_at == datetime(2027, 1, 1, 0, 30, tzinfo=clock.ZONE) and after.slot.day == night
    with clock.fixed(datetime(2026, 12, 31, 23, 50, tzinfo=clock.ZONE)):
        assert check_in_resident(two, institution_id=county.hospital.pk, actor=county.coordinator).kind == "checked_in"
    with clock.fixed(datetime(2027, 1, 1, 0, 0, tzinfo=clock.ZONE)):
        assert check_in_resident(one, institution_id=county.hospital.pk, actor=county.coordinator).kind == "checked_in"
        assert case_of(before).state == "checked_in", "on the first of January, for a clinic of last year"
        assert take_due() == 1, "half past eleven, and half an hour of grace"
        assert case_of(missed).state == "no_show"
    holds_true()


def test_early_places_are_the_family_doctors_until_the_stated_time(county):
    row = schedule(county, expert=True)
    weekly(row, 1, time(8), time(12), 30, 5)  # 40 places: 8 early, 4 green
    day = date(2026, 12, 14)
    with clock.fixed(datetime(2026, 11, 30, 6, tzinfo=clock.ZONE)):
        api.publish(county.hospital.pk, since=day, until=day, actor=MACHINE)
    places = {pool: sum(s.quota for s in Slot.objects.filter(pool=pool)) for pool in ("open", "early", "green")}
    assert places == {"open": 28, "early": 8, "green": 4}
    early, another = Slot.objects.filter(pool="early")[:2]
    one, two = residents(2)

    def pools(actor, **more):
        return {view.pool for view in api.offered(actor=actor, **more)}

    hospital_doctor, family_doctor, himself = county.doctor, county.village_doctor, as_resident(one)
    with clock.fixed(datetime(2026, 11, 30, 6, 59, tzinfo=clock.ZONE)):
        assert pools(family_doctor) == pools(hospital_doctor) == pools(himself) == set()
        assert pools(family_doctor, for_referral=True, institution_id=county.hospital.pk) == {"green"}
        assert pools(family_doctor, for_referral=True) == set(), "of one institution, that which the referral is to"
    with clock.fixed(datetime(2026, 11, 30, 7, 0, tzinfo=clock.ZONE)):
        assert pools(family_doctor) == {"early"} and pools(hospital_doctor) == pools(himself) == set()
        assert pools(county.other_coordinator) == set()
        with pytest.raises(api.BookingRefused, match="先向家庭医生开放，2026-12-13 17:00 起"):
            api.book(early.pk, resident_id=one, actor=himself)
        view = api.book(early.pk, resident_id=two, actor=family_doctor)
        assert (view.early, view.priority) == (True, "family_doctor")
    with clock.fixed(datetime(2026, 12, 7, 7, 0, tzinfo=clock.ZONE)):
        assert pools(family_doctor) == {"early", "open"} and pools(himself) == {"open"}
    with clock.fixed(datetime(2026, 12, 13, 17, 0, tzinfo=clock.ZONE)):
        assert pools(himself) == {"open", "early"}
        own = api.book(another.pk, resident_id=one, actor=himself)
        assert (own.early, own.priority) == (False, "ordinary")
    with clock.fixed(datetime(2026, 12, 14, 9, 0, tzinfo=clock.ZONE)):
        assert pools(himself) == {"open", "early", "green"}


def test_a_stopped_clinic_tells_everybody_and_offers_equal_places(county):
    slots = clinic(county, quota=3)
    other = clinic(county, doctor="赵医生", starts=time(14), ends=time(15))
    one, two, three = residents(3)
    mine = api.book(slots[0].pk, resident_id=one, actor=county.family_doctor)
    own = api.book(slots[0].pk, resident_id=two, actor=as_resident(two))
    gone = api.book(slots[0].pk, resident_id=three, actor=county.family_doctor)
    api.cancel(gone.id, actor=county.family_doctor)
    assert api.stop_session(slots[0].session_id, reason="出差", actor=county.director) == 2
    assert api.stop_session(slots[0].session_id, reason="出差", actor=county.director) == 0, "nobody is told twice"
    assert [case_of(view).state for view in (mine, own, gone)] == ["stopped", "stopped", "cancelled"]
    told = Notice.objects.filter(key__startswith="appointments.stopped")
    assert sorted(told.values_list("resident_id", "account_id"), key=str) == sorted(
        [(one, None), (two, None), (None, county.family_doctor.id)], key=str
    )
    with pytest.raises(api.BookingRefused, match="停诊"):
        api.book(slots[0].pk, resident_id=three, actor=county.family_doctor)
    offers = api.offers_instead(mine.id, actor=county.family_doctor)
    assert {view.id for view in offers} == {slot.pk for slot in other if slot.pool == "open"}
    again = api.change(mine.id, offers[0].id, actor=county.family_doctor)
    assert api.get(mine.id, actor=county.family_doctor).replaced_by_id == again.id
    with pytest.raises(api.BookingRefused, match="已经改约过了"):
        api.change(mine.id, offers[-1].id, actor=county.family_doctor)
    assert api.change(own.id, offers[0].id, actor=as_resident(two)).state == "booked"
    holds_true()


def test_who_was_left_untold_is_told_by_the_job(county, monkeypatch):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    monkeypatch.setattr(sessions, "tell_those_booked", lambda pk: 0)  # the process dies here
    api.stop_session(slot.session_id, reason="出差", actor=county.director)
    monkeypatch.undo()
    assert case_of(view).state == "booked"
    from yigongti.domains.care.appointments.tasks import tell_all_stopped

    tell_all_stopped(0)
    assert case_of(view).state == "stopped"
    assert Notice.objects.filter(key=f"appointments.stopped:{view.id}").count() == 2


def test_a_substitute_keeps_the_bookings(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    sessions.substitute(slot.session_id, doctor="李副主任", title="副主任医师", actor=county.coordinator)
    now = api.get(view.id, actor=county.family_doctor)
    assert (now.state, now.slot.doctor, now.slot.title) == ("booked", "李副主任", "副主任医师")
    assert Notice.objects.filter(key__startswith="appointments.substitute", resident_id=somebody).count() == 1


def test_exceptions_hold_for_what_is_published_and_what_will_be(county):
    row = schedule(county)
    for weekday in range(1, 6):
        weekly(row, weekday)
    published(row, 1, 1)
    [somebody] = residents(1)
    view = api.book(Slot.objects.filter(pool="open")[0].pk, resident_id=somebody, actor=county.family_doctor)
    for day in (1, 2):
        api.except_day(row.pk, day=TODAY + timedelta(days=day), kind="closed", reason="培训", actor=county.director)
    api.except_day(row.pk, day=TODAY + timedelta(days=3), kind="substitute", doctor="替诊", actor=county.director)
    api.except_day(
        row.pk, day=TODAY + timedelta(days=5), kind="extra", starts=time(9), ends=time(10), slot_minutes=30, quota=1,
        actor=county.director,
    )  # fmt: skip
    assert case_of(view).state == "stopped"
    published(row, 1, 6)
    found = [(one.day.day, one.state, one.substitute) for one in all_sessions()]
    assert found == [(24, "stopped", ""), (26, "published", "替诊"), (27, "published", ""), (28, "published", "")]
    with pytest.raises(api.ClinicRefused, match="登记过"):
        api.except_day(row.pk, day=TODAY + timedelta(days=2), kind="closed", reason="x", actor=county.director)


def test_drafts_are_looked_over_before_they_open(county):
    row = schedule(county)
    weekly(row, 2)
    tomorrow = TODAY + timedelta(days=1)
    api.publish(county.hospital.pk, since=tomorrow, until=tomorrow, actor=MACHINE, as_draft=True)
    [draft] = all_sessions()
    assert draft.state == "draft" and not Slot.objects.exists()
    assert api.publish_ahead(MACHINE).places == 8, "the nightly job makes other weeks and leaves drafts alone"
    draft.refresh_from_db()
    assert draft.state == "draft"
    api.publish(county.hospital.pk, since=tomorrow, until=tomorrow, actor=MACHINE)
    draft.refresh_from_db()
    assert draft.state == "published"


def test_a_clinic_into_which_somebody_was_booked_is_not_deleted(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    with pytest.raises(api.ClinicRefused, match="不能删除"):
        sessions.delete_session(slot.session_id, actor=county.director)
    assert case_of(view).state == "booked" and Slot.objects.get(pk=slot.pk).is_open
    other = clinic(county, doctor="赵医生")[0]
    sessions.delete_session(other.session_id, actor=county.director)
    assert not Slot.objects.filter(pk=other.pk).exists()


def test_more_places_and_never_fewer_than_are_booked(county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    assert sessions.add_places(slot.pk, 2, actor=county.coordinator).quota == 4
    assert sessions.add_places(slot.pk, -3, actor=county.coordinator).quota == 1
    with pytest.raises(api.ClinicRefused, match="少于"):
        sessions.add_places(slot.pk, -1, actor=county.coordinator)


def test_hours_that_lie_over_others_are_refused(county):
    row = schedule(county)
    weekly(row, 7, time(22), time(2))
    with pytest.raises(api.ClinicRefused, match="重叠"):
        weekly(row, 1, time(1), time(3))  # Sunday night goes on into Monday
    weekly(row, 1, time(2), time(3))
    hours = row.patterns.get(weekday=7)
    end_pattern(hours.pk, last_day=date(2026, 11, 30), actor=county.coordinator)
    weekly(row, 1, time(1), time(2), since=date(2026, 12, 1))


def test_only_who_keeps_the_clinics_of_an_institution_changes_them(county):
    slot = clinic(county)[0]
    row = slot.session.schedule
    for actor in (
        county.doctor,
        county.family_doctor,
        county.other_coordinator,
        person("guidance_officer", county.city.pk),
    ):
        for act in (
            lambda who: api.stop_session(slot.session_id, reason="x", actor=who),
            lambda who: sessions.substitute(slot.session_id, doctor="x", actor=who),
            lambda who: sessions.delete_session(slot.session_id, actor=who),
            lambda who: sessions.add_places(slot.pk, 1, actor=who),
            lambda who: api.add_pattern(row.pk, api.Hours(3, time(8), time(9), 30, 1, TODAY), actor=who),
            lambda who: api.except_day(row.pk, day=TODAY, kind="closed", reason="x", actor=who),
            lambda who: api.publish(county.hospital.pk, since=TODAY, until=TODAY, actor=who),
        ):
            with pytest.raises(Forbidden) as refused:
                act(actor)
            assert refused.value.permission == KEEP


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["stop", "delete"])
def test_a_clinic_that_ends_while_people_book_leaves_nobody_behind(how):
    """Thirty people book while the clinic is stopped or deleted: each is booked and told, or refused."""
    with clock.fixed(NOW):
        county = County()
        slots = clinic(county, quota=50)
        people = residents(30)
    outcomes: list[str] = []
    gate = threading.Barrier(7)

    def book(mine):
        try:
            with clock.fixed(NOW):
                gate.wait()
                for resident_id in mine:
                    try:
                        api.book(slots[resident_id % 2].pk, resident_id=resident_id, actor=county.family_doctor)
                        outcomes.append("booked")
                    except Exception as refused:
                        outcomes.append(type(refused).__name__)
        finally:
            connection.close()

    def end():
        try:
            with clock.fixed(NOW):
                gate.wait()
                threading.Event().wait(0.05)
                if how == "stop":
                    api.stop_session(slots[0].session_id, reason="停电", actor=county.director)
                else:
                    try:
                        sessions.delete_session(slots[0].session_id, actor=county.director)
                        outcomes.append("deleted")
                    except api.ClinicRefused:
                        outcomes.append("not deleted")
        finally:
            connection.close()

    threads = [threading.Thread(target=book, args=(people[n::6],)) for n in range(6)] + [threading.Thread(target=end)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"booked", "BookingRefused", "NotVisible", "deleted", "not deleted"}, outcomes
    rows = Appointment.objects.unscoped("test")
    assert rows.count() == outcomes.count("booked")
    if how == "stop":
        assert not rows.exclude(state="stopped").exists()
        assert Notice.objects.filter(key__startswith="appointments.stopped", account_id=None).count() == rows.count()
    else:
        assert ("deleted" in outcomes) != bool(rows.exists())
    holds_true()


def test_the_desk_says_what_there_is(county):
    at_hospital = county.hospital.pk
    one, two, three, four = residents(4)
    tomorrow, elsewhere = (
        clinic(county)[0],
        clinic(county, day=0, at_id=county.second.pk, starts=time(10), ends=time(11))[0],
    )
    api.book(tomorrow.pk, resident_id=one, actor=county.family_doctor)
    api.book(elsewhere.pk, resident_id=two, actor=county.family_doctor)
    ended = clinic(county, day=0, doctor="钱", starts=time(8), ends=time(9))[0]
    view = api.book(ended.pk, resident_id=three, actor=county.family_doctor)
    with clock.fixed(at(0, 9, 10)):
        take_due()
        kinds = {
            who: check_in_resident(who, institution_id=at_hospital, actor=county.coordinator).kind
            for who in (one, two, three, four)
        }
    assert kinds == {one: "not_today", two: "elsewhere", three: "missed", four: "nothing"}
    assert case_of(view).state == "no_show"
    with pytest.raises(Forbidden):
        check_in_resident(one, institution_id=at_hospital, actor=county.family_doctor)


def test_a_deleted_session_does_not_come_back_at_night(county):
    slot = clinic(county)[0]
    sessions.delete_session(slot.session_id, actor=county.director)
    before = Slot.objects.filter(session__starts_at=slot.session.starts_at).count()
    api.publish_ahead(system_actor("test"))
    assert Slot.objects.filter(session__starts_at=slot.session.starts_at).count() == before == 0
