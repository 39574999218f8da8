"""Signing in: nobody learns whom the platform knows, no code is guessed or used twice, one browser is one person's."""

import logging
import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yigongti.domains.base.residents.api import record_guardianship
from yigongti.domains.base.residents.tests.factories import died, id_number, person, register
from yigongti.domains.care.enquiries.tests.factories import places
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, system_actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.models import Line
from yigongti.kernel.notices import senders
from yigongti.portals.resident import codes, services, tasks
from yigongti.portals.resident.models import SignInCode
from yigongti.portals.resident.tests.factories import last_code, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)
BORN = {"wife": date(1958, 3, 2), "husband": date(1955, 7, 7), "child": date(2010, 1, 5)}
PHONE = "13812345678"
KNOWN, UNKNOWN = id_number(BORN["wife"], 2), id_number(date(1958, 3, 2), 4)


@pytest.fixture(autouse=True)
def _now(monkeypatch, tmp_path):
    monkeypatch.setattr(senders, "outbox", lambda: tmp_path)
    with clock.fixed(NOW):
        yield


@pytest.fixture
def family():
    at = places()

    def one(name, who, serial):
        row = person(
            name, BORN[who], "2" if serial % 2 == 0 else "1", id_number=id_number(BORN[who], serial), phone=PHONE
        )
        return register({**row, "managing_institution_id": at["east_centre"], "card_no": f"A{serial:08}"})[0]

    return {
        "wife": one("王秀英", "wife", 2),
        "husband": one("李建国", "husband", 1),
        "child": one("李小明", "child", 3),
        **at,
    }


@pytest.fixture(autouse=True)
def jobs(monkeypatch):
    """Jobs run at once, in this process."""
    ran = []

    def now(job, **arguments):
        arguments.pop("once", None), arguments.pop("lock", None)
        ran.append(arguments)
        job.func(**arguments)

    monkeypatch.setattr(services, "defer", now)
    return ran


def asks(client, number):
    return client.post(reverse("resident:sign_in"), {"number": number})


def answers(client, code):
    return client.post(reverse("resident:code"), {"code": code})


def words(response):
    """A page without what differs from one form to the next."""
    text = unescape(response.content.decode())
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_in_by_identity_card(family):
    client = Client()
    assert asks(client, KNOWN.lower()).status_code == 302
    assert answers(client, last_code()).status_code == 302
    page = client.get(reverse("resident:start"), follow=True)
    assert page.redirect_chain == [(reverse("resident:home", args=[family["wife"]]), 302)]
    assert "王秀英" in words(page)
    assert Line.objects.filter(act="resident.sign_in", resident_id=family["wife"], outcome="done").count() == 1


@pytest.mark.parametrize("number", [PHONE, "+86 138-1234-5678"])
def test_by_a_phone_that_several_share_only_those_of_age_are_to_choose_from(family, number):
    client = Client()
    asks(client, number)
    answers(client, last_code())
    page = words(client.get(reverse("resident:choose")))
    assert "王*英" in page and "李*国" in page and "李*明" not in page
    assert client.post(reverse("resident:choose"), {"person": family["child"]}).status_code == 200
    stranger = register(person("钱多多", "1980-01-01", "1", patient_no="X1"))[0]
    assert client.post(reverse("resident:choose"), {"person": stranger}).status_code == 200
    assert client.get(reverse("resident:start")).url == reverse("resident:sign_in")
    assert client.post(reverse("resident:choose"), {"person": family["husband"]}).status_code == 302
    assert "李建国" in words(client.get(reverse("resident:start"), follow=True))


def test_a_card_names_its_holder(family):
    client = Client()
    asks(client, "A00000001")
    answers(client, last_code())
    assert "李建国" in words(client.get(reverse("resident:start"), follow=True))


def test_a_child_s_number_lets_the_child_in_nowhere(family):
    client = Client()
    asks(client, id_number(BORN["child"], 3))
    answers(client, last_code())
    assert "李*明" not in words(client.get(reverse("resident:choose")))
    for elder in ("wife", "husband"):
        died(family[elder], date(2026, 1, 1))
    asks(client, id_number(BORN["child"], 3))
    alone = answers(client, last_code())
    assert alone.status_code == 403 and "没有年满 18 周岁" in words(alone)


