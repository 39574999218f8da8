"""kill -9 while a batch is being stored: whatever the moment, going on gives what an undisturbed run gives."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected

from tests.intake.county import County, counts, county, encounter, table, what_stands
from yigongti.domains.base.health_record.models import Fact, FactKey
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.processing import process
from yigongti.kernel.intake.receiving import receive

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 600
BLOCK = 6_000  # bytes: some fifteen chunks

READ = """
import sys, django
django.setup()
from django.conf import settings
settings.INTAKE_BLOCK_BYTES = int(sys.argv[2])
from yigongti.kernel.intake.processing import process
batch = process(int(sys.argv[1]), progress=lambda share, rows: print(rows, flush=True))
print(batch.state, flush=True)
"""


def reader(batch_id: int) -> subprocess.Popen[str]:
    """Another process that works on a batch, as a job would; it prints a line after each chunk."""
    database = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = os.environ | {
        "DATABASE_URL": address,
        "YIGONGTI_VAR": str(settings.VAR),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", READ, str(batch_id), str(BLOCK)], stdout=subprocess.PIPE, text=True, env=environment
    )


def received(data: bytes, here: County) -> Batch:
    import io

    return receive(
        io.BytesIO(data),
        file_name="encounters.csv",
        size=len(data),
        source_id=here.hospital,
        actor=system_actor("tests"),
        queue=False,
    ).batch


def fresh(batch: Batch) -> Batch:
    return Batch.objects.unscoped("test").get(pk=batch.pk)


def test_killed_again_and_again(settings):
    settings.INTAKE_BLOCK_BYTES = BLOCK
    here = county()
    data = table([encounter(n, n // 4, **({"就诊类别": "体检"} if n % 50 == 7 else {})) for n in range(ROWS)])
    batch = received(data, here)
    kills = 0
    for stop_after, pause in ((0, 0.0), (2, 0.0), (1, 0.03)):
        child = reader(batch.pk)
        for _ in range(stop_after):
            child.stdout.readline()
        if stop_after == 0:
            wait_until_it_reads(batch)
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += child.returncode == -signal.SIGKILL
        now = fresh(batch)
        assert now.state in (Batch.State.READING, Batch.State.RECEIVED)
        # What is stored is exactly what the receipt says is stored: a chunk is there whole or not at all.
        assert Fact.objects.unscoped("test").count() == FactKey.objects.count() == now.stored
        assert now.refused_rows.count() == now.refused
    assert kills == 3
    assert 0 < fresh(batch).rows < ROWS

    done = process(batch.pk)
    assert done.state == Batch.State.DONE
    assert counts(done) == (ROWS - 12, 0, 0, 12)
    interrupted = what_stands()

    again = process(received(data + b"\n", here).pk)  # other bytes, the same rows: an undisturbed run
    assert counts(again) == (0, 0, ROWS - 12, 12)
    assert what_stands() == interrupted
    assert not list((settings.VAR / "uploads").iterdir())


def wait_until_it_reads(batch: Batch) -> None:
    deadline = time.monotonic() + 30
    while fresh(batch).state == Batch.State.RECEIVED and time.monotonic() < deadline:
        time.sleep(0.02)


def test_two_processes_never_store_one_batch_twice(settings):
    settings.INTAKE_BLOCK_BYTES = BLOCK
    here = county()
    batch = received(table([encounter(n, n // 4) for n in range(ROWS)]), here)
    children = [reader(batch.pk) for _ in range(2)]
    for child in children:
        child.communicate(timeout=240)
    done = process(batch.pk)
    assert (done.state, counts(done)) == (Batch.State.DONE, (ROWS, 0, 0, 0))
    assert Fact.objects.unscoped("test").count() == ROWS


def test_a_deadlock_is_tried_again(settings, monkeypatch):
    from yigongti.kernel.intake import processing

    here = county()
    batch = received(table([encounter(1)]), here)
    store, broken = processing._store_part, []

    def broken_off_once(*args):
        done = store(*args)
        if not broken:
            broken.append(1)
            raise OperationalError("deadlock detected") from DeadlockDetected()
        return done

    monkeypatch.setattr(processing, "_store_part", broken_off_once)
    done = process(batch.pk)
    assert (done.state, counts(done), done.failures) == (Batch.State.DONE, (1, 0, 0, 0), 0)
    assert Fact.objects.unscoped("test").count() == 1


def test_an_upload_that_is_gone_says_so(settings):
    here = county()
    batch = received(table([encounter(1)]), here)
    for path in Path(settings.VAR / "uploads").iterdir():
        path.unlink()
    assert process(batch.pk).refusal_code == "upload_lost"


def test_an_error_is_counted_and_at_last_stops_the_batch(settings, monkeypatch):
    from yigongti.kernel.intake import processing

    here = county()
    batch = received(table([encounter(1)]), here)
    monkeypatch.setattr(processing, "_store_part", lambda *a: 1 / 0)
    for _ in range(processing.MOST_FAILURES):
        assert not fresh(batch).finished
        with pytest.raises(ZeroDivisionError):
            process(batch.pk)
    stopped = fresh(batch)
    assert (stopped.state, counts(stopped)) == (Batch.State.STOPPED, (0, 0, 0, 0))
    assert "ZeroDivisionError" in stopped.refusal
    monkeypatch.undo()
    assert counts(process(received(table([encounter(1)]), here).pk)) == (1, 0, 0, 0)
