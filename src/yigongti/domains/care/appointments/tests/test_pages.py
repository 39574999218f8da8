"""The pages from outside: who gets which answer, and that what is done there is done."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.support.people import LONG_AGO

from yigongti.domains.base.residents import api as index
from yigongti.domains.care.appointments import api
from yigongti.domains.care.appointments.models import Appointment, Schedule, Session, Slot
from yigongti.domains.care.appointments.tests.factories import (
    MACHINE,
    NOW,
    TODAY,
    as_resident,
    at,
    case_of,
    clinic,
    holds_true,
    residents,
    schedule,
    weekly,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.models import Line

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client, county):
    """Sign in as role @ organisation."""

    def as_somebody(who):
        role, key = who.split("@")
        home = getattr(county, key).pk
        account, new = Account.objects.get_or_create(
            username=who,
            defaults={
                "name": who,
                "home_organisation_id": home,
                "must_change_password": False,
                "created_at": NOW,
                "password_changed_at": NOW,
            },
        )
        if new:
            Grant.objects.create(
                account=account, role=Role(role), organisation_id=home, starts_on=LONG_AGO, granted_at=NOW
            )
        client.force_login(account)
        return client

    return as_somebody


def page(name, *args, **query):
    from urllib.parse import urlencode

    return reverse(f"appointments:{name}", args=args) + (f"?{urlencode(query)}" if query else "")


PAGES = ["bookings", "week", "schedules", "desk", "new", "new_schedule"]
# who -> the pages that open
OPEN = {
    "village_doctor@village": {"bookings", "week", "schedules", "desk", "new"},
    "doctor@hospital": {"bookings", "week", "schedules", "desk", "new"},
    "coordinator@hospital": {"bookings", "week", "schedules", "desk", "new", "new_schedule"},
    "director@hospital": {"bookings", "week", "schedules", "new_schedule"},
    "guidance_officer@city": {"bookings", "week", "schedules"},
    "data_officer@hospital": set(),
    "insurance_officer@city": set(),
    "finance_officer@hospital": set(),
    "system_admin@city": set(),
    "security_admin@city": set(),
    "auditor@city": set(),
}


@pytest.mark.parametrize("who", OPEN)
def test_who_may_open_which_page(sign_in, county, who):
    clinic(county)
    client = sign_in(who)
    found = {name for name in PAGES if client.get(page(name)).status_code == 200}
    assert found == OPEN[who]


def test_a_family_doctor_books_on_the_page_and_sees_the_booking(sign_in, county):
    slots = clinic(county, location="门诊楼三楼")
    [somebody] = residents(1)
    client = sign_in("village_doctor@village")
    found = client.post(page("new"), {"q": index.cards([somebody])[somebody].full_name})
    assert f"?resident={somebody}" in found.content.decode()
    session_id = slots[0].session_id
    first = client.get(page("new", resident=somebody, institution=county.hospital.pk, department="心内科"))
    assert f"session={session_id}" in first.content.decode()
    second = client.get(page("new", resident=somebody, session=session_id))
    assert "08:00–08:30" in second.content.decode() and "门诊楼三楼" in second.content.decode()
    done = client.post(page("new", resident=somebody, session=session_id), {"slot": slots[0].pk, "note": "复诊"})
    made = Appointment.objects.unscoped("test").get()
    assert done.status_code == 302 and done.url == made.get_absolute_url()
    shown = client.get(done.url).content.decode()
    assert "复诊" in shown and made.number in shown
    assert Line.objects.filter(act="appointments.open_booking", resident_id=somebody).exists()
    assert made.number in client.get(page("bookings")).content.decode()


def test_a_place_that_is_gone_is_said_with_the_nearest_ones(sign_in, county):
    first, second = clinic(county, quota=1)
    one, two = residents(2)
    api.book(first.pk, resident_id=one, actor=county.family_doctor)
    client = sign_in("doctor@centre")
    answer = client.post(page("new", resident=two, session=first.session_id), {"slot": first.pk})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "已被约完" in text and f'value="{second.pk}"' in text


def test_a_change_on_the_page(sign_in, county):
    first, second = clinic(county)
    [somebody] = residents(1)
    view = api.book(first.pk, resident_id=somebody, actor=county.family_doctor)
    client = sign_in("doctor@centre")
    assert f'value="{second.pk}"' in client.get(page("offers", view.id)).content.decode()
    answer = client.post(page("offers", view.id), {"slot": second.pk})
    assert answer.status_code == 302
    assert case_of(view).state == "cancelled"
    assert "不能再改约" in client.get(page("offers", view.id)).content.decode()
    holds_true()


def test_a_schedule_from_nothing_to_a_stopped_clinic(sign_in, county):
    client = sign_in("coordinator@hospital")
    made = client.post(
        page("new_schedule"),
        {
            "institution": county.hospital.pk, "kind": "doctor", "department": "心内科", "doctor": "王伟",
            "professional_title": "主任医师", "expert": "on", "active": "on",
        },
    )  # fmt: skip
    row = Schedule.objects.unscoped("test").get()
    assert made.url == row.get_absolute_url()
    hours = {"do": "add_hours", "hours-weekdays": ["1", "2"], "hours-starts": "08:00", "hours-ends": "12:00",
             "hours-slot_minutes": 30, "hours-quota": 5, "hours-valid_from": "2026-11-01"}  # fmt: skip
    assert client.post(row.get_absolute_url(), hours).status_code == 302
    twice = client.post(row.get_absolute_url(), hours)
    assert twice.status_code == 422 and "重叠" in twice.content.decode()
    span = {"since": TODAY.isoformat(), "until": (TODAY + timedelta(days=6)).isoformat()}
    assert client.post(page("week", institution=county.hospital.pk), span).status_code == 302
    monday, tuesday = Session.objects.unscoped("test").order_by("day")
    assert (monday.day, tuesday.day) == (TODAY, TODAY + timedelta(days=1))
    assert "40 / 40" in client.get(page("week", institution=county.hospital.pk)).content.decode()
    opened = client.get(tuesday.get_absolute_url()).content.decode()
    assert "家庭医生提前号" in opened and "转诊绿色通道号" in opened
    [somebody] = residents(1)
    slot = Slot.objects.filter(session=tuesday, pool="open").first()
    view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    assert client.post(tuesday.get_absolute_url(), {"do": "stop", "stop-reason": ""}).status_code == 422
    assert client.post(tuesday.get_absolute_url(), {"do": "stop", "stop-reason": "出差"}).status_code == 302
    assert case_of(view).state == "stopped"
    assert "出差" in client.get(tuesday.get_absolute_url()).content.decode()


@pytest.mark.parametrize("who", ["director@second", "coordinator@second", "doctor@hospital", "village_doctor@village"])
def test_who_does_not_keep_a_clinic_changes_nothing(sign_in, county, who):
    slots = clinic(county)
    session = slots[0].session
    client = sign_in(who)
    for address, data in (
        (session.get_absolute_url(), {"do": "stop", "stop-reason": "x"}),
        (session.get_absolute_url(), {"do": "more", "slot": slots[0].pk}),
        (session.schedule.get_absolute_url(), {"do": "add_hours"}),
        (page("week", institution=county.hospital.pk), {"since": "2026-11-24", "until": "2026-11-25"}),
    ):
        assert client.post(address, data).status_code == 403
    session.refresh_from_db()
    assert session.state == "published" and Slot.objects.get(pk=slots[0].pk).quota == 2


def test_the_desk_shows_who_is_first_and_why_and_a_scan_checks_in(sign_in, county):
    row = schedule(county, expert=True)
    weekly(row, 1, quota=5)
    with clock.fixed(at(-9, 8)):
        api.publish(county.hospital.pk, since=TODAY, until=TODAY, actor=MACHINE)
    early = Slot.objects.filter(pool="early").first()
    opens = list(Slot.objects.filter(pool="open"))
    ordinary, by_doctor, referred = residents(3)
    with clock.fixed(at(-8, 8)):
        api.book(early.pk, resident_id=by_doctor, actor=county.village_doctor)
    with clock.fixed(at(-1, 8)):
        api.book(opens[0].pk, resident_id=ordinary, actor=county.coordinator)
        api.book(opens[1].pk, resident_id=referred, actor=county.family_doctor, referral_id=5)
    client = sign_in("coordinator@hospital")
    text = client.get(page("desk")).content.decode()
    names = [index.cards([pk])[pk].full_name for pk in (referred, by_doctor, ordinary)]
    assert sorted(names, key=text.index) == names
    assert text.count("转诊优先") == 1 and text.count("家庭医生预约优先") == 1
    token, _ = index.make_barcode(by_doctor, actor=MACHINE)
    answer = client.post(page("desk"), {"token": token}).content.decode()
    assert "已签到" in answer
    again = client.post(page("desk"), {"token": token}).content.decode()
    assert "已经签到过了" in again
    assert "没有扫完整" in client.post(page("desk"), {"token": "nonsense"}).content.decode()


def test_the_endpoint_of_programs(sign_in, county):
    first, second = clinic(county, quota=1)
    one, two = residents(2)
    client = sign_in("doctor@centre")
    made = client.post(page("book"), json.dumps({"slot": first.pk, "resident": one}), content_type="application/json")
    assert made.status_code == 201 and made.json()["slot"]["id"] == first.pk
    full = client.post(page("book"), {"slot": first.pk, "resident": two})
    assert full.status_code == 409 and [one["id"] for one in full.json()["alternatives"]] == [second.pk]
    for nonsense in (
        {},
        {"slot": "x", "resident": one},
        {"slot": first.pk, "resident": 0},
        {"slot": 2**70, "resident": 1},
    ):
        assert client.post(page("book"), nonsense).status_code == 422
    for nonsense in (
        "[1]", "[" * 100_000, '{"slot": Infinity, "resident": 1}', '{"slot": 1, "resident": 1e999}',
        '{"slot": 1.5, "resident": 1}', '{"slot": true, "resident": 1}', '{"slot": ' + "9" * 5_000 + "}", "\xff",
        '{"slot": 1, "resident": "²"}', '{"slot": 1, "resident": 1, "booked_by": NaN}', '{"slot": [1], "resident": {}}',
        '{"slot": 1, "resident": 1, "note": "\\ud800"}', '{"slot": 1, "resident": 1, "note": "a\\u0000"}',
        '{"slot": 1, "resident": 1, "note": {"a": 1}}',
    ):  # fmt: skip
        answer = client.post(page("book"), nonsense.encode("latin-1"), content_type="application/json")
        assert answer.status_code == 422, nonsense[:60]
    assert client.post(page("book"), {"slot": 999999, "resident": two}).status_code == 404
    assert client.get(page("book")).status_code == 405
    client.logout()
    assert client.post(page("book"), {"slot": second.pk, "resident": two}).status_code == 401
    stranger = sign_in("auditor@city")
    assert stranger.post(page("book"), {"slot": second.pk, "resident": two}).status_code == 403
    holds_true()


def test_the_endpoint_asks_for_the_pages_token(county):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    assert client.post(page("book"), {"slot": 1, "resident": 1}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "?institution=x&first=nonsense",
        "?institution=²&session=²&first=9999-12-31",
        "?day_from=0001-01-01&day_to=9999-12-31",
        "?first=0001-01-01",
        "?institution=99999999999999999999",
        "?department=%00",
    ],
)
def test_nonsense_in_an_address_is_no_error(sign_in, county, query):
    clinic(county)
    client = sign_in("coordinator@hospital")
    for name in ("week", "desk", "new", "bookings", "schedules"):
        assert client.get(page(name) + query).status_code == 200
    assert client.get(page("new", resident=10**17)).status_code == 404


def test_nonsense_in_a_form_is_said_in_words(sign_in, county):
    slots = clinic(county)
    [somebody] = residents(1)
    view = api.book(slots[0].pk, resident_id=somebody, actor=county.family_doctor, note="a\0b\ud800")
    assert view.note == "ab"
    client = sign_in("coordinator@hospital")
    week = page("week", institution=county.hospital.pk)
    for since, until in (("0001-01-01", "0001-01-02"), ("0001-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31")):
        assert client.post(week, {"since": since, "until": until}).status_code in (302, 422), (since, until)
    schedule_page = slots[0].session.schedule.get_absolute_url()
    for day in ("0001-01-01", "9999-12-31"):
        hours = {"do": "add_hours", "hours-weekdays": ["6"], "hours-starts": "08:00", "hours-ends": "12:00",
                 "hours-slot_minutes": 30, "hours-quota": 5,
                 "hours-valid_from": day, "hours-valid_to": day}  # fmt: skip
        assert client.post(schedule_page, hours).status_code in (302, 422), day
        for kind in ("closed", "extra", "substitute"):
            change = {"do": "except", "day-day": day, "day-kind": kind, "day-reason": "a\0b", "day-doctor": "²"}
            assert client.post(schedule_page, change).status_code < 500, (day, kind)
    assert client.post(page("new", resident=somebody), {"slot": "²", "note": "\0"}).status_code == 409
    assert client.post(page("offers", view.id), {"slot": "9" * 40}).status_code == 409
    assert client.post(page("desk"), {"step": "check_in", "appointment": "²"}).status_code == 404


def test_what_no_column_holds_is_left_out_where_text_comes_in(county):
    slots = clinic(county)
    one, two = residents(2)
    himself = as_resident(one)
    view = api.book(slots[0].pk, resident_id=one, actor=himself)
    assert len(api.offered(actor=himself, institution_id=county.hospital.pk, department="\0")) == 2
    assert api.checked_in_today(actor=county.doctor, institution_id=county.hospital.pk, department="a\0") == []
    assert api.cancel(view.id, actor=himself, reason="a\0b\ud800").state == "cancelled"
    api.book(slots[0].pk, resident_id=two, actor=county.family_doctor)
    assert api.stop_session(slots[0].session_id, reason="停\0电\udfff", actor=county.director) == 1
    slots[0].session.refresh_from_db()
    assert slots[0].session.reason == "停电"


def test_nobody_sees_a_booking_of_others(sign_in, county):
    slot = clinic(county)[0]
    [somebody] = residents(1)
    view = api.book(slot.pk, resident_id=somebody, actor=county.family_doctor)
    for who, expected in {
        "doctor@hospital": 200, "director@hospital": 200, "doctor@centre": 200, "guidance_officer@city": 200,
        "doctor@second": 404, "village_doctor@village": 404, "data_officer@hospital": 403,
    }.items():  # fmt: skip
        assert sign_in(who).get(view.address).status_code == expected, who
