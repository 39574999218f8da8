"""What a killed worker leaves behind: jobs marked as running that nobody runs, and the locks they hold."""

from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status

from yigongti.kernel.jobs.api import MOST_ATTEMPTS, task


@app.periodic(cron="* * * * *")
@task("jobs.rescue")
async def rescue(timestamp: int) -> None:
    """Put every job whose worker has stopped beating back into the queue, where it frees its lock.

    One that has ended its worker time and again is given up, and so is one whose like is waiting already.
    """
    for job in await app.job_manager.get_stalled_jobs():
        if job.attempts >= MOST_ATTEMPTS:
            await _give_up(job)
            continue
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # another of the same queueing lock waits, and will do the work
            await _give_up(job)


async def _give_up(job: Job) -> None:
    await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
