"""A worker that is killed takes nothing with it: its jobs run again and its locks are free."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from yigongti.kernel.jobs.api import MOST_ATTEMPTS, defer, task
from yigongti.kernel.jobs.tasks import rescue

pytestmark = pytest.mark.django_db(transaction=True)


@task("test.alone", lock="test.alone")
def alone() -> None:
    """A job of which one runs at a time."""


@pytest.fixture(autouse=True)
def _empty_queue(transactional_db):
    """The queue's tables aren't Django's to flush: neither after these tests, nor after those before them."""
    _clear()
    yield
    _clear()


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def killed(attempts: int = 0) -> int:
    """A job that a worker had begun when it was killed: running, and no worker there."""
    defer(alone, once="test.alone")
    pk = ProcrastinateJob.objects.get(status="todo").pk
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE id = %s", [attempts, pk])
    return pk


def fetched() -> int | None:
    """The job a worker would be given now."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        (worker,) = cursor.fetchone()
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
        return cursor.fetchone()[0]


def run() -> None:
    async_to_sync(rescue.func)(timestamp=0)


def test_a_killed_job_is_run_again():
    pk = killed()
    assert fetched() is None
    run()
    assert fetched() == pk


def test_a_killed_job_does_not_hold_its_lock_against_the_next_one():
    pk = killed()
    defer(alone, once="test.alone")
    later = ProcrastinateJob.objects.get(status="todo").pk
    assert fetched() is None
    run()
    assert ProcrastinateJob.objects.get(pk=pk).status == "failed"
    assert fetched() == later


def test_a_job_that_ends_its_worker_every_time_is_given_up():
    pk = killed(attempts=MOST_ATTEMPTS)
    run()
    assert ProcrastinateJob.objects.get(pk=pk).status == "failed"


def test_a_job_of_a_living_worker_is_left_alone():
    defer(alone)
    pk = fetched()
    run()
    assert ProcrastinateJob.objects.get(pk=pk).status == "doing"
