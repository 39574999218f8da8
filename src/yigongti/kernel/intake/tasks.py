"""The jobs: read a batch; pick up what a kill left behind."""

from datetime import timedelta

from procrastinate.contrib.django import app

from yigongti.kernel import clock
from yigongti.kernel.jobs.api import task

LEFT_BEHIND = timedelta(minutes=2)


@task("intake.read_batch")
def read_batch(batch_id: int) -> None:
    """Read and store a batch, from wherever it stands."""
    from yigongti.kernel.intake.processing import process

    process(batch_id)


@app.periodic(cron="* * * * *")
@task("intake.resume", lock="intake.resume")
def resume(timestamp: int) -> None:
    """Queue again every batch that nobody has touched for a while: its process was killed."""
    from yigongti.kernel.intake.models import Batch
    from yigongti.kernel.intake.receiving import queue_processing

    waiting = Batch.objects.unscoped("the job works for whoever sent the batch").filter(
        finished_at__isnull=True, touched_at__lt=clock.now() - LEFT_BEHIND
    )
    for batch_id in waiting.values_list("pk", flat=True):
        queue_processing(batch_id)
