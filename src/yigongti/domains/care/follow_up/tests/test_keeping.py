"""Whom to follow up: opened once, late ones told, none lost; a visit goes into the record and says what is urgent."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.support.people import person

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.tests.factories import one_person
from yigongti.domains.care.follow_up import api, selectors
from yigongti.domains.care.follow_up.api import Reason, Risk, Visit
from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.domains.care.follow_up.services.keeping import drop_for_the_dead, open_for_discharges
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role, create_account, grant_role, system_actor
from yigongti.kernel.audit.api import who_looked
from yigongti.kernel.lake.api import dataset_named, engine, publish_month, snapshot, table
from yigongti.kernel.lake.models import Stale
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.workflow.api import StepRefused, history, inbox, take_due, take_step

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 20, 9, 0, tzinfo=clock.ZONE)
PLATFORM = system_actor("test")


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def places():
    return {key: row.pk for key, row in county_with_two_areas().items()}


@pytest.fixture
def doctor(places):
    return person(Role.VILLAGE_DOCTOR, places["east_clinic"])


def asked(places, who=None, reason=Reason.PLANNED, due=date(2027, 1, 3), at="east_clinic", **more):
    return api.ask_for(
        who or resident(), reason, institution_id=places[at], actor=PLATFORM, about="高血压病", due=due, **more
    )


def visit(**measured):
    values = {name: Decimal(str(value)) for name, value in measured.items() if name not in ("symptoms", "next_on")}
    rest = {name: measured[name] for name in ("symptoms", "next_on") if name in measured}
    return Visit(way="2", at=clock.now(), **values, **rest)


def now(case):
    return FollowUp.objects.unscoped("test").get(pk=case.pk)


def test_one_referral_asks_once_for_each_reason(places):
    who = resident()
    first = asked(places, who, Reason.RETURNED, referral_id=7)
    assert asked(places, who, Reason.RETURNED, referral_id=7) is None
    assert asked(places, who, Reason.URGENT_REFERRAL, referral_id=7) is not None
    assert (first.state, first.due_at.isoformat()) == ("open", "2027-01-04T00:00:00+08:00")


def test_the_highest_risk_comes_first_then_the_most_pressing(places, doctor):
    calm, sick, urgent, soon = resident(), resident(), resident(), resident()
    for who, systolic in ((calm, 120), (sick, 165), (urgent, 186), (soon, 120)):
        fact("observation", resident_id=who, at=date(2026, 12, 1), value=str(systolic))
    for who, due in ((calm, 20), (sick, 25), (urgent, 30), (soon, 22)):
        asked(places, who, due=date(2026, 12, 1) + timedelta(days=due))
    assert [case.resident_id for case in api.waiting(doctor)] == [urgent, sick, calm, soon]
    assert [case.risk for case in api.waiting(doctor)] == [Risk.URGENT, Risk.HIGH, Risk.ROUTINE, Risk.ROUTINE]


def test_a_visit_goes_into_the_record_and_says_what_is_urgent(places, doctor):
    case = asked(places)
    found = api.record_visit(case, visit(systolic=186, diastolic=112), actor=doctor)
    assert [one.code for one in found.criteria] and len(found.facts) == 2
    newest = health_record.latest(case.resident_id, ["8480-6", "8462-4"])
    assert (newest["8480-6"][0], newest["8462-4"][0]) == (186, 112)
    done = now(case)
    assert (done.state, done.done_on, done.findings["urgent"]) == ("done", NOW.date(), True)
    assert api.waiting(doctor).count() == 0


@pytest.mark.parametrize(("measured", "urgent"), [
    ({"systolic": 179, "diastolic": 109}, False),
    ({"systolic": 180, "diastolic": 90}, True),
    ({"systolic": 150, "diastolic": 110}, True),
    ({"glucose": "16.6"}, False),
    ({"glucose": "16.7"}, True),
    ({"glucose": "3.9"}, True),
    ({"glucose": "4.0"}, False),
    ({"symptoms": ("vision",)}, True),
])  # fmt: skip
def test_what_is_urgent_at_its_boundary(places, doctor, measured, urgent):
    found = api.record_visit(asked(places), visit(**measured), actor=doctor)
    assert bool(found.criteria) is urgent


def test_a_reading_changes_how_pressing_what_waits_is(places, doctor):
    who = resident(managing_institution_id=places["east_clinic"])
    waiting = asked(places, who, Reason.DISCHARGED, fact_id=11)
    assert waiting.risk == Risk.ROUTINE
    api.measure(who, visit(systolic=170, diastolic=96), institution_id=places["east_clinic"], actor=doctor)
    assert (now(waiting).risk, now(waiting).why) == (Risk.HIGH, "血压 170/96")


def test_nobody_is_measured_without_a_relation(places, doctor):
    stranger = resident(managing_institution_id=places["west_hospital"])
    fact("observation", resident_id=stranger, at=date(2026, 12, 1), value="173")
    with pytest.raises(health_record.NoRelation):
        api.measure(stranger, visit(systolic=150, diastolic=90), institution_id=places["east_clinic"], actor=doctor)
    assert not FollowUp.objects.unscoped("test").exists()
    client = Client()
    account = create_account(
        "周秀兰", "周秀兰", organisation_id=places["east_clinic"], password="Jade-2026-hill", actor=PLATFORM,
        must_change_password=False,
    )  # fmt: skip
    grant_role(account, Role.VILLAGE_DOCTOR, organisation_id=places["east_clinic"], actor=PLATFORM)
    assert client.login(username="周秀兰", password="Jade-2026-hill")
    address = f"{reverse('follow_up:measure')}?resident="
    answer = client.get(f"{address}{stranger}")
    assert answer.status_code == 302 and answer.url.endswith(f"/{stranger}/")
    assert client.post(f"{address}{stranger}", {"way": "1"}).status_code == 302
    assert not FollowUp.objects.unscoped("test").exists()
    for odd in ("²", "-1", "99999999999999999999", "x", ""):
        assert client.get(address + odd).status_code == 302
    own = resident(managing_institution_id=places["east_clinic"])
    assert client.get(f"{address}{own}").status_code == 200
    assert [line.actor_name for line in who_looked([own])] == ["周秀兰"]


def test_the_next_agreed_day_is_a_follow_up_of_its_own(places, doctor):
    case = asked(places)
    found = api.record_visit(case, visit(systolic=150, diastolic=90, next_on=date(2027, 3, 20)), actor=doctor)
    assert (found.next.reason, found.next.due_on, found.next.institution_id) == (
        "planned", date(2027, 3, 20), places["east_clinic"],
    )  # fmt: skip


def test_one_that_is_late_is_told_and_can_still_be_done(places, doctor):
    accounts = {}
    for key, role in (("east_clinic", Role.VILLAGE_DOCTOR), ("east_hospital", Role.COORDINATOR)):
        accounts[key] = create_account(key, key, organisation_id=places[key], password="Jade-2026-hill", actor=PLATFORM)
        grant_role(accounts[key], role, organisation_id=places[key], actor=PLATFORM)
    case = asked(places, due=date(2026, 12, 31), asked_by_id=places["east_hospital"])
    with clock.fixed(datetime(2026, 12, 31, 23, 59, tzinfo=clock.ZONE)):
        assert take_due() == 0
    with clock.fixed(datetime(2027, 1, 1, 0, 0, 1, tzinfo=clock.ZONE)):
        assert take_due() == 1 and take_due() == 0
    assert now(case).state == "late"
    assert set(Notice.objects.values_list("account_id", flat=True)) == set(accounts.values())
    assert [item.case_id for item in inbox(doctor)] == [case.pk]
    api.record_visit(now(case), visit(systolic=130, diastolic=80), actor=doctor)
    assert now(case).state == "done"


def test_not_reached_counts_and_keeps_the_day(places, doctor):
    case = asked(places)
    for _time in range(2):
        take_step(case, "not_reached", actor=doctor, answers={"note": "电话没人接"})
    assert (now(case).attempts, now(case).due_on, now(case).state) == (2, date(2027, 1, 3), "open")
    assert [line.answers for line in history(case)][-1] == (("说明", "电话没人接"),)


def test_a_visit_that_is_refused_stores_nothing(places, doctor):
    case = asked(places)
    take_step(case, "drop", actor=doctor, answers={"why": "moved"})
    with pytest.raises(StepRefused):
        api.record_visit(case, visit(systolic=186, diastolic=112), actor=doctor)
    assert health_record.latest(case.resident_id, ["8480-6"]) == {}


# Who may do what: role and place of the actor, expected by hand. The clinic follows up, the hospital asked, the other
# side is west_hospital.
WHO = [
    # role, where, sees, acts
    (Role.VILLAGE_DOCTOR, "east_clinic", True, True),
    (Role.DOCTOR, "east_clinic", True, True),
    (Role.COORDINATOR, "east_clinic", True, True),
    (Role.DIRECTOR, "east_clinic", True, False),
    (Role.GUIDANCE_OFFICER, "east_clinic", True, False),
    (Role.DATA_OFFICER, "east_clinic", False, False),
    (Role.INSURANCE_OFFICER, "east_clinic", False, False),
    (Role.FINANCE_OFFICER, "east_clinic", False, False),
    (Role.SYSTEM_ADMIN, "east_clinic", False, False),
    (Role.SECURITY_ADMIN, "east_clinic", False, False),
    (Role.AUDITOR, "east_clinic", False, False),
    (Role.DOCTOR, "east_hospital", True, False),
    (Role.COORDINATOR, "east_hospital", True, False),
    (Role.DIRECTOR, "east_hospital", True, False),
    (Role.DATA_OFFICER, "east_hospital", False, False),
    (Role.DOCTOR, "west_hospital", False, False),
    (Role.COORDINATOR, "west_hospital", False, False),
    (Role.DIRECTOR, "west_hospital", False, False),
]


@pytest.mark.parametrize("step", ["done", "not_reached", "drop", "late"])
@pytest.mark.parametrize(("role", "where", "sees", "acts"), WHO)
def test_who_may_do_what(places, role, where, sees, acts, step):
    case = asked(places, asked_by_id=places["east_hospital"])
    actor = person(role, places[where])
    if sees:
        assert selectors.follow_up(actor, case.pk).pk == case.pk
    else:
        with pytest.raises((NotVisible, Forbidden)):
            selectors.follow_up(actor, case.pk)
    answers = {"note": "已见面", "why": "moved"}
    if acts and step != "late":
        take_step(case, step, actor=actor, answers=answers)
    else:
        with pytest.raises(StepRefused):
            take_step(case, step, actor=actor, answers=answers)
        assert now(case).state == "open"


def test_everybody_discharged_lately_is_followed_up_once(places):
    managed = resident(managing_institution_id=places["east_clinic"])
    other = resident()
    for who, out in ((managed, datetime(2026, 12, 18, 15, 0, tzinfo=clock.ZONE)), (other, NOW - timedelta(days=40))):
        fact(
            resident_id=who, source_id=places["east_hospital"], setting="inpatient", at=out - timedelta(days=6),
            ended_at=out, display="脑梗死",
        )  # fmt: skip
    assert open_for_discharges() == 1
    assert open_for_discharges() == 0
    [case] = FollowUp.objects.unscoped("test")
    assert (case.resident_id, case.reason, case.about) == (managed, "discharged", "出院：脑梗死")
    assert case.due_on == date(2027, 1, 1)


def test_the_dead_are_not_followed_up(places):
    case = asked(places)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE residents_resident SET deceased_on = '2026-12-19' WHERE id = %s", [case.resident_id])
    assert drop_for_the_dead() == 1
    assert (now(case).state, drop_for_the_dead()) == ("dropped", 0)


def published(day):
    dataset = dataset_named("follow_ups")
    publish_month(dataset, day.replace(day=1))
    with engine() as backend:
        rows = table(backend, snapshot("follow_ups", day.replace(day=1), day)).to_pyarrow().to_pylist()
    return {row["id"]: (row["resident_id"], row["managing_id"], row["in_time"]) for row in rows}


def test_what_is_measured_follows_the_person(places, doctor):
    kept = resident(managing_institution_id=places["east_clinic"])
    absorbed = resident()
    case = asked(places, absorbed, due=date(2026, 12, 31))
    assert published(date(2026, 12, 31)) == {case.pk: (absorbed, None, False)}
    Stale.objects.all().delete()
    one_person(kept, absorbed)
    assert Stale.objects.filter(dataset="follow_ups", month=date(2026, 12, 1)).exists()
    take_step(case, "done", actor=doctor, answers={"note": "已见面"})
    assert published(date(2026, 12, 31)) == {case.pk: (kept, places["east_clinic"], True)}


def test_an_entry_merged_away_is_followed_up_under_the_one_that_stands(places, doctor):
    kept, absorbed = resident(), resident()
    case = asked(places, absorbed)
    one_person(kept, absorbed)
    assert [one.pk for one in selectors.waiting_of(kept, doctor)] == [case.pk]
