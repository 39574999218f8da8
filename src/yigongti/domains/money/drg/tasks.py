"""The jobs that keep groups in step with claims: when a batch is in, and every quarter of an hour for the rest."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@task("drg.regroup", lock="drg.regroup")
def regroup() -> None:
    """Group the months whose claims, scheme or rules have changed."""
    from django.conf import settings

    from yigongti.domains.money.drg.services.claims import regroup_due
    from yigongti.kernel.access.api import system_actor

    regroup_due(settings.PLACE, actor=system_actor("drg"))


@app.periodic(cron="*/15 * * * *")
@task("drg.wake")
def wake(timestamp: int) -> None:
    """Corrections, withdrawals, merged persons and new rules change claims without a batch."""
    from yigongti.kernel.jobs.api import defer

    defer(regroup, once="drg.regroup")
