"""The lake follows who looks after a resident, not only what happened to them."""

from datetime import date, datetime

import polars as pl
import pytest
from django.db import connection

from yigongti.domains.base.health_record.lake import CLAIMS, ENCOUNTERS
from yigongti.domains.base.health_record.services.persons import SAID, register
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.api import ResidentHandedOver, ResidentsMerged, search
from yigongti.domains.base.residents.tests.factories import id_number
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.events import emit
from yigongti.kernel.intake.api import ROW, Storing
from yigongti.kernel.lake.models import Stale
from yigongti.kernel.lake.services import _read

pytestmark = pytest.mark.django_db

REST = ("card_no", "address", "household_no", "relation_to_head", "insurance_kind", "managing_institution")


@pytest.fixture
def places():
    return county_with_two_areas()


def sent(source_id: int, managing: str) -> pl.DataFrame:
    row = dict.fromkeys((*SAID, *REST)) | {
        "patient_no": "P1",
        "name": "王秀英",
        "sex": "2",
        "birth_date": date(1958, 3, 2),
        "managing_institution": managing,
    }
    schema = {name: pl.Date() if name == "birth_date" else pl.String() for name in row}
    return pl.DataFrame([row], schema=schema).with_row_index(ROW)


def stale() -> set[tuple[str, date]]:
    return set(Stale.objects.filter(dataset__in=("claims", "encounters")).values_list("dataset", "month"))


def test_who_is_looked_after_elsewhere_has_their_months_published_again(places):
    source = places["east_clinic"].pk
    storing = Storing(None, source, system_actor("intake", source))
    register(sent(source, places["east_clinic"].name), storing)
    who = search("王秀英", actor=storing.actor).cards[0].id
    fact("encounter", resident_id=who, source_id=source, institution_id=source, at=date(2025, 3, 4))
    fact("condition", resident_id=who, source_id=source, institution_id=source, at=date(2025, 5, 6))
    Stale.objects.all().delete()
    register(sent(source, places["east_clinic"].name), storing)
    assert stale() == set()
    register(sent(source, places["west_hospital"].name), storing)
    assert stale() == {("encounters", date(2025, 3, 1))}


def test_who_is_known_and_asked_about_counts_as_updated_and_is_published_again(places):
    source = places["east_clinic"].pk
    storing = Storing(None, source, system_actor("intake", source))
    right = sent(source, places["east_clinic"].name).with_columns(
        id_number=pl.lit(id_number(date(1958, 3, 2), 242)), address=pl.lit("一村 1 号")
    )
    first = register(right, storing)
    assert (first.stored, first.updated, first.unchanged) == (1, 0, 0)
    who = search("王秀英", actor=storing.actor).cards[0].id
    fact("encounter", resident_id=who, source_id=source, institution_id=source, at=date(2025, 3, 4))
    Stale.objects.all().delete()
    wrong = right.with_columns(birth_date=pl.lit(date(1958, 3, 3)), address=pl.lit("二村 2 号"))
    rows = pl.concat([right, wrong]).drop(ROW).with_row_index(ROW)
    again = register(rows, storing)
    assert (again.stored, again.updated, again.unchanged) == (0, 1, 1)
    assert stale() == {("encounters", date(2025, 3, 1))}
    again = register(wrong, storing)
    assert (again.stored, again.updated, again.unchanged) == (0, 0, 1)


def test_who_turns_out_to_be_one_person_has_their_months_published_again(places, django_capture_on_commit_callbacks):
    one, other = resident(name="甲"), resident(name="乙")
    clinic = places["east_clinic"].pk
    fact("encounter", resident_id=other, source_id=clinic, institution_id=clinic, at=date(2025, 3, 4))
    Stale.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        emit(ResidentsMerged(one, other))
    assert stale() == {("encounters", date(2025, 3, 1))}
    Stale.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        emit(ResidentHandedOver(other))
    assert stale() == {("encounters", date(2025, 3, 1))}


def test_an_entry_merged_twice_over_counts_for_the_person_it_finally_is(places):
    """First merged into second, second into third: the third says who looks after all of them."""
    clinic, hospital = places["east_clinic"].pk, places["west_hospital"].pk
    first = resident(name="甲", managing_institution_id=clinic)
    second = resident(name="乙", managing_institution_id=clinic)
    third = resident(name="丙", managing_institution_id=hospital)
    for who in (first, second, third):
        fact("encounter", resident_id=who, source_id=clinic, institution_id=clinic, at=date(2025, 3, 4))
    with connection.cursor() as cursor:
        for absorbed, kept in ((first, second), (second, third)):
            cursor.execute("UPDATE residents_resident SET merged_into_id = %s WHERE id = %s", [kept, absorbed])
    rows = _read(ENCOUNTERS, date(2025, 3, 1)).to_pylist()
    assert [(row["resident_id"], row["managing_id"]) for row in rows] == [(third, hospital)] * 3


