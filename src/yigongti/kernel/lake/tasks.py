"""The job that publishes what waits."""

from yigongti.kernel.jobs.api import task


@task("lake.publish", lock="lake.publish")
def publish() -> None:
    """Publish every month that waits."""
    from yigongti.kernel.lake.services import publish_stale

    publish_stale()
