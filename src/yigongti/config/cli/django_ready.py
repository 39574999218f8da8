"""What a command can count on: Django set up, and the installation's database reachable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


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

    with reachable():
        set_up()
        yield
