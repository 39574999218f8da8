"""The jobs that publish what waits."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import defer, task


@task("lake.publish", lock="lake.publish")
def publish() -> None:
    """Publish every month that waits."""
    from yigongti.kernel.lake.services import publish_stale

    publish_stale()


@app.periodic(cron="*/5 * * * *")
@task("lake.wake")
def wake(timestamp: int) -> None:
    """Queue the publication wherever marks wait: one committed just after the job began, or one whose job failed."""
    from yigongti.kernel.lake.models import Stale

    if Stale.objects.exists():
        defer(publish, once="lake.publish")
