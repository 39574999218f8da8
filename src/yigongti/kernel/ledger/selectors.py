"""Reads of the ledger. Whoever calls has asked whether the reader may: the ledger itself knows no permissions."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Max

from yigongti.kernel import clock
from yigongti.kernel.ledger.models import Account, AccountKind, Book, ClosedMonth, Entry, Line
from yigongti.kernel.ledger.views import AccountView, BalanceRow, BookView, DealingRow, EntryView, LineView, PositionRow

WHY = "the domain above has asked who reads"


def books(organisation_ids: Collection[int] | None = None, *, place: str | None = None) -> list[BookView]:
    """The books of these organisations (of all, of a place), in the order they were opened."""
    rows = Book.objects.unscoped(WHY).annotate(closed=Max("closed_months__month")).order_by("pk")
    if organisation_ids is not None:
        rows = rows.filter(organisation_id__in=list(organisation_ids))
    if place is not None:
        rows = rows.filter(place=place)
    return [_book(row) for row in rows]


def book(book_id: int) -> BookView:
    """A book by its id. Raises Book.DoesNotExist."""
    return _book(Book.objects.unscoped(WHY).annotate(closed=Max("closed_months__month")).get(pk=book_id))


def held(book_id: int) -> BookView:
    """A book by its id, held until the transaction ends: meanwhile nothing is posted to it, and no month closes."""
    Book.objects.unscoped(WHY).select_for_update(no_key=True).get(pk=book_id)
    return book(book_id)


def book_of(organisation_id: int) -> BookView | None:
    """The book of an organisation, if it has been opened."""
    return next(iter(books([organisation_id])), None)


def _book(row: Any) -> BookView:
    return BookView(
        id=row.pk,
        organisation_id=row.organisation_id,
        place=row.place,
        name=row.name,
        first_month=row.first_month,
        next_to_close=clock.next_month(row.closed) if row.closed else row.first_month,
    )


def accounts(book_id: int) -> list[AccountView]:
    """A book's accounts by code."""
    return [
        AccountView(row.pk, row.book_id, row.code, row.name, AccountKind(row.kind), row.internal)
        for row in Account.objects.unscoped(WHY).filter(book_id=book_id).order_by("code")
    ]


def entry(entry_id: int) -> EntryView:
    """One entry. Raises Entry.DoesNotExist."""
    found = entries_by_id([entry_id])
    if not found:
        raise Entry.DoesNotExist
    return found[0]


def entry_by_source(source: str, *, posted_with: int | None = None) -> EntryView | None:
    """The entry something caused, if it has been posted: the last one, where it was reversed and posted again; or the
    one of the same generation as another entry."""
    rows = Entry.objects.unscoped(WHY).filter(source=source).order_by("-again")
    if posted_with is not None:
        rows = rows.filter(again__in=Entry.objects.unscoped(WHY).filter(pk=posted_with).values("again"))
    pk = rows.values_list("pk", flat=True).first()
    return entry(pk) if pk else None


def entries_by_id(entry_ids: Iterable[int]) -> list[EntryView]:
    """Entries with their lines, in the order of their books and numbers: two statements however many."""
    ids = list(entry_ids)
    if not ids:
        return []
    rows = (
        Entry.objects.unscoped(WHY)
        .filter(pk__in=ids)
        .select_related("book", "reversed_by")
        .order_by("book_id", "year", "number")
    )
    lines: dict[int, list[LineView]] = {}
    for line in Line.objects.unscoped(WHY).filter(entry_id__in=ids).select_related("account").order_by("number"):
        lines.setdefault(line.entry_id, []).append(
            LineView(
                number=line.number,
                account_id=line.account_id,
                account=line.account.code,
                account_name=line.account.name,
                kind=AccountKind(line.account.kind),
                fen=line.fen,
                counterparty_id=line.counterparty_id,
                note=line.note,
            )
        )
    return [
        EntryView(
            id=row.pk,
            book_id=row.book_id,
            organisation_id=row.book.organisation_id,
            on=row.on_day,
            number=str(row),
            summary=row.summary,
            template=row.template,
            source=row.source,
            address=row.address,
            reverses_id=row.reverses_id,
            reversed_by_id=row.reversed_by.pk if hasattr(row, "reversed_by") else None,
            prepared_by_id=row.prepared_by_id,
            approved_by_id=row.approved_by_id,
            posted_by_id=row.posted_by_id,
            posted_at=row.posted_at,
            lines=tuple(lines.get(row.pk, ())),
        )
        for row in rows
    ]


