"""What the ledger promises, and what the database refuses whoever writes."""

import threading
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection, transaction
from tests.support.people import person

from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.models import Account, Book, Entry, Line, MonthSum

CASHIER = person("finance_officer", 1, id=7)
CHART = [
    ledger.AccountSpec("1002", "银行存款", ledger.AccountKind.ASSET),
    ledger.AccountSpec("1219", "内部应收款", ledger.AccountKind.ASSET, internal=True),
    ledger.AccountSpec("2309", "内部应付款", ledger.AccountKind.LIABILITY, internal=True),
    ledger.AccountSpec("3001", "累计盈余", ledger.AccountKind.NET_ASSET),
    ledger.AccountSpec("4101", "事业收入", ledger.AccountKind.INCOME),
    ledger.AccountSpec("5001", "业务活动费用", ledger.AccountKind.EXPENSE),
]
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def opened(organisation_id: int = 1, first: date = JANUARY) -> ledger.BookView:
    return ledger.open_book(
        organisation_id=organisation_id, place="kunshan", name=f"单位{organisation_id}", first_month=first,
        accounts=CHART, actor=CASHIER,
    )  # fmt: skip


def entry(book, source, fen=100, on=date(2026, 1, 5), debit="1002", credit="4101", **fields) -> ledger.NewEntry:
    lines = (ledger.NewLine(debit, fen), ledger.NewLine(credit, -fen))
    return ledger.NewEntry(book_id=book.id, on=on, summary="收款", source=source, **{"lines": lines, **fields})


def balance(book, code, until=date(2026, 12, 31)) -> int:
    return sum(r.closing_fen for r in ledger.balances([book.id], date(2000, 1, 1), until) if r.code == code)


pytestmark = pytest.mark.django_db


def test_a_book_is_opened_once():
    first, second = opened(), opened()
    assert first == second
    assert [a.code for a in ledger.accounts(first.id)] == [spec.code for spec in CHART]


def test_numbers_run_by_book_and_year():
    one, two = opened(1), opened(2)
    posted = [
        ledger.post_entry(entry(one, "a"), actor=CASHIER),
        ledger.post_entry(entry(two, "b"), actor=CASHIER),
        ledger.post_entry(entry(one, "c", on=date(2027, 3, 1)), actor=CASHIER),
        ledger.post_entry(entry(one, "d", on=date(2026, 12, 31)), actor=CASHIER),
    ]
    assert [view.number for view in posted] == ["2026-00001", "2026-00001", "2027-00001", "2026-00002"]


def test_a_refused_entry_takes_no_number():
    book = opened()
    ledger.post_entry(entry(book, "a"), actor=CASHIER)
    with pytest.raises(ledger.EntryRefused):
        ledger.post_entries([entry(book, "b"), entry(book, "c", debit="9999")], actor=CASHIER)
    assert ledger.entry_by_source("b") is None
    assert ledger.post_entry(entry(book, "d"), actor=CASHIER).number == "2026-00002"
    assert ledger.gaps(book.id) == []


def test_what_was_reversed_can_be_posted_again():
    book = opened()
    first = ledger.post_entry(entry(book, "a", 500), actor=CASHIER)
    ledger.reverse_entry(first.id, on=first.on, summary="错", source="r", actor=CASHIER)
    again = ledger.post_entry(entry(book, "a", 500), actor=CASHIER)
    assert again.id != first.id and again.reversed_by_id is None
    assert ledger.post_entry(entry(book, "a", 500), actor=CASHIER) == again == ledger.entry_by_source("a")
    assert balance(book, "1002") == 500
    ledger.reverse_entry(again.id, on=first.on, summary="错", source="s", actor=CASHIER)
    assert ledger.post_entry(entry(book, "a", 600), actor=CASHIER).total_fen == 600
    with pytest.raises(ledger.EntryRefused):
        ledger.post_entry(entry(book, "a", 500), actor=CASHIER)
    assert balance(book, "1002") == 600


