"""``./yigongti manage``: Django's own commands, for developers."""

import os

import click

from yigongti.config.supervise.installation import reachable


@click.command("manage", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Django's management commands, for developers.

    On this installation's database: the one ``run`` keeps up, or started for the duration.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")
    with reachable():
        from django.core.management import execute_from_command_line

        execute_from_command_line(["./yigongti manage", *arguments])
