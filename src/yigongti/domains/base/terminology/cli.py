"""``./yigongti terminology``: code systems in and out of the command line."""

from datetime import date, datetime
from pathlib import Path

import click

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def terminology() -> None:
    """Code systems and value sets (编码)."""


@terminology.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", required=True, help="Key of the code system, e.g. icd10.")
@click.option("--version", required=True, help="Version as its publisher names it, e.g. 2.0.")
@click.option("--from", "starts_on", type=DAY, required=True, help="First day it holds (YYYY-MM-DD).")
@click.option("--to", "ends_on", type=DAY, help="First day it no longer holds.")
@click.option("--partial", is_flag=True, help="Only some of the codes: steps back where a complete version holds.")
@click.option("--name", help="Chinese name; makes a code system that is not known yet.")
@click.option("--kind", type=click.Choice(["value_set", "classification", "observations"]), default="value_set")
def import_(
    file: Path,
    system: str,
    version: str,
    starts_on: datetime,
    ends_on: datetime | None,
    partial: bool,
    name: str | None,
    kind: str,
) -> None:
    """Import a version of a code system from a CSV or XLSX file: all of it, or nothing.

    The file has the columns code and name (编码, 名称), and may have name_en, parent, unit, starts_on, ends_on.
    """
    from yigongti.domains.base.terminology.services import ImportRefused, describe_system, import_edition
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.intake.api import FileRefused

    actor = system_actor("command line")
    try:
        if name:
            describe_system(system, kind=kind, name=name, actor=actor)
        done = import_edition(
            file,
            system=system,
            version=version,
            starts_on=starts_on.date(),
            ends_on=ends_on.date() if ends_on else None,
            complete=not partial,
            actor=actor,
        )
    except FileRefused as refused:
        raise click.ClickException(str(refused)) from refused
    except ImportRefused as refused:
        for problem in refused.problems:
            click.echo(f"{problem.row or '-'}\t{problem.reason}", err=True)
        raise click.ClickException(f"nothing imported: {refused.total} problems") from refused
    click.echo(
        f"{system} {version}: {done.added} added, {done.changed} changed, {done.withdrawn} withdrawn,"
        f" {done.unchanged} unchanged"
    )


@terminology.command()
@click.argument("system")
@click.argument("query")
@click.option("--on", type=DAY, help="Day the codes must hold on (today).")
def find(system: str, query: str, on: datetime | None) -> None:
    """Look a code up by code, Chinese or pinyin initials."""
    from yigongti.domains.base.terminology.selectors import search

    day: date | None = on.date() if on else None
    for coded in search(system, query, on=day):
        click.echo(f"{coded.code}\t{coded.display}")


@terminology.command()
def load() -> None:
    """Load the code systems that come with the platform."""
    from yigongti.domains.base.terminology.services import load_shipped
    from yigongti.kernel.access.api import system_actor

    for done in load_shipped(system_actor("command line")):
        click.echo(f"{done.system} {done.version}: {done.added} added, {done.changed} changed")


commands = [terminology]