@pytest.mark.parametrize(
    ("source", "fen", "words"), [("s" * 121, 5, "x"), ("", 5, "x"), ("s", Decimal("10.5"), "x"), ("s", True, "x"),
                                 ("s", 5, "a\0b")],
)  # fmt: skip
def test_what_the_database_could_not_keep_as_it_is_refused(source, fen, words):
    book = opened()
    lines = (ledger.NewLine("1002", fen), ledger.NewLine("4101", -fen))
    with pytest.raises(ledger.EntryRefused):
        ledger.post_entry(ledger.NewEntry(book.id, JANUARY, words, source, lines), actor=CASHIER)


@pytest.mark.parametrize(
    "lines",
    [
        (("1002", 100), ("4101", -99)),
        (("1002", 100),),
        (("1002", 0), ("4101", 0)),
        (("1002", 10**17), ("4101", -(10**17))),
        (("1002", 100), ("8888", -100)),
    ],
)
def test_what_does_not_balance_is_refused_in_words(lines):
    book = opened()
    made = entry(book, "a", lines=tuple(ledger.NewLine(code, fen) for code, fen in lines))
    with pytest.raises(ledger.EntryRefused) as refused:
        ledger.post_entry(made, actor=CASHIER)
    assert str(refused.value)
    assert not Entry.objects.unscoped("test").exists()


def test_the_same_source_is_the_same_entry():
    book = opened()
    first = ledger.post_entry(entry(book, "a"), actor=CASHIER)
    assert ledger.post_entry(entry(book, "a"), actor=CASHIER) == first
    assert ledger.post_entries([entry(book, "b"), entry(book, "b")], actor=CASHIER)[0].number == "2026-00002"
    with pytest.raises(ledger.EntryRefused):
        ledger.post_entry(entry(book, "a", fen=200), actor=CASHIER)
    with pytest.raises(ledger.EntryRefused):
        ledger.post_entry(entry(opened(2), "a"), actor=CASHIER)
    assert balance(book, "1002") == 200


def test_a_reversal_mirrors_once_in_an_open_month():
    book = opened()
    wrong = ledger.post_entry(entry(book, "a", fen=333), actor=CASHIER)
    ledger.close_month(book.id, JANUARY, actor=CASHIER)
    with pytest.raises(ledger.PeriodClosed):
        ledger.reverse_entry(wrong.id, on=date(2026, 1, 31), summary="冲", source="a-r", actor=CASHIER)
    back = ledger.reverse_entry(wrong.id, on=date(2026, 2, 1), summary="冲", source="a-r", actor=CASHIER)
    assert [line.fen for line in back.lines] == [-333, 333]
    assert ledger.entry(wrong.id).reversed_by_id == back.id
    assert balance(book, "1002", date(2026, 1, 31)) == 333
    assert balance(book, "1002") == 0
    with pytest.raises(ledger.EntryRefused):
        ledger.reverse_entry(wrong.id, on=date(2026, 2, 2), summary="冲", source="again", actor=CASHIER)
    with pytest.raises(ledger.EntryRefused):
        ledger.reverse_entry(back.id, on=date(2026, 2, 2), summary="冲", source="back", actor=CASHIER)


def test_months_close_in_order_and_for_good():
    book = opened()
    with pytest.raises(ledger.EntryRefused):
        ledger.close_month(book.id, FEBRUARY, actor=CASHIER)
    assert ledger.close_month(book.id, JANUARY, actor=CASHIER).next_to_close == FEBRUARY
    with pytest.raises(ledger.EntryRefused):
        ledger.close_month(book.id, JANUARY, actor=CASHIER)
    with pytest.raises(ledger.PeriodClosed):
        ledger.post_entry(entry(book, "a", on=date(2026, 1, 31)), actor=CASHIER)
    with pytest.raises(ledger.PeriodClosed):
        ledger.post_entry(entry(book, "a", on=date(2025, 12, 31)), actor=CASHIER)
    assert ledger.post_entry(entry(book, "a", on=FEBRUARY), actor=CASHIER).on == FEBRUARY


