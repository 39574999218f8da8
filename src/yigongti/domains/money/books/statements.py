"""Statements: trial balance, income and expense, balance sheet; of a member, or of several with dealings eliminated.

All amounts are fen and exact; nothing is rounded or dropped. What two members' books disagree on stays in the
consolidated sheet as a line of its own, so that it still balances and nobody overlooks it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.chart import chart_of
from yigongti.domains.money.books.selectors import RESULT, YEAR_CLOSE, Pair
from yigongti.domains.money.books.services import budgets
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, BalanceRow, BookView

Values = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A line of a statement: an account (``leaf``) or a heading with the sum of those below it."""

    code: str
    name: str
    depth: int
    leaf: bool
    values: Values

    @property
    def label(self) -> str:
        """The name, set in by its depth."""
        return "　" * self.depth + self.name


def tree(names: Mapping[str, str], values: Mapping[str, Values]) -> list[Node]:
    """Accounts with something in them, under their headings (the codes that theirs begin with), by code."""
    kept = {code: figures for code, figures in values.items() if any(figures)}
    width = len(next(iter(kept.values()), ()))
    sums: dict[str, list[int]] = {}
    for code, figures in kept.items():
        for heading in names:
            if code.startswith(heading):
                total = sums.setdefault(heading, [0] * width)
                for place, figure in enumerate(figures):
                    total[place] += figure
    return [
        Node(
            code, names[code], sum(code.startswith(other) for other in names if other != code),
            not any(other.startswith(code) for other in names if other != code), tuple(sums[code]),
        )
        for code in sorted(sums)
    ]  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A part of a statement, with its total."""

    kind: AccountKind
    nodes: list[Node]
    total: Values

    @property
    def label(self) -> str:
        return str(self.kind.label)


# -- one book ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrialBalance:
    """Values of each line: opening, debits, credits, closing; debit positive. ``total``: the sums of the columns as
    (opening debits, opening credits, debits, credits, closing debits, closing credits); each pair is equal."""

    nodes: list[Node]
    total: Values

    @property
    def balanced(self) -> bool:
        return self.total[0] == self.total[1] and self.total[2] == self.total[3] and self.total[4] == self.total[5]


def trial_balance(book: BookView, since: date, until: date) -> TrialBalance:
    """Every account of a book over a span of months."""
    rows = ledger.balances([book.id], since, until)
    nodes = tree(
        _names(book), {row.code: (row.opening_fen, row.debit_fen, row.credit_fen, row.closing_fen) for row in rows}
    )
    total = (
        sum(max(row.opening_fen, 0) for row in rows), sum(max(-row.opening_fen, 0) for row in rows),
        sum(row.debit_fen for row in rows), sum(row.credit_fen for row in rows),
        sum(max(row.closing_fen, 0) for row in rows), sum(max(-row.closing_fen, 0) for row in rows),
    )  # fmt: skip
    return TrialBalance(nodes, total)


@dataclass(frozen=True)
class Income:
    """Income and expense of a span; the first value is the span's, the second the year's up to its end."""

    income: Section
    expense: Section

    @property
    def surplus(self) -> Values:
        return tuple(one - other for one, other in zip(self.income.total, self.expense.total, strict=True))


def income_statement(books: Sequence[BookView], since: date, until: date) -> Income:
    """Income and expense of these books together, dealings not eliminated. A year's closing does not count."""
    ids = [book.id for book in books]
    span = _by_code(ledger.balances(ids, since, until, but=YEAR_CLOSE))
    rows = ledger.balances(ids, date(until.year, 1, 1), until, but=YEAR_CLOSE)
    year, names = _by_code(rows), _names_of(books, rows)
    return Income(*(_section(kind, names, {code: (_moved(span, code), _moved(year, code)) for code in year}, year)
                    for kind in RESULT))  # fmt: skip


def _moved(rows: Mapping[str, list[BalanceRow]], code: str) -> int:
    return sum(row.moved_fen for row in rows.get(code, ()))


@dataclass(frozen=True)
class Sheet:
    """A balance sheet; the first value is the year's beginning, the second the day's. ``result``: the year's surplus
    that has not been carried to net assets yet."""

    assets: Section
    liabilities: Section
    net_assets: Section
    result: Values

    @property
    def right(self) -> Values:
        """Liabilities and net assets, with the result that has not been carried: what the assets equal."""
        columns = zip(self.liabilities.total, self.net_assets.total, self.result, strict=True)
        return tuple(sum(column) for column in columns)

    @property
    def balanced(self) -> bool:
        return self.assets.total == self.right


