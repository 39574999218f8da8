"""``./yigongti policy check`` and ``./yigongti policy show``."""

from datetime import datetime

import click

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def policy() -> None:
    """The plans as data: dated, cited parameters (政策参数)."""


@policy.command()
@click.argument("place", required=False)
@click.option("--on", type=DAY, help="The day asked about, YYYY-MM-DD (today).")
def check(place: str | None, on: datetime | None) -> None:
    """Check every policy file; then list what PLACE (or each place) lacks and has still to confirm.

    Ends with status 1 when a file holds a mistake, each named by file and line.
    """
    from django.conf import settings

    from yigongti.kernel import clock
    from yigongti.kernel.policy import api
    from yigongti.kernel.policy.loader import problems
    from yigongti.kernel.policy.parameters import declared

    found = problems(settings.POLICIES, declared())
    for problem in found:
        click.echo(str(problem), err=True)
    if found:
        raise click.ClickException(f"{len(found)} mistakes in {settings.POLICIES}")
    day = on.date() if on else clock.today()
    for key in [_known(place)] if place else [each.key for each in api.places()]:
        gaps, unconfirmed = api.gaps(key, day), api.unconfirmed(key, day)
        click.echo(f"{api.place(key).name.zh} ({key}), {day}: {len(gaps)} missing, {len(unconfirmed)} unconfirmed")
        for parameter in gaps:
            click.echo(f"  missing      {parameter.name}  {parameter.label}")
        for value in unconfirmed:
            click.echo(f"  unconfirmed  {value.name} = {value}  [{value.evidence}, {value.file}:{value.line}]")
    click.echo("All policy files are sound.")


@policy.command()
@click.argument("name")
@click.option("--place", help="Folder below policies/ (the place this system serves).")
@click.option("--on", type=DAY, help="The day asked about, YYYY-MM-DD (today).")
def show(name: str, place: str | None, on: datetime | None) -> None:
    """The value of parameter NAME at a place on a day, with document and clause."""
    from yigongti.kernel.policy import api

    key = _known(place) if place else None
    try:
        value = api.at(name, place=key, as_of=on.date() if on else None)
    except api.PolicyGap as gap:
        raise click.ClickException(str(gap)) from gap
    click.echo(f"{value.name} = {value}")
    click.echo(f"  from       {value.effective_from}" + (f" until {value.effective_to}" if value.effective_to else ""))
    if value.due:
        click.echo(f"  due        {value.due}")
    click.echo(f"  document   {value.citation}")
    click.echo(f"  evidence   {value.evidence}" + ("" if value.confirmed else ", not confirmed"))
    click.echo(f"  written    {value.file}:{value.line} ({api.place(value.place)})")


def _known(place: str) -> str:
    from yigongti.kernel.policy import api

    try:
        return api.place(place).key
    except KeyError:
        known = ", ".join(each.key for each in api.places())
        raise click.BadParameter(f"{place!r} is not a place here; one of {known}") from None


commands = [policy]
