"""The jobs that screen, asked for on a page and each month by itself; and the one that watches policy."""

from datetime import date, timedelta

from procrastinate.contrib.django import app

from yigongti.kernel import clock
from yigongti.kernel.access.api import actor_by_id, system_actor
from yigongti.kernel.jobs.api import task
from yigongti.kernel.lake.api import publish_stale


@task("claims.screen", lock="claims.screen")
def screen(since: str, until: str, account_id: int | None = None) -> None:
    """Screen the claims settled in a period; in the name of whoever asked, as far as he still may."""
    from yigongti.domains.money.claims.services.screening import screen as run

    actor = actor_by_id(account_id) if account_id is not None else system_actor("claims.screen")
    publish_stale()  # what came in just now is looked at too
    run(date.fromisoformat(since), date.fromisoformat(until), actor=actor)


@app.periodic(cron="0 18 8 * *")  # UTC: in the night to the ninth of each month
@task("claims.screen_lately", lock="claims.screen")
def screen_lately(timestamp: int) -> None:
    """Screen the two months that have ended: the second time, what came in late is there."""
    from yigongti.domains.money.claims.services.screening import screen as run

    until = clock.month_of(clock.today()) - timedelta(days=1)
    since = clock.month_of(clock.month_of(until) - timedelta(days=1))
    run(since, until, actor=system_actor("claims.screen"))


@app.periodic(cron="*/10 * * * *")
@task("claims.referral_terms")
def referral_terms(timestamp: int) -> None:
    """Where policy on care out of the county has changed, have what was worked out by it published again."""
    from yigongti.domains.money.claims.referral_rows import mark_if_terms_changed

    mark_if_terms_changed()
