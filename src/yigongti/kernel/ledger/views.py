"""What the ledger takes and hands out: frozen, by value. Money is whole fen; a debit is positive, a credit negative."""

from dataclasses import dataclass
from datetime import date, datetime

from yigongti.kernel.ledger.models import AccountKind


class EntryRefused(Exception):
    """The entry can't be posted; ``str()`` says why in words for people. Nothing has changed."""


class PeriodClosed(EntryRefused):
    """The month is closed, or lies before the book begins."""


@dataclass(frozen=True)
class AccountSpec:
    """An account to be opened."""

    code: str
    name: str
    kind: AccountKind
    internal: bool = False


@dataclass(frozen=True)
class AccountView:
    """An account of a book."""

    id: int
    book_id: int
    code: str
    name: str
    kind: AccountKind
    internal: bool


@dataclass(frozen=True)
class BookView:
    """The book of a legal person. ``next_to_close`` is its first open month."""

    id: int
    organisation_id: int
    place: str
    name: str
    first_month: date
    next_to_close: date

    def is_open(self, on: date) -> bool:
        return on >= self.next_to_close


@dataclass(frozen=True)
class NewLine:
    """A line to be posted: fen into (positive) or out of (negative) an account of the entry's book, by its code."""

    account: str
    fen: int
    counterparty_id: int | None = None  # a book
    note: str = ""


@dataclass(frozen=True)
class NewEntry:
    """An entry to be posted. ``source`` names what caused it: one source, one entry that stands."""

    book_id: int
    on: date
    summary: str
    source: str
    lines: tuple[NewLine, ...]
    address: str = ""
    template: str = ""
    prepared_by_id: int | None = None
    approved_by_id: int | None = None


@dataclass(frozen=True)
class Reversal:
    """An entry to be taken back. ``earlier_years``: the account that bears what a year that is over had as income or
    expense; "" where each account bears its own."""

    entry_id: int
    on: date
    summary: str
    source: str
    address: str = ""
    prepared_by_id: int | None = None
    approved_by_id: int | None = None
    earlier_years: str = ""


@dataclass(frozen=True)
class LineView:
    """A line as it stands."""

    number: int
    account_id: int
    account: str
    account_name: str
    kind: AccountKind
    fen: int
    counterparty_id: int | None
    note: str

    @property
    def debit_fen(self) -> int:
        return max(self.fen, 0)

    @property
    def credit_fen(self) -> int:
        return max(-self.fen, 0)


@dataclass(frozen=True)
class EntryView:
    """An entry as it stands, with its lines in order."""

    id: int
    book_id: int
    organisation_id: int
    on: date
    number: str
    summary: str
    template: str
    source: str
    address: str
    reverses_id: int | None
    reversed_by_id: int | None
    prepared_by_id: int | None
    approved_by_id: int | None
    posted_by_id: int | None
    posted_at: datetime
    lines: tuple[LineView, ...]

    @property
    def total_fen(self) -> int:
        """The sum of the debits, which is that of the credits."""
        return sum(line.debit_fen for line in self.lines)


@dataclass(frozen=True)
class BalanceRow:
    """An account of a book over a span of months: what stood before, what came in and went out.

    ``opening_fen`` is signed (debit positive).
    """

    book_id: int
    account_id: int
    code: str
    name: str
    kind: AccountKind
    internal: bool
    opening_fen: int
    debit_fen: int
    credit_fen: int

    @property
    def moved_fen(self) -> int:
        return self.debit_fen - self.credit_fen

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.moved_fen


@dataclass(frozen=True)
class DealingRow:
    """What a book says it has with another: one account, one counterparty, over a span of months."""

    book_id: int
    counterparty_id: int
    account_id: int
    code: str
    name: str
    kind: AccountKind
    opening_fen: int
    moved_fen: int

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.moved_fen


@dataclass(frozen=True)
class PositionRow:
    """What stands in an account with one counterparty (or none) at the end of a month; debit positive."""

    book_id: int
    code: str
    kind: AccountKind
    counterparty_id: int | None
    fen: int
