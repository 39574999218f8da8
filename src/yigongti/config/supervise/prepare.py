"""``python -m yigongti.config.supervise.prepare``: brings the database up to date, then the demo county in.

Run by ``run`` as a process of its own, so that Ctrl-C and kills reach it like any other. Whether the demo
county is in is written in the database itself: data and mark are kept, lost and copied together.
"""

import argparse
import os
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from yigongti.config.supervise.demo_accounts import DemoAccount, write

MARK = "demo county"


def main() -> None:
    """Migrate; load the demo county unless the mark says it is in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo-residents", type=int, default=None)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")
    import django

    django.setup()
    _migrate()
    _load_code_systems()
    if options.demo_residents != 0:
        _demo(options.demo_residents)


def say(line: str) -> None:
    """One calm line of progress."""
    print(f"· {line}", flush=True)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    began = time.monotonic()
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    call_command("migrate", verbosity=0, interactive=False)
    if pending:
        say(f"database: {pending} migrations in {time.monotonic() - began:.1f} s")


def _load_code_systems() -> None:
    """The value sets and small code lists shipped with the platform; quick when they are in already."""
    from yigongti.domains.base.terminology import api as terminology
    from yigongti.kernel.access.api import system_actor

    terminology.load_shipped(system_actor("set-up"))


def _demo(residents: int | None) -> None:
    if find_spec("yigongti.simulation") is None or find_spec("yigongti.simulation.demo") is None:
        return
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS installation_mark"
            " (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute("SELECT 1 FROM installation_mark WHERE name = %s", [MARK])
        loaded = cursor.fetchone()
    demo: Any = import_module("yigongti.simulation.demo")
    if not loaded:
        _load(demo, residents)
    _leave_accounts(demo)


def _load(demo: Any, residents: int | None) -> None:
    from django.db import connection

    began = time.monotonic()
    demo.load(say, **({} if residents is None else {"residents": residents}))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO installation_mark (name) VALUES (%s) ON CONFLICT DO NOTHING", [MARK])
    say(f"demo county in {time.monotonic() - began:.0f} s")


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
