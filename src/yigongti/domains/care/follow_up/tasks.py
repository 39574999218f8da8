"""The morning's list: who left hospital and has to be looked after."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@app.periodic(cron="10 22 * * *")  # UTC: 6:10 in the morning
@task("follow_up.discharges", lock="follow_up.discharges")
def discharges(timestamp: int) -> None:
    """Ask for follow-ups of those discharged lately, and for none of the dead."""
    from yigongti.domains.care.follow_up.services.keeping import drop_for_the_dead, open_for_discharges

    drop_for_the_dead()
    open_for_discharges()
