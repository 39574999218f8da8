"""What a resident sees: his own and his wards', and nothing of anybody else's."""

from datetime import date, datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.support.people import person as staff

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.tests.factories import fact
from yigongti.domains.base.residents import api as residents
from yigongti.domains.base.residents.tests.factories import MACHINE, died, id_number, one_person, person, register
from yigongti.domains.care.appointments import api as appointments
from yigongti.domains.care.appointments.tests.factories import NOW, clinic
from yigongti.domains.care.enquiries import api as enquiries
from yigongti.domains.care.enquiries.tests.factories import case_of
from yigongti.domains.care.referrals.tests.factories import bed, sent, world
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, resident_actor
from yigongti.kernel.audit.models import Line
from yigongti.kernel.notices.api import notify, of_resident
from yigongti.kernel.workflow.api import take_step
from yigongti.portals.resident.tests.factories import signed_in
from yigongti.portals.resident.web.urls import urlpatterns

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def at():
    return world()


@pytest.fixture
def who(at):
    """A mother, her child, her father, a stranger; all but the stranger of the centre."""

    def one(name, born, serial, managing):
        sex = "2" if serial % 2 == 0 else "1"
        row = person(name, born, sex, id_number=id_number(date.fromisoformat(born), serial), phone="13812345678")
        return register({**row, "managing_institution_id": managing})[0]

    return SimpleNamespace(
        mother=one("王秀英", "1980-05-17", 2, at.centre),
        child=one("李小明", "2010-01-05", 1, at.centre),
        father=one("王建国", "1946-03-01", 3, at.centre),
        stranger=one("钱多多", "1975-06-01", 5, at.west_centre),
    )


@pytest.fixture
def slots(at):
    return clinic(SimpleNamespace(hospital=at.made["east_hospital"]), quota=1)


def guards(who, ward, kind="elder", **said):
    return residents.record_guardianship(
        guardian_id=who.mother, ward_id=ward, kind=kind, consent="in_person", actor=MACHINE, **said
    )


def acting(resident_id, name="某人（居民本人）"):
    return resident_actor(name, {resident_id})


def text(response):
    return unescape(response.content.decode())


def things(at, slots, owner):
    """A booking, a referral, a question, a notice and a relation of somebody's."""
    booked = appointments.book(slots[0].pk, resident_id=owner, actor=acting(owner))
    referral = sent(at, resident_id=owner)
    question = enquiries.ask(
        owner, institution_id=at.centre, topic="medicine", text="饭前吃还是饭后吃？", actor=acting(owner)
    )
    notify("test:1", title="请来复查", resident_id=owner)
    notice = next(one.id for one in of_resident([owner]) if one.title == "请来复查")
    return {"appointment": booked.id, "referral": referral.pk, "enquiry": question, "notice": notice}


OF = {
    "appointment": "appointment", "cancel": "appointment", "change": "appointment", "referral": "referral",
    "enquiry": "enquiry", "open_notice": "notice", "end_acting": "relation",
}  # fmt: skip
POSTED = {
    "notices": {}, "open_notice": {}, "cancel": {"reason": "x"}, "change": {"slot": "1"}, "book": {"slot": "1"},
    "enquiry": {"step": "withdraw"}, "end_acting": {},
    "ask": {"institution": "1", "topic": "other", "text": "想问一下这个"},
}  # fmt: skip
OF_PERSONS = [pattern.name for pattern in urlpatterns if "<int:person>" in str(pattern.pattern)]


def address(name, person_id, made):
    return reverse(f"resident:{name}", args=[person_id, made[OF[name]]] if name in OF else [person_id])


