"""After any sequence of operations, refused ones too: all books sum to zero, and the sums equal a plain recount."""

from collections import Counter
from datetime import date

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.support.people import person
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.models import MonthSum
from yigongti.kernel.ledger.tests.test_ledger import CHART

CASHIER = person("finance_officer", 1, id=7)
CODES = [spec.code for spec in CHART] + ["9999"]
DAYS = st.dates(date(2023, 12, 30), date(2024, 4, 2))


class Books(RuleBasedStateMachine):
    """Three books, and a model of what was posted: plain tuples."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.books = [
            ledger.open_book(organisation_id=n, place="kunshan", name=f"单位{n}", first_month=date(2024, 1, 1),
                             accounts=CHART, actor=CASHIER)
            for n in (1, 2, 3)
        ]  # fmt: skip
        self.posted: dict[int, tuple[int, date, tuple[tuple[str, int, int | None], ...]]] = {}
        self.standing: dict[str, tuple[int, date, tuple[tuple[str, int, int | None], ...]]] = {}
        self.entries: list[ledger.EntryView] = []
        self.closed = Counter()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def may(self, book: int, on: date) -> bool:
        return on >= date(2024, 1 + self.closed[book], 1)

    @rule(
        book=st.integers(0, 2), on=DAYS, source=st.sampled_from("abcdefgh"),
        amounts=st.lists(st.tuples(st.sampled_from(CODES), st.integers(-(10**9), 10**9), st.booleans()), max_size=4),
        balanced=st.booleans(),
    )  # fmt: skip
    def post(self, book, on, source, amounts, balanced) -> None:
        lines = [(code, fen, self.books[(book + 1) % 3].id if deal else None) for code, fen, deal in amounts]
        if balanced:
            lines.append(("1002", -sum(fen for _code, fen, _other in lines), None))
        said = (self.books[book].id, on, tuple(lines))
        good = (
            len(lines) >= 2
            and sum(fen for _c, fen, _o in lines) == 0
            and all(fen and code != "9999" for code, fen, _o in lines)
            and (self.standing.get(source) == said or (source not in self.standing and self.may(book, on)))
        )
        entry = ledger.NewEntry(self.books[book].id, on, "x", source, tuple(ledger.NewLine(*line) for line in lines))
        try:
            view = ledger.post_entry(entry, actor=CASHIER)
        except ledger.EntryRefused:
            assert not good
        else:
            assert good
            if source not in self.standing:
                self.standing[source] = said
                self.posted[view.id] = said
                self.entries.append(view)

    @rule(which=st.integers(0, 100), on=DAYS)
    def reverse(self, which, on) -> None:
        if not self.entries:
            return
        original = self.entries[which % len(self.entries)]
        source = f"reversal {original.id}"
        place = next(n for n, book in enumerate(self.books) if book.id == original.book_id)
        before = self.standing.get(source)
        good = before is None and original.reverses_id is None and on >= original.on and self.may(place, on)
        again = before is not None and before[1] == on
        try:
            view = ledger.reverse_entry(original.id, on=on, summary="冲", source=source, actor=CASHIER)
        except ledger.EntryRefused:
            assert not good
        else:
            assert good or again
            if good:
                lines = tuple((line.account, line.fen, line.counterparty_id) for line in view.lines)
                self.standing[source] = self.posted[view.id] = (original.book_id, on, lines)
                del self.standing[original.source]  # its cause may be posted again
                self.entries.append(view)

    @rule(book=st.integers(0, 2), month=st.integers(1, 4))
    def close(self, book, month) -> None:
        good = month == self.closed[book] + 1
        try:
            ledger.close_month(self.books[book].id, date(2024, month, 1), actor=CASHIER)
        except ledger.EntryRefused:
            assert not good
        else:
            assert good
            self.closed[book] += 1

    @invariant()
    def all_books_sum_to_zero(self) -> None:
        rows = ledger.balances([book.id for book in self.books], date(2024, 1, 1), date(2024, 12, 1))
        assert sum(row.closing_fen for row in rows) == 0
        expected: Counter[tuple[int, str]] = Counter()
        for book_id, _on, lines in self.posted.values():
            for code, fen, _other in lines:
                expected[book_id, code] += fen
        assert {(row.book_id, row.code): row.closing_fen for row in rows if row.closing_fen} == {
            key: fen for key, fen in expected.items() if fen
        }

    @invariant()
    def sums_equal_a_recount(self) -> None:
        ids = [book.id for book in self.books]
        kept = {
            (row.account_id, row.month, row.counterparty_id): (row.debit_fen, row.credit_fen, row.lines)
            for row in MonthSum.objects.unscoped("test").filter(account__book_id__in=ids)
        }
        assert kept == ledger.recount(ids)

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        assert not any(ledger.gaps(book.id) for book in self.books)

    @invariant()
    def nothing_waits_to_be_refused_at_the_end(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.django_db
def test_any_sequence_leaves_the_books_in_balance():
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
