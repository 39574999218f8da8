"""What a command can count on: Django set up, and the installation's database reachable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click


def set_up() -> None:
    """Set Django up (once)."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")
    django.setup()


@contextmanager
def without_database() -> Iterator[None]:
    """Django set up; nothing is started."""
    set_up()
    yield


@contextmanager
def with_database() -> Iterator[None]:
    """Django set up and the database reachable: DATABASE_URL's, the one ``run`` keeps up, or one for the duration."""
    from yigongti.config.supervise.installation import reachable

    given = bool(os.environ.get("DATABASE_URL"))
    with reachable():
        set_up()
        _make_tables(given)
        yield


def _make_tables(given: bool) -> None:
    """A command may be the first to use an installation: its own database is then made ready, a given one is not."""
    from django.db import connection

    from yigongti.config.supervise.prepare import make_ready

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        (ready,) = cursor.fetchone() or (False,)
    if ready:
        return
    if given:
        raise click.ClickException(
            "the database of DATABASE_URL is empty; make it ready with: ./yigongti manage migrate"
        )
    click.echo("· making the database", err=True)
    make_ready()