def moved(who: int, until: datetime, before: int) -> None:
    """What the trigger writes when somebody else manages a resident from a moment on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO residents_managedbefore (managing_institution_id, pgh_created_at, pgh_label, pgh_obj_id)"
            " VALUES (%s, %s, 'managed', %s)",
            [before, until, who],
        )


def written(who: int, column: str, value: int | None) -> None:
    """As the master index's own services write it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE residents_resident SET {column} = %s WHERE id = %s", [value, who])


def manage(who: int, institution: int | None) -> None:
    written(who, "managing_institution_id", institution)


def homes(*months: date) -> list[tuple[date, int | None]]:
    found = [row for month in months for row in _read(CLAIMS, month).to_pylist()]
    return [(row["happened_on"], row["managing_id"]) for row in found]


def claims_on(who: int, source: int, *days: date) -> None:
    for on in days:
        fact("claim", resident_id=who, source_id=source, institution_id=source, at=on)


def test_home_of_a_claim_is_who_managed_the_person_on_its_day(places):
    """The east clinic until 10 March in the evening, the east hospital until the 20th, since then the west's."""
    clinic, east, west = (places[key].pk for key in ("east_clinic", "east_hospital", "west_hospital"))
    who = resident(managing_institution_id=west)
    moved(who, datetime(2025, 3, 10, 23, 30, tzinfo=clock.ZONE), clinic)
    moved(who, datetime(2025, 3, 20, 9, tzinfo=clock.ZONE), east)
    days = {
        date(2024, 12, 1): clinic,  # before anything is known: the earliest
        date(2025, 3, 9): clinic,
        date(2025, 3, 10): east,  # from the day of the change on
        date(2025, 3, 19): east,
        date(2025, 3, 20): west,
        date(2025, 4, 1): west,
    }
    claims_on(who, clinic, *days)
    claims_on(resident(managing_institution_id=east), clinic, date(2025, 3, 9))  # never moved
    found = homes(date(2024, 12, 1), date(2025, 3, 1), date(2025, 4, 1))
    assert sorted(found) == sorted([*days.items(), (date(2025, 3, 9), east)])


def test_moved_on_twice_in_a_day_is_moved_once(places):
    clinic, east, west = (places[key].pk for key in ("east_clinic", "east_hospital", "west_hospital"))
    who = resident(managing_institution_id=west)
    moved(who, datetime(2025, 3, 10, 9, tzinfo=clock.ZONE), clinic)
    moved(who, datetime(2025, 3, 10, 15, tzinfo=clock.ZONE), east)
    claims_on(who, clinic, date(2025, 3, 9), date(2025, 3, 10))
    assert homes(date(2025, 3, 1)) == [(date(2025, 3, 9), clinic), (date(2025, 3, 10), west)]


def test_the_database_remembers_who_managed_whom(places):
    """Today's change leaves what was settled before where it was; that somebody is managed at last is no change."""
    clinic, west = places["east_clinic"].pk, places["west_hospital"].pk
    one, other = resident(managing_institution_id=clinic), resident()
    claims_on(one, clinic, date(2025, 3, 4))
    claims_on(other, clinic, date(2025, 3, 5))
    assert homes(date(2025, 3, 1)) == [(date(2025, 3, 4), clinic), (date(2025, 3, 5), None)]
    manage(one, west)
    manage(other, west)
    assert homes(date(2025, 3, 1)) == [(date(2025, 3, 4), clinic), (date(2025, 3, 5), west)]
    manage(one, None)
    manage(one, clinic)
    assert homes(date(2025, 3, 1))[0] == (date(2025, 3, 4), clinic)


def test_a_merged_entry_is_managed_as_the_one_it_stands_for(places):
    clinic, east, west = (places[key].pk for key in ("east_clinic", "east_hospital", "west_hospital"))
    absorbed, kept = resident(managing_institution_id=east), resident(managing_institution_id=west)
    moved(kept, datetime(2025, 3, 10, 9, tzinfo=clock.ZONE), clinic)
    moved(absorbed, datetime(2025, 3, 10, 9, tzinfo=clock.ZONE), west)
    claims_on(absorbed, clinic, date(2025, 3, 9), date(2025, 3, 11))
    written(absorbed, "merged_into_id", kept)
    assert homes(date(2025, 3, 1)) == [(date(2025, 3, 9), clinic), (date(2025, 3, 11), west)]


def test_handed_over_only_what_is_settled_from_now_on_moves(places):
    clinic = places["east_clinic"].pk
    who = resident(managing_institution_id=clinic)
    days = date(2025, 3, 4), date(2025, 4, 4), date(2025, 5, 4)
    claims_on(who, clinic, *days)
    for on in days:
        fact("encounter", resident_id=who, source_id=clinic, institution_id=clinic, at=on)
    Stale.objects.all().delete()
    with clock.fixed(datetime(2025, 4, 20, 9, tzinfo=clock.ZONE)):
        emit(ResidentHandedOver(who))
    assert stale() == {("claims", date(2025, 4, 1)), ("claims", date(2025, 5, 1))} | {
        ("encounters", on.replace(day=1)) for on in days
    }
