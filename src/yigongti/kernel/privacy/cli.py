"""``./yigongti keys``."""

import click


@click.group()
def keys() -> None:
    """The keys that encrypt personal numbers at rest (密钥)."""


@keys.command()
@click.confirmation_option(prompt="New values will be encrypted with a new key; back up var/keys afterwards. Go on?")
def rotate() -> None:
    """Make a new version of the data key. Old values stay readable with theirs; restart the platform afterwards."""
    from yigongti.kernel.privacy.ciphers import DATA
    from yigongti.kernel.privacy.keys import rotate as make

    try:
        number = make(DATA)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"version {number} is used from now on")


commands = [keys]
