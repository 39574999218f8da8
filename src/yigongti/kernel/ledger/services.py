"""Opening books and accounts, posting, reversing, closing months. Every write is one transaction.

Who may is decided above; ``actor`` is whom the entry and the trail name.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.ledger import selectors, sql
from yigongti.kernel.ledger.models import Account, AccountKind, Book, ClosedMonth, Entry
from yigongti.kernel.ledger.views import (
    AccountSpec,
    BookView,
    EntryRefused,
    EntryView,
    LineView,
    NewEntry,
    NewLine,
    PeriodClosed,
    Reversal,
)

LONGEST_SOURCE = 120
MOST_FEN = 10**16  # a hundred thousand billion yuan: sums of many such lines still fit the database's whole numbers


def open_book(
    *,
    organisation_id: int,
    place: str,
    name: str,
    first_month: date,
    accounts: Iterable[AccountSpec],
    actor: Actor,
) -> BookView:
    """The book of a legal person with its accounts: opened when there is none, else as it is."""
    with transaction.atomic():
        Book.objects.bulk_create(
            [
                Book(
                    organisation_id=organisation_id,
                    place=place,
                    name=name,
                    first_month=clock.month_of(first_month),
                    opened_at=clock.now(),
                )
            ],
            ignore_conflicts=True,
        )
        book = Book.objects.unscoped("opening it").select_for_update(no_key=True).get(organisation_id=organisation_id)
        if not book.accounts.unscoped("of this book").exists():
            _add(book.pk, accounts)
            record(
                actor=actor, act="ledger.open_book", subject=f"book:{book.pk}", organisation_id=organisation_id,
                detail={"name": name, "first_month": book.first_month.isoformat()},
            )  # fmt: skip
    return selectors.book(book.pk)


def add_accounts(book_id: int, accounts: Iterable[AccountSpec], *, actor: Actor) -> int:
    """Open the accounts a book does not have yet, and take over new names. Returns how many were opened or renamed.

    Raises EntryRefused for an account the book has as another kind.
    """
    with transaction.atomic():
        book = Book.objects.unscoped("its accounts").select_for_update(no_key=True).get(pk=book_id)
        known = {row.code: row for row in Account.objects.unscoped("of this book").filter(book=book)}
        fresh, renamed = [], []
        for spec in accounts:
            row = known.get(spec.code)
            if row is None:
                fresh.append(spec)
            elif row.kind != spec.kind or row.internal != spec.internal:
                raise EntryRefused(
                    _("科目%(code)s在“%(book)s”的账上是另一类，不能改变类别。") % {"code": spec.code, "book": book.name}
                )
            elif row.name != spec.name:
                row.name = spec.name
                renamed.append(row)
        _add(book_id, fresh)
        Account.objects.unscoped("of this book").bulk_update(renamed, ["name"])
        if fresh or renamed:
            record(
                actor=actor, act="ledger.add_accounts", subject=f"book:{book.pk}",
                organisation_id=book.organisation_id,
                detail={"opened": [spec.code for spec in fresh], "renamed": [row.code for row in renamed]},
            )  # fmt: skip
    return len(fresh) + len(renamed)


def _add(book_id: int, accounts: Iterable[AccountSpec]) -> None:
    Account.objects.bulk_create(
        Account(book_id=book_id, code=spec.code, name=spec.name, kind=spec.kind, internal=spec.internal)
        for spec in accounts
    )


def post_entry(entry: NewEntry, *, actor: Actor) -> EntryView:
    """Post one entry; see ``post_entries``."""
    return post_entries([entry], actor=actor)[0]


def post_entries(entries: Sequence[NewEntry], *, actor: Actor) -> list[EntryView]:
    """Post all or none, in one transaction; gives them back in the order given.

    An entry whose source is known with the same content is given back as it stands; one that has been reversed stands
    no more, and its source is posted again. Numbers of a book's year run without gaps: they are taken while the book's
    counter is locked, books in the order of their ids.
    Raises EntryRefused (and PeriodClosed): nothing has changed then.
    """
    try:
        with transaction.atomic():
            return [view for view, __ in _posted([(entry, None) for entry in entries], actor)]
    except IntegrityError as error:
        raise _refusal(error) from error


def reverse_entry(
    entry_id: int,
    *,
    on: date,
    summary: str,
    source: str,
    actor: Actor,
    address: str = "",
    prepared_by_id: int | None = None,
    approved_by_id: int | None = None,
) -> EntryView:
    """Post the mirror image of one entry; see ``reverse_entries``."""
    wanted = Reversal(entry_id, on, summary, source, address, prepared_by_id, approved_by_id)
    return reverse_entries([wanted], actor=actor)[0]


def reverse_entries(reversals: Sequence[Reversal], *, actor: Actor) -> list[EntryView]:
    """Post the mirror images of entries in open months, all or none. An entry is reversed once, and a reversal never.

    Raises EntryRefused and PeriodClosed.
    """
    try:
        with transaction.atomic():
            originals = {view.id: view for view in selectors.entries_by_id([one.entry_id for one in reversals])}
            wanted = [_mirror(originals[one.entry_id], one) for one in reversals]
            return [view for view, __ in _posted(wanted, actor)]
    except IntegrityError as error:
        raise _refusal(error) from error


def _mirror(original: EntryView, wanted: Reversal) -> tuple[NewEntry, int | None]:
    if original.reverses_id is not None:
        raise EntryRefused(_("冲销凭证不能再冲销，请另做一张正确的凭证。"))
    if wanted.on < original.on:
        raise EntryRefused(_("冲销日期不能早于原凭证的日期。"))
    mirror = NewEntry(
        book_id=original.book_id,
        on=wanted.on,
        summary=wanted.summary,
        source=wanted.source,
        address=wanted.address,
        template=original.template,
        prepared_by_id=wanted.prepared_by_id,
        approved_by_id=wanted.approved_by_id,
        lines=tuple(mirrored(original, wanted.on, wanted.earlier_years)),
    )
    return mirror, original.id


def mirrored(original: EntryView, on: date, earlier_years: str = "") -> list[NewLine]:
    """The lines that take an entry back. What it brought into a year that is over comes out of ``earlier_years``, an
    account of its own, so that the running year does not bear it; without one, out of the accounts themselves."""
    over = bool(earlier_years) and on.year > original.on.year
    return [
        NewLine(earlier_years, -line.fen, None, line.note)
        if over and line.kind in (AccountKind.INCOME, AccountKind.EXPENSE)
        else NewLine(line.account, -line.fen, line.counterparty_id, line.note)
        for line in original.lines
    ]


def close_month(book_id: int, month: date, *, actor: Actor) -> BookView:
    """Close the next month of a book, for good. Raises EntryRefused when it is not the next one."""
    try:
        with transaction.atomic():
            book = Book.objects.unscoped("closing a month").get(pk=book_id)
            ClosedMonth.objects.create(book=book, month=month, closed_at=clock.now(), closed_by_id=actor.id)
            record(
                actor=actor, act="ledger.close_month", subject=f"book:{book_id}",
                organisation_id=book.organisation_id, detail={"month": f"{month:%Y-%m}"},
            )  # fmt: skip
    except IntegrityError as error:
        raise _refusal(error) from error
    return selectors.book(book_id)


def _posted(wanted: list[tuple[NewEntry, int | None]], actor: Actor) -> list[tuple[EntryView, bool]]:
    """The entries in the order given, each with whether it is new. Inside the caller's transaction."""
    wanted = [(replace(entry, summary=entry.summary.strip()[:200]), reverses) for entry, reverses in wanted]
    for entry, __ in wanted:
        _check(entry)
    counters = sorted({(entry.book_id, entry.on.year) for entry, __ in wanted})
    _lock(counters)
    known, again = _known([entry.source for entry, __ in wanted])
    digests: dict[str, bytes] = {}
    fresh: list[tuple[NewEntry, int | None, bytes]] = []
    for entry, reverses in wanted:
        content = digest(entry, reverses)
        before = bytes(known[entry.source].content) if entry.source in known else digests.get(entry.source)
        if before is None:
            digests[entry.source] = content
            fresh.append((entry, reverses, content))
        elif before != content:
            raise EntryRefused(
                _("同一来源已经记过账，内容不同：%(summary)s。请先冲销原凭证。") % {"summary": entry.summary}
            )
    made = _write(fresh, again, actor)
    standing = selectors.entries_by_id([row.pk for row in known.values()])
    by_source = {view.source: view for view in [*standing, *made]}
    new = {view.source for view in made}
    return [(by_source[entry.source], entry.source in new) for entry, __ in wanted]


