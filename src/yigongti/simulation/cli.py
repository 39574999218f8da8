"""``./yigongti simulate``."""

import sys
from pathlib import Path

import click


@click.command("simulate")
@click.option("--place", required=True, help="Whose institutions send: a folder of policies/, for example kunshan.")
@click.option("--residents", type=click.IntRange(1), default=20_000, show_default=True, help="How many live there.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Same seed, same files.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new or empty folder.")
@click.option("--truth/--no-truth", default=True, help="Also write _truth: whose each row is, and its faults.")
def simulate(place: str, residents: int, seed: int, out: Path, truth: bool) -> None:
    """Write what the institutions of a place would export for a year.

    One folder of CSV and XLSX files as intake takes them, named <institution>__<table>, dirt included. People and
    figures are invented; see simulation/county.yaml for where the rates come from.
    """
    from yigongti.simulation import county
    from yigongti.simulation.parameters import ParameterError

    def progress(done: int, of: int, rows: int) -> None:
        if sys.stdout.isatty():
            click.echo(f"\r· {done:,} of {of:,} residents, {rows:,} rows", nl=done == of)

    try:
        written = county.simulate(place, residents, seed, out, progress=progress, truth=truth)
    except ParameterError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(written.files)} files, {written.rows:,} rows in {out}")


offline_commands = [simulate]
