"""The job that looks after running years."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@app.periodic(cron="30 22 * * *")  # UTC: 6:30 in the morning
@task("insurance_fund.watch", lock="insurance_fund.watch")
def watch(timestamp: int) -> None:
    """Warn of budgets that would not last."""
    from yigongti.domains.money.insurance_fund import gathering, warnings
    from yigongti.domains.money.insurance_fund.models import FundYear
    from yigongti.kernel.access.api import system_actor

    for year in FundYear.objects.unscoped("the platform looks after all").filter(state="running"):
        warnings.warn(gathering.gather(year), actor=system_actor("insurance_fund.watch"))
