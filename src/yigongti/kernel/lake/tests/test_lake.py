"""The lake holds exactly the facts of a month, switches whole, and forgets no change."""

from datetime import date
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from django.conf import settings
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from yigongti.kernel import clock
from yigongti.kernel.lake import datasets as registry
from yigongti.kernel.lake import selectors
from yigongti.kernel.lake.api import (
    Dataset,
    KeptDamaged,
    engine,
    keep,
    kept,
    mark_stale,
    publish_stale,
    register_dataset,
    snapshot,
    table,
    verify,
)
from yigongti.kernel.lake.models import Stale
from yigongti.kernel.lake.tasks import wake

pytestmark = pytest.mark.django_db

THINGS = Dataset(
    "test_things",
    pa.schema(
        [
            ("id", pa.int64()),
            ("on_day", pa.date32()),
            ("name", pa.string()),
            ("inside", pa.bool_()),
            ("amount", pa.int64()),
            ("level", pa.decimal128(12, 4)),
        ]
    ),
    "SELECT id, on_day, name, inside, amount, level FROM things WHERE on_day >= %(start)s AND on_day < %(end)s",
)


@pytest.fixture
def things(monkeypatch):
    monkeypatch.setattr(registry, "_datasets", {})
    register_dataset(THINGS)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE things (id bigint, on_day date, name text, inside boolean, amount bigint, level numeric)"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE things")


def put(*rows):
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO things VALUES (%s, %s, %s, %s, %s, %s)", rows)
    mark_stale("test_things", [row[1] for row in rows])


def read(start=None, end=None):
    with engine() as backend:
        found = table(backend, snapshot("test_things", start, end))
        return [tuple(row.values()) for row in found.order_by("id").to_pyarrow().to_pylist()]


AWKWARD = [
    (1, date(2025, 1, 31), '逗号, 引号" 换\n行', True, 123, Decimal("7.1000")),
    (2, date(2025, 2, 1), "", False, None, None),
    (3, date(2025, 2, 28), None, None, -5, Decimal("-0.0001")),
    (4, date(2025, 2, 28), "\\N", True, 2**60, Decimal("99999999.9999")),
]


def test_what_is_published_is_what_was_there(things):
    put(*AWKWARD)
    assert publish_stale() == 2
    assert read() == AWKWARD
    assert read(date(2025, 2, 1), date(2025, 3, 1)) == AWKWARD[1:]


def test_nothing_published_is_an_empty_table(things):
    assert read() == []


def test_a_later_change_is_marked_and_then_seen(things):
    put(*AWKWARD)
    publish_stale()
    before = snapshot("test_things")
    assert before.waiting == 0
    put((5, date(2025, 1, 2), "new", True, 1, None))
    assert snapshot("test_things").waiting == 1
    assert len(read()) == 4  # not before it is published
    publish_stale()
    assert len(read()) == 5
    assert publish_stale() == 0
    after = snapshot("test_things")
    assert dict(before.files)[date(2025, 2, 1)] == dict(after.files)[date(2025, 2, 1)]  # only the changed month


def test_a_dataset_of_the_same_facts_is_published_with_them(things):
    register_dataset(Dataset("test_shadows", THINGS.schema, THINGS.select, follows=("test_things",)))
    put((1, date(2025, 1, 31), "a", True, 1, Decimal(1)))
    assert set(Stale.objects.values_list("dataset", "month")) == {
        ("test_things", date(2025, 1, 1)), ("test_shadows", date(2025, 1, 1)),
    }  # fmt: skip
    mark_stale("test_shadows", [date(2025, 2, 1)])  # and not the other way round
    assert not Stale.objects.filter(dataset="test_things", month=date(2025, 2, 1)).exists()


def test_a_reader_that_began_before_a_switch_goes_on_with_its_files(things):
    put(*AWKWARD)
    publish_stale()
    taken = snapshot("test_things")
    put((5, date(2025, 1, 2), "new", True, 1, None))
    publish_stale()
    with engine() as backend:
        assert table(backend, taken).count().execute() == 4


