"""Reads of the books, scoped to what the actor may see."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books.models import Budget, ChartProposal, Voucher
from yigongti.domains.money.books.permissions import APPROVE_LARGE, VIEW
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, AccountView, BookView, DealingRow, EntryView
from yigongti.kernel.ledger.models import Account, Book, Entry

YEAR_CLOSE = "year_close"
NOT_MEMBERS = ("insurance_body", "government_body", "guidance_centre", "private", "elder_care")
RESULT = (AccountKind.INCOME, AccountKind.EXPENSE)


def leaves(accounts: Iterable[AccountView]) -> frozenset[str]:
    """Codes of the accounts that are posted to: those without accounts below them (whose codes they begin)."""
    codes = sorted(account.code for account in accounts)
    after = [*codes[1:], ""]
    return frozenset(code for code, following in zip(codes, after, strict=True) if not following.startswith(code))


def organisations_with_books(actor: Actor, place: str) -> list[int]:
    """Institutions whose books the actor may see: those that keep one, or could."""
    seen = [
        view
        for view in organisation.institutions(place)
        if view.kind not in NOT_MEMBERS
        and (view.legal_person or view.kind in ("lead_hospital", "hospital"))
        and actor.may(VIEW, view.id)
    ]
    return [view.id for view in seen]


def books(actor: Actor, place: str) -> list[BookView]:
    """The books the actor may see, in the order of the directory."""
    rows = Book.objects.visible_to(actor, VIEW).filter(place=place)
    return ledger.books(list(rows.values_list("organisation_id", flat=True)))


def book(actor: Actor, book_id: int) -> BookView:
    """A book the actor may see. Raises NotVisible."""
    try:
        found = ledger.book(book_id)
    except Book.DoesNotExist:
        raise NotVisible from None
    if not actor.may(VIEW, found.organisation_id):
        raise NotVisible
    return found


def entry(actor: Actor, entry_id: int) -> EntryView:
    """A posted voucher of a book the actor may see. Raises NotVisible."""
    try:
        found = ledger.entry(entry_id)
    except Entry.DoesNotExist:
        raise NotVisible from None
    if not actor.may(VIEW, found.organisation_id):
        raise NotVisible
    return found


def entries(actor: Actor, book_id: int) -> ScopedQuerySet:
    """The posted vouchers of a book, for a list."""
    return Entry.objects.visible_to(actor, VIEW).filter(book_id=book_id)


def account(book_id: int, code: str) -> AccountView:
    """An account of a book. Raises NotVisible."""
    found = next((one for one in ledger.accounts(book_id) if one.code == code), None)
    if found is None:
        raise NotVisible
    return found


def vouchers(actor: Actor) -> ScopedQuerySet:
    """Vouchers by hand that the actor may see, or approve."""
    rows = Voucher.objects.visible_to(actor, VIEW) | Voucher.objects.visible_to(actor, APPROVE_LARGE)
    rows |= Voucher.objects.unscoped("a dealing concerns both sides, once it was put before the other").filter(
        sent=True, **({} if actor.everything else {"other_organisation_id__in": actor.organisations(VIEW)})
    )
    return rows.select_related("book", "other_book", "entry")


def voucher(actor: Actor, pk: int) -> Voucher:
    """One voucher by hand. Raises NotVisible."""
    found: Voucher | None = vouchers(actor).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def chart_proposals(place: str) -> ScopedQuerySet:
    """Proposals to add to the place's chart: the chart is everybody's who reads it."""
    return ChartProposal.objects.unscoped("the chart is the place's").filter(place=place)


def same_paper(found: Voucher) -> list[Voucher]:
    """Other vouchers of the book that name the same paper, and are not discarded or taken back."""
    rows = Voucher.objects.unscoped("of the same book").filter(
        book_id=found.book_id, paper_no=found.paper_no, entry__reversed_by__isnull=True
    )
    return list(rows.exclude(pk=found.pk).exclude(state="discarded").order_by("pk")[:20]) if found.paper_no else []


def budget(actor: Actor, pk: int) -> Budget:
    """One budget. Raises NotVisible."""
    found: Budget | None = Budget.objects.visible_to(actor, VIEW).select_related("book").filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


# -- dealings between members -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """What two members say of each other: owed (both signed from the first's side) and earned or spent this year.

    ``owed_fen`` is what the first's book holds against the second (debit positive); ``other_owed_fen`` what the
    second's holds against the first. They cancel where the books agree; so do the year's.
    """

    book_id: int
    other_id: int
    name: str
    other_name: str
    owed_fen: int
    other_owed_fen: int
    year_fen: int
    other_year_fen: int

    @property
    def owed_difference_fen(self) -> int:
        return self.owed_fen + self.other_owed_fen

    @property
    def year_difference_fen(self) -> int:
        return self.year_fen + self.other_year_fen

    @property
    def difference_fen(self) -> int:
        """What the two books differ by; the larger of the two differences."""
        return max(self.owed_difference_fen, self.year_difference_fen, key=abs)

    @property
    def agrees(self) -> bool:
        return self.owed_difference_fen == self.year_difference_fen == 0


def pairs(book_ids: Collection[int], until: date) -> list[Pair]:
    """Every two of these books that deal with one another, the ones that differ first."""
    rows = ledger.dealings(book_ids, date(until.year, 1, 1), until, but=YEAR_CLOSE)
    names = dict(Book.objects.unscoped("names of books").filter(pk__in=list(book_ids)).values_list("pk", "name"))
    owed, year = _sides(rows)
    found = [
        Pair(
            book_id=one,
            other_id=other,
            name=names[one],
            other_name=names[other],
            owed_fen=owed[one, other],
            other_owed_fen=owed[other, one],
            year_fen=year[one, other],
            other_year_fen=year[other, one],
        )
        for one, other in sorted({(min(pair), max(pair)) for pair in [*owed, *year]})
    ]
    return sorted(found, key=lambda pair: (pair.agrees, pair.book_id, pair.other_id))


def _sides(rows: Iterable[DealingRow]) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    owed: dict[tuple[int, int], int] = defaultdict(int)
    year: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        if row.kind in RESULT:
            year[row.book_id, row.counterparty_id] += row.moved_fen
        else:
            owed[row.book_id, row.counterparty_id] += row.closing_fen
    return owed, year


def mismatches_of(view: BookView, until: date) -> list[Pair]:
    """Where this book and another disagree; seen from this book (it is the first of each pair)."""
    others = {row.counterparty_id for row in ledger.positions([view.id], until) if row.counterparty_id}
    claimants = (
        Account.objects.unscoped("whoever claims a dealing with this book")
        .filter(month_sums__counterparty_id=view.id, month_sums__month__lte=clock.month_of(until))
        .values_list("book_id", flat=True)
    )
    found = [
        pair
        for pair in pairs(others | set(claimants) | {view.id}, until)
        if not pair.agrees and view.id in (pair.book_id, pair.other_id)
    ]
    return [
        pair
        if pair.book_id == view.id
        else Pair(
            pair.other_id, pair.book_id, pair.other_name, pair.name, pair.other_owed_fen, pair.owed_fen,
            pair.other_year_fen, pair.year_fen,
        )
        for pair in found
    ]  # fmt: skip