def test_nobody_sees_anything_of_anybody_else_s(at, who, slots):
    """Every address × its person, a stranger, the stranger in his own name, nobody, by GET and by POST."""
    made = {**things(at, slots, who.mother), "relation": guards(who, who.father)}
    owner, stranger, nobody = signed_in(who.mother), signed_in(who.stranger), Client()
    assert set(OF) | set(POSTED) <= set(OF_PERSONS) and len(OF_PERSONS) >= 20
    for name in OF_PERSONS:
        page = address(name, who.mother, made)
        for client, expected in ((owner, {200, 302, 405}), (stranger, {404}), (nobody, {302})):
            answered = client.get(page)
            assert answered.status_code in expected, (name, answered.status_code)
            if client is nobody:
                assert answered.url == reverse("resident:sign_in")
        if name in OF and name != "end_acting":
            wrong = address(name, who.stranger, made)
            assert stranger.get(wrong).status_code in {404, 405}, name
        for page in (address(name, who.mother, made), address(name, who.stranger, made)):
            if name in POSTED:
                answered = stranger.post(page, POSTED[name])
                own_page = page.startswith(reverse("resident:home", args=[who.stranger]))
                harmless = own_page and name in {"notices", "book", "ask", "end_acting", "open_notice", "change"}
                assert answered.status_code == 404 or harmless, (name, answered.status_code)
    view = appointments.get(made["appointment"], actor=acting(who.mother))
    assert view.state == "booked" and enquiries.get(made["enquiry"], actor=acting(who.mother)).state == "asked"
    assert [n.read_at for n in of_resident([who.mother]) if n.id == made["notice"]] == [None]
    assert [one.person.id for one in residents.wards(who.mother)] == [who.father]
    assert Line.objects.filter(act="access.not_visible", actor_name__startswith="钱多多", outcome="refused").exists()


def test_every_page_of_one_s_own(at, who, slots):
    made = {**things(at, slots, who.mother), "relation": guards(who, who.father)}
    client = signed_in(who.mother)
    for name in OF_PERSONS:
        if name == "open_notice":
            continue
        answered = client.get(address(name, who.mother, made))
        assert answered.status_code == 200, name
        assert "no-store" in answered.headers["Cache-Control"]
        assert "style=" not in text(answered) and "onclick" not in text(answered)


class TestWards:
    def test_exactly_the_days_of_the_consent(self, at, who):
        guards(who, who.father, starts_on=date(2026, 12, 1), ends_on=date(2027, 1, 1))
        days = {"2026-11-30": 404, "2026-12-01": 200, "2026-12-31": 200, "2027-01-01": 404}
        for day, expected in days.items():
            with clock.fixed(datetime.fromisoformat(f"{day}T00:00+08:00")):
                client = signed_in(who.mother)
                for name in ("home", "record", "looked", "appointments", "barcode", "enquiries"):
                    assert client.get(reverse(f"resident:{name}", args=[who.father])).status_code == expected

    def test_a_child_until_the_day_before_it_is_of_age(self, who):
        guards(who, who.child, "child")
        for day, expected in ((date(2028, 1, 4), 200), (date(2028, 1, 5), 404)):
            with clock.fixed(datetime(day.year, day.month, day.day, 12, tzinfo=clock.ZONE)):
                page = reverse("resident:record", args=[who.child])
                assert signed_in(who.mother).get(page).status_code == expected

    def test_taken_back_counts_from_the_next_click(self, who):
        made = guards(who, who.father)
        guardian, ward = signed_in(who.mother), signed_in(who.father)
        page = reverse("resident:home", args=[who.father])
        assert "正在为 王建国 办理" in text(guardian.get(page))
        ended = ward.post(reverse("resident:end_acting", args=[who.father, made]), follow=True)
        assert "已结束，即刻生效" in text(ended)
        assert guardian.get(page).status_code == 404

    def test_the_other_way_round_is_not_consent(self, who):
        guards(who, who.father)
        assert signed_in(who.father).get(reverse("resident:home", args=[who.mother])).status_code == 404

    def test_merged_persons(self, at, who, slots):
        guards(who, who.father)
        made = things(at, slots, who.mother)
        [again] = register({**person("王梅", "1971-02-03", "2", patient_no="P9"), "managing_institution_id": at.centre})
        client = signed_in(who.mother)
        one_person(again, who.mother)
        standing = residents.whole(who.mother)
        assert client.get(reverse("resident:start")).url == reverse("resident:home", args=[standing])
        for person_id in {standing, who.mother}:
            assert client.get(address("appointment", person_id, made)).status_code == 200
            assert client.get(address("enquiry", person_id, made)).status_code == 200
            assert client.get(address("referral", person_id, made)).status_code == 200
        assert client.get(reverse("resident:home", args=[who.father])).status_code == 200


