"""Vouchers on their way into the books, as drafts: by hand, from a template, a reversal, a year's closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.chart import EARLIER_YEARS
from yigongti.domains.money.books.models import Voucher, VoucherLine
from yigongti.domains.money.books.permissions import KEEP
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.domains.money.books.services import closing, keeping
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView, EntryRefused, EntryView, NewEntry
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import open_case


@dataclass(frozen=True)
class DraftLine:
    """A line as typed: fen, debit positive; the counterparty by its book."""

    account: str
    fen: int
    counterparty_id: int | None = None
    note: str = ""


def draft(
    book_id: int, *, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor, paper_no: str = ""
) -> Voucher:
    """A new voucher by hand, as a draft: it need not balance yet. Raises Forbidden, EntryRefused."""
    book = ledger.book(book_id)
    actor.require(KEEP, book.organisation_id)
    voucher = Voucher(organisation_id=book.organisation_id, book_id=book_id, paper_no=_paper(paper_no))
    with transaction.atomic():
        _fill(voucher, book, on, summary, lines, actor)
        open_case(voucher, actor=actor)
        _write(voucher, lines)
        _note(voucher, "books.draft_voucher", actor)
    return voucher


def redraft(
    voucher: Voucher, *, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor, paper_no: str = ""
) -> Voucher:
    """Change a draft. Raises Forbidden, EntryRefused when it is no draft or not by hand."""
    actor.require(KEEP, voucher.organisation_id)
    with transaction.atomic():
        row = _draft_of(voucher)
        if row.template:
            raise EntryRefused(_("这张凭证按模板填制，分录由模板生成。"))
        row.paper_no = _paper(paper_no)
        _fill(row, ledger.book(row.book_id), on, summary, lines, actor)
        row.save()
        row.lines.all().delete()
        _write(row, lines)
        _note(row, "books.draft_voucher", actor)
    return row


@dataclass(frozen=True)
class FromTemplate:
    """What a finance officer enters for a template: amounts in fen by the template's names; for a dealing, the other
    member's book. ``paper_no``: the number of the paper it rests on."""

    template: str
    on: date
    amounts: Mapping[str, int]
    summary: str
    other_id: int | None = None
    paper_no: str = ""


def draft_from_template(book_id: int, said: FromTemplate, *, actor: Actor) -> Voucher:
    """A new voucher whose lines come from a template, as a draft; of a dealing with another member both books' lines.
    Raises Forbidden, EntryRefused."""
    book = ledger.book(book_id)
    actor.require(KEEP, book.organisation_id)
    voucher = Voucher(organisation_id=book.organisation_id, book_id=book_id)
    with transaction.atomic():
        both = _take_template(voucher, book, said, actor)
        open_case(voucher, actor=actor)
        _write_both(voucher, both)
        _note(voucher, "books.draft_from_template", actor)
    return voucher


def redraft_from_template(voucher: Voucher, said: FromTemplate, *, actor: Actor) -> Voucher:
    """Change a draft that comes from a template; the template stays. Raises Forbidden, EntryRefused."""
    actor.require(KEEP, voucher.organisation_id)
    with transaction.atomic():
        row = _draft_of(voucher)
        if row.template != said.template:
            raise EntryRefused(_("换模板请作废后重新填制。"))
        both = _take_template(row, ledger.book(row.book_id), said, actor)
        row.save()
        row.lines.all().delete()
        _write_both(row, both)
        _note(row, "books.draft_from_template", actor)
    return row


def _take_template(voucher: Voucher, book: BookView, said: FromTemplate, actor: Actor) -> list[NewEntry]:
    """What the template makes of it in each book, noted in the voucher's head."""
    template = TEMPLATES.get(said.template)
    if template is None or not template.hand:
        raise EntryRefused(_("没有这个模板，或者由平台自动记账，不用手工填制。"))
    other = next((one for one in ledger.books(place=book.place) if one.id == said.other_id), None)
    if said.other_id is not None and other is None:
        raise EntryRefused(_("没有这家往来单位。"))
    if other is not None and other.id == book.id:
        raise EntryRefused(_("往来对方不能是本单位自己。"))
    if other is not None and not other.is_open(said.on):
        raise ledger.PeriodClosed(_("“%(name)s”这个月已经结账，请换一个日期。") % {"name": other.name})
    if voucher.sent and said.other_id != voucher.other_book_id:
        raise EntryRefused(_("已请对方看过，换往来单位请作废后重新填制。"))
    if any(type(fen) is not int or fen > ledger.MOST_FEN for fen in said.amounts.values()):
        raise EntryRefused(_("金额要是整数分，而且不能太大。"))
    posting = keeping.Posting(
        said.template, book.organisation_id, said.on, dict(said.amounts), "books.voucher", said.summary,
        other.organisation_id if other else None, both_sides=other is not None,
    )  # fmt: skip
    both = keeping.entries_of([posting])
    lines = [DraftLine(line.account, line.fen, line.counterparty_id) for line in both[0].lines]
    voucher.template, voucher.amounts = said.template, {name: fen for name, fen in said.amounts.items() if fen}
    voucher.paper_no = _paper(said.paper_no)
    voucher.other_book_id, voucher.other_organisation_id = (other.id, other.organisation_id) if other else (None, None)
    _fill(voucher, book, said.on, said.summary, lines, actor)
    return both