def entries(book_ids: Collection[int], since: date, until: date) -> list[EntryView]:
    """All entries of these books from one day to another, both included, with their lines."""
    ids = Entry.objects.unscoped(WHY).filter(book_id__in=list(book_ids), on_day__gte=since, on_day__lte=until)
    return entries_by_id(ids.values_list("pk", flat=True))


def balances(book_ids: Collection[int], since: date, until: date, *, but: str = "") -> list[BalanceRow]:
    """Every account that has ever moved up to the month of ``until``: what stood before the month of ``since``, debits
    and credits of the months between, both included. By book and code. ``but``: entries between of this template (a
    year's closing) count as if they had not been posted."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, _span(book_ids, since, until, but))
        return [
            BalanceRow(book_id, account_id, code, name, AccountKind(kind), *figures)
            for book_id, account_id, code, name, kind, *figures in cursor.fetchall()
        ]


def dealings(book_ids: Collection[int], since: date, until: date, *, but: str = "") -> list[DealingRow]:
    """What these books say they have with one another: lines that name another of them as counterparty. ``but`` as in
    ``balances``."""
    with connection.cursor() as cursor:
        cursor.execute(_DEALINGS, _span(book_ids, since, until, but))
        return [
            DealingRow(book_id, counterparty_id, account_id, code, name, AccountKind(kind), *figures)
            for book_id, counterparty_id, account_id, code, name, kind, *figures in cursor.fetchall()
        ]


def positions(book_ids: Collection[int], until: date) -> list[PositionRow]:
    """What stands in each account with each counterparty at the end of the month of ``until``; zeros are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, {"books": list(book_ids), "until": clock.month_of(until)})
        return [
            PositionRow(book_id, code, AccountKind(kind), counterparty_id, fen)
            for book_id, code, kind, counterparty_id, fen in cursor.fetchall()
        ]


def gaps(book_id: int) -> list[tuple[int, int]]:
    """Numbers missing in a book, as (year, number). There are none unless somebody reached past the platform."""
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, [book_id])
        return list(cursor.fetchall())