class TestWhoLooked:
    def test_one_s_own_looks_and_a_guardian_s_are_told_from_staff_s(self, at, who):
        guards(who, who.father)
        fact(resident_id=who.father, source_id=at.centre, institution_id=at.centre)
        page = reverse("resident:record", args=[who.father])
        assert "高血压病" in text(signed_in(who.father).get(page))
        assert signed_in(who.mother).get(page).status_code == 200
        doctor = staff(Role.DOCTOR, at.centre, name="周秀兰")
        health_record.timeline(who.father, actor=doctor)
        stranger = staff(Role.DOCTOR, at.west_hospital, id=9, name="陈急诊")
        health_record.break_glass(stranger, who.father, "昏迷送医，了解过敏")
        health_record.timeline(who.father, actor=stranger)
        lines = Line.objects.filter(act="health_record.read", resident_id=who.father).order_by("pk")
        assert [(line.actor_name, line.detail["relation"]) for line in lines] == [
            ("王建国（居民本人）", "self"),
            ("王秀英（居民代办人）", "guardian"),
            ("周秀兰", "duty"),
            ("陈急诊", "break_glass"),
        ]
        looked = reverse("resident:looked", args=[who.father])
        by_staff, by_family = (text(signed_in(who.father).get(looked + own)) for own in ("", "?own=1"))
        assert "周秀兰" in by_staff and "管理职责" in by_staff
        assert by_staff.count("紧急</span>") == 2 and "昏迷送医，了解过敏" in by_staff
        assert "代办人" not in by_staff and "王秀英 · 代办人" in by_family and "周秀兰" not in by_family

    def test_plain_words_and_no_codes(self, at, who):
        own = {"resident_id": who.mother, "source_id": at.centre, "institution_id": at.centre}
        fact(**own)
        fact("condition", **own)
        fact("observation", encounter_no="V1", **own)
        fact("claim", **own)
        minus = {"total_fen": -30_00, "fund_fen": -20_00, "self_paid_fen": -10_00, "detail": '{"reverses": "S0"}'}
        fact("claim", **own, **minus)
        page = text(signed_in(who.mother).get(reverse("resident:record", args=[who.mother])))
        assert "门诊看病：高血压病" in page and "诊断：高血压病" in page
        assert "血压的高压（收缩压） 146 mmHg" in page
        assert "花了 100.00 元，医保付 60.00 元，自己付 40.00 元" in page
        assert "冲销 30.00 元，其中医保 20.00 元，自己付的 10.00 元" in page
        assert "I10" not in page and "8480" not in page
        narrowed = text(signed_in(who.mother).get(reverse("resident:record", args=[who.mother]) + "?kind=claim"))
        assert "门诊看病：" not in narrowed and "花了" in narrowed
        for nonsense in ("?kind=x&since=2026-99-99&from=-1", "?from=99999999999", "?until=%00"):
            assert (
                signed_in(who.mother).get(reverse("resident:record", args=[who.mother]) + nonsense).status_code == 200
            )