def _known(sources: list[str]) -> tuple[dict[str, Entry], Counter[str]]:
    """The entry that stands for each source, and how often each has been posted."""
    rows = Entry.objects.unscoped("a source is one entry that stands").filter(source__in=sources)
    standing: dict[str, Entry] = {}
    posted: Counter[str] = Counter()
    for row in rows.annotate(undone=Exists(Entry.objects.unscoped("its reversal").filter(reverses=OuterRef("pk")))):
        posted[row.source] += 1
        if not row.undone:
            standing[row.source] = row
    return standing, posted


def _check(entry: NewEntry) -> None:
    if not entry.summary:
        raise EntryRefused(_("请填写摘要。"))
    if not 0 < len(entry.source) <= LONGEST_SOURCE:
        raise EntryRefused(_("凭证的来源没有写，或者太长。"))
    if "\0" in entry.summary + entry.source + entry.address + "".join(line.note for line in entry.lines):
        raise EntryRefused(_("文字里有不能保存的字符。"))
    if any(type(line.fen) is not int for line in entry.lines):
        raise EntryRefused(_("金额要是整数分。"))
    if len(entry.lines) < 2:
        raise EntryRefused(_("一张凭证至少要有两行分录。"))
    if len(entry.lines) > 999:
        raise EntryRefused(_("一张凭证最多999行分录。"))
    if any(line.fen == 0 for line in entry.lines):
        raise EntryRefused(_("分录的金额不能为零。"))
    if any(abs(line.fen) > MOST_FEN for line in entry.lines):
        raise EntryRefused(_("金额太大。"))
    if total := sum(line.fen for line in entry.lines):
        difference = f"{abs(total) // 100}.{abs(total) % 100:02d}"
        raise EntryRefused(_("借贷不平，相差%(yuan)s元。") % {"yuan": difference})


