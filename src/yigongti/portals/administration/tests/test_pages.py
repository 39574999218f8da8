"""Accounts, roles and the trail: each administrator's own part, and no more."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.support.people import person

from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.access.services import sign_in
from yigongti.kernel.audit import anchors
from yigongti.kernel.audit.api import record
from yigongti.kernel.audit.models import Line
from yigongti.portals.administration.tasks import TrailBroken, verify_trail

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@pytest.fixture
def places():
    return {key: row.pk for key, row in county_with_two_areas().items()}


def account(username, role, organisation_id):
    pk = create_account(
        username, username, organisation_id=organisation_id, password="Long-Enough-1",
        actor=SYSTEM, must_change_password=False,
    )  # fmt: skip
    grant_role(pk, role, organisation_id=organisation_id, actor=SYSTEM)
    return pk


def client_of(pk):
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_an_account_is_made_by_one_and_given_its_role_by_another(places):
    maker = client_of(account("maker", Role.SYSTEM_ADMIN, places["county"]))
    made = maker.post(
        reverse("administration:new_account"),
        {"username": "new.person", "name": "新来的", "organisation": places["east_centre"]},
    )
    password = re.search(r'<p class="mono">([^<]+)</p>', made.content.decode())[1]
    pk = Account.objects.get(username="new.person").pk
    grant = {"role": "doctor", "organisation": places["east_centre"]}
    assert maker.post(reverse("administration:grant", args=[pk]), grant).status_code == 403
    keeper = client_of(account("keeper", Role.SECURITY_ADMIN, places["county"]))
    assert keeper.get(reverse("administration:new_account")).status_code == 403
    assert keeper.post(reverse("administration:grant", args=[pk]), grant).status_code == 302
    assert [g.role for g in Grant.objects.filter(account_id=pk)] == ["doctor"]
    assert sign_in("new.person", password).account.must_change_password


@pytest.mark.parametrize("part", ["%00", "a%00b", "%0A", "%1B%5B2J"])
def test_a_refusal_is_in_the_trail_whatever_the_address_holds(places, part):
    client = client_of(account("keeper", Role.SECURITY_ADMIN, places["county"]))
    assert client.get(f"/intake/templates/{part}/kunshan/").status_code == 403
    line = Line.objects.get(outcome="refused")
    assert line.subject.startswith("page:/intake/templates/") and line.subject.isprintable()


def test_a_security_administrator_cannot_grant_to_himself(places):
    pk = account("keeper", Role.SECURITY_ADMIN, places["county"])
    answer = client_of(pk).post(
        reverse("administration:grant", args=[pk]), {"role": "director", "organisation": places["county"]}
    )
    assert answer.status_code == 422 and "不能给自己授予角色" in text(answer)
    assert Grant.objects.filter(account_id=pk).count() == 1


def test_an_administrator_of_one_area_sees_no_account_of_another(places):
    west = account("westerner", Role.DOCTOR, places["west_hospital"])
    client = client_of(account("easterner", Role.SYSTEM_ADMIN, places["east"]))
    assert "westerner" not in text(client.get(reverse("administration:accounts")))
    for page in ("account", "reset_password", "set_active"):
        address = reverse(f"administration:{page}", args=[west])
        answer = client.get(address) if page == "account" else client.post(address)
        assert answer.status_code == 404, page
    elsewhere = {"username": "smuggled", "name": "x", "organisation": places["west_hospital"]}
    assert client.post(reverse("administration:new_account"), elsewhere).status_code == 422


def test_a_taken_user_name_is_said_beside_the_field(places):
    client = client_of(account("maker", Role.SYSTEM_ADMIN, places["county"]))
    answer = client.post(
        reverse("administration:new_account"), {"username": "maker", "name": "x", "organisation": places["county"]}
    )
    assert answer.status_code == 422 and "已经有人用了" in text(answer)


def test_a_closed_account_is_out_at_once(places):
    doctor = account("doctor", Role.DOCTOR, places["east_centre"])
    inside = client_of(doctor)
    assert inside.get("/").status_code == 200
    client_of(account("maker", Role.SYSTEM_ADMIN, places["county"])).post(
        reverse("administration:set_active", args=[doctor])
    )
    assert inside.get("/").status_code == 302


def test_the_trail_shows_ones_own_organisations_only(places):
    record(actor=person(None, places["west_hospital"], id=71, name="西边的人"), act="test.act", subject="thing:1")
    record(actor=person(None, places["east_centre"], id=72, name="东边的人"), act="test.act", subject="thing:2")
    shown = text(client_of(account("auditor", Role.AUDITOR, places["east"])).get(reverse("administration:trail")))
    assert "东边的人" in shown and "西边的人" not in shown


def test_closing_an_account_twice_leaves_it_closed(places):
    pk = account("leaver", Role.DOCTOR, places["east_centre"])
    client = client_of(account("maker", Role.SYSTEM_ADMIN, places["county"]))
    for _press in range(2):
        client.post(reverse("administration:set_active", args=[pk]), {"active": "0"})
        assert not Account.objects.get(pk=pk).is_active
    client.post(reverse("administration:set_active", args=[pk]), {"active": "1"})
    assert Account.objects.get(pk=pk).is_active


def test_a_dated_role_is_granted_once_and_can_be_taken_away_early(places):
    pk = account("locum", Role.DOCTOR, places["east_centre"])
    client = client_of(account("keeper", Role.SECURITY_ADMIN, places["county"]))
    wish = {"role": "director", "organisation": places["east"], "ends_on": "2099-01-01"}
    for _press in range(2):
        assert client.post(reverse("administration:grant", args=[pk]), wish).status_code == 302
    [grant] = Grant.objects.filter(account_id=pk, role="director")
    assert (
        f'name="grant" value="{grant.pk}"' in client.get(reverse("administration:account", args=[pk])).content.decode()
    )
    client.post(reverse("administration:end_grant", args=[pk]), {"grant": grant.pk})
    assert not Grant.objects.filter(account_id=pk, role="director", ends_on__gt="2098-01-01").exists()


def test_lines_of_no_organisation_are_for_the_auditor_of_the_whole_place(places):
    record(actor=system_actor("门口"), act="access.sign_in", subject="account:?", outcome="refused")
    for where, seen in (("county", True), ("east", False)):
        client = client_of(account(f"auditor-{where}", Role.AUDITOR, places[where]))
        assert ("门口" in text(client.get(reverse("administration:trail")))) is seen


def test_the_night_checks_the_trail_and_anchors_it(places):
    record(actor=person(None, places["county"], id=71), act="test.act", subject="thing:1")
    verify_trail.func(timestamp=0)
    assert anchors.newest()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_line DISABLE TRIGGER ALL")
        cursor.execute("UPDATE audit_line SET act = 'x.y'")
        cursor.execute("ALTER TABLE audit_line ENABLE TRIGGER ALL")
    with pytest.raises(TrailBroken):
        verify_trail.func(timestamp=0)


def test_the_trail_is_checked_from_the_page(places):
    client = client_of(account("auditor", Role.AUDITOR, places["county"]))
    assert "日志完整" in text(client.post(reverse("administration:verify_trail")))


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.AUDITOR])
def test_nobody_else_reads_the_trail(places, role):
    client = client_of(account("someone", role, places["county"]))
    assert client.get(reverse("administration:trail")).status_code == 403


def test_a_role_taken_away_is_no_longer_in_the_list(places):
    pk = account("leaver", Role.INSURANCE_OFFICER, places["east_centre"])
    Grant.objects.filter(account_id=pk).update(starts_on="2020-01-01", ends_on="2021-01-01")
    client = client_of(account("keeper", Role.SECURITY_ADMIN, places["county"]))
    rows = re.search(r"<tbody.*</tbody>", client.get(reverse("administration:accounts")).content.decode(), re.S)[0]
    assert "leaver" in rows and "医保专员" not in rows


def test_the_three_administrators_are_three_people_with_no_other_role(places):
    doctor = account("doctor", Role.DOCTOR, places["east_centre"])
    client = client_of(account("keeper", Role.SECURITY_ADMIN, places["county"]))
    answer = client.post(
        reverse("administration:grant", args=[doctor]), {"role": "auditor", "organisation": places["county"]}
    )
    assert answer.status_code == 422 and "不同的人" in text(answer)
    auditor = account("reader", Role.AUDITOR, places["county"])
    for role in ("system_admin", "doctor"):
        client.post(reverse("administration:grant", args=[auditor]), {"role": role, "organisation": places["county"]})
    assert [g.role for g in Grant.objects.filter(account_id=auditor)] == ["auditor"]


def test_a_local_administrator_cannot_take_over_an_account_with_rights_above_his(places):
    above = account("above", Role.SECURITY_ADMIN, places["county"])
    Account.objects.filter(pk=above).update(home_organisation_id=places["east_centre"])
    client = client_of(account("local", Role.SYSTEM_ADMIN, places["east_centre"]))
    assert client.post(reverse("administration:reset_password", args=[above])).status_code == 403
    assert Account.objects.get(pk=above).check_password("Long-Enough-1")


def test_what_was_refused_is_in_the_trail(places):
    doctor = account("doctor", Role.DOCTOR, places["east_centre"])
    client = client_of(doctor)
    assert client.get(reverse("administration:accounts")).status_code == 403
    line = Line.objects.get(actor_id=doctor, outcome="refused")
    assert (line.act, line.subject) == ("access.manage_accounts", f"page:{reverse('administration:accounts')}")