@pytest.mark.parametrize(("day", "may"), [(date(2028, 1, 4), False), (date(2028, 1, 5), True)])
def test_of_age_on_the_birthday(family, day, may):
    with clock.fixed(datetime(day.year, day.month, day.day, 9, tzinfo=clock.ZONE)):
        client = Client()
        asks(client, id_number(BORN["child"], 3))
        answered = answers(client, last_code())
        assert (answered.url == reverse("resident:start")) is may


class TestNothingIsTold:
    """An unknown number gets the same answer in the same way: status, words, queries, attempts, limits."""

    def both(self, family):
        for number in (KNOWN, UNKNOWN):
            yield Client(REMOTE_ADDR=f"10.0.0.{len(number)}"), number

    def test_the_same_answer_with_the_same_queries(self, family):
        seen = []
        for client, number in self.both(family):
            client.get(reverse("resident:sign_in"))
            with CaptureQueriesContext(connection) as asked:
                first = asks(client, number)
            second = client.get(first.url)
            with CaptureQueriesContext(connection) as tried:
                wrong = answers(client, "abc")
            seen.append(
                (first.status_code, first.url, words(second), wrong.status_code, words(wrong),
                 [shape(q) for q in asked], [shape(q) for q in tried])
            )  # fmt: skip
        assert seen[0] == seen[1]

    def test_locked_alike(self, family):
        seen = []
        for client, number in self.both(family):
            asks(client, number)
            tries = [answers(client, "000000x1") for _ in range(4)] + [answers(client, "0000001"), answers(client, "2")]
            seen.append([(one.status_code, words(one) if one.status_code != 302 else one.url) for one in tries])
        assert seen[0] == seen[1]
        assert seen[0][4] == (302, reverse("resident:sign_in"))

    def test_the_number_of_askings_is_limited_alike(self, family):
        seen = []
        for client, number in self.both(family):
            answered = [asks(client, number) for _ in range(6)]
            assert [one.status_code for one in answered] == [302] * 5 + [429]
            seen.append(words(answered[-1]).replace(number, ""))
        assert seen[0] == seen[1]
        with clock.fixed(NOW + timedelta(hours=1, seconds=1)):
            assert asks(Client(), KNOWN).status_code == 302

    def test_the_job_gets_the_same_for_both(self, family, jobs):
        for client, number in self.both(family):
            asks(client, number)
        one, other = jobs
        assert set(one) == set(other) and len(one["sealed"]) == len(other["sealed"])
        assert (one["known"], other["known"]) == (True, False)


def shape(query):
    """A statement without its values."""
    return re.sub(r"'[^']*'|\"s\d+_x\d+\"|\bNULL\b|\b\d+\b|\{[^}]*\}|::bytea", "?", query["sql"]).replace("??", "?")


def test_no_other_spelling_of_a_number_gets_more_codes(family, tmp_path):
    spellings = [
        "13812345678",
        "+8613812345678",
        "0086 138 1234 5678",
        "(138)12345678",
        "１３８１２３４５６７８",
        "138-1234-5678",
    ]
    answered = [asks(Client(), spelling).status_code for spelling in spellings]
    assert answered == [302] * 5 + [429]
    for letter in "abc":
        assert asks(Client(), f"{PHONE}{letter}").status_code == 302
    assert len(list(tmp_path.glob("*.json"))) == 5


def test_a_phone_is_limited_under_whichever_numbers_and_nobody_can_tell(family, tmp_path):
    for number in (KNOWN, "A00000001", PHONE, id_number(BORN["child"], 3), UNKNOWN):
        for _time in range(2):
            assert asks(Client(), number).status_code == 302
    assert len(list(tmp_path.glob("*.json"))) == 5
    assert sum(row.phone is not None for row in SignInCode.objects.all()) == 5
    with clock.fixed(NOW + timedelta(hours=1, seconds=1)):
        asks(Client(), KNOWN)
    assert len(list(tmp_path.glob("*.json"))) == 6


def test_a_client_is_limited(family):
    client = Client(REMOTE_ADDR="10.1.1.1")
    for n in range(60):
        assert asks(client, f"X{n:07}").status_code == 302
    assert asks(client, KNOWN).status_code == 429
    assert asks(Client(REMOTE_ADDR="10.1.1.2"), KNOWN).status_code == 302


