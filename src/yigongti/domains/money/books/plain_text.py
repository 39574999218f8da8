"""The books as plain-text accounting in the syntax of beancount, so that an outside tool can check them.

One file per book, or one of several with what they have among themselves taken out at the end. Every account's closing
balance is asserted, so that ``bean-check`` adds up all lines anew. Amounts are yuan with two decimals (CNY).

    1002 of a book                     Assets:1002
    1002 of a member in a group's file   Assets:1002:M12         (M and the organisation's number)
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from yigongti.domains.money.books.chart import chart_of
from yigongti.domains.money.books.services.closing import last_day
from yigongti.kernel import clock
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, BookView

ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.NET_ASSET: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}
UNRECONCILED = "Equity:Unreconciled"


def one_book(book: BookView, since: date, until: date) -> Iterator[str]:
    """A book's entries from one month to another, as the lines of a file."""
    yield from _heading(book.name, since, until)
    yield from _body([book], clock.month_of(since), last_day(until), member=False)


def several(books: Sequence[BookView], title: str, since: date, until: date) -> Iterator[str]:
    """Members' entries in one file, closed by the elimination of what they have among themselves."""
    yield from _heading(title, since, until)
    yield from _body(books, clock.month_of(since), last_day(until), member=True)


def _heading(title: str, since: date, until: date) -> Iterator[str]:
    yield f"; {_plain(title)} {since:%Y-%m} – {until:%Y-%m}"
    yield f'option "title" "{_plain(title)}"'
    yield 'option "operating_currency" "CNY"'
    yield ""


def _body(books: Sequence[BookView], since: date, until: date, *, member: bool) -> Iterator[str]:
    ids = [book.id for book in books]
    organisations = {book.id: book.organisation_id for book in books}
    names = {spec.code: spec.name for place in sorted({book.place for book in books}) for spec in chart_of(place)}
    rows = ledger.balances(ids, since, until)
    kinds = {row.code: row.kind for row in rows}

    def account(book_id: int, code: str) -> str:
        whole = f"{ROOTS[kinds[code]]}:{code}"
        return f"{whole}:M{organisations[book_id]}" if member else whole

    for row in rows:
        yield f"{since} open {account(row.book_id, row.code)} CNY"
        yield f'  name: "{_plain(names.get(row.code, row.name))}"'
    if member:
        for book in books:
            yield f"; M{book.organisation_id} = {_plain(book.name)}"
        yield f"{since} open {UNRECONCILED} CNY"
    yield ""
    for book in books:
        opening = [(account(row.book_id, row.code), row.opening_fen) for row in rows if row.book_id == book.id]
        yield from _transaction(since, f"期初余额 {book.name}" if member else "期初余额", opening, {})
    month = since
    while month <= until:
        for entry in ledger.entries(ids, month, min(last_day(month), until)):
            moved = [(account(entry.book_id, line.account), line.fen) for line in entry.lines]
            yield from _transaction(entry.on, entry.summary, moved, {"number": entry.number, "source": entry.source})
        month = clock.next_month(month)
    closing: dict[str, int] = defaultdict(int)
    for row in rows:
        closing[account(row.book_id, row.code)] += row.closing_fen
    if member:
        eliminated = [
            (account(row.book_id, row.code), -row.fen)
            for row in ledger.positions(ids, until)
            if row.counterparty_id in organisations
        ]
        left = sum(fen for _name, fen in eliminated)
        yield from _transaction(until, "合并抵销", [*eliminated, (UNRECONCILED, -left)], {})
        for name, fen in eliminated:
            closing[name] += fen
        closing[UNRECONCILED] = -left
    for name, fen in sorted(closing.items()):
        yield f"{until + timedelta(days=1)} balance {name} {_amount(fen)} ~ 0.001 CNY"


def _transaction(on: date, summary: str, lines: Sequence[tuple[str, int]], meta: dict[str, str]) -> Iterator[str]:
    moved = [(name, fen) for name, fen in lines if fen]
    if not moved:
        return
    yield f'{on} * "{_plain(summary)}"'
    for key, text in meta.items():
        yield f'  {key}: "{_plain(text)}"'
    for name, fen in moved:
        yield f"  {name}  {_amount(fen)} CNY"
    yield ""


def _amount(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _plain(text: str) -> str:
    """Text that can stand between double quotes on one line."""
    return " ".join(text.replace("\\", "/").replace('"', "”").split())
