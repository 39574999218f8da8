"""``./yigongti intake PATH --source INSTITUTION``."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from yigongti.kernel.intake.models import Batch
    from yigongti.kernel.intake.sources import Source


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--source", default="", help="The sending institution: key, name, or unified social credit code.")
@click.option("--extract", default="", help="Which table the file is, where its headers leave that open.")
@click.option("--refused", type=click.Path(file_okay=False, path_type=Path), help="Folder for files of refused rows.")
def intake(path: Path, source: str, extract: str, refused: Path | None) -> None:
    """Take in a file, or every file of a folder, and print a receipt for each (接收数据).

    A file named INSTITUTION__TABLE.csv says itself who sends it; for others give --source. Sending the same file
    twice changes nothing. Interrupted, the same command goes on where it stopped.
    """
    from yigongti.kernel.access.api import system_actor
    from yigongti.kernel.intake.extracts import extracts

    if extract and extract not in extracts():
        raise click.ClickException(f"no table {extract!r}; there are: {', '.join(extracts())}")
    sender = _sender(source) if source else None
    files = files_in(path)
    if not files:
        raise click.ClickException(f"nothing to take in at {path}")
    bad = 0
    for number, file in enumerate(files, start=1):
        prefix = f"[{number}/{len(files)}] {file.name}"
        named = named_after(file)
        if sender is not None and named is not None and named.id != sender.id and path.is_dir():
            click.echo(f"{prefix}  left out: named after {named.name}")
            continue
        from_whom = sender or named
        if from_whom is None:
            raise click.ClickException(f"who sends {file.name}? Give --source, or name it INSTITUTION__TABLE.csv")
        actor = system_actor("intake", from_whom.id)
        batch, again = take_in(file, from_whom.id, actor, extract, partial(_line, prefix))
        _line("", "")
        click.echo(f"{prefix}  {receipt_line(batch, again)}")
        if batch.refused and refused is not None:
            click.echo(f"    refused rows: {write_refused(batch, refused)}")
        bad += batch.state != batch.State.DONE
    if bad:
        raise click.ClickException(f"{bad} of {len(files)} files could not be taken")


def _sender(text: str) -> "Source":
    from yigongti.kernel.intake.sources import find_source

    try:
        found = find_source(text)
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    if found is None:
        raise click.ClickException(f"no institution {text!r} in the directory")
    return found


def named_after(file: Path) -> "Source | None":
    """The institution whose key a file name begins with (``ks-tcm__encounters.csv``); None without one."""
    from yigongti.kernel.intake.sources import find_source

    key, separator, _rest = file.name.partition("__")
    try:
        return find_source(key) if separator else None
    except LookupError:
        return None


def files_in(path: Path) -> list[Path]:
    """The file itself, or the files of a folder in the order they are best stored: residents first, then by name.

    Of a folder, files no format reads are left out, and so is what begins with a dot or an underscore.
    """
    from yigongti.kernel.intake.extracts import extracts
    from yigongti.kernel.intake.formats import formats

    if path.is_file():
        return [path]
    rank = {name: place for place, name in enumerate(extracts())}
    suffixes = {suffix for kind in formats() for suffix in kind.suffixes}
    found = (
        file
        for file in path.rglob("*")
        if file.is_file()
        and file.suffix.lower() in suffixes
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    return sorted(found, key=lambda file: (rank.get(file.stem.split("__")[-1], len(rank)), str(file)))


def take_in(
    file: Path, source_id: int, actor: object, extract: str, say: Callable[[str], None]
) -> tuple["Batch", bool]:
    """Receive one file and read it to the end here and now."""
    from yigongti.kernel.intake.processing import process
    from yigongti.kernel.intake.receiving import receive

    with file.open("rb") as stream:
        received = receive(
            stream,
            file_name=file.name,
            size=file.stat().st_size,
            source_id=source_id,
            actor=actor,  # type: ignore[arg-type]
            extract=extract,
            queue=False,
        )
    batch = received.batch
    if not batch.finished:
        batch = process(batch.pk, progress=lambda share, rows: say(f"{share:4.0%}  {rows:,} rows"))
    return batch, received.again


def receipt_line(batch: "Batch", again: bool) -> str:
    """A receipt in one line."""
    if batch.state != batch.State.DONE:
        return f"{batch.get_state_display()}: {batch.refusal}"
    counts = (
        f"{batch.stored:,} stored, {batch.updated:,} updated, "
        f"{batch.unchanged:,} unchanged, {batch.refused:,} refused  (receipt {batch.pk})"
    )
    return f"received before, on {batch.received_at:%Y-%m-%d %H:%M}; nothing changed: {counts}" if again else counts


def write_refused(batch: "Batch", folder: Path) -> Path:
    """The file of refused rows, in a folder that is made if need be."""
    from yigongti.kernel.intake.refused_rows import write

    folder.mkdir(parents=True, exist_ok=True)
    made = write(batch, folder)
    return made.rename(folder / f"{Path(batch.file_name).stem}__refused{made.suffix}")


def _line(prefix: str, text: str) -> None:
    """Overwrite the present line of a terminal; silent when the output is not one."""
    if sys.stdout.isatty():
        click.echo(f"\r\033[K{prefix}  {text}".rstrip(), nl=False)


commands = [intake]