class TestBooking:
    def test_in_three_taps_and_given_back(self, at, who, slots):
        client = signed_in(who.mother)
        book = reverse("resident:book", args=[who.mother])
        assert "east_hospital" in text(client.get(book))
        department = f"{book}?at={at.east_hospital}"
        assert "心内科" in text(client.get(department))
        assert "08:00–08:30" in text(client.get(department + "&department=心内科"))
        done = client.post(book, {"slot": slots[0].pk}, follow=True)
        page = text(done)
        [one] = appointments.of_resident(who.mother, actor=acting(who.mother))
        assert "预约成功" in page and one.number in page
        assert client.post(reverse("resident:cancel", args=[who.mother, one.id])).status_code == 302
        assert appointments.get(one.id, actor=acting(who.mother)).state == "cancelled"

    def test_a_place_taken_a_moment_ago(self, who, slots):
        client = signed_in(who.mother)
        appointments.book(slots[0].pk, resident_id=who.stranger, actor=acting(who.stranger))
        refused = client.post(reverse("resident:book", args=[who.mother]), {"slot": slots[0].pk})
        assert refused.status_code == 409
        assert "没有约上" in text(refused) and f'value="{slots[1].pk}"' in text(refused)
        assert appointments.of_resident(who.mother, actor=acting(who.mother)) == []

    def test_changed_in_one_step(self, who, slots):
        booked = appointments.book(slots[0].pk, resident_id=who.mother, actor=acting(who.mother))
        client = signed_in(who.mother)
        page = reverse("resident:change", args=[who.mother, booked.id])
        assert f'value="{slots[1].pk}"' in text(client.get(page))
        assert client.post(page, {"slot": ""}).status_code == 302
        assert client.post(page, {"slot": slots[1].pk}).status_code == 302
        open_ones = [o for o in appointments.of_resident(who.mother, actor=acting(who.mother)) if o.is_open]
        assert [o.slot.id for o in open_ones] == [slots[1].pk]

    @pytest.mark.parametrize("slot", ["", "x", "-1", "99999999999999999999", "١"])
    def test_nonsense_books_nothing(self, who, slots, slot):
        answered = signed_in(who.mother).post(reverse("resident:book", args=[who.mother]), {"slot": slot})
        assert answered.status_code in {302, 404, 409}

    def test_for_a_ward_by_consent_only(self, who, slots):
        client = signed_in(who.mother)
        page = reverse("resident:book", args=[who.child])
        assert client.post(page, {"slot": slots[0].pk}).status_code == 404
        guards(who, who.child, "child")
        assert client.post(page, {"slot": slots[0].pk}).status_code == 302
        [one] = appointments.of_resident(who.child, actor=acting(who.child))
        history = Line.objects.filter(resident_id=who.child, act__startswith="appointments.").first()
        assert one.is_open and (history is None or history.actor_name == "王秀英（居民代办人）")

    def test_the_portal_asks_for_little(self, who, slots):
        """Before the booking itself: the session and which entries are the person."""
        client = signed_in(who.mother)
        with CaptureQueriesContext(connection) as asked:
            client.post(reverse("resident:book", args=[who.mother]), {"slot": ""})
        kinds = [q["sql"].split()[0] for q in asked]
        assert len([k for k in kinds if k in ("SELECT", "WITH")]) <= 3, asked.captured_queries


class TestNotices:
    def test_read_state(self, at, who):
        notify("test:1", title="请来复查", resident_id=who.mother)
        notify("test:2", title="别人的", resident_id=who.stranger)
        pk = enquiries.ask(
            who.mother, institution_id=at.centre, topic="other", text="想问一下这个", actor=acting(who.mother)
        )
        case = case_of(pk)
        take_step(case, "answer", actor=staff(Role.DOCTOR, at.centre), answers={"answer": "好的"})
        client = signed_in(who.mother)
        page = reverse("resident:notices", args=[who.mother])
        assert "请来复查" in text(client.get(page)) and "别人的" not in text(client.get(page))
        answered = next(n for n in of_resident([who.mother]) if n.address)
        opened = client.post(reverse("resident:open_notice", args=[who.mother, answered.id]))
        assert opened.url == reverse("resident:enquiry", args=[who.mother, pk])
        assert {n.id: bool(n.read_at) for n in of_resident([who.mother])}[answered.id]
        assert client.post(page).status_code == 302
        assert all(n.read_at for n in of_resident([who.mother]))
        assert not any(n.read_at for n in of_resident([who.stranger]))


def test_a_code_that_staff_can_scan(at, who):
    client = signed_in(who.mother)
    page = client.get(reverse("resident:barcode", args=[who.mother]))
    code = client.get(reverse("resident:barcode_code", args=[who.mother]))
    for answered in (page, code):
        assert 'hx-trigger="every 2' in text(answered) and "王秀英" in text(answered)
        token = answered.context["token"]
        assert residents.read_barcode(token, staff(Role.COORDINATOR, at.centre)) == who.mother
    lines = Line.objects.filter(act="residents.show_barcode", resident_id=who.mother)
    assert {residents.signed_by(line.actor_name) for line in lines} == {"self"}


