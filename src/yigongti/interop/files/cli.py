"""``./yigongti intake-formats``."""

from pathlib import Path

import click

PAGE = Path(__file__).resolve().parents[4] / "docs" / "intake-formats.md"


@click.command("intake-formats")
@click.option("--write", "to_docs", is_flag=True, help="Bring docs/intake-formats.md up to date.")
def intake_formats(to_docs: bool) -> None:
    """The tables that can be sent in, column by column (数据格式)."""
    from yigongti.interop.files import reference

    if to_docs:
        click.echo(f"{PAGE.name}: {'written' if reference.write(PAGE) else 'up to date'}")
    else:
        click.echo(reference.reference())


offline_commands = [intake_formats]
