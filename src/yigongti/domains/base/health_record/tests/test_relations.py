"""Who may read a record, for how long, and that every look is written down."""

from datetime import date, datetime, timedelta

import pytest
from tests.support.people import person

from yigongti.domains.base.health_record import api, relations, selectors
from yigongti.domains.base.health_record.api import NoRelation
from yigongti.domains.base.health_record.relations import Relation, months_before
from yigongti.domains.base.health_record.services.break_glass import ReasonTooShort
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.tests.factories import one_person
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role
from yigongti.kernel.audit.api import verify, who_looked

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def places():
    return {key: row.pk for key, row in county_with_two_areas().items()}


def doctor(organisation_id, **more):
    return person(Role.DOCTOR, organisation_id, **more)


def visit(resident_id, institution_id, on):
    return fact(resident_id=resident_id, source_id=institution_id, institution_id=institution_id, at=on)


def test_who_treats_reads(places):
    who = resident()
    visit(who, places["east_clinic"], date(2026, 1, 10))
    for key, kind in (("east_clinic", "treatment"), ("east_centre", "treatment"), ("east_hospital", None)):
        found = api.relation(doctor(places[key]), who)
        assert (found.kind if found else None) == kind


def test_treatment_ends_after_the_months_policy_says(places):
    who = resident()
    visit(who, places["east_clinic"], date(2025, 9, 2))
    assert api.relation(doctor(places["east_clinic"]), who).kind == "treatment"  # six months to the day
    with clock.fixed(NOW + timedelta(days=1)):
        assert api.relation(doctor(places["east_clinic"]), who) is None


def test_a_withdrawn_visit_opens_nothing(places):
    who = resident()
    made = visit(who, places["east_clinic"], date(2026, 1, 10))
    api.withdraw(made.pk, actor=doctor(places["east_clinic"]), reason="登记错了人")
    assert api.relation(doctor(places["east_clinic"]), who) is None


def test_who_looks_after_somebody_reads(places):
    who = resident(managing_institution_id=places["east_centre"])
    assert api.relation(doctor(places["east_centre"]), who).kind == "duty"
    assert api.relation(doctor(places["west_hospital"]), who) is None


def test_who_only_claims_to_look_after_somebody_does_not_read(places):
    west = resident(managing_institution_id=places["west_hospital"])
    east = resident(managing_institution_id=places["east_centre"])
    one_person(west, east)
    for who in (west, east):
        assert api.relation(doctor(places["west_hospital"]), who).kind == "duty"
        assert api.relation(doctor(places["east_centre"]), who) is None


def test_a_domain_above_adds_its_relation(places, monkeypatch):
    monkeypatch.setattr(relations, "_finders", [])
    who = resident()
    api.register_relation(lambda actor, cluster: Relation("contract") if who in cluster else None)
    assert api.relation(doctor(places["west_hospital"]), who).kind == "contract"


def test_without_a_relation_the_record_stays_closed(places):
    who = resident()
    visit(who, places["east_clinic"], date(2026, 1, 10))
    with pytest.raises(NoRelation):
        api.timeline(who, actor=doctor(places["west_hospital"]))
    with pytest.raises(NotVisible):
        api.timeline(who + 999, actor=doctor(places["west_hospital"]))
    with pytest.raises(Forbidden):
        api.timeline(who, actor=person(Role.DIRECTOR, places["east_clinic"]))
    assert who_looked([who]) == []


def test_break_glass_opens_for_some_hours_and_for_one_person(places):
    who = resident()
    fact(resident_id=who, at=date(2020, 5, 5))
    actor = doctor(places["west_hospital"])
    with pytest.raises(ReasonTooShort):
        api.break_glass(actor, who, "  急  ")
    with pytest.raises(Forbidden):
        api.break_glass(person(Role.AUDITOR, places["west_hospital"]), who, "患者昏迷，需了解用药")
    api.break_glass(actor, who, "患者昏迷，需了解用药")
    found = api.timeline(who, actor=actor)
    assert (found.relation.kind, found.relation.until, found.total) == ("break_glass", NOW + timedelta(hours=24), 1)
    assert api.relation(doctor(places["west_hospital"], id=2), who) is None
    with clock.fixed(NOW + timedelta(hours=24)):
        assert api.relation(actor, who) is None
    looks = [(line.act, line.detail.get("reason") or line.detail["relation"]) for line in who_looked([who])]
    assert looks == [("health_record.read", "break_glass"), ("health_record.break_glass", "患者昏迷，需了解用药")]


def test_every_look_is_written_down(places):
    who = resident()
    visit(who, places["east_clinic"], date(2026, 1, 10))
    for _ in range(3):
        api.timeline(who, actor=doctor(places["east_clinic"]))
    assert [line.act for line in who_looked([who])] == ["health_record.read"] * 3


def test_being_shown_in_a_list_is_a_look_at_everybody_shown(places):
    one, other, third = resident(), resident(), resident()
    shown = [visit(who, places["east_clinic"], date(2026, 1, 10)) for who in (one, other)]
    visit(third, places["east_clinic"], date(2026, 1, 10))
    director = person(Role.DIRECTOR, places["east_clinic"])
    api.facts([(f.happened_on, f.pk) for f in shown], actor=director)
    assert [[line.act for line in who_looked([who])] for who in (one, other, third)] == [
        ["health_record.list"],
        ["health_record.list"],
        [],
    ]
    [seen] = selectors.looks(one, actor=doctor(places["east_clinic"]))
    assert (seen.what, seen.who) == ("在明细清单中看到", director.name)
    assert verify().sound


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 2), 6, date(2025, 9, 2)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
    ],
)
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected
