"""``./yigongti load-referral-catalogue``: the default catalogue of what each tier treats."""

import click


@click.command("load-referral-catalogue")
def load_catalogue() -> None:
    """Load the default catalogue of what each tier treats; a place's own edition stands before it."""
    from yigongti.domains.care.referrals.services.catalogues import load_shipped
    from yigongti.kernel.access.api import system_actor

    edition = load_shipped(system_actor("command line"))
    click.echo(f"{edition.name}: {edition.lines.count()} lines from {edition.starts_on}")


commands = [load_catalogue]