def _draft_of(voucher: Voucher) -> Voucher:
    """The row, locked. Raises EntryRefused when it can't be changed."""
    row: Voucher = (
        Voucher.objects.unscoped("the permission is asked").select_for_update(of=("self",)).get(pk=voucher.pk)
    )
    if row.state != "draft" or row.kind != Voucher.Kind.ORDINARY:
        raise EntryRefused(_("只有草稿可以修改。"))
    return row


def _paper(number: str) -> str:
    return " ".join(number.replace("\0", "").split())[:60]


def draft_reversal(entry: EntryView, *, on: date, reason: str, actor: Actor) -> Voucher:
    """The reversal of an entry, as a draft with the mirrored lines. Raises Forbidden, EntryRefused."""
    actor.require(KEEP, entry.organisation_id)
    with transaction.atomic():
        partner = keeping.pair_of(entry)
        for book_id in sorted({entry.book_id, *([partner.book_id] if partner else [])}):
            ledger.held(book_id)  # the other side may be about to draw it up as well
        return _reversal(ledger.entry(entry.id), on, reason, actor)


def _reversal(entry: EntryView, on: date, reason: str, actor: Actor) -> Voucher:
    if not reason.strip():
        raise EntryRefused(_("请写明冲销的理由。"))
    if entry.reverses_id is not None:
        raise EntryRefused(_("冲销凭证不能再冲销，请另做一张正确的凭证。"))
    if entry.reversed_by_id is not None:
        raise EntryRefused(_("这张凭证已经冲销过。"))
    if on < entry.on:
        raise EntryRefused(_("冲销日期不能早于原凭证的日期。"))
    keeping.check_reversal(entry, on)
    other = keeping.other_side(entry)
    if other is not None:
        _check_other_side(other, on)
    lines, theirs = (
        [
            DraftLine(line.account, line.fen, line.counterparty_id, line.note)
            for line in ledger.mirrored(one, on, EARLIER_YEARS)
        ]
        if one is not None
        else []
        for one in (entry, other)
    )
    voucher = Voucher(
        organisation_id=entry.organisation_id, book_id=entry.book_id, kind=Voucher.Kind.REVERSAL, reverses_id=entry.id,
        other_book_id=other.book_id if other else None, other_organisation_id=other.organisation_id if other else None,
    )  # fmt: skip
    try:
        return _generated(voucher, on, reason.strip(), lines, "books.draft_reversal", actor, theirs)
    except IntegrityError as error:
        if "books_one_reversal" in str(error):
            raise EntryRefused(_("这张凭证的冲销正在办理。")) from error
        raise


def _check_other_side(other: EntryView, on: date) -> None:
    """A dealing stands in two books, and is taken back in both: with what is known now, it can be. Raises
    EntryRefused."""
    book = ledger.book(other.book_id)
    if not book.is_open(on):
        raise ledger.PeriodClosed(
            _("这笔往来同时记在“%(name)s”的账上，那边这个月已经结账，请换一个日期。") % {"name": book.name}
        )
    under_way = Voucher.objects.unscoped("the other side's reversal").filter(reverses_id=other.id)
    if under_way.exclude(state="discarded").exists():
        raise EntryRefused(_("对方单位那张凭证的冲销正在办理，办结时两边一起冲销。"))


def draft_year_close(book_id: int, year: int, *, actor: Actor) -> Voucher:
    """Carry the year's income and expense to the accumulated surplus, as a draft. Raises Forbidden, EntryRefused."""
    book = ledger.book(book_id)
    actor.require(KEEP, book.organisation_id)
    if clock.today() <= date(year, 12, 31):
        raise EntryRefused(_("这一年还没有结束。"))
    lines = year_close_lines(book_id, year)
    if not lines:
        raise EntryRefused(_("这一年的收入和费用已经结转，没有余额。"))
    voucher = Voucher(organisation_id=book.organisation_id, book_id=book_id, kind=Voucher.Kind.YEAR_CLOSE)
    with in_the_places_language():
        summary = _("结转%(year)d年收入和费用") % {"year": year}
    try:
        return _generated(voucher, date(year, 12, 31), summary, lines, "books.draft_year_close", actor)
    except IntegrityError as error:
        if "books_one_open_year_close" in str(error):
            raise EntryRefused(_("年终结转凭证正在办理。")) from error
        raise


