"""``./yigongti test``."""

import os
import sys

import click

from yigongti.config.supervise.child import bound_call
from yigongti.config.supervise.chromium import PACKAGES, find
from yigongti.config.supervise.paths import ROOT
from yigongti.config.supervise.platform import Stopped, stoppable
from yigongti.config.supervise.throwaway import throwaway_server


@click.command(
    "test",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(pytest_arguments: tuple[str, ...]) -> None:
    """Check and test everything, browser tests included.

    On a PostgreSQL of its own that is thrown away; what ``run`` keeps is never touched. Arguments go to
    pytest: ./yigongti test -k residents. With arguments, ``check`` is left out.
    """
    with stoppable():
        try:
            sys.exit(_test(list(pytest_arguments)))
        except Stopped:
            raise click.Abort from None


def _test(arguments: list[str]) -> int:
    with throwaway_server(lasting=False) as (server, folder):
        environment = dict(
            os.environ,
            DATABASE_URL=server.url,
            YIGONGTI_VAR=str(folder / "var"),
            PYTHONPATH=str(ROOT / "src"),
        )
        checked = 0
        if not arguments:
            checked = bound_call([sys.executable, "-P", "-m", "yigongti", "check"], environment)
        browser = find()
        if browser:
            environment["YIGONGTI_CHROMIUM"] = browser
        else:
            _no_chromium()
        chosen = any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments)
        parallel = [] if chosen else ["-n", "2", "--dist", "loadgroup"]
        tested = bound_call([sys.executable, "-m", "pytest", *parallel, *arguments], environment)
        if not browser:
            _no_chromium()
        if checked and not tested:
            click.echo("yigongti: the tests passed, but check found faults (above).", err=True)
        return tested or checked


def _no_chromium() -> None:
    words = f"*** NO CHROMIUM: browser tests are skipped. Debian: apt-get install {PACKAGES} ***"
    click.secho(words, fg="red", bold=True)
