"""Jobs, for everybody above. Tasks live in ``tasks.py`` of their domain; a task must bear being run twice."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

MOST_ATTEMPTS = 5
RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=3)


def task(
    name: str, *, lock: str | None = None, retry: bool = True
) -> Callable[[Callable[..., Any]], Task[Any, Any, Any]]:
    """Decorator: a function that can be deferred. With ``lock``, only one of that lock runs at a time."""
    return app.task(name=name, lock=lock, retry=RETRY if retry else False)


def defer(job: Task[Any, Any, Any], *, lock: str | None = None, once: str | None = None, **arguments: Any) -> None:
    """Queue a job within the current transaction: it is there exactly if the transaction commits.

    ``once``: at most one waiting job of that key; a second call while it waits changes nothing.
    """
    from procrastinate.exceptions import AlreadyEnqueued

    try:
        with transaction.atomic():  # a savepoint: the refusal of a second job must not end the caller's transaction
            job.configure(queueing_lock=once, lock=lock or job.lock).defer(**arguments)
    except AlreadyEnqueued:
        pass