def test_a_publication_that_fails_leaves_the_month_as_it_was_and_waiting(things):
    put(*AWKWARD)
    publish_stale()
    put((6, date(2025, 1, 3), "x", True, 1, Decimal("123456789012345")))  # does not fit decimal(12, 4)
    with pytest.raises(pa.ArrowInvalid), transaction.atomic():
        publish_stale()
    assert len(read()) == 4
    assert Stale.objects.filter(dataset="test_things").exists()


def test_a_month_that_can_not_be_published_holds_no_other_up(things):
    put((6, date(2025, 1, 3), "x", True, 1, Decimal("123456789012345")), AWKWARD[1])
    with pytest.raises(pa.ArrowInvalid):
        publish_stale()
    assert read() == [AWKWARD[1]]
    assert list(Stale.objects.values_list("month", flat=True)) == [date(2025, 1, 1)]


def test_a_mark_no_job_waits_for_gets_its_job(things):
    """A mark committed just after the one waiting job had begun finds that job taken, and so queues none."""
    put(*AWKWARD)
    ProcrastinateJob.objects.filter(task_name="lake.publish", status="todo")._raw_delete("default")
    wake(timestamp=0)
    assert ProcrastinateJob.objects.filter(task_name="lake.publish", status="todo").count() == 1
    publish_stale()
    ProcrastinateJob.objects.filter(task_name="lake.publish", status="todo")._raw_delete("default")
    wake(timestamp=0)
    assert not ProcrastinateJob.objects.filter(task_name="lake.publish", status="todo").exists()


def test_old_files_do_not_pile_up(things, django_capture_on_commit_callbacks):
    for number in range(6):
        with django_capture_on_commit_callbacks(execute=True):
            put((number, date(2025, 1, 2), "x", True, 1, None))
            publish_stale()
    files = list((settings.VAR / "lake" / "test_things").glob("2025-01.*.parquet"))
    assert len(files) <= 3


def test_a_dataset_is_registered_once(things):
    register_dataset(THINGS)
    with pytest.raises(ValueError):
        register_dataset(Dataset("test_things", THINGS.schema, "SELECT 1"))


def test_an_engine_taken_by_another_thread_in_between_is_not_missed(monkeypatch):
    """The list looks full, and is empty by the time it is asked."""

    class Taken(list):
        def __bool__(self):
            return True

    monkeypatch.setattr(selectors, "_idle", Taken())
    with engine() as backend:
        assert backend.con.execute("SELECT 1").fetchall() == [(1,)]


def test_an_engine_comes_back_without_anything_of_whom_it_served(monkeypatch):
    monkeypatch.setattr(selectors, "_idle", [])
    with engine() as backend:
        backend.con.execute("CREATE VIEW plain AS SELECT 1")
        backend.con.execute("CREATE TEMP VIEW plain AS SELECT 2")
        backend.con.execute("""CREATE TEMP VIEW "a ""quoted"" one" AS SELECT 3""")
        assert ibis.memtable({"a": [1]}).count().to_pyarrow() is not None
    with engine() as again:
        assert again is backend
        assert again.con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall() == []


def kept_rows(what):
    with engine() as backend:
        found = table(backend, what.snapshot("test_things"))
        return [(row["id"], row["amount"]) for row in found.order_by("id").to_pyarrow().to_pylist()]


def test_what_is_kept_stays_as_it_was(things):
    put((1, date(2025, 1, 3), "a", True, 10, None), (2, date(2025, 2, 3), "b", True, 20, None))
    publish_stale()
    year = keep("year-2025", [snapshot("test_things")])
    for amount in (30, 40, 50):  # as often published again as removes the first file
        put((amount, date(2025, 1, 4), "late", True, amount, None))
        publish_stale()
    assert len(read()) == 5
    assert kept_rows(kept("year-2025")) == [(1, 10), (2, 20)]
    verify(kept("year-2025"))
    assert kept("year-2025").digest == year.digest
    with pytest.raises(ValueError, match="year-2025"):
        keep("year-2025", [snapshot("test_things")])


