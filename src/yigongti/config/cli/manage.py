"""``./yigongti manage``: Django's own commands, for developers."""

import click

from yigongti.config.cli.django_ready import with_database


@click.command("manage", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Django's management commands, on this installation's database (for developers)."""
    with with_database():
        from django.core.management import execute_from_command_line

        execute_from_command_line(["./yigongti manage", *arguments])
