from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access import services
from yigongti.kernel.access.actors import Forbidden, system_actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.access.roles import Role
from yigongti.kernel.audit.models import Line

pytestmark = pytest.mark.django_db

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def account():
    pk = services.create_account(
        "zhang",
        "张医生",
        organisation_id=1,
        password=PASSWORD,
        actor=system_actor("test"),
        must_change_password=False,
    )
    return Account.objects.get(pk=pk)


def test_the_right_password_signs_in(account):
    assert services.sign_in("zhang", PASSWORD).account == account


def test_five_failures_lock_even_the_right_password_out(account):
    left = [services.sign_in("zhang", "wrong").failures_left for _ in range(4)]
    assert left == [4, 3, 2, 1]
    assert services.sign_in("zhang", "wrong").locked_minutes == 15
    assert services.sign_in("zhang", PASSWORD).account is None
    assert services.sign_in("zhang", PASSWORD).locked_minutes == 15


def test_the_lock_ends_by_itself_and_counting_starts_anew(account):
    for _ in range(5):
        services.sign_in("zhang", "wrong")
    with clock.fixed(clock.now() + timedelta(minutes=15, seconds=1)):
        assert services.sign_in("zhang", "wrong").failures_left == 4
        assert services.sign_in("zhang", PASSWORD).account == account


def test_a_success_forgets_earlier_failures(account):
    for _ in range(4):
        services.sign_in("zhang", "wrong")
    services.sign_in("zhang", PASSWORD)
    assert services.sign_in("zhang", "wrong").failures_left == 4


def test_an_old_password_must_be_changed(account):
    with clock.fixed(clock.now() + timedelta(days=89)):
        assert not services.sign_in("zhang", PASSWORD).account.must_change_password
    with clock.fixed(clock.now() + timedelta(days=91)):
        assert services.sign_in("zhang", PASSWORD).account.must_change_password


def test_an_unknown_name_looks_like_a_wrong_password(account):
    assert services.sign_in("nobody", "x") == services.sign_in("zhang", "x")


def test_an_unknown_name_looks_like_a_wrong_password_however_often_it_is_tried(account):
    for _ in range(7):
        assert services.sign_in("nobody", "x") == services.sign_in("zhang", "x")


def test_tries_under_an_unknown_name_and_during_a_lock_are_in_the_trail(account):
    services.sign_in("My-Own-Password-1", "x")
    for _ in range(6):
        services.sign_in("zhang", "x")
    lines = Line.objects.filter(act="access.sign_in", outcome="refused")
    assert lines.filter(subject="account:unknown").count() == 1
    assert lines.filter(subject=f"account:{account.pk}").count() == 6
    assert "My-Own-Password-1" not in str([line.content() for line in lines])


def test_an_old_password_can_not_be_guessed_in_an_open_session(account):
    for left in (4, 3, 2, 1):
        with pytest.raises(ValueError, match="old"):
            services.change_password(account.pk, "wrong", "Second-Password-2")
        assert Line.objects.filter(act="access.change_password", outcome="refused").last().detail == {"left": left}
    with pytest.raises(services.AccountLocked):
        services.change_password(account.pk, "wrong", "Second-Password-2")
    with pytest.raises(services.AccountLocked):
        services.change_password(account.pk, PASSWORD, "Second-Password-2")
    assert services.sign_in("zhang", PASSWORD).locked_minutes == 15


def test_an_account_at_home_nowhere_is_no_institutions_to_touch(account):
    Account.objects.filter(pk=account.pk).update(home_organisation_id=None)
    for act in (
        lambda actor: services.reset_password(account.pk, "Second-Password-2", actor=actor),
        lambda actor: services.set_active(account.pk, False, actor=actor),
    ):
        with pytest.raises(Forbidden):
            act(person(Role.SYSTEM_ADMIN, 7, id=99))


def test_a_closed_account_stays_out(account):
    services.set_active(account.pk, False, actor=system_actor("test"))
    assert services.sign_in("zhang", PASSWORD).account is None


