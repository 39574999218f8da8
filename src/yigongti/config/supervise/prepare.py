"""``python -m yigongti.config.supervise.prepare``: brings the database up to date, then the demo county in.

Run by ``run`` as a process of its own, so that Ctrl-C and kills reach it like any other. Whether the demo
county is in is written in the database itself: data and mark are kept, lost and copied together.
"""

import argparse
import os
import sys
import time
from importlib import import_module
from typing import Any

from yigongti.config.supervise.demo_accounts import DemoAccount, write

DONE = "demo county"
BEGUN = "demo county of "  # followed by the number of residents it was begun with


def main() -> None:
    """Bring the database up to date; load the demo county unless it is in or not wanted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo-residents", type=int, default=None)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")
    import django

    django.setup()
    make_ready()
    _demo(options.demo_residents)


def make_ready() -> None:
    """Migrate, and bring in what every installation has. Needs Django set up."""
    _migrate()
    _load_code_systems()


def say(line: str) -> None:
    """One calm line of progress."""
    print(f"· {line}", file=sys.stderr, flush=True)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    began = time.monotonic()
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        call_command("migrate", verbosity=0, interactive=False)
        say(f"database: {pending} migrations in {time.monotonic() - began:.1f} s")


def _load_code_systems() -> None:
    """The value sets and small code lists shipped with the platform; quick when they are in already."""
    from yigongti.domains.base.terminology import api as terminology
    from yigongti.kernel.access.api import system_actor

    terminology.load_shipped(system_actor("set-up"))


def _demo(residents: int | None) -> None:
    demo: Any = import_module("yigongti.simulation.demo")
    marks = _marks()
    if DONE not in marks and residents != 0:
        _load(demo, residents, marks)
    _leave_accounts(demo)


def _load(demo: Any, wanted: int | None, marks: set[str]) -> None:
    """Load the demo county; one that was begun and broke off goes on with the size it was begun with."""
    began = time.monotonic()
    sizes = [int(mark.removeprefix(BEGUN)) for mark in marks if mark.startswith(BEGUN)]
    residents = sizes[0] if sizes else wanted if wanted is not None else demo.RESIDENTS
    _mark(f"{BEGUN}{residents}")
    demo.load(say, residents=residents)
    _mark(DONE)
    say(f"demo county in {time.monotonic() - began:.0f} s")


def _marks() -> set[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS installation_mark"
            " (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute("SELECT name FROM installation_mark")
        return {name for (name,) in cursor.fetchall()}


def _mark(name: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO installation_mark (name) VALUES (%s) ON CONFLICT DO NOTHING", [name])


def _leave_accounts(demo: Any) -> None:
    from django.conf import settings
    from django.utils import translation

    with translation.override("zh-hans"):
        accounts = [DemoAccount(str(a.role), str(a.label), a.username, a.password) for a in demo.accounts()]
    write(settings.VAR, accounts)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        from yigongti.config.cli.failure import tell

        sys.exit(tell(error))