class TestCodes:
    def test_good_once(self, family):
        client, thief = Client(), Client()
        asks(client, KNOWN)
        code = last_code()
        row = SignInCode.objects.get()
        services.verify(row.pk, code)
        with pytest.raises(services.CodeOver):
            services.verify(row.pk, code)
        assert answers(client, code).url == reverse("resident:sign_in")
        assert answers(thief, code).url == reverse("resident:sign_in")

    def test_good_for_five_minutes(self, family):
        client = Client()
        asks(client, KNOWN)
        code = last_code()
        with clock.fixed(NOW + timedelta(minutes=5)):
            assert answers(client, code).url == reverse("resident:sign_in")
            assert client.get(reverse("resident:start")).url == reverse("resident:sign_in")

    def test_the_right_one_after_too_many_wrong_ones_is_refused(self, family):
        client = Client()
        asks(client, KNOWN)
        code = last_code()
        wrong = f"{(int(code) + 1) % 10**6:06}"
        for _ in range(5):
            answers(client, wrong)
        row = SignInCode.objects.get()
        with pytest.raises(services.CodeOver):
            services.verify(row.pk, code)
        assert Line.objects.filter(act="resident.sign_in", outcome="refused").count() == 5

    def test_of_another_asking_is_not_the_code(self, family):
        one, other = Client(), Client()
        asks(one, KNOWN)
        first = last_code()
        asks(other, UNKNOWN)
        assert answers(other, first).status_code == 422

    def test_nothing_readable_is_kept(self, family, jobs):
        client = Client()
        asks(client, KNOWN)
        code = last_code()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(c)::text FROM resident_signincode c")
            kept = cursor.fetchone()[0] + str(jobs)
        for secret in (code, KNOWN, PHONE):
            assert secret not in kept

    def test_a_late_job_sends_nothing(self, family, jobs, tmp_path):
        asks(Client(), KNOWN)
        files = len(list(tmp_path.glob("*.json")))
        with clock.fixed(NOW + timedelta(minutes=6)):
            tasks.send_code.func(**{**jobs[-1], "code_id": 999})
        assert len(list(tmp_path.glob("*.json"))) == files

    def test_a_job_run_twice_sends_one_text(self, family, jobs, tmp_path):
        asks(Client(), KNOWN)
        tasks.send_code.func(**jobs[-1])
        assert len(list(tmp_path.glob("*.json"))) == 1

    def test_forgotten_after_a_day(self, family):
        asks(Client(), KNOWN)
        with clock.fixed(NOW + timedelta(days=1, seconds=1)):
            assert codes.forget_codes() == 1


def test_the_number_stands_in_no_address_and_no_log(family, caplog):
    caplog.set_level(logging.DEBUG)
    client = Client()
    asked = asks(client, KNOWN)
    wrong = answers(client, "1")
    done = answers(client, last_code())
    home = client.get(done.url, follow=True)
    for response in (asked, wrong, done, home):
        assert KNOWN not in response.request["PATH_INFO"] + response.request["QUERY_STRING"]
        assert KNOWN not in response.headers.get("Location", "")
    assert KNOWN not in caplog.text and PHONE not in caplog.text
    assert "登录验证码 ******" in caplog.text and last_code() not in caplog.text
    assert KNOWN not in str(list(Line.objects.values_list("subject", "detail", "actor_name")))


