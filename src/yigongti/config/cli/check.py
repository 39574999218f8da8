import click


@click.command("check")
def command() -> None:
    """To come."""