def test_balances_know_opening_and_turnover():
    book = opened()
    ledger.post_entry(entry(book, "a", fen=500, on=date(2026, 1, 31)), actor=CASHIER)
    ledger.post_entry(entry(book, "b", fen=200, on=date(2026, 2, 28), debit="5001", credit="1002"), actor=CASHIER)
    ledger.post_entry(entry(book, "c", fen=70, on=date(2026, 3, 1)), actor=CASHIER)
    rows = {r.code: r for r in ledger.balances([book.id], FEBRUARY, date(2026, 2, 28))}
    cash = rows["1002"]
    assert (cash.opening_fen, cash.debit_fen, cash.credit_fen, cash.closing_fen) == (500, 0, 200, 300)
    assert sum(r.closing_fen for r in rows.values()) == 0


def test_accounts_are_added_and_never_change_their_kind():
    book = opened()
    fresh = [*CHART, ledger.AccountSpec("4301", "经营收入", ledger.AccountKind.INCOME)]
    assert ledger.add_accounts(book.id, fresh, actor=CASHIER) == 1
    assert ledger.add_accounts(book.id, fresh, actor=CASHIER) == 0
    with pytest.raises(ledger.EntryRefused):
        ledger.add_accounts(book.id, [ledger.AccountSpec("1002", "银行", ledger.AccountKind.INCOME)], actor=CASHIER)


# -- past the services ---------------------------------------------------------------------------------------


def bare(book, number, size=2, on=date(2026, 1, 5)) -> Entry:
    from yigongti.kernel import clock

    return Entry.objects.create(
        book_id=book.id, on_day=on, year=on.year, number=number, summary="x", source=f"bare{number}", size=size,
        content=b"x", posted_at=clock.now(),
    )  # fmt: skip


def put(row: Entry, *amounts: int, start: int = 1, book=None) -> None:
    account = Account.objects.unscoped("test").filter(book_id=(book or row.book).pk).first()
    Line.objects.bulk_create(
        Line(entry=row, number=n, account=account, fen=fen) for n, fen in enumerate(amounts, start=start)
    )


def refused_by_database(act) -> str:
    with pytest.raises((IntegrityError, ProgrammingError)) as error, transaction.atomic():
        act()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return str(error.value)


def test_the_database_refuses_what_does_not_sum_to_zero():
    book = opened()
    assert "sum to zero" in refused_by_database(lambda: put(bare(book, 1), 100, -99))
    assert "sum to zero" in refused_by_database(lambda: put(bare(book, 1, size=3), 100, -100))
    assert "sum to" in refused_by_database(lambda: bare(book, 1))
    put(bare(book, 1), 100, -100)


def test_the_database_refuses_lines_that_come_later():
    book = opened()
    put(bare(book, 1), 100, -100)
    later = Entry.objects.unscoped("test").get(source="bare1")
    assert "sum to zero" in refused_by_database(lambda: put(later, 5, -5, start=3))
    assert "ledger_line_number" in refused_by_database(lambda: put(later, 5, -5))


def test_the_database_refuses_lines_of_another_book():
    one, two = opened(1), opened(2)
    other = Book.objects.unscoped("test").get(pk=two.id)
    assert "own book" in refused_by_database(lambda: put(bare(one, 1), 5, -5, book=other))


def test_the_database_refuses_closed_months_and_any_change():
    book = opened()
    posted = ledger.post_entry(entry(book, "a"), actor=CASHIER)
    ledger.close_month(book.id, JANUARY, actor=CASHIER)
    assert "closed" in refused_by_database(lambda: put(bare(book, 2), 5, -5))
    entries, lines = Entry.objects.unscoped("test"), Line.objects.unscoped("test")
    for act in (
        lambda: entries.filter(pk=posted.id).update(summary="y"),
        lambda: lines.update(fen=1),
        lambda: lines.all()._raw_delete("default"),
        lambda: MonthSum.objects.unscoped("test").update(debit_fen=0),
        lambda: MonthSum.objects.unscoped("test")._raw_delete("default"),
        lambda: Account.objects.unscoped("test").update(kind="asset"),
    ):
        assert refused_by_database(act)
    with connection.cursor() as cursor:
        for statement in ("UPDATE ledger_closedmonth SET month = month", "DELETE FROM ledger_closedmonth"):
            assert refused_by_database(lambda statement=statement: cursor.execute(statement))


