"""Opening books, and posting by template: what other domains do here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse as address_of
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books.chart import EARLIER_YEARS, chart_of
from yigongti.domains.money.books.permissions import POST
from yigongti.domains.money.books.policy import FIRST_MONTH
from yigongti.domains.money.books.postings import TEMPLATES, Template
from yigongti.domains.money.books.selectors import YEAR_CLOSE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, system_actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView, EntryRefused, EntryView, NewEntry, NewLine, Reversal
from yigongti.kernel.notices.api import in_the_places_language

OPENING = "books"
OTHER = ":other"


@dataclass(frozen=True)
class Posting:
    """What is to be posted by a template: see ``post``. With ``both_sides`` the other book's mirror comes with it."""

    template: str
    organisation_id: int
    on: date
    amounts: Mapping[str, int]
    source: str
    summary: str
    counterparty_id: int | None = None
    both_sides: bool = False
    address: str = ""
    prepared_by_id: int | None = None
    approved_by_id: int | None = None


def keeper_of(organisation_id: int) -> int:
    """Whose book holds an organisation's money: its own, or that of the legal person it is part of.

    A department or a clinic that is no legal person stands in the book of the institution above it that is one.
    Raises EntryRefused when there is none (a region, a consortium without legal personality).
    """
    above = [view for view in organisation.path(organisation_id) if view.is_institution]
    for view in reversed(above):
        if view.legal_person:
            return view.id
    if not above:
        name = organisation.names([organisation_id]).get(organisation_id, "")
        raise EntryRefused(_("“%(name)s”不是单独设账的机构。") % {"name": name})
    return above[0].id


def books_of(organisation_ids: Iterable[int]) -> dict[int, BookView]:
    """The books of these organisations by organisation, opened with the place's chart where there is none yet.

    Raises EntryRefused for one that keeps no book of its own, and names whose book it stands in.
    """
    wanted = list(dict.fromkeys(organisation_ids))
    found = {view.organisation_id: view for view in ledger.books(wanted)}
    missing = [one for one in wanted if one not in found]
    views = organisation.get_many(missing) if missing else {}
    for one in missing:
        keeper = keeper_of(one)
        if keeper != one:
            raise EntryRefused(
                _("“%(name)s”不是独立法人，账记在“%(keeper)s”。")
                % {"name": views[one].label, "keeper": organisation.names([keeper])[keeper]}
            )
        place = views[one].place
        found[one] = ledger.open_book(
            organisation_id=one,
            place=place,
            name=views[one].name,
            first_month=date.fromisoformat(FIRST_MONTH.at(place=place, as_of=clock.today()).value + "-01"),
            accounts=chart_of(place),
            actor=system_actor(OPENING, one),
        )
    return found


def book_of(organisation_id: int) -> BookView:
    """The book of a legal person, opened when first asked for. Raises EntryRefused."""
    return books_of([organisation_id])[organisation_id]


def post(
    template: str,
    *,
    organisation_id: int,
    on: date,
    amounts: Mapping[str, int],
    source: str,
    summary: str,
    actor: Actor,
    counterparty_id: int | None = None,
    address: str = "",
    prepared_by_id: int | None = None,
    approved_by_id: int | None = None,
    needs_permission: bool = True,
) -> EntryView:
    """Post one voucher by a template in the book of an organisation; amounts in fen by the template's names.

    ``source`` names what caused it: the same source with the same content gives the voucher that stands. ``address`` is
    the page of that cause. ``needs_permission=False`` where a step of the caller has checked who may.
    Raises VoucherRefused (PeriodClosed), Forbidden.
    """
    posting = Posting(
        template, organisation_id, on, amounts, source, summary, counterparty_id, False, address, prepared_by_id,
        approved_by_id,
    )  # fmt: skip
    return post_many([posting], actor=actor, needs_permission=needs_permission)[0]


