"""The lake follows who looks after a resident, not only what happened to them."""

from datetime import date

import polars as pl
import pytest
from django.db import connection

from yigongti.domains.base.health_record.lake import ENCOUNTERS
from yigongti.domains.base.health_record.services.persons import SAID, register
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.domains.base.residents.api import ResidentHandedOver, ResidentsMerged, search
from yigongti.domains.base.residents.tests.factories import id_number
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
