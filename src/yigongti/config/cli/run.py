"""``./yigongti run``."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from yigongti.config.supervise.demo_accounts import read
from yigongti.config.supervise.installation import Installation
from yigongti.config.supervise.platform import Platform, Stopped, stoppable
from yigongti.config.supervise.server import free_port


@click.command("run")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port of the pages (default: 8000).")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--demo-residents",
    type=click.IntRange(0),
    default=None,
    help="Residents of the demo county on the first start; 0 for an empty platform.",
)
@click.option(
    "--smoke", is_flag=True, help="Start on a free port with data of its own, check the pages as each role, stop."
)
def command(port: int | None, host: str, demo_residents: int | None, smoke: bool) -> None:
    """Start the platform here; Ctrl-C stops it.

    Starts PostgreSQL (unless DATABASE_URL names one), brings the database up to date, loads a demo county on
    the first start, and serves the pages. Everything it keeps is below var/.
    """
    with ExitStack() as stack:
        stack.enter_context(stoppable())
        try:
            own_data = smoke and not os.environ.get("YIGONGTI_VAR")
            if own_data and os.environ.get("DATABASE_URL"):
                raise click.UsageError("--smoke on DATABASE_URL needs YIGONGTI_VAR too: its keys are kept there.")
            if own_data:
                os.environ["YIGONGTI_VAR"] = str(stack.enter_context(_kept_on_failure()) / "var")
            installation = Installation()
            ownership = stack.enter_context(installation.owned("run"))
            chosen = port or (free_port() if smoke else 8000)
            platform = Platform(installation, ownership, host=host, port=chosen)
            stack.callback(platform.stop)
            platform.start(demo_residents=demo_residents)
            if smoke:
                from yigongti.config.supervise.smoke import check_pages

                check_pages(platform, own_data=own_data)
                return
            _greet(platform)
            platform.watch()
        except Stopped:
            click.echo("\n· stopping")
            stack.close()
            click.echo("· stopped")


@contextmanager
def _kept_on_failure() -> Iterator[Path]:
    """A folder that goes when all went well, and stays, with the logs in it, when not."""
    folder = Path(tempfile.mkdtemp(prefix="yigongti-smoke-"))
    folder.chmod(0o711)  # PostgreSQL may have to run under another account
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _greet(platform: Platform) -> None:
    click.echo(f"\n  {platform.address}\n")
    accounts = read(platform.installation.folder)
    if accounts:
        width = max(len(account.username) for account in accounts)
        first = max(len(account.password or "") for account in accounts)
        click.echo("  Demo accounts (each asks for a new password at its first sign-in):")
        for account in accounts:
            password = account.password or "(changed by its owner)"
            click.echo(f"    {account.username:<{width}}  {password:<{first}}  {account.label}")
        click.echo("")
    else:
        click.echo("  No demo county here. A first account: ./yigongti account create --help\n")
    click.echo("  Ctrl-C stops everything.")
