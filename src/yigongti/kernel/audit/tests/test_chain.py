"""The trail notices every way of tampering, whoever does it with full rights on the database."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from tests.support.people import person

from yigongti.kernel.audit import anchors
from yigongti.kernel.audit.api import record, verify
from yigongti.kernel.audit.models import Line

pytestmark = pytest.mark.django_db


def write(count: int = 6, actor_id: int = 1) -> None:
    for i in range(count):
        record(actor=person(None, 1, id=actor_id), act="test.act", subject=f"thing:{i}", detail={"名": i})


def tamper(sql: str, *values: object) -> None:
    """Write past the append-only trigger, as an administrator of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_line DISABLE TRIGGER ALL")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE audit_line ENABLE TRIGGER ALL")


def faults() -> set[tuple[int, str]]:
    return {(fault.number, fault.kind) for fault in verify().faults}


def test_an_untouched_trail_is_sound():
    write(5, actor_id=1)
    write(5, actor_id=2)
    result = verify()
    assert (result.lines, result.sound) == (10, True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_id", "99"),
        ("actor_name", "'别人'"),
        ("act", "'test.other'"),
        ("subject", "'thing:99'"),
        ("outcome", "'refused'"),
        ("detail", "'{}'"),
        ("at", "at + interval '1 second'"),
        ("resident_id", "5"),
        ("organisation_id", "7"),
    ],
)
def test_an_edited_line_is_found(column, value):
    write()
    tamper(f"UPDATE audit_line SET {column} = {value} WHERE number = 3")
    assert (3, "altered") in faults()


def test_a_removed_line_is_found():
    write()
    tamper("DELETE FROM audit_line WHERE number = 3")
    assert (3, "missing") in faults()


def test_a_removed_line_is_found_when_the_rest_is_renumbered():
    write()
    tamper("DELETE FROM audit_line WHERE number = 3")
    tamper("UPDATE audit_line SET number = number - 1 WHERE number > 3")
    assert (3, "altered") in faults()


def test_two_lines_exchanged_are_found():
    write()
    tamper("UPDATE audit_line SET number = 1000 WHERE number = 2")
    tamper("UPDATE audit_line SET number = 2 WHERE number = 4")
    tamper("UPDATE audit_line SET number = 4 WHERE number = 1000")
    assert {(2, "altered"), (4, "altered")} <= faults()


def test_a_cut_off_end_is_found_even_if_the_head_is_moved_back():
    write()
    tamper("DELETE FROM audit_line WHERE number > 4")
    assert any(kind == "head" for _, kind in faults())
    tamper("UPDATE audit_head SET number = 4, last = (SELECT seal FROM audit_line WHERE number = 4 AND shard = 1)")
    assert any(kind == "head" for _, kind in faults())


def test_a_chain_removed_whole_with_its_head_is_found():
    write(actor_id=1)
    write(actor_id=2)
    tamper("DELETE FROM audit_line WHERE shard = 1")
    tamper("DELETE FROM audit_head WHERE shard = 1")
    assert not verify().sound


def test_an_emptied_table_is_found():
    write()
    tamper("DELETE FROM audit_line")
    assert not verify().sound


def test_the_database_refuses_to_edit_or_remove_a_line():
    write(1)
    for act in (lambda: Line.objects.update(act="x"), lambda: Line.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert verify().sound


def test_a_line_stands_exactly_if_its_transaction_does():
    write(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        record(actor=person(None, 1), act="test.act", subject="thing:x")
        raise RuntimeError
    result = verify()
    assert (result.lines, result.sound) == (1, True)


class AnyTrail(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 40), st.text(max_size=20).filter(lambda t: "\x00" not in t)), min_size=1),
        st.data(),
    )
    def test_any_single_edit_is_found(self, acts, data):
        anchors.path().unlink(missing_ok=True)  # of the example before, which was rolled back
        for actor_id, text in acts:
            record(actor=person(None, 1, id=actor_id), act="test.act", subject="thing:1", detail={"t": text})
        assert verify().sound
        victim = data.draw(st.sampled_from(sorted(Line.objects.values_list("pk", flat=True))))
        tamper("UPDATE audit_line SET actor_name = actor_name || 'x' WHERE id = %s", victim)
        assert not verify().sound
