"""``./yigongti drg``: check a scheme, group a file of cases, regroup the claims of a period."""

import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import click

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LANGUAGE = click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="Of the sentences.")
DAY = click.DateTime(["%Y-%m-%d"])


class _Group(click.Group):
    """Checking and grouping files needs no database; ``run`` does, and is prepared as a command of its own."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), "run"])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return run if name == "run" else super().get_command(context, name)


@click.group(cls=_Group)
def drg() -> None:
    """Diagnosis-related groups (按病组付费)."""


def _speak(language: str) -> None:
    from django.utils.translation import activate

    activate("zh-hans" if language == "zh" else "en")


@drg.command()
@click.option("--scheme", "folder", type=FOLDER, required=True, help="Folder of the scheme's tables.")
@LANGUAGE
def check(folder: Path, language: str) -> None:
    """Check a grouping scheme whole; ends with 1 when there are errors."""
    _speak(language)
    from yigongti.domains.money.drg.scheme.loading import check as check_folder

    scheme, findings = check_folder(folder)
    errors = sum(finding.error for finding in findings)
    for finding in findings:
        click.echo(f"{'error' if finding.error else 'warning'}  {finding}")
    if scheme is not None:
        about = scheme.about
        click.echo(
            f"{about.name} {about.version}: {len(scheme.mdcs)} MDC, {len(scheme.adrgs)} ADRG, {len(scheme.drgs)} DRG"
            f" ({scheme.key})"
        )
    click.echo(f"{errors} errors, {len(findings) - errors} warnings")
    if errors:
        sys.exit(1)


@drg.command("import")
@click.option("--scheme", "folder", type=FOLDER, required=True, help="Folder of the scheme's tables.")
@LANGUAGE
def take_in(folder: Path, language: str) -> None:
    """Check a scheme whole and keep it as one of this installation's; the place's policy says which is in force."""
    _speak(language)
    from yigongti.domains.money.drg.catalogue import take_in as keep
    from yigongti.domains.money.drg.scheme.reading import SchemeRefused

    try:
        kept, findings = keep(folder)
    except SchemeRefused as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"kept as {kept.name}, {len(findings)} warnings (see: drg check)")


@drg.command()
@click.option("--scheme", "folder", type=FOLDER, required=True, help="Folder of the scheme's tables.")
@click.option("--cases", type=FILE, required=True, help="CSV of cases.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV to write.")
@click.option("--explain", default="", metavar="ID", help="Print how this case was grouped.")
@click.option("--qy", type=click.Choice(["off", "any", "principal"]), help="In place of the scheme's own setting.")
@LANGUAGE
def group(folder: Path, cases: Path, out: Path | None, explain: str, qy: str | None, language: str) -> None:
    """Group a file of cases (入组)."""
    _speak(language)
    from yigongti.domains.money.drg.grouping.compiled import Compiled
    from yigongti.domains.money.drg.grouping.files import CasesRefused, Done, group_file, summary
    from yigongti.domains.money.drg.grouping.reasons import Reason
    from yigongti.domains.money.drg.scheme.loading import load
    from yigongti.domains.money.drg.scheme.reading import SchemeRefused
    from yigongti.domains.money.drg.scheme.rules import Qy

    signal.signal(signal.SIGTERM, _stop)  # so that nothing half-written stays behind
    if out is None and not explain:
        raise click.UsageError("give --out, --explain, or both")
    if out is not None and not out.absolute().parent.is_dir():
        raise click.ClickException(f"no folder {out.parent}")
    if out is not None and out.exists() and out.samefile(cases):
        raise click.ClickException("--out must not be the file of cases itself")
    try:
        scheme = load(folder, qy=Qy(qy) if qy else None)
        if out is not None:
            began = time.perf_counter()
            done: Done = group_file(cases, out.absolute(), Compiled(scheme), _progress if sys.stderr.isatty() else None)
            taken = time.perf_counter() - began
            if sys.stderr.isatty():
                click.echo("\r\033[K", nl=False, err=True)
            parts = ", ".join(f"{number:,} {status.value}" for status, number in summary(done).items())
            click.echo(
                f"{done.rows:,} cases: {parts}  ({taken:.1f} s, {done.rows / max(taken, 1e-9):,.0f}/s)", err=True
            )
            if done.encoding not in ("", "utf-8"):
                click.echo(f"read as {done.encoding.upper()}", err=True)
            if done.reasons[Reason.ROW]:
                click.echo(f"{done.reasons[Reason.ROW]:,} rows could not be read: see their reason", err=True)
            if done.repeated:
                more = f" … ({done.repeated_in_all:,} in all)" if done.repeated_in_all > len(done.repeated) else ""
                click.echo(f"case_id in more than one row: {', '.join(done.repeated)}{more}", err=True)
        if explain:
            _explain(cases, explain, scheme)
    except (SchemeRefused, CasesRefused, OSError) as refused:
        raise click.ClickException(str(refused)) from refused


def _stop(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _progress(rows: int, read: int, size: int) -> None:
    click.echo(f"\r{rows:,} cases, {100 * read // max(size, 1)} %", nl=False, err=True)


def _explain(cases: Path, case_id: str, scheme: object) -> None:
    from yigongti.domains.money.drg.grouping.files import find_case
    from yigongti.domains.money.drg.grouping.one import group as group_one
    from yigongti.domains.money.drg.grouping.reasons import Reason, Status, sentence
    from yigongti.domains.money.drg.scheme.scheme import Scheme

    if not isinstance(scheme, Scheme):
        raise TypeError(scheme)
    row = find_case(cases, case_id)
    if row is None:
        raise click.ClickException(f"no case {case_id!r} in {cases}")
    case, readable = row
    if not readable:
        click.echo(f"{case_id}  —  {Status.INVALID.value}  {sentence(Reason.ROW)}")
        return
    found = group_one(case, scheme)
    click.echo(f"{case_id}  {found.drg or '—'}  {found.status.value}  {found.words}")
    for number, line in enumerate(found.path, start=1):
        sign = {True: "✓", False: "✗", None: " "}[line.fits]
        click.echo(f"{number:3}. {sign} {line.words}")


@click.command("drg-run")
@click.option("--since", type=DAY, required=True, help="First day of settlement.")
@click.option("--until", type=DAY, required=True, help="Last day of settlement.")
def run(since: datetime, until: datetime) -> None:
    """Group the inpatient claims settled in a period by the scheme in force, and publish the result."""
    from django.conf import settings

    from yigongti.domains.money.drg.services.claims import ClaimsNotPublished, regroup
    from yigongti.kernel.access.api import system_actor

    if until < since:
        raise click.UsageError("--until lies before --since")
    try:
        done = regroup(settings.PLACE, since.date(), until.date(), actor=system_actor("command line"))
    except ClaimsNotPublished as refused:
        raise click.ClickException(str(refused)) from refused
    for month in done:
        click.echo(
            f"{month.month:%Y-%m}: {month.cases:,} cases, {month.written:,} written, {month.scheme or 'no scheme'}"
        )


commands = [run]
offline_commands = [drg]