def test_failures_are_in_the_trail_without_the_password(account):
    services.sign_in("zhang", "hunter2-hunter2")
    line = Line.objects.get(act="access.sign_in")
    assert line.outcome == "refused"
    assert "hunter2" not in str(line.content())


@pytest.mark.parametrize("weak", ["short1A", "alllowercaseletters", "password", "12345678"])
def test_weak_passwords_are_refused(weak):
    with pytest.raises(ValidationError):
        services.create_account("a", "甲", organisation_id=1, password=weak, actor=system_actor("test"))


def test_only_the_right_administrators_create_and_grant(account):
    with pytest.raises(Forbidden):
        services.create_account("b", "乙", organisation_id=1, password=PASSWORD, actor=person(Role.DIRECTOR, 1))
    with pytest.raises(Forbidden):  # accounts and rights are two people's work
        services.grant_role(account.pk, Role.DOCTOR, organisation_id=1, actor=person(Role.SYSTEM_ADMIN, 1, id=99))
    with pytest.raises(Forbidden):  # not at somebody else's institution
        services.grant_role(account.pk, Role.DOCTOR, organisation_id=2, actor=person(Role.SECURITY_ADMIN, 1, id=99))
    services.grant_role(account.pk, Role.DOCTOR, organisation_id=1, actor=person(Role.SECURITY_ADMIN, 1, id=99))
    assert Grant.objects.filter(account=account, role=Role.DOCTOR).count() == 1


def test_nobody_grants_to_himself(account):
    with pytest.raises(ValueError):
        services.grant_role(
            account.pk, Role.DIRECTOR, organisation_id=1, actor=person(Role.SECURITY_ADMIN, 1, id=account.pk)
        )


class TestPages:
    @pytest.fixture
    def client(self, account):
        client = Client()
        client.post(reverse("access:sign_in"), {"username": "zhang", "password": PASSWORD})
        return client

    def test_a_stranger_is_sent_to_the_sign_in_page_and_back(self, account):
        response = Client().get(reverse("access:change_password"))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("access:sign_in") + "?next=")

    def test_no_open_redirect(self, account):
        response = Client().post(
            reverse("access:sign_in"),
            {"username": "zhang", "password": PASSWORD, "next": "https://evil.example/"},
        )
        assert response["Location"] == "/"

    def test_an_idle_session_ends(self, client):
        address = reverse("access:change_password")
        assert client.get(address).status_code == 200
        with clock.fixed(clock.now() + timedelta(minutes=31)):
            assert client.get(address).status_code == 302

    def test_a_busy_session_goes_on(self, client):
        address = reverse("access:change_password")
        start = clock.now()
        for minutes in (20, 40, 60):
            with clock.fixed(start + timedelta(minutes=minutes)):
                assert client.get(address).status_code == 200

    def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(self, client):
        address = reverse("access:change_password")
        start = clock.now()
        for minutes in (20, 29):
            with clock.fixed(start + timedelta(minutes=minutes)):
                client.get(address, headers={"X-Background": "1"})
        with clock.fixed(start + timedelta(minutes=31)):
            assert client.get(address).status_code == 302

    def test_a_first_password_must_be_changed_before_anything_else(self, account):
        services.reset_password(account.pk, "First-Password-1", actor=system_actor("test"))
        client = Client()
        client.post(reverse("access:sign_in"), {"username": "zhang", "password": "First-Password-1"})
        assert client.get("/")["Location"] == reverse("access:change_password")
        again = {"old_password": "First-Password-1", "new_password": "First-Password-1"}
        assert (
            client.post(
                reverse("access:change_password"), {**again, "new_password_again": "First-Password-1"}
            ).status_code
            == 422
        )
        done = client.post(
            reverse("access:change_password"),
            {
                "old_password": "First-Password-1",
                "new_password": "Second-Password-2",
                "new_password_again": "Second-Password-2",
            },
        )
        assert done["Location"] == "/"
        assert services.sign_in("zhang", "Second-Password-2").account == account

    def test_headers_keep_pages_private(self, client):
        headers = client.get(reverse("access:change_password")).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Frame-Options"] == "DENY"
