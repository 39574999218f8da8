"""Every minute: what has fallen due."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task
from yigongti.kernel.workflow.deadlines import take_due


@app.periodic(cron="* * * * *")
@task("workflow.take_due", lock="workflow.take_due")
def due(timestamp: int) -> None:
    """Take the steps the platform takes by itself."""
    take_due()