def year_close_lines(book_id: int, year: int) -> list[DraftLine]:
    """What carries a year's income and expense to the accumulated surplus; empty when all are zero."""
    return [DraftLine(*line) for line in closing.carried_forward(ledger.positions([book_id], date(year, 12, 31)))]


def _generated(
    voucher: Voucher, on: date, summary: str, lines: Sequence[DraftLine], act: str, actor: Actor,
    theirs: Sequence[DraftLine] = (),
) -> Voucher:  # fmt: skip
    book = ledger.book(voucher.book_id)
    with transaction.atomic():
        _fill(voucher, book, on, summary, lines, actor)
        open_case(voucher, actor=actor)
        _write(voucher, lines)
        if voucher.other_book_id is not None:
            _write(voucher, theirs, voucher.other_book_id)
        _note(voucher, act, actor)
    return voucher


def _fill(voucher: Voucher, book: BookView, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor) -> None:
    if not summary.strip():
        raise EntryRefused(_("请填写摘要。"))
    if not book.is_open(on):
        raise ledger.PeriodClosed(_("这个月已经结账，或在建账之前；请记入还没有结账的月份。"))
    if on >= clock.next_month(clock.today()):
        raise EntryRefused(_("日期不能晚于本月。"))
    if "\0" in summary + "".join(line.note for line in lines):
        raise EntryRefused(_("文字里有不能保存的字符。"))
    if any(type(line.fen) is not int or abs(line.fen) > ledger.MOST_FEN for line in lines):
        raise EntryRefused(_("金额要是整数分，而且不能太大。"))
    voucher.on_day, voucher.summary = on, summary.strip()[:200]
    voucher.total_fen = sum(line.fen for line in lines if line.fen > 0)
    voucher.edited_by_id = actor.id
    voucher.editor_ids = sorted({*voucher.editor_ids, *([actor.id] if actor.id else [])})


def _write_both(voucher: Voucher, both: Sequence[NewEntry]) -> None:
    for entry in both:
        lines = [DraftLine(line.account, line.fen, line.counterparty_id, line.note) for line in entry.lines]
        _write(voucher, lines, entry.book_id)


def _write(voucher: Voucher, lines: Sequence[DraftLine], book_id: int | None = None) -> None:
    """Add lines to the voucher, in its own book or in the other one of a dealing. Raises EntryRefused."""
    book = ledger.book(book_id or voucher.book_id)
    accounts = {account.code: account for account in ledger.accounts(book.id)}
    leaves = selectors.leaves(accounts.values())
    others = {one.id for one in ledger.books(place=book.place)}
    for line in lines:
        account = accounts.get(line.account)
        if account is None:
            raise EntryRefused(_("账上没有科目%(code)s。") % {"code": line.account})
        taken_back = voucher.kind == Voucher.Kind.REVERSAL  # it stood in the account, whatever that is today
        if not taken_back and account.code not in leaves:
            raise EntryRefused(_("科目%(code)s不能直接记账，请选用它的明细科目。") % {"code": line.account})
        if account.internal and line.counterparty_id is None:
            raise EntryRefused(_("科目%(code)s要指明往来的成员单位。") % {"code": line.account})
        if not account.internal and line.counterparty_id is not None:
            raise EntryRefused(_("科目%(code)s不记往来单位。") % {"code": line.account})
        if line.counterparty_id == book.id:
            raise EntryRefused(_("往来对方不能是本单位自己。"))
        if line.counterparty_id is not None and line.counterparty_id not in others:
            raise EntryRefused(_("没有这家往来单位。"))
    before = voucher.lines.count()
    VoucherLine.objects.bulk_create(
        VoucherLine(
            voucher=voucher, number=number, account_id=accounts[line.account].id, fen=line.fen,
            counterparty_id=line.counterparty_id, note=line.note.strip()[:200],
        )
        for number, line in enumerate(lines, start=before + 1)
    )  # fmt: skip


def _note(voucher: Voucher, act: str, actor: Actor) -> None:
    record(
        actor=actor, act=act, subject=f"books.voucher:{voucher.pk}", organisation_id=voucher.organisation_id,
        detail={"on": voucher.on_day.isoformat(), "fen": voucher.total_fen},
    )  # fmt: skip
