"""``./yigongti bench``."""

import ast
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click

from yigongti.config.cli.django_ready import set_up
from yigongti.config.supervise.paths import ROOT
from yigongti.config.supervise.platform import Stopped, stoppable
from yigongti.config.supervise.throwaway import throwaway_server


@click.command("bench")
@click.argument("names", nargs=-1)
@click.option("--size", type=float, default=1.0, show_default=True, help="Share of the full number of rows.")
@click.option("--list", "only_list", is_flag=True, help="Say which benches there are.")
def command(names: tuple[str, ...], size: float, only_list: bool) -> None:
    """Measure the hot paths against plain baselines.

    All of them, or those named. On a PostgreSQL of its own that flushes to disk and is thrown away.
    """
    benches = {bench.name: bench for bench in _found()}
    unknown = [name for name in names if name not in benches]
    if unknown:
        raise click.UsageError(f"no bench called {', '.join(unknown)}; there are: {', '.join(benches) or 'none'}")
    if only_list:
        for name, bench in benches.items():
            click.echo(f"{name:<20} {bench.aim}")
        return
    os.environ["YIGONGTI_BENCH_SIZE"] = str(size)
    with stoppable():
        try:
            for name in names or benches:
                _measure(benches[name])
        except Stopped:
            raise click.Abort from None


@dataclass(frozen=True)
class Found:
    """A bench as its source says, not yet imported: its database does not exist yet."""

    name: str
    aim: str
    module: str


def _found() -> list[Found]:
    benches = []
    for file in sorted((ROOT / "bench").glob("*.py")):
        constants = {
            node.targets[0].id: node.value.value
            for node in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        if "NAME" in constants:
            benches.append(Found(str(constants["NAME"]), str(constants.get("AIM", "")), f"bench.{file.stem}"))
    return benches


def _measure(bench: Found) -> None:
    """Each bench in a process of its own: what one loads or leaves in memory must not slow the next."""
    click.echo(f"\n{bench.name}: {bench.aim}", err=True)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            raise click.ClickException(f"the bench {bench.name} failed")
        return
    code = 1
    try:
        code = _run(bench)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _run(bench: Found) -> int:
    sys.path.insert(0, str(ROOT))
    from bench.harness import table

    from yigongti.config.cli.failure import tell

    try:
        with throwaway_server(lasting=True) as (server, folder):
            os.environ |= {"DATABASE_URL": server.url, "YIGONGTI_VAR": str(Path(folder) / "var")}
            set_up()
            from django.core.management import call_command

            call_command("migrate", verbosity=0, interactive=False)
            click.echo(table(import_module(bench.module).run()))
    except Stopped:
        return 130
    except Exception as error:
        return tell(error)
    return 0