def balance_sheet(books: Sequence[BookView], until: date) -> Sheet:
    """What these books hold and owe at the end of a month, and at the year's beginning."""
    standing = ledger.balances([book.id for book in books], date(until.year, 1, 1), until)
    rows, names = _by_code(standing), _names_of(books, standing)
    values = {
        code: (sum(row.opening_fen for row in found), sum(row.closing_fen for row in found))
        for code, found in rows.items()
    }
    assets, liabilities, net_assets = (
        _section(kind, names, values, rows)
        for kind in (AccountKind.ASSET, AccountKind.LIABILITY, AccountKind.NET_ASSET)
    )
    carried = [values[code] for code, found in rows.items() if found[0].kind in RESULT]
    result = tuple(-sum(column) for column in zip(*carried, strict=True)) or (0, 0)
    return Sheet(assets, liabilities, net_assets, result)


# -- several books -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemberFigures:
    """One member's key figures: the year's income and expense up to a month, and what it holds and owes then."""

    book: BookView
    income_fen: int
    expense_fen: int
    assets_fen: int
    liabilities_fen: int

    @property
    def surplus_fen(self) -> int:
        return self.income_fen - self.expense_fen

    @property
    def net_fen(self) -> int:
        return self.assets_fen - self.liabilities_fen


@dataclass(frozen=True)
class Consolidated:
    """Members' figures together; each line's values: the members' sum, what is eliminated, what remains.

    ``owed_difference_fen`` and ``year_difference_fen`` are what the members' books disagree on; what eliminating
    both sides leaves over is shown as a line of its own.
    """

    sections: dict[AccountKind, Section]
    members: list[MemberFigures]
    pairs: list[Pair]
    result: Values

    @property
    def owed_difference_fen(self) -> int:
        return sum(pair.owed_difference_fen for pair in self.pairs)

    @property
    def year_difference_fen(self) -> int:
        return sum(pair.year_difference_fen for pair in self.pairs)

    @property
    def disagreement_fen(self) -> int:
        """What the pairs disagree on, added up without their signs: one pair's does not hide another's."""
        return sum(abs(pair.owed_difference_fen) for pair in self.pairs)

    @property
    def left_over_fen(self) -> int:
        """What is left over when both sides are taken out of what is held, owed and not yet carried."""
        return self.owed_difference_fen + self.result[1]

    @property
    def surplus(self) -> Values:
        income, expense = self.sections[AccountKind.INCOME].total, self.sections[AccountKind.EXPENSE].total
        return tuple(one - other for one, other in zip(income, expense, strict=True))

    @property
    def right(self) -> Values:
        """Liabilities, net assets and what is not carried yet: equal to the assets, less what the books disagree on."""
        liabilities = self.sections[AccountKind.LIABILITY].total
        return tuple(
            sum(column)
            for column in zip(liabilities, self.sections[AccountKind.NET_ASSET].total, self.result, strict=True)
        )

    @property
    def balanced(self) -> bool:
        """Whether it balances once the line of what the books disagree on is counted."""
        assets = self.sections[AccountKind.ASSET].total
        return assets[0] == self.right[0] and assets[2] + self.left_over_fen == self.right[2]


def consolidated(books: Sequence[BookView], until: date) -> Consolidated:
    """Members' books as one: the year up to a month, what they have among themselves taken out and shown."""
    ids = [book.id for book in books]
    since = date(until.year, 1, 1)
    standing = ledger.balances(ids, since, until)
    running = ledger.balances(ids, since, until, but=YEAR_CLOSE)
    dealings = ledger.dealings(ids, since, until, but=YEAR_CLOSE)
    names = _names_of(books, standing)
    whole: dict[str, int] = defaultdict(int)
    internal: dict[str, int] = defaultdict(int)
    for row in standing:
        if row.kind not in RESULT:
            whole[row.code] += row.closing_fen
    for row in running:
        if row.kind in RESULT:
            whole[row.code] += row.moved_fen
    for deal in dealings:
        internal[deal.code] += deal.moved_fen if deal.kind in RESULT else deal.closing_fen
    values = {code: (fen, -internal[code], fen - internal[code]) for code, fen in whole.items()}
    rows = _by_code(standing)
    left = -sum(row.closing_fen for row in standing if row.kind in RESULT)
    uncarried = sum(deal.closing_fen for deal in ledger.dealings(ids, since, until) if deal.kind in RESULT)
    return Consolidated(
        sections={kind: _section(kind, names, values, rows, width=3) for kind in AccountKind},
        members=_members(books, standing, running),
        pairs=selectors.pairs(ids, until),
        result=(left, uncarried, left + uncarried),
    )


