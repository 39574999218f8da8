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
from yigongti.config.supervise.marks import DEMO_BEGUN, DEMO_DONE, mark, marks, prepared


def main() -> None:
    """Bring the database up to date; load the demo county unless it is in or not wanted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo-residents", type=int, default=None)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")
    import django

    django.setup()
    make_ready()
    mark(os.environ["DATABASE_URL"], prepared(), instead_of="prepared ")
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
    """The value sets, small code lists and the default catalogue of what each tier treats, shipped with the platform;
    quick when they are in already."""
    from yigongti.domains.base.terminology import api as terminology
    from yigongti.domains.care.referrals import api as referrals
    from yigongti.kernel.access.api import system_actor

    terminology.load_shipped(system_actor("set-up"))
    referrals.load_shipped_catalogue(system_actor("set-up"))


def _demo(residents: int | None) -> None:
    demo: Any = import_module("yigongti.simulation.demo")
    found = marks(os.environ["DATABASE_URL"])
    begun = any(name.startswith(DEMO_BEGUN) for name in found)
    if DEMO_DONE not in found and residents != 0 and (begun or residents or not _in_use()):
        _load(demo, residents, found)
    _leave_accounts(demo)


def _in_use() -> bool:
    """Whether somebody has an account: a county's real database gets no demo county unless asked for by number."""
    from yigongti.kernel.access.models import Account

    return bool(Account.objects.exists())


def _load(demo: Any, wanted: int | None, found: set[str]) -> None:
    """Load the demo county; one that was begun and broke off goes on with the size it was begun with."""
    began = time.monotonic()
    sizes = [int(name.removeprefix(DEMO_BEGUN)) for name in found if name.startswith(DEMO_BEGUN)]
    residents = sizes[0] if sizes else wanted if wanted is not None else demo.RESIDENTS
    mark(os.environ["DATABASE_URL"], f"{DEMO_BEGUN}{residents}")
    demo.load(say, residents=residents)
    mark(os.environ["DATABASE_URL"], DEMO_DONE)
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