def post_pair(
    template: str,
    *,
    organisation_id: int,
    counterparty_id: int,
    on: date,
    amounts: Mapping[str, int],
    source: str,
    summary: str,
    actor: Actor,
    address: str = "",
    prepared_by_id: int | None = None,
    approved_by_id: int | None = None,
    needs_permission: bool = True,
) -> tuple[EntryView, EntryView]:
    """Post a dealing between two members in both books at once, so that they can't part: (this side, the other's).

    The sources are ``source`` and ``source`` with ``:other``. Raises as ``post`` does; neither is posted then.
    """
    posting = Posting(
        template, organisation_id, on, amounts, source, summary, counterparty_id, True, address, prepared_by_id,
        approved_by_id,
    )  # fmt: skip
    mine, other = post_many([posting], actor=actor, needs_permission=needs_permission)
    return mine, other


def post_many(postings: Sequence[Posting], *, actor: Actor, needs_permission: bool = True) -> list[EntryView]:
    """Post many vouchers in one transaction, all or none (a month's settlement of sixty members).

    Gives them back in order; a posting of both sides gives two. Raises as ``post`` does.
    """
    whole = [one for posting in postings for one in _sides(posting)]
    if needs_permission:
        for organisation_id in {one.organisation_id for one in whole}:
            actor.require(POST, organisation_id)
    return ledger.post_entries(_entries(whole), actor=actor)


def entries_of(postings: Sequence[Posting]) -> list[NewEntry]:
    """What templates make of these amounts, in order; nothing is posted. With ``both_sides`` two each. Raises
    VoucherRefused."""
    return _entries([one for posting in postings for one in _sides(posting)])


def _entries(whole: Sequence[Posting]) -> list[NewEntry]:
    ids = [one.organisation_id for one in whole] + [one.counterparty_id for one in whole if one.counterparty_id]
    books = books_of(ids)
    places = {books[one.organisation_id].place for one in whole if one.counterparty_id is not None}
    internal = {(place, spec.code) for place in places for spec in chart_of(place) if spec.internal}
    return [_entry(one, books, internal) for one in whole]


def _sides(posting: Posting) -> list[Posting]:
    if not posting.both_sides:
        return [posting]
    template = _template(posting.template)
    if not template.mirror or posting.counterparty_id is None:
        raise EntryRefused(_("“%(template)s”没有对方的一面。") % {"template": template.label})
    return [
        posting,
        Posting(
            template.mirror, posting.counterparty_id, posting.on, posting.amounts, f"{posting.source}{OTHER}",
            posting.summary, posting.organisation_id, False, posting.address, posting.prepared_by_id,
            posting.approved_by_id,
        ),
    ]  # fmt: skip


def mirror_of(name: str) -> str:
    """The template of the other side. Raises VoucherRefused."""
    return _template(name).mirror


def _template(name: str) -> Template:
    try:
        return TEMPLATES[name]
    except KeyError:
        raise EntryRefused(_("没有“%(name)s”这个凭证模板。") % {"name": name}) from None


def _entry(posting: Posting, books: Mapping[int, BookView], internal: set[tuple[str, str]]) -> NewEntry:
    template = _template(posting.template)
    if unknown := sorted(posting.amounts.keys() - template.amounts):
        raise EntryRefused(
            _("“%(template)s”没有这些金额：%(names)s。") % {"template": template.label, "names": "、".join(unknown)}
        )
    if any(fen < 0 for fen in posting.amounts.values()):
        raise EntryRefused(_("金额不能为负；要改正请冲销原凭证。"))
    if not any(posting.amounts.values()):
        raise EntryRefused(_("金额都是零，没有可记的账。"))
    if template.internal != (posting.counterparty_id is not None):
        wrong = _("“%(template)s”要指明往来的成员单位。") if template.internal else _("“%(template)s”没有往来单位。")
        raise EntryRefused(wrong % {"template": template.label})
    if posting.on >= clock.next_month(clock.today()):
        raise EntryRefused(_("日期不能晚于本月。"))
    book = books[posting.organisation_id]
    other = books[posting.counterparty_id].id if posting.counterparty_id is not None else None
    lines: dict[tuple[str, int], int] = {}
    for side, pairs in ((1, template.debits), (-1, template.credits)):
        for code, amount in pairs:
            lines[code, side] = lines.get((code, side), 0) + side * posting.amounts.get(amount, 0)
    return NewEntry(
        book_id=book.id,
        on=posting.on,
        summary=posting.summary,
        source=posting.source,
        address=posting.address,
        template=posting.template,
        prepared_by_id=posting.prepared_by_id,
        approved_by_id=posting.approved_by_id,
        lines=tuple(
            NewLine(code, fen, other if (book.place, code) in internal else None)
            for (code, _side), fen in lines.items()
            if fen
        ),
    )


