"""Readings entered here are facts like any other; only one's own institution's are one's to enter."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests.support.people import person

from yigongti.domains.base.health_record import api
from yigongti.domains.base.health_record.api import Reading, latest, observe
from yigongti.domains.base.health_record.models import Fact, FactKey
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.tests.factories import one_person
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role
from yigongti.kernel.audit.api import who_looked

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=clock.ZONE)
PRESSURE = [
    Reading("8480-6", "收缩压", Decimal(186), "mmHg"),
    Reading("8462-4", "舒张压", Decimal(112), "mmHg"),
]


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def places():
    return {key: row.pk for key, row in county_with_two_areas().items()}


def village_doctor(places, key="east_clinic"):
    return person(Role.VILLAGE_DOCTOR, places[key])


def test_readings_become_facts_of_the_institution_and_are_in_the_record(places):
    who = resident()
    fact(resident_id=who, source_id=places["east_clinic"], institution_id=places["east_clinic"], at=NOW.date())
    ids = observe(who, PRESSURE, institution_id=places["east_clinic"], actor=village_doctor(places))
    rows = Fact.objects.unscoped("test").filter(pk__in=ids).order_by("pk")
    assert [(row.code, row.value, row.unit, row.source_id) for row in rows] == [
        ("8480-6", 186, "mmHg", places["east_clinic"]),
        ("8462-4", 112, "mmHg", places["east_clinic"]),
    ]
    assert FactKey.objects.filter(fact_id__in=ids).count() == 2
    shown = api.timeline(who, actor=village_doctor(places))
    assert shown.total == 3
    assert "health_record.observe" in [line.act for line in who_looked([who])]


@pytest.mark.parametrize(("role", "key"), [
    (Role.VILLAGE_DOCTOR, "east_hospital"), (Role.DATA_OFFICER, "east_clinic"), (Role.DIRECTOR, "east_clinic"),
])  # fmt: skip
def test_who_may_not(places, role, key):
    with pytest.raises(Forbidden):
        observe(resident(), PRESSURE, institution_id=places["east_clinic"], actor=person(role, places[key]))


def test_nobody_and_the_future_are_refused(places):
    with pytest.raises(NotVisible):
        observe(987654321, PRESSURE, institution_id=places["east_clinic"], actor=village_doctor(places))
    with pytest.raises(ValueError):
        observe(
            resident(), PRESSURE, institution_id=places["east_clinic"], actor=village_doctor(places),
            at=NOW + timedelta(minutes=2),
        )  # fmt: skip
    assert not Fact.objects.unscoped("test").exists()


def test_the_newest_number_of_each_code(places):
    who = resident()
    for at, value in ((NOW - timedelta(days=3), 150), (NOW - timedelta(days=1), 170), (NOW - timedelta(days=900), 200)):
        fact("observation", resident_id=who, at=at, value=str(value))
    found = latest(who, ["8480-6", "8462-4"])
    assert found == {"8480-6": (Decimal(170), "mmHg", (NOW - timedelta(days=1)).date())}
    assert latest(who, ["8480-6"], until=(NOW - timedelta(days=2)).date())["8480-6"][0] == 150
    assert latest(resident(), ["8480-6"]) == {}
    one_person(who, other := resident())
    assert latest(other, ["8480-6"])["8480-6"][0] == 170  # all entries of the person count