def _lock(counters: list[tuple[int, int]]) -> None:
    if not counters:
        return
    books, years = [book for book, __ in counters], [year for __, year in counters]
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNTERS, [books, years])
        cursor.execute(sql.LOCK, [books, years])


Fresh = tuple[NewEntry, int | None, bytes]


def _write(fresh: list[Fresh], again: Counter[str], actor: Actor) -> list[EntryView]:
    """Two statements however many: the database checks the lines of an entry together."""
    if not fresh:
        return []
    accounts = _accounts([entry for entry, _reverses, _content in fresh])
    books = Book.objects.unscoped("posted to").in_bulk({entry.book_id for entry, _reverses, _content in fresh})
    numbers = _numbers(Counter((entry.book_id, entry.on.year) for entry, _reverses, _content in fresh))
    now = clock.now()
    rows, made = [], []
    for entry, reverses, content in fresh:
        counter = (entry.book_id, entry.on.year)
        numbers[counter] += 1
        rows.append(
            (
                entry.book_id, entry.on, entry.on.year, numbers[counter], entry.summary, entry.template, entry.source,
                again[entry.source], entry.address, len(entry.lines), content, reverses, entry.prepared_by_id,
                entry.approved_by_id,
            )
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql.ENTRIES, [actor.id, now, *(list(column) for column in zip(*rows, strict=True))])
        ids = dict(cursor.fetchall())
        lines = [
            (ids[entry.source], number, accounts[entry.book_id, line.account].id, line.fen, line.counterparty_id,
             line.note.strip()[:200])
            for entry, _reverses, _content in fresh
            for number, line in enumerate(entry.lines, start=1)
        ]  # fmt: skip
        cursor.execute(sql.LINES, [list(column) for column in zip(*lines, strict=True)])
    for (entry, reverses, _content), row in zip(fresh, rows, strict=True):
        made.append(
            EntryView(
                id=ids[entry.source],
                book_id=entry.book_id,
                organisation_id=books[entry.book_id].organisation_id,
                on=entry.on,
                number=f"{row[2]}-{row[3]:05d}",
                summary=entry.summary,
                template=entry.template,
                source=entry.source,
                address=entry.address,
                reverses_id=reverses,
                reversed_by_id=None,
                prepared_by_id=entry.prepared_by_id,
                approved_by_id=entry.approved_by_id,
                posted_by_id=actor.id,
                posted_at=now,
                lines=tuple(
                    LineView(number, account.id, account.code, account.name, AccountKind(account.kind), line.fen,
                             line.counterparty_id, line.note.strip()[:200])
                    for number, line in enumerate(entry.lines, start=1)
                    for account in (accounts[entry.book_id, line.account],)
                ),
            )
        )  # fmt: skip
    _note(made, {book.organisation_id for book in books.values()}, actor)
    return made


