"""A database put back to an older state is found out by what is kept outside it."""

import pytest
from click.testing import CliRunner
from django.db import connection
from tests.support.people import person

from yigongti.kernel.audit import anchors
from yigongti.kernel.audit.api import record, verify
from yigongti.kernel.audit.cli import audit

pytestmark = pytest.mark.django_db


def write(count, actor_id=1):
    for i in range(count):
        record(actor=person(None, 1, id=actor_id), act="test.act", subject=f"thing:{i}")


def dump():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept_line AS TABLE audit_line")
        cursor.execute("CREATE TEMPORARY TABLE kept_head AS TABLE audit_head")


def restore():
    """What an administrator of the database can do who kept a copy of both tables."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_line DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM audit_line")
        cursor.execute("DELETE FROM audit_head")
        cursor.execute("INSERT INTO audit_line SELECT * FROM kept_line")
        cursor.execute("INSERT INTO audit_head SELECT * FROM kept_head")
        cursor.execute("ALTER TABLE audit_line ENABLE TRIGGER ALL")


def kinds():
    return [fault.kind for fault in verify().faults]


def test_an_older_copy_put_back_whole_is_found():
    write(3)
    dump()
    write(2)
    write(1, actor_id=2)
    assert verify().sound
    restore()
    assert kinds() == ["rolled_back", "rolled_back"]
    write(4)  # longer than before does not hide it
    assert "rolled_back" in kinds()


def test_without_a_verification_between_there_is_nothing_to_compare_with():
    write(3)
    assert verify().sound
    dump()
    write(2)
    restore()
    assert verify().sound


def test_going_on_after_the_anchor_is_sound():
    write(3)
    assert verify().sound
    write(3)
    assert verify().sound
    assert len(anchors.path().read_text().splitlines()) == 2


def test_a_changed_anchor_is_found():
    write(3)
    assert verify().sound
    text = anchors.path().read_text()
    anchors.path().write_text(text.replace('"1":[3', '"1":[2'))
    assert kinds() == ["anchor"]


def test_a_torn_line_is_found_and_does_not_spoil_the_next_one():
    write(3)
    assert verify().sound
    with anchors.path().open("a") as file:
        file.write('{"at":"2026-')  # a full disk
    assert kinds() == ["anchor"]
    assert CliRunner().invoke(audit, ["restored", "the disk was full"]).exit_code == 0
    assert verify().sound


def test_it_is_said_what_was_compared_with():
    write(3)
    assert verify().anchored_at is None
    first = verify().anchored_at
    assert first is not None
    anchors.path().unlink()
    assert verify().anchored_at is None  # and the page says so
    assert "no anchor" not in CliRunner().invoke(audit, ["verify"]).output


def test_a_restore_that_was_meant_goes_on():
    write(3)
    dump()
    write(2)
    assert verify().sound
    restore()
    assert CliRunner().invoke(audit, ["verify"]).exit_code == 1
    assert CliRunner().invoke(audit, ["restored", "disk failure on Tuesday"]).exit_code == 0
    assert CliRunner().invoke(audit, ["verify"]).exit_code == 0