def test_where_my_referral_is_and_who_may_read_because_of_it(at, who):
    case = sent(at, resident_id=who.mother)
    client = signed_in(who.mother)
    page = reverse("resident:referral", args=[who.mother, case.pk])
    assert "已发给" in text(client.get(page)) and "I10" not in text(client.get(page))
    take_step(case, "accept", actor=at.receiver, answers=bed())
    accepted = text(client.get(page))
    assert "心内科 3 床" in accepted and "现在可以看您的健康档案" in accepted


def test_asking_and_being_answered(at, who):
    client = signed_in(who.mother)
    ask = reverse("resident:ask", args=[who.mother])
    assert "120" in text(client.get(ask))
    wrong = client.post(ask, {"institution": at.west_hospital, "topic": "other", "text": "想问一下这个"})
    assert wrong.status_code == 422
    done = client.post(ask, {"institution": at.centre, "topic": "other", "text": "想问一下这个"}, follow=True)
    assert "最晚" in text(done)
    [one] = enquiries.of_resident(who.mother, actor=acting(who.mother))
    page = reverse("resident:enquiry", args=[who.mother, one.id])
    assert client.post(page, {"step": "close"}, follow=True).status_code == 200
    assert enquiries.get(one.id, actor=acting(who.mother)).state == "asked"
    assert client.post(page, {"step": "answer", "answer": "x"}).status_code == 200
    assert enquiries.get(one.id, actor=acting(who.mother)).state == "asked"
    assert client.post(page, {"step": "withdraw"}).status_code == 302


def test_the_dead_are_nobody_s_ward(who):
    guards(who, who.father)
    died(who.father, (NOW - timedelta(days=1)).date())
    assert signed_in(who.mother).get(reverse("resident:home", args=[who.father])).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "record/?from=²", "record/?from=٣", "record/?since=0001-01-01&until=9999-12-31", "record/?kind=%00&since=%00",
        "looked/?own=%00", "appointments/book/?at=²", "appointments/book/?at={at}&department=%00",
        "appointments/book/?at={at}&department=x&day=%00", "enquiries/?x=%00",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_no_fault_of_ours(at, who, slots, asked):
    client = signed_in(who.mother)
    client.raise_request_exception = False
    page = client.get(f"/resident/{who.mother}/{asked.format(at=at.east_hospital)}")
    assert page.status_code == 200


def test_a_form_that_makes_no_sense_is_no_fault_of_ours(at, who, slots):
    client = signed_in(who.mother)
    client.raise_request_exception = False
    base = f"/resident/{who.mother}/"
    booked = appointments.book(
        slots[0].pk, resident_id=who.mother, actor=resident_actor("王秀英（居民本人）", [who.mother])
    )
    for slot in ("²", "\0", "9" * 30):
        assert client.post(f"{base}appointments/book/", {"slot": slot}).status_code == 302
        assert client.post(f"{base}appointments/{booked.id}/change/", {"slot": slot}).status_code == 302
    assert client.post(f"{base}appointments/{booked.id}/cancel/", {"reason": "有\0事"}).status_code == 302
    question = {"institution": str(at.centre), "topic": "other", "text": "头疼\0三天了，怎么办"}
    for said in (question, {**question, "institution": "²"}, {**question, "topic": "\0"}):
        assert client.post(f"{base}enquiries/ask/", said).status_code == 422
    asked = client.post(f"{base}enquiries/ask/", {**question, "text": "头疼三天了，怎么办"}).headers["Location"]
    assert client.post(asked, {"step": "ask_again", "question": "还\0疼"}).status_code == 422
    assert client.post(asked, {"step": "\0"}).status_code == 200
    for signing in ({"number": "\0" * 8}, {"number": "1381234\0" + "5678"}):
        assert Client().post(reverse("resident:sign_in"), signing).status_code == 422
