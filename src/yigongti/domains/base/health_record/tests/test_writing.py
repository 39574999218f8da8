"""The table of facts: what is new, what replaces, what stays; and what the database itself refuses."""

from datetime import date, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yigongti.domains.base.health_record.models import Fact, FactKey
from yigongti.domains.base.health_record.tests.factories import CHINA, OF_KIND, fact, row, stored
from yigongti.kernel import clock

pytestmark = pytest.mark.django_db


def facts(**having):
    return Fact.objects.unscoped("test").filter(**having)


def test_sent_again_is_unchanged():
    rows = [row(record_no="A"), row(record_no="B", at=date(2024, 12, 31))]
    first, again = stored(*rows), stored(*reversed(rows))
    assert (first.stored, first.updated, first.unchanged) == (2, 0, 0)
    assert (again.stored, again.updated, again.unchanged) == (0, 0, 2)
    assert first.months == {date(2025, 3, 1), date(2024, 12, 1)}
    assert again.months == frozenset()
    assert facts().count() == 2


def test_a_changed_row_supersedes_in_whatever_month():
    stored(row(record_no="A", at=date(2025, 3, 1), display="old"))
    changed = stored(row(record_no="A", at=date(2025, 5, 2), display="new"), row(record_no="B"))
    assert (changed.stored, changed.updated, changed.unchanged) == (1, 1, 0)
    assert changed.months == {date(2025, 3, 1), date(2025, 5, 1)}
    old, new = facts(record_no="A").order_by("id")
    assert (old.display, old.superseded_by, new.display, new.superseded_by) == ("old", new.pk, "new", None)
    assert FactKey.objects.get(record_no="A").fact_id == new.pk


def test_one_number_of_two_sources_or_kinds_is_two_facts():
    stored(row(record_no="A"))
    assert stored(row(record_no="A", source_id=2), source_id=2).stored == 1
    assert stored(row("procedure", record_no="A"), kind="procedure").stored == 1


def test_rows_of_one_call_with_one_number():
    same, differing = row(record_no="A"), [row(record_no="B", display="x"), row(record_no="B", display="y")]
    written = stored(same, *differing, dict(same))
    assert (written.stored, written.unchanged) == (1, 1)
    assert written.refused["row_no"].to_list() == [3, 4]
    assert set(written.refused["code"]) == {"same_number"}
    assert not facts(record_no="B").exists()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("ABCDE"), st.tuples(st.sampled_from("xyz"), st.dates(date(2014, 11, 1), date(2015, 3, 1)))
        ),
        max_size=5,
    )
)
def test_what_stands_is_what_was_said_last(batches):
    """Against a dictionary: after any batches, one fact stands per number, with the last content and day."""
    with transaction.atomic():
        said = {}
        for batch in batches:
            rows = [row(record_no=n, display=text, at=on) for n, (text, on) in batch.items()]
            before = dict(said)
            said |= {n: (text, on) for n, (text, on) in batch.items()}
            written = stored(*rows)
            assert written.stored == len(batch.keys() - before.keys())
            assert written.updated == sum(before.get(n, v) != v for n, v in batch.items())
        assert {f.record_no: (f.display, f.happened_on) for f in facts(superseded_by=None)} == said
        assert {k.record_no: k.fact_id for k in FactKey.objects.all()} == {
            f.record_no: f.pk for f in facts(superseded_by=None)
        }
        transaction.set_rollback(True)


def test_a_fact_of_every_kind_reads_back():
    for kind in OF_KIND:
        made = fact(kind, at=datetime(2025, 3, 1, 0, 10, tzinfo=CHINA))
        made.refresh_from_db(from_queryset=facts())
        assert made.kind == kind
        assert made.happened_on == date(2025, 3, 1)  # ten past midnight in China is the day before in UTC


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("encounter", {"setting": "pharmacy"}),
        ("encounter", {"encounter_no": None}),
        ("encounter", {"fund_fen": 1}),
        ("encounter", {"total_fen": -1}),
        ("encounter", {"ended_at": datetime(2025, 2, 1, tzinfo=CHINA)}),
        ("encounter", {"happened_on": date(2025, 3, 2)}),
        ("encounter", {"inside_county": False}),
        ("encounter", {"institution_id": None}),
        ("encounter", {"tier": "quaternary"}),
        ("claim", {"fund_fen": None}),
        ("claim", {"fund_fen": 6_001}),
        ("claim", {"inside_county": False, "tier": "outside", "institution_id": None}),
        ("observation", {"value": None}),
        ("observation", {"code": None}),
        ("condition", {"code": None}),
        ("condition", {"total_fen": 1}),
        ("procedure", {"code": None}),
        ("medication", {"display": None}),
        ("immunisation", {"display": None}),
        ("document", {"display": None}),
    ],
)
def test_the_database_refuses_what_a_kind_cannot_be(kind, wrong):
    with pytest.raises(DatabaseError, match="check constraint"), transaction.atomic():
        stored(row(kind, **wrong), kind=kind)


def test_claims_from_outside_and_from_pharmacies_need_no_institution_of_ours():
    outside = {"inside_county": False, "tier": "outside", "institution_id": None, "institution_name": "上海某医院"}
    pharmacy = {"setting": "pharmacy", "institution_id": None, "institution_name": "某药店", "tier": None}
    assert stored(row("claim", **outside), row("claim", **pharmacy), kind="claim").stored == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE health_record_fact SET display = 'x'",
        "UPDATE health_record_fact SET superseded_by = 5, display = 'x'",
        "UPDATE health_record_fact SET happened_at = happened_at",
        "DELETE FROM health_record_fact",
        "DELETE FROM health_record_fact_2025_03",
    ],
)
def test_nobody_changes_a_fact(statement):
    fact()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_superseding_is_final():
    made = fact()
    assert facts(pk=made.pk).update(superseded_by=made.pk) == 1
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        facts(pk=made.pk).update(superseded_by=None)


def partitions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM health_record_fact GROUP BY 1 ORDER BY 1")
        return dict(cursor.fetchall())


def test_recent_months_older_years_and_the_rest_have_their_partitions():
    with clock.fixed(datetime(2026, 3, 1, tzinfo=CHINA)):
        for on in (date(2025, 3, 31), date(2025, 4, 1), date(2024, 1, 1), date(2023, 12, 31), date(2023, 1, 1)):
            fact(at=on)
        fact(at=date(1953, 6, 1))
        fact(at=date(2014, 12, 31))
    assert partitions() == {
        "health_record_fact_2025_03": 1,
        "health_record_fact_2025_04": 1,
        "health_record_fact_2024_01": 1,
        "health_record_fact_2023": 2,
        "health_record_fact_before_2015": 2,
    }


def test_a_year_that_was_cut_by_month_stays_so():
    with clock.fixed(datetime(2025, 3, 1, tzinfo=CHINA)):
        fact(at=date(2023, 5, 1))
    with clock.fixed(datetime(2027, 3, 1, tzinfo=CHINA)):
        fact(at=date(2023, 6, 1))
        fact(at=date(2022, 6, 1))
    assert partitions().keys() == {
        "health_record_fact_2022",
        "health_record_fact_2023_05",
        "health_record_fact_2023_06",
    }