def _accounts(entries: list[NewEntry]) -> dict[tuple[int, str], Account]:
    codes = {line.account for entry in entries for line in entry.lines}
    rows = Account.objects.unscoped("of the books posted to").filter(
        book_id__in={entry.book_id for entry in entries}, code__in=codes
    )
    found = {(row.book_id, row.code): row for row in rows}
    for entry in entries:
        for line in entry.lines:
            account = found.get((entry.book_id, line.account))
            if account is None:
                raise EntryRefused(_("账上没有科目%(code)s。") % {"code": line.account})
            if line.counterparty_id == entry.book_id:
                raise EntryRefused(_("往来对方不能是本单位自己。"))
    return found


def _numbers(counts: Counter[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The last number used of each counter, which has then moved on by what is needed."""
    keys = sorted(counts)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.TAKE, [[book for book, __ in keys], [year for __, year in keys], [counts[key] for key in keys]]
        )
        return {(book, year): last - counts[book, year] for book, year, last in cursor.fetchall()}


def _note(made: list[EntryView], organisations: set[int], actor: Actor) -> None:
    """One line of the trail for what was posted together; a single entry is named."""
    first, last = made[0], made[-1]
    record(
        actor=actor,
        act="ledger.reverse" if first.reverses_id else "ledger.post",
        subject=f"voucher:{first.id}" if len(made) == 1 else f"vouchers:{first.id}-{last.id}",
        organisation_id=next(iter(organisations)) if len(organisations) == 1 else None,
        detail={"entries": len(made), "source": first.source, "number": first.number},
    )


def digest(entry: NewEntry, reverses: int | None) -> bytes:
    """What makes two entries of one source the same: book, day, template and lines. The wording may differ."""
    parts = [str(entry.book_id), entry.on.isoformat(), entry.template, str(reverses or "")]
    parts += [f"{line.account} {line.fen} {line.counterparty_id or ''}" for line in entry.lines]
    return sha256("\n".join(parts).encode()).digest()


def _refusal(error: IntegrityError) -> EntryRefused:
    """The database's refusal in words; an error that is none of ours is raised as it is."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    words = {
        "ledger_entry_sums_to_zero": _("借贷不平。"),
        "ledger_entry_reverses_id_key": _("这张凭证已经冲销过。"),
        "ledger_months_close_in_order": _("月份要按顺序结账。"),
        "ledger_closed_once": _("这个月已经结账。"),
    }
    if name == "ledger_month_is_open":
        return PeriodClosed(_("这个月已经结账，或在建账之前；请记入还没有结账的月份。"))
    if name in words:
        return EntryRefused(words[name])
    if name == "ledger_line_exists":
        return EntryRefused(_("没有这家往来单位。"))
    if name.startswith("ledger_entry_source"):
        return EntryRefused(_("同一来源已经记在另一本账上。"))
    raise error