def _members(
    books: Sequence[BookView], standing: Iterable[BalanceRow], running: Iterable[BalanceRow]
) -> list[MemberFigures]:
    sums: dict[tuple[int, AccountKind], int] = defaultdict(int)
    for row in standing:
        if row.kind not in RESULT:
            sums[row.book_id, row.kind] += row.closing_fen
    for row in running:
        if row.kind in RESULT:
            sums[row.book_id, row.kind] += row.moved_fen
    return [
        MemberFigures(
            book,
            -sums[book.id, AccountKind.INCOME],
            sums[book.id, AccountKind.EXPENSE],
            sums[book.id, AccountKind.ASSET],
            -sums[book.id, AccountKind.LIABILITY],
        )
        for book in books
    ]


# -- shared ------------------------------------------------------------------------------------------------------


def _section(
    kind: AccountKind,
    names: Mapping[str, str],
    values: Mapping[str, Values],
    rows: Mapping[str, list[BalanceRow]],
    width: int = 2,
) -> Section:
    """The accounts of a kind, their amounts positive where the kind grows; ``width`` amounts each."""
    sign = 1 if kind.debit_is_more else -1
    mine = {
        code: tuple(sign * fen for fen in figures)
        for code, figures in values.items()
        if code in rows and rows[code][0].kind == kind
    }
    total = tuple(sum(column) for column in zip(*mine.values(), strict=True)) or (0,) * width
    return Section(kind, tree(names, mine), total)


def _by_code(rows: Iterable[BalanceRow]) -> dict[str, list[BalanceRow]]:
    found: dict[str, list[BalanceRow]] = {}
    for row in rows:
        found.setdefault(row.code, []).append(row)
    return found


def _names(book: BookView) -> dict[str, str]:
    return {account.code: account.name for account in ledger.accounts(book.id)}


def _names_of(books: Collection[BookView], rows: Iterable[BalanceRow]) -> dict[str, str]:
    """Names of accounts: a book's own, or those of the charts of the places, and of what moved outside them."""
    if len(books) == 1:
        return _names(next(iter(books)))
    charts = {spec.code: spec.name for place in {book.place for book in books} for spec in chart_of(place)}
    return {row.code: row.name for row in rows} | charts


# -- budget against actual ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Against:
    """An account's budget of the year and what it came to so far; positive is income earned or expense incurred."""

    code: str
    name: str
    kind: AccountKind
    budget_fen: int
    actual_fen: int
    planned: bool

    @property
    def left_fen(self) -> int:
        return self.budget_fen - self.actual_fen

    @property
    def share(self) -> float | None:
        """How much of the budget is used or earned; None without a budget."""
        return self.actual_fen / self.budget_fen if self.budget_fen else None


def budget_against_actual(book: BookView, year: int, until: date) -> list[Against]:
    """Each planned account (with all below it), and each account that moved without a plan, up to a month."""
    budget = budgets.in_force(book.id, year)
    planned = dict(budget.lines.values_list("code", "fen")) if budget else {}
    accounts = {account.code: account for account in ledger.accounts(book.id)}
    rows = ledger.balances([book.id], date(year, 1, 1), until, but=YEAR_CLOSE)
    moved = {row.code: (1 if row.kind.debit_is_more else -1) * row.moved_fen for row in rows if row.kind in RESULT}
    found = [
        Against(
            code, accounts[code].name, accounts[code].kind, fen,
            sum(amount for other, amount in moved.items() if other.startswith(code)), True,
        )
        for code, fen in planned.items()
    ]  # fmt: skip
    found += [
        Against(code, accounts[code].name, accounts[code].kind, 0, fen, False)
        for code, fen in moved.items()
        if fen and not any(code.startswith(plan) for plan in planned)
    ]
    return sorted(found, key=lambda row: row.code)
