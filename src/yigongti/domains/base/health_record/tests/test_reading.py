"""The timeline: what is on it, in which order, narrowed how; and lists of facts for those above."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.support.people import person

from yigongti.domains.base.health_record import api
from yigongti.domains.base.health_record.api import Filters
from yigongti.domains.base.health_record.models import Correction, Fact
from yigongti.domains.base.health_record.services import corrections, writing
from yigongti.domains.base.health_record.services.corrections import NothingToCorrect
from yigongti.domains.base.health_record.tests.factories import CHINA, fact, frame, resident, row, stored
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel.access.api import NotVisible, Role, system_actor
from yigongti.kernel.lake.models import Stale

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("tests")


@pytest.fixture
def places():
    return {key: made.pk for key, made in county_with_two_areas().items()}


def listed(found):
    return [
        (day.on, [(entry.fact.kind, [part.kind for part in entry.parts]) for entry in day.entries])
        for day in found.days
    ]


def test_days_newest_first_with_each_visit_s_own(places):
    who = resident()
    own = {"resident_id": who, "encounter_no": "V1", "at": date(2025, 3, 1)}
    fact("observation", **own)
    fact("encounter", **own)
    fact("condition", **own)
    fact("medication", **own | {"encounter_no": "V2"})  # of a visit that isn't there
    fact("claim", resident_id=who, at=date(2025, 3, 9))
    fact("encounter", resident_id=who + 1, at=date(2025, 3, 9))
    assert listed(api.timeline(who, actor=SYSTEM)) == [
        (date(2025, 3, 9), [("claim", [])]),
        (date(2025, 3, 1), [("medication", []), ("encounter", ["condition", "observation"])]),
    ]


def test_filters(places):
    who, hospital, clinic = resident(), places["east_hospital"], places["east_clinic"]
    outside = {"inside_county": False, "tier": "outside", "institution_id": None, "institution_name": "上海某医院"}
    fact(resident_id=who, source_id=hospital, display="高血压病", at=date(2025, 1, 1))
    fact(resident_id=who, source_id=clinic, display="感冒", at=date(2025, 2, 1))
    fact("claim", resident_id=who, source_id=hospital, at=date(2025, 3, 1), **outside)

    def total(**filters):
        return api.timeline(who, actor=SYSTEM, filters=Filters(**filters)).total

    assert total() == 3
    assert total(kinds=("claim",)) == 1
    assert total(institution=f"id:{clinic}") == 1
    assert total(institution="name:上海某医院") == 1
    assert total(institution="id:' OR 1=1") == 3  # nonsense narrows nothing
    assert total(since=date(2025, 2, 1)) == 2
    assert total(until=date(2025, 2, 1)) == 2
    assert total(text="高血压") == total(text="i10.x") - 1 == 1
    assert total(text="高血压 感冒") == 0
    found = api.timeline(who, actor=SYSTEM, filters=Filters(kinds=("claim",)))
    assert [(o.value, o.count) for o in found.kinds] == [("encounter", 2), ("claim", 1)]
    assert {(o.label, o.count) for o in found.institutions} == {
        ("east_hospital", 1), ("east_clinic", 1), ("上海某医院", 1)
    }  # fmt: skip


def test_pages_cover_everything_once(places):
    who = resident()
    rows = [row(resident_id=who, at=date(2025, 1, 1 + n % 28), record_no=f"R{n}") for n in range(25)]
    stored(*rows)
    seen, offset = [], 0
    while offset is not None:
        found = api.timeline(who, actor=SYSTEM, offset=offset, limit=10)
        seen += [entry.fact.id for day in found.days for entry in day.entries]
        offset = found.earlier
    assert len(seen) == len(set(seen)) == 25


def test_a_merged_person_has_one_record(places):
    one, other = resident(), resident()
    fact(resident_id=one, at=date(2025, 1, 1))
    fact(resident_id=other, at=date(2025, 1, 2))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE residents_resident SET merged_into_id = %s WHERE id = %s", [one, other])
    for entry in (one, other):
        assert api.timeline(entry, actor=SYSTEM).total == 2


def test_trends_of_one_unit(places):
    who = resident()
    for day, value in ((1, "146"), (2, "150.5"), (3, "138")):
        fact("observation", resident_id=who, at=date(2025, 3, day), value=value)
    fact("observation", resident_id=who, code="15074-8", value="7.1", unit="mmol/L", at=date(2025, 3, 2))
    fact("observation", resident_id=who, code="2339-0", value="110", unit="mg/dL", at=date(2025, 3, 1))
    (pressure,) = api.timeline(who, actor=SYSTEM).trends
    assert (pressure.values, pressure.latest, pressure.unit) == ((146.0, 150.5, 138.0), "138", "mmHg")


def test_five_hundred_facts_cost_a_fixed_number_of_questions(places):
    who, few = resident(), resident()
    stored(
        *(row(resident_id=who, at=date(2024 + n % 2, 1 + n % 12, 1 + n % 28), record_no=f"R{n}") for n in range(500))
    )
    stored(row(resident_id=few, record_no="F"))

    def questions(resident_id):
        with CaptureQueriesContext(connection) as asked:
            api.timeline(resident_id, actor=SYSTEM, limit=500)
        return len(asked)

    questions(few)  # the directory is remembered from here on
    assert questions(who) == questions(few) <= 12


def test_lists_reach_as_far_as_the_viewer_s_institutions(places):
    who, hers = resident(name="王秀英"), resident(managing_institution_id=places["east_clinic"])
    east = fact(resident_id=who, source_id=places["east_hospital"])
    west = fact(resident_id=who, source_id=places["west_hospital"])
    looked_after = fact(resident_id=hers, source_id=places["west_hospital"])
    pairs = [(f.happened_on, f.pk) for f in (looked_after, west, east)]
    seen = api.facts(pairs, actor=person(Role.DIRECTOR, places["east"]))
    assert [f.id for f in seen] == [looked_after.pk, east.pk]
    assert seen[1].resident_name == "王*英"
    assert [f.id for f in api.facts(pairs, actor=SYSTEM)] == [looked_after.pk, west.pk, east.pk]


def test_a_correction_stands_though_the_source_repeats_itself(places):
    east = places["east_hospital"]
    sent = row("observation", record_no="M1", source_id=east, institution_id=east, value="1860", resident_id=resident())
    stored(sent, kind="observation", source_id=east)
    old = Fact.objects.unscoped("test").get(record_no="M1")
    doctor = person(Role.DOCTOR, east)
    new = api.correct(old.pk, {"value": Decimal("186")}, actor=doctor, reason="少了小数点")
    again = stored(sent, kind="observation", source_id=east)
    assert (again.stored, again.updated, again.unchanged) == (0, 0, 1)
    old.refresh_from_db(from_queryset=Fact.objects.unscoped("test"))
    assert (old.superseded_by, new.value, new.superseded_by) == (new.pk, Decimal("186"), None)
    assert Correction.objects.get().reason == "少了小数点"

    corrected_by_the_source = frame([sent | {"value": "187", "content_hash": "0" * 32}]).to_dicts()[0]
    assert stored(corrected_by_the_source, kind="observation", source_id=east).updated == 1
    standing = Fact.objects.unscoped("test").get(record_no="M1", superseded_by=None)
    assert standing.value == 187


def test_a_correction_takes_its_id_from_where_batches_take_theirs(places, monkeypatch):
    """A number drawn from the sequence alone could fall among those a batch is just taking."""
    east = places["east_hospital"]
    old = fact("observation", resident_id=resident(), source_id=east, institution_id=east)
    taken = []
    monkeypatch.setattr(corrections, "reserve_ids", lambda count: taken.append(writing.reserve_ids(count)) or taken[-1])
    new = api.correct(old.pk, {"value": Decimal("1")}, actor=person(Role.DOCTOR, east), reason="错")
    assert taken == [new.pk] and new.pk > old.pk


def test_what_cannot_be_corrected(places):
    east = places["east_hospital"]
    made = fact(source_id=east, resident_id=resident())
    doctor = person(Role.DOCTOR, east)
    with pytest.raises(NotVisible):
        api.correct(made.pk, {"display": "x"}, actor=person(Role.DOCTOR, places["west"]), reason="试试看")
    with pytest.raises(KeyError, match="resident_id"):
        api.correct(made.pk, {"resident_id": 5}, actor=doctor, reason="不是他")
    with pytest.raises(NothingToCorrect):
        api.correct(made.pk, {"display": made.display}, actor=doctor, reason="没有变")
    with pytest.raises(DatabaseError), transaction.atomic():
        api.correct(made.pk, {"setting": "pharmacy"}, actor=doctor, reason="就诊不在药店")
    api.withdraw(made.pk, actor=doctor, reason="登记错了")
    with pytest.raises(NothingToCorrect):
        api.withdraw(made.pk, actor=doctor, reason="再来一次")
    assert api.timeline(made.resident_id, actor=SYSTEM).total == 0


def test_a_correction_can_move_a_fact_to_another_month(places):
    made = fact(source_id=places["east_hospital"], resident_id=resident())
    at = datetime(2024, 2, 29, 23, 30, tzinfo=CHINA)
    new = api.correct(
        made.pk, {"happened_at": at}, actor=person(Role.DOCTOR, places["east_hospital"]), reason="日期写错"
    )
    assert new.happened_on == date(2024, 2, 29)
    marks = {(mark.dataset, mark.month) for mark in Stale.objects.filter(dataset__in=("claims", "encounters"))}
    assert marks == {("encounters", date(2025, 3, 1)), ("encounters", date(2024, 2, 1))}
