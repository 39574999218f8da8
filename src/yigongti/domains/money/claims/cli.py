"""``./yigongti claims screen``: run the screens of fund supervision over a period."""

from datetime import datetime

import click

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group("claims")
def group() -> None:
    """Claims: fund supervision."""


@group.command("screen")
@click.option("--since", type=DAY, required=True, help="First day of settlement.")
@click.option("--until", type=DAY, required=True, help="Last day of settlement.")
@click.option("--only", multiple=True, help="Run this screen only; may be given several times.")
def screen(since: datetime, until: datetime, only: tuple[str, ...]) -> None:
    """Run the screens over the claims settled in a period. Run again, it stores nothing twice."""
    from yigongti.domains.money.claims.screens import screens
    from yigongti.domains.money.claims.services.screening import screen as run
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.lake.api import publish_stale

    if unknown := [name for name in only if name not in screens()]:
        raise click.UsageError(f"no screen is called {', '.join(unknown)}; there are: {', '.join(screens())}")
    if until < since:
        raise click.UsageError("the period ends before it begins")
    publish_stale()
    done = run(since.date(), until.date(), actor=system_actor("command line"), only=only)
    for name, counts in done.counts.items():
        click.echo(
            f"{name}: {counts['found']} found, {counts['new']} new, {counts['changed']} changed, {counts['gone']} gone"
        )


commands = [group]
