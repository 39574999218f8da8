"""``./yigongti books``: check that all books are in order, write them as plain text."""

from datetime import date, datetime
from pathlib import Path

import click

MONTH = click.DateTime(["%Y-%m"])


@click.group()
def books() -> None:
    """The members' books (账簿)."""


@books.command()
def check() -> None:
    """Add up every entry of every book anew: lines against entries, kept sums against lines, numbers without gaps."""
    from yigongti.kernel.ledger import api as ledger

    found = ledger.books()
    faults = ledger.faults([book.id for book in found])
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} faults in {len(found)} books")
    click.echo(f"{len(found)} books are in order")


@books.command()
@click.option("--book", "key", help="Key of an organisation; all books of the place together when left out.")
@click.option("--place", help="Folder below policies/; the place that is served when left out.")
@click.option("--since", type=MONTH, help="First month (the books' first).")
@click.option("--until", type=MONTH, help="Last month (this month).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def export(key: str | None, place: str | None, since: datetime | None, until: datetime | None, out: Path) -> None:
    """Write entries in the syntax of beancount, with every closing balance asserted (bean-check FILE adds them up)."""
    from django.conf import settings

    from yigongti.domains.base.organisation import api as organisation
    from yigongti.domains.money.books import plain_text
    from yigongti.kernel import clock
    from yigongti.kernel.ledger import api as ledger

    served = place or settings.PLACE
    found = ledger.books(place=served)
    if key is not None:
        wanted = organisation.find(key, place=served)
        found = [book for book in found if wanted is not None and book.organisation_id == wanted.id]
    if not found:
        raise click.ClickException(f"no books for {key or served}")
    first: date = since.date() if since else min(book.first_month for book in found)
    last: date = until.date() if until else clock.month_of(clock.today())
    if last < first:
        raise click.ClickException(f"{last:%Y-%m} is before {first:%Y-%m}")
    text = plain_text.one_book(found[0], first, last) if key else plain_text.several(found, served, first, last)
    with out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in text)
    click.echo(f"{out}: {len(found)} books, {first:%Y-%m} to {last:%Y-%m}")


commands = [books]
