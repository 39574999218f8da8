import click


@click.command("new-domain")
def command() -> None:
    """To come."""