class TestOneBrowserOnePerson:
    @pytest.fixture
    def staff(self, family):
        account = Account.objects.create(
            username="yisheng", name="沈建国", home_organisation_id=family["east_hospital"], must_change_password=False,
            created_at=NOW, password_changed_at=NOW,
        )  # fmt: skip
        Grant.objects.create(
            account=account, role=Role.DOCTOR, organisation_id=family["east_hospital"], starts_on=NOW.date(),
            granted_at=NOW,
        )  # fmt: skip
        return account

    def test_a_resident_s_sign_in_ends_staff_s(self, family, staff):
        client = Client()
        client.force_login(staff)
        assert client.get("/").status_code == 200
        old = client.session.session_key
        asks(client, KNOWN)
        answers(client, last_code())
        assert client.get("/").status_code == 302
        assert client.get(reverse("resident:home", args=[family["wife"]])).status_code == 200
        assert client.session.session_key != old

    def test_staff_s_sign_in_ends_a_resident_s(self, family, staff):
        client = signed_in(family["wife"])
        assert client.get(reverse("resident:home", args=[family["wife"]])).status_code == 200
        client.force_login(staff)
        assert client.get("/").status_code == 200
        assert client.get(reverse("resident:home", args=[family["wife"]])).url == reverse("resident:sign_in")

    def test_staff_s_sign_in_leaves_nothing_of_a_sign_in_that_was_begun(self, family, staff):
        client = Client()
        asks(client, PHONE)
        answers(client, last_code())
        asks(client, KNOWN)
        assert {"resident_asked", "resident_choice"} <= set(client.session.keys())
        old = client.session.session_key
        client.force_login(staff)
        assert not [key for key in client.session.keys() if key.startswith("resident")]  # noqa: SIM118
        assert client.session.session_key != old

    def test_the_dead_read_nothing_and_nobody_reads_for_them(self, family):
        client = signed_in(family["wife"])
        home = reverse("resident:home", args=[family["wife"]])
        assert client.get(home).status_code == 200
        died(family["wife"], NOW.date())
        assert client.get(home).url == reverse("resident:sign_in")
        assert "resident" not in client.session

    def test_a_resident_opens_no_page_of_staff_s(self, family):
        client = signed_in(family["wife"])
        for page in ("/", reverse("residents:search"), reverse("health_record:record", args=[family["wife"]])):
            assert client.get(page).status_code == 302
            assert "sign-in" in client.get(page).url

    def test_staff_open_no_page_of_residents(self, family, staff):
        client = Client()
        client.force_login(staff)
        assert client.get(reverse("resident:home", args=[family["wife"]])).url == reverse("resident:sign_in")

    def test_idle_and_long_sessions_end_and_a_page_that_asks_by_itself_keeps_none(self, family):
        home = reverse("resident:home", args=[family["wife"]])
        client = signed_in(family["wife"])
        for minutes in range(0, 600, 25):
            with clock.fixed(NOW + timedelta(minutes=minutes)):
                assert client.get(home).status_code == 200
        with clock.fixed(NOW + timedelta(hours=12, seconds=1)):
            assert client.get(home).status_code == 302
        client = signed_in(family["wife"])
        code = reverse("resident:barcode_code", args=[family["wife"]])
        with clock.fixed(NOW + timedelta(minutes=25)):
            assert client.get(code, headers={"X-Background": "1", "HX-Request": "true"}).status_code == 200
        with clock.fixed(NOW + timedelta(minutes=31)):
            gone = client.get(code, headers={"X-Background": "1", "HX-Request": "true"})
            assert (gone.status_code, gone.headers["HX-Redirect"]) == (204, reverse("resident:sign_in"))

    def test_signing_out(self, family):
        client = signed_in(family["wife"])
        assert client.post(reverse("resident:sign_out")).status_code == 302
        assert client.get(reverse("resident:home", args=[family["wife"]])).status_code == 302
        assert Line.objects.filter(act="resident.sign_out", resident_id=family["wife"]).exists()


def test_a_dead_ward_s_pages_are_gone(family):
    record_guardianship(
        guardian_id=family["wife"], ward_id=family["child"], kind="child", consent="in_person",
        actor=system_actor("test"),
    )  # fmt: skip
    client = signed_in(family["wife"])
    page = reverse("resident:record", args=[family["child"]])
    assert client.get(page).status_code == 200
    died(family["child"], NOW.date())
    assert client.get(page).status_code == 404


def test_the_texts_are_shown_to_developers_and_system_administrators_only(family, settings):
    page = reverse("resident:developer")
    assert Client().get(page).status_code == 404
    assert signed_in(family["wife"]).get(page).status_code == 404
    admin = Account.objects.create(
        username="xitong", name="王磊", home_organisation_id=family["county"], must_change_password=False,
        created_at=NOW, password_changed_at=NOW,
    )  # fmt: skip
    client = Client()
    client.force_login(admin)
    assert client.get(page).status_code == 404
    Grant.objects.create(
        account=admin, role=Role.SYSTEM_ADMIN, organisation_id=family["county"], starts_on=NOW.date(), granted_at=NOW
    )
    asks(Client(), KNOWN)
    code = last_code()
    for shown in (page, reverse("notices:outbox")):
        told = client.get(shown)
        assert told.status_code == 200 and "登录验证码 ******" in words(told) and code not in words(told)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS installation_mark (name text PRIMARY KEY)")
        cursor.execute("INSERT INTO installation_mark (name) VALUES ('demo county')")
        assert code in words(client.get(page))
        cursor.execute("DELETE FROM installation_mark WHERE name = 'demo county'")
    assert code not in words(client.get(page))
    settings.DEBUG = True
    asks(Client(), KNOWN)
    assert last_code() in words(Client().get(page))