def reverse(
    voucher_id: int,
    *,
    on: date,
    reason: str,
    actor: Actor,
    prepared_by_id: int | None = None,
    approved_by_id: int | None = None,
    other_approved_by_id: int | None = None,
    needs_permission: bool = True,
) -> EntryView:
    """Post the mirror image of a voucher in an open month; once. The caller's step has seen to the second person.

    A voucher posted with the other side's is reversed on both sides, or on neither; ``other_approved_by_id`` is who
    has agreed to it there. Income and expense of an earlier
    year come out of 以前年度盈余调整. Raises VoucherRefused, PeriodClosed.
    """
    original = ledger.entry(voucher_id)
    other = other_side(original)
    both = [one for one in (original, other) if one is not None]
    if needs_permission:
        for one in both:
            actor.require(POST, one.organisation_id)
    if not reason.strip():
        raise EntryRefused(_("请写明冲销的理由。"))
    check_reversal(original, on)
    made = ledger.reverse_entries(
        [
            Reversal(
                entry_id=one.id,
                on=on,
                summary=_words_of_reversal(one, reason.strip()),
                source=f"books.reversal:{one.id}",
                address=voucher_address(one.id),
                prepared_by_id=prepared_by_id,
                approved_by_id=approved_by_id if one is original else other_approved_by_id or approved_by_id,
                earlier_years=EARLIER_YEARS,
            )
            for one in both
        ],
        actor=actor,
    )
    return made[0]


@in_the_places_language()
def _words_of_reversal(entry: EntryView, reason: str) -> str:
    return _("冲销%(number)s号：%(reason)s") % {"number": entry.number, "reason": reason}


def check_reversal(entry: EntryView, on: date) -> None:
    """What the day of a reversal has to keep to. Raises EntryRefused."""
    if on >= clock.next_month(clock.today()):
        raise EntryRefused(_("日期不能晚于本月。"))
    if entry.template == YEAR_CLOSE and on.year != entry.on.year:
        raise EntryRefused(_("年终结转只能在当年冲销；以前年度的错误请用以前年度盈余调整改正。"))


def other_side(entry: EntryView) -> EntryView | None:
    """The voucher of the other book that was posted together with this one, if both stand."""
    found = pair_of(entry)
    stand = entry.reversed_by_id is None and found is not None and found.reversed_by_id is None
    return found if stand else None


def pair_of(entry: EntryView) -> EntryView | None:
    """The voucher of the other book that was posted together with this one, whether they still stand or not."""
    template = TEMPLATES.get(entry.template)
    if template is None or not template.mirror or entry.reverses_id is not None:
        return None
    mine, theirs = entry.source, f"{entry.source}{OTHER}"
    if mine.endswith(OTHER):
        theirs = mine.removesuffix(OTHER)
    found = ledger.entry_by_source(theirs, posted_with=entry.id)
    if found is None or (found.template, found.on) != (template.mirror, entry.on):
        return None
    named = [line.counterparty_id for line in entry.lines]
    return found if found.book_id in named and entry.book_id in [line.counterparty_id for line in found.lines] else None


def voucher_of(source: str) -> EntryView | None:
    """The voucher something caused, if it has been posted."""
    return ledger.entry_by_source(source)


def voucher_address(voucher_id: int) -> str:
    """The page of a posted voucher."""
    return address_of("books:entry", args=[voucher_id])
