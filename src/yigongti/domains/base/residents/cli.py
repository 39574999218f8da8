"""``./yigongti residents match``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl


@click.group()
def residents() -> None:
    """The master index of residents (居民主索引)."""


@residents.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the answers to this CSV.")
@click.option("--within", is_flag=True, help="Compare the file's rows with each other instead of with the index.")
def match(file: Path, out: Path | None, within: bool) -> None:
    """Say for each person of a CSV whether it is somebody known: link, review or new, with score and reasons.

    Columns as in the residents extract (docs/intake-formats.md), Chinese or English headers, UTF-8 or GB18030; a name
    or a number is enough. Nothing is stored. The answers name rows and residents by number only.
    """
    import polars as pl

    from yigongti.domains.base.residents import batch
    from yigongti.domains.base.residents.files import UnreadableFile, read_persons
    from yigongti.domains.base.residents.judging import Thresholds
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.audit.api import record

    try:
        persons = read_persons(file)
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from None
    thresholds = Thresholds.in_force()
    parts: list[pl.DataFrame] = []
    if within:
        parts.append(batch.within_file(persons, thresholds=thresholds))
    else:
        done = 0
        for part in batch.against_index(persons, thresholds=thresholds):
            parts.append(part)
            done += part.height
            click.echo(f"{done:,} of {persons.height:,} rows", err=True)
    answers = pl.concat(parts) if parts else pl.DataFrame({"outcome": []}, schema={"outcome": pl.String()})
    counts = dict(answers.group_by("outcome").len().sort("outcome").iter_rows())
    record(
        actor=system_actor("residents match"),
        act="residents.match_file",
        subject="file",
        detail={"rows": persons.height, "within": within, **counts},
    )
    if out is not None:
        answers.write_csv(out, include_bom=True)
    else:
        _print(answers)
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
    click.echo(f"{persons.height:,} rows: {told or 'nothing to compare'}", err=True)


def _print(answers: "pl.DataFrame", most: int = 40) -> None:
    """The first answers as aligned lines; a file is the way to have them all."""
    for row in answers.head(most).iter_rows(named=True):
        who = row.get("resident_id") or row.get("same_as_row") or "–"
        score = f"{row['score']:.1f}" if row["score"] is not None else "–"
        click.echo(f"{row['row']:>8}  {row['outcome']:<6}  {who!s:>10}  {score:>6}  {row['reasons']}")
    if answers.height > most:
        click.echo(f"… and {answers.height - most:,} more; --out FILE.csv has them all", err=True)


commands = [residents]
