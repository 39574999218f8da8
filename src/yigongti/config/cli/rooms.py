"""Commands that apps bring in their ``cli.py`` rooms, found in the tree."""

import functools
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import click

from yigongti.config.cli import django_ready
from yigongti.config.tree import SOURCE, apps_with

TOP_ROOMS = ("simulation",)


class Rooms:
    """All ``cli.py`` rooms; imported once, when first asked for a name that is not one of config's own."""

    def __init__(self) -> None:
        self._commands: dict[str, click.Command] | None = None

    def commands(self) -> dict[str, click.Command]:
        """Commands by name. Two rooms that use one name are a mistake in the tree: RuntimeError."""
        if self._commands is None:
            self._commands = {}
            for room in _rooms():
                module = _imported(room)
                for name, prepare in (
                    ("commands", django_ready.with_database),
                    ("offline_commands", django_ready.without_database),
                ):
                    for command in getattr(module, name, ()):
                        _prepared(command, prepare)
                        if command.name in self._commands:
                            raise RuntimeError(f"two cli.py rooms bring a command called {command.name} ({room})")
                        self._commands[str(command.name)] = command
        return self._commands


def _rooms() -> Iterator[str]:
    yield from apps_with("cli")
    for name in TOP_ROOMS:
        if (SOURCE / name / "cli.py").exists():
            yield f"yigongti.{name}.cli"


def _imported(room: str) -> Any:
    from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

    try:
        return import_module(room)
    except (AppRegistryNotReady, ImproperlyConfigured):
        # A room that imports models at its top still works; it only makes --help slower.
        django_ready.set_up()
        return import_module(room)


def _prepared(command: click.Command, prepare: Callable[[], Any]) -> None:
    """Make the command, or each command below a group, enter ``prepare()`` before its own code."""
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _prepared(child, prepare)
        return
    own = command.callback
    if own is None:
        return

    @functools.wraps(own)
    def within(*args: Any, **kwargs: Any) -> Any:
        with prepare():
            return own(*args, **kwargs)

    command.callback = within