def test_keeping_twice_is_keeping_once(things):
    put((1, date(2025, 1, 3), "a", True, 10, None))
    publish_stale()
    assert keep("again", [snapshot("test_things")]) == keep("again", [snapshot("test_things")])


def test_a_keeping_that_was_rolled_back_leaves_the_name_free(things):
    put((1, date(2025, 1, 3), "a", True, 10, None))
    publish_stale()
    with pytest.raises(RuntimeError), transaction.atomic():
        keep("undone", [snapshot("test_things")])
        raise RuntimeError
    assert kept("undone") is None
    put((2, date(2025, 1, 5), "b", True, 20, None))
    publish_stale()
    assert kept_rows(keep("undone", [snapshot("test_things")])) == [(1, 10), (2, 20)]


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_kept_file_that_was_touched_is_found(things, harm):
    put((1, date(2025, 1, 3), "a", True, 10, None))
    publish_stale()
    what = keep(f"harm-{harm}", [snapshot("test_things")])
    file = settings.VAR / "lake" / what.files[0].file
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(KeptDamaged, match=harm):
        verify(what)


@pytest.mark.parametrize("name", ["", "../up", "a b", "A", "x" * 81])
def test_a_name_that_is_no_file_name_is_refused(things, name):
    with pytest.raises(ValueError, match="name"):
        keep(name, [])


def halves(month):
    """Half of each amount of a month, as it is published."""
    with engine() as backend:
        rows = table(backend, snapshot("test_things", month, clock.next_month(month))).order_by("id").to_pyarrow()
    return pa.table({"id": rows["id"], "half": [value // 2 for value in rows["amount"].to_pylist()]})


def published(dataset, month):
    with engine() as backend:
        found = table(backend, snapshot(dataset, month, clock.next_month(month)))
        return [tuple(row.values()) for row in found.to_pyarrow().to_pylist()]


def test_what_is_worked_out_of_another_dataset_comes_after_it_and_with_it(things):
    """Its name comes before the other's in the alphabet, and its month waits already: it reads the new month still."""
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("half", pa.int32())])
    register_dataset(Dataset("test_halves", schema, rows=halves, reads=("test_things",)))
    january = date(2025, 1, 1)
    put((1, january, "a", True, 10, None))
    assert publish_stale() == 2
    assert published("test_halves", january) == [(1, 5)]
    mark_stale("test_halves", [january])
    put((2, january, "b", True, 7, None))
    assert publish_stale() == 2
    assert published("test_halves", january) == [(1, 5), (2, 3)]
    assert publish_stale() == 0
    mark_stale("test_halves", [january])  # by itself, for a reason of its own
    assert publish_stale() == 1
    assert published("test_halves", january) == [(1, 5), (2, 3)]


def test_the_same_rows_worked_out_again_are_the_same_file(things):
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("half", pa.int32())])
    register_dataset(Dataset("test_halves", schema, rows=halves, reads=("test_things",)))
    put(*((n, date(2025, 1, 1), "a", True, n, None) for n in range(5)))
    publish_stale()
    first = keep("first", [snapshot("test_halves")])
    mark_stale("test_halves", [date(2025, 1, 1)])
    publish_stale()
    assert [part.sha256 for part in keep("second", [snapshot("test_halves")]).files] == [
        part.sha256 for part in first.files
    ]


def test_a_dataset_is_selected_or_worked_out():
    with pytest.raises(ValueError, match="either"):
        Dataset("test_neither", THINGS.schema)
    with pytest.raises(ValueError, match="either"):
        Dataset("test_both", THINGS.schema, "SELECT 1", rows=halves)