# -- at once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_at_once_take_numbers_without_gaps():
    books = [opened(n) for n in (1, 2)]
    failures: list[Exception] = []

    def work(worker: int) -> None:
        try:
            for n in range(10):
                wanted = [entry(book, f"{book.id}-{worker}-{n}") for book in (books if worker % 2 else books[::-1])]
                if n == 3:  # a whole batch that comes to nothing
                    with pytest.raises(ledger.EntryRefused):
                        ledger.post_entries([*wanted, entry(books[0], "bad", debit="7777")], actor=CASHIER)
                ledger.post_entries([*wanted, entry(books[0], f"shared-{n}")], actor=CASHIER)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for book, many in zip(books, (50, 40), strict=True):
        assert ledger.gaps(book.id) == []
        numbers = Entry.objects.unscoped("test").filter(book_id=book.id).values_list("number", flat=True)
        assert sorted(numbers) == list(range(1, many + 1))
        assert balance(book, "1002") == many * 100


@pytest.mark.django_db(transaction=True)
def test_a_month_can_not_close_over_an_entry_on_its_way():
    book = opened()
    closed = threading.Event()
    outcome = []

    def close() -> None:
        try:
            ledger.close_month(book.id, JANUARY, actor=CASHIER)
            outcome.append(Entry.objects.unscoped("test").count())  # what the closer sees is final
        finally:
            closed.set()
            connection.close()

    with transaction.atomic():
        ledger.post_entry(entry(book, "a"), actor=CASHIER)
        thread = threading.Thread(target=close)
        thread.start()
        assert not closed.wait(0.5)
    thread.join()
    assert outcome == [1]


@pytest.mark.django_db(transaction=True)
def test_a_kill_in_the_middle_leaves_nothing_half():
    book = opened()
    with pytest.raises((InterfaceError, OperationalError)), transaction.atomic(), connection.cursor() as cursor:
        ledger.post_entries([entry(book, f"k{n}") for n in range(50)], actor=CASHIER)
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert not Entry.objects.unscoped("test").exists()
    assert not MonthSum.objects.unscoped("test").exists()
    assert ledger.post_entry(entry(book, "a"), actor=CASHIER).number == "2026-00001"


def test_sums_equal_a_recount():
    book, other = opened(1), opened(2)
    ledger.post_entries(
        [
            entry(book, "a"),
            entry(book, "b", lines=(ledger.NewLine("1219", 70, other.id), ledger.NewLine("1002", -70))),
            entry(book, "c", lines=(ledger.NewLine("1219", 30, other.id), ledger.NewLine("1219", -30, other.id))),
        ],
        actor=CASHIER,
    )
    kept = defaultdict(tuple)
    for row in MonthSum.objects.unscoped("test"):
        kept[row.account_id, row.month, row.counterparty_id] = (row.debit_fen, row.credit_fen, row.lines)
    assert dict(kept) == ledger.recount([book.id, other.id])
    assert [
        (d.book_id, d.counterparty_id, d.closing_fen) for d in ledger.dealings([book.id, other.id], JANUARY, JANUARY)
    ] == [(book.id, other.id, 70)]


@pytest.mark.django_db(transaction=True)
def test_naming_a_book_does_not_wait_for_its_closing():
    """Who posts holds the trail and names the other book; who closes that book holds it and wants the trail."""
    book, other = opened(1), opened(2)
    failures: list[Exception] = []

    def close() -> None:
        try:
            ledger.close_month(other.id, JANUARY, actor=CASHIER)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=close)
    with transaction.atomic():
        lines = (ledger.NewLine("1219", 70, other.id), ledger.NewLine("1002", -70))
        ledger.post_entry(entry(book, "a", lines=lines), actor=CASHIER)
        thread.start()
        thread.join(0.5)  # it has the book by now, or has closed it
    thread.join()
    assert failures == []
    assert ledger.book(other.id).next_to_close == FEBRUARY
