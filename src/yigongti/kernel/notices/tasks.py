"""The job that hands texts on, and the one that sees to it that none is forgotten."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@task("notices.deliver", lock="notices.deliver")
def deliver() -> None:
    """Hand on what waits."""
    from yigongti.kernel.notices.services import deliver_waiting

    deliver_waiting()


@app.periodic(cron="*/5 * * * *")
@task("notices.sweep", lock="notices.deliver")
def sweep(timestamp: int) -> None:
    """Texts whose job failed for good."""
    from yigongti.kernel.notices.services import deliver_waiting

    deliver_waiting()
