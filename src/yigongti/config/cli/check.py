"""``./yigongti check``."""

import sys
import time

import click

from yigongti.config.checks.parts import run_all, shortened


@click.command("check")
@click.option("--all", "everything", is_flag=True, help="Show every line of what failed, not the first forty.")
def command(everything: bool) -> None:
    """Format, lint, types, contracts, migrations, translations.

    And that every template compiles. Needs no database. One line for each part; details only of what failed.
    """
    began = time.monotonic()
    failed = 0
    for outcome in run_all():
        mark = click.style("ok    ", fg="green") if outcome.passed else click.style("FAILED", fg="red")
        click.echo(f"{mark} {outcome.name:<20} {outcome.seconds:5.1f} s")
        if not outcome.passed:
            failed += 1
            click.echo((outcome if everything else shortened(outcome)).said)
    click.echo(f"check: {'passed' if not failed else f'{failed} parts failed'} in {time.monotonic() - began:.1f} s")
    sys.exit(1 if failed else 0)
