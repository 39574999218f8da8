"""``./yigongti organisation``: load a place's organisations, show the tree."""

from datetime import date, datetime

import click

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def organisation() -> None:
    """Organisations and the dated tree (机构)."""


@organisation.command()
@click.option("--place", help="Folder below policies/; the place that is served when left out.")
@click.option("--on", type=DAY, help="Day that changes take effect for which the plan gives no day (today).")
def load(place: str | None, on: datetime | None) -> None:
    """Load what the place's plan names, or update it; loading twice changes nothing."""
    from django.conf import settings

    from yigongti.domains.base.organisation.services.loading import NoPlan, load_place
    from yigongti.domains.base.organisation.services.tree import OrganisationRefused
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.policy.api import PolicyErrors

    try:
        report = load_place(place or settings.PLACE, system_actor("command line"), on=on.date() if on else None)
    except (NoPlan, PolicyErrors, OrganisationRefused) as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(
        f"{report.place}: {len(report.created)} new, {len(report.changed)} changed, {len(report.unchanged)} unchanged"
    )
    for key in report.changed:
        click.echo(f"  changed: {key}")
    for key in report.missing:
        click.echo(f"  no longer in the plan, kept: {key}")


@organisation.command()
@click.option("--place", help="Folder below policies/; the place that is served when left out.")
@click.option("--on", type=DAY, help="The day the tree is asked for (today).")
def tree(place: str | None, on: datetime | None) -> None:
    """Print the tree of a place as it stood on a day: name, kind, tier, key."""
    from django.conf import settings

    from yigongti.domains.base.organisation.selectors import organisations
    from yigongti.kernel import clock

    day: date = on.date() if on else clock.today()
    views = organisations(place or settings.PLACE, day)
    known = {view.id for view in views}

    def show(parent_id: int | None, depth: int) -> None:
        for view in views:
            stands = view.parent_id if view.parent_id in known else None
            if stands == parent_id:
                click.echo("  " * depth + " ".join(filter(None, (view.name, view.kind, view.tier, view.key))))
                show(view.id, depth + 1)

    if not views:
        raise click.ClickException(f"no organisations are loaded for {place or settings.PLACE}")
    show(None, 0)


commands = [organisation]