def faults(book_ids: Collection[int]) -> list[str]:
    """What is wrong with books that somebody reached into past the platform, one line each in English; else nothing."""
    found: list[str] = []
    names = {view.id: view.name for view in books() if view.id in set(book_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_UNBALANCED, [list(book_ids)])
        found += [
            f"{names[book]}: entry {year}-{number:05d} has {counted} of {size} lines, which sum to {total} fen"
            for book, year, number, size, counted, total in cursor.fetchall()
        ]
        cursor.execute(_KEPT, [list(book_ids)])
        kept = {row[:3]: row[3:] for row in cursor.fetchall()}
    counted_anew = recount(book_ids)
    for account_id, month, counterparty_id in sorted(kept.keys() | counted_anew.keys(), key=str):
        key = (account_id, month, counterparty_id)
        if kept.get(key) != counted_anew.get(key):
            found.append(f"account {account_id}, {month:%Y-%m}: kept {kept.get(key)}, counted {counted_anew.get(key)}")
    for book_id, name in names.items():
        found += [f"{name}: number {year}-{number:05d} is missing" for year, number in gaps(book_id)]
    return found


def recount(book_ids: Collection[int]) -> dict[tuple[int, date, int | None], tuple[int, int, int]]:
    """The months' sums counted anew from the lines: (account, month, counterparty) to (debit, credit, lines)."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, [list(book_ids)])
        return {row[:3]: (int(row[3]), int(row[4]), row[5]) for row in cursor.fetchall()}


def closed_months(book_id: int) -> list[ClosedMonth]:
    """The closed months of a book, the last one first."""
    return list(ClosedMonth.objects.unscoped(WHY).filter(book_id=book_id).order_by("-month"))


def _span(book_ids: Collection[int], since: date, until: date, but: str) -> dict[str, Any]:
    span = {"since": clock.month_of(since), "until": clock.month_of(until)}
    return span | {"books": list(book_ids), "but": but, "end": clock.next_month(until)}


# The months' sums, less the lines of the entries that are not to count.
_SUMS = """
    SELECT s.account_id, s.counterparty_id, s.month, s.debit_fen, s.credit_fen
    FROM ledger_monthsum s JOIN ledger_account a ON a.id = s.account_id
    WHERE a.book_id = ANY(%(books)s) AND s.month <= %(until)s
    UNION ALL
    SELECT l.account_id, l.counterparty_id, date_trunc('month', e.on_day)::date,
           -greatest(l.fen, 0), -greatest(-l.fen, 0)
    FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id
    WHERE %(but)s <> '' AND e.template = %(but)s AND e.book_id = ANY(%(books)s)
      AND e.on_day >= %(since)s AND e.on_day < %(end)s
"""
_BALANCES = f"""
    SELECT a.book_id, a.id, a.code, a.name, a.kind, a.internal,
           coalesce(sum(s.debit_fen - s.credit_fen) FILTER (WHERE s.month < %(since)s), 0)::bigint,
           coalesce(sum(s.debit_fen) FILTER (WHERE s.month >= %(since)s), 0)::bigint,
           coalesce(sum(s.credit_fen) FILTER (WHERE s.month >= %(since)s), 0)::bigint
    FROM ({_SUMS}) AS s JOIN ledger_account a ON a.id = s.account_id
    GROUP BY a.id ORDER BY a.book_id, a.code
"""  # noqa: S608  (constants of this file)
_DEALINGS = f"""
    SELECT a.book_id, s.counterparty_id, a.id, a.code, a.name, a.kind,
           coalesce(sum(s.debit_fen - s.credit_fen) FILTER (WHERE s.month < %(since)s), 0)::bigint,
           coalesce(sum(s.debit_fen - s.credit_fen) FILTER (WHERE s.month >= %(since)s), 0)::bigint
    FROM ({_SUMS}) AS s JOIN ledger_account a ON a.id = s.account_id
    WHERE s.counterparty_id = ANY(%(books)s)
    GROUP BY a.id, s.counterparty_id ORDER BY a.book_id, s.counterparty_id, a.code
"""  # noqa: S608  (constants of this file)
_POSITIONS = """
    SELECT a.book_id, a.code, a.kind, s.counterparty_id, sum(s.debit_fen - s.credit_fen)::bigint
    FROM ledger_monthsum s JOIN ledger_account a ON a.id = s.account_id
    WHERE a.book_id = ANY(%(books)s) AND s.month <= %(until)s
    GROUP BY a.id, s.counterparty_id HAVING sum(s.debit_fen - s.credit_fen) <> 0
    ORDER BY a.book_id, a.code, s.counterparty_id NULLS FIRST
"""
_GAPS = """
    SELECT n.year, missing.number FROM ledger_numbering n
    CROSS JOIN LATERAL (
        SELECT number FROM generate_series(1, n.last) AS number
        EXCEPT SELECT e.number FROM ledger_entry e WHERE e.book_id = n.book_id AND e.year = n.year
    ) AS missing WHERE n.book_id = %s ORDER BY 1, 2
"""
_UNBALANCED = """
    SELECT e.book_id, e.year, e.number, e.size, count(l.id), coalesce(sum(l.fen), 0)::bigint
    FROM ledger_entry e LEFT JOIN ledger_line l ON l.entry_id = e.id
    WHERE e.book_id = ANY(%s) GROUP BY e.id HAVING count(l.id) <> e.size OR coalesce(sum(l.fen), 0) <> 0
    ORDER BY 1, 2, 3
"""
_KEPT = """
    SELECT s.account_id, s.month, s.counterparty_id, s.debit_fen, s.credit_fen, s.lines
    FROM ledger_monthsum s JOIN ledger_account a ON a.id = s.account_id WHERE a.book_id = ANY(%s)
"""
_RECOUNT = """
    SELECT l.account_id, date_trunc('month', e.on_day)::date, l.counterparty_id,
           sum(greatest(l.fen, 0)), sum(greatest(-l.fen, 0)), count(*)
    FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id
    WHERE e.book_id = ANY(%s) GROUP BY 1, 2, 3
"""
