"""Closing months: what stands in the way, and doing it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.chart import ACCUMULATED, DISTRIBUTION, EARLIER_YEARS, SURPLUS
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.permissions import KEEP
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, BookView, EntryRefused, PositionRow
from yigongti.kernel.money import yuan
from yigongti.kernel.workflow.api import again_after_deadlock


@dataclass(frozen=True)
class Finding:
    """Something about a month to be closed. What blocks has to be mended; the rest has to be accounted for."""

    kind: str
    words: str
    blocks: bool
    address: str = ""


def last_day(month: date) -> date:
    """The last day of a month."""
    return clock.next_month(month) - timedelta(days=1)


def findings(book: BookView, month: date) -> list[Finding]:
    """What stands in the way of closing a month, and what is to be accounted for."""
    until = last_day(month)
    found = []
    if until >= clock.today():
        found.append(Finding("running", _("这个月还没有过完。"), blocks=True))
    if month != book.next_to_close:
        words = _("要先结%(month)s的账。") % {"month": f"{book.next_to_close:%Y-%m}"}
        found.append(Finding("order", words, blocks=True))
    under_way = Q(book_id=book.id, state__in=Voucher.UNDER_WAY) | Q(
        other_book_id=book.id, state__in=Voucher.BEFORE_OTHERS
    )
    drafts = Voucher.objects.unscoped("the reader keeps this book").filter(under_way, on_day__lte=until)
    for voucher in drafts.select_related("book").order_by("on_day", "pk")[:50]:
        words = _("凭证还没有记账：%(summary)s（%(state)s）") % {
            "summary": voucher.summary, "state": voucher.state_label
        }  # fmt: skip
        found.append(Finding("draft", words, blocks=True, address=voucher.get_absolute_url()))
    for year, number in ledger.gaps(book.id):
        found.append(
            Finding("gap", _("凭证缺号：%(year)d-%(number)05d") % {"year": year, "number": number}, blocks=True)
        )
    if month.month == 12 and carried_forward(ledger.positions([book.id], until)):
        found.append(Finding("year", _("十二月结账前要先结转全年的收入和费用。"), blocks=True))
    for dealing in selectors.mismatches_of(book, until):
        words = _("与“%(other)s”的内部往来对不上，相差%(yuan)s元。") % {
            "other": dealing.other_name, "yuan": yuan(abs(dealing.difference_fen))
        }  # fmt: skip
        found.append(Finding("dealing", words, blocks=False))
    return found


def close_month(book: BookView, month: date, *, actor: Actor, explanation: str = "") -> BookView:
    """Close a month, for good. What does not block has to be explained. Raises Forbidden, EntryRefused.

    The book is held from before the look at what stands in the way, so that nothing is posted after it.
    """
    actor.require(KEEP, book.organisation_id)
    return again_after_deadlock(lambda: _close(book.id, month, explanation.strip(), actor))


def _close(book_id: int, month: date, explanation: str, actor: Actor) -> BookView:
    with transaction.atomic():
        book = ledger.held(book_id)
        found = findings(book, month)
        if blocking := [finding.words for finding in found if finding.blocks]:
            raise EntryRefused(" ".join(blocking[:5]))
        if found and not explanation:
            raise EntryRefused(_("有对不上的内部往来，请写明原因再结账。"))
        closed = ledger.close_month(book_id, month, actor=actor)
        record(
            actor=actor, act="books.close_month", subject=f"book:{book_id}", organisation_id=book.organisation_id,
            detail={"month": f"{month:%Y-%m}", "findings": len(found), "explanation": explanation[:500]},
        )  # fmt: skip
    return closed


@dataclass(frozen=True)
class Outcome:
    """What closing a book through a month came to: how many months were closed, and what stopped it, if anything."""

    book: BookView
    closed: int
    stopped: tuple[Finding, ...]


def close_through(books: Iterable[BookView], until: date, *, actor: Actor) -> list[Outcome]:
    """Close each book month by month, up to a month, as far as nothing has to be mended or explained.

    Each month of each book is a transaction of its own. Raises Forbidden before anything is closed.
    """
    chosen = list(books)
    for book in chosen:
        actor.require(KEEP, book.organisation_id)
    outcomes = []
    for book in chosen:
        stopped: tuple[Finding, ...] = ()
        closed, current = 0, book
        while current.next_to_close <= until:
            found = findings(current, current.next_to_close)
            if found:
                stopped = tuple(found)
                break
            try:
                current = close_month(current, current.next_to_close, actor=actor)
            except EntryRefused as refused:  # something came in between
                stopped = (Finding("refused", str(refused), blocks=True),)
                break
            closed += 1
        outcomes.append(Outcome(current, closed, stopped))
    return outcomes


def carried_forward(positions: Iterable[PositionRow]) -> list[tuple[str, int, int | None]]:
    """Lines (account, fen, counterparty) that carry all income and expense to the accumulated surplus.

    Each account is emptied into 本期盈余, that into 本年盈余分配, that into 累计盈余; 以前年度盈余调整 straight into
    the last. Empty when nothing is left.
    """
    rows = list(positions)
    lines: list[tuple[str, int, int | None]] = [
        (row.code, -row.fen, row.counterparty_id)
        for row in rows
        if row.kind in (AccountKind.INCOME, AccountKind.EXPENSE) and row.fen
    ]
    result = -sum(fen for _code, fen, _other in lines)
    before = {code: sum(row.fen for row in rows if row.code == code) for code in (SURPLUS, DISTRIBUTION, EARLIER_YEARS)}
    surplus = result + before[SURPLUS]
    distributed = surplus + before[DISTRIBUTION]
    lines += [
        (SURPLUS, result, None),
        (SURPLUS, -surplus, None),
        (DISTRIBUTION, surplus, None),
        (DISTRIBUTION, -distributed, None),
        (ACCUMULATED, distributed, None),
        (EARLIER_YEARS, -before[EARLIER_YEARS], None),
        (ACCUMULATED, before[EARLIER_YEARS], None),
    ]
    return [line for line in lines if line[1]]
