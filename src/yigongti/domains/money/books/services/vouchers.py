"""Vouchers by hand: drafting, and what the steps of ``workflow.VOUCHER`` do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.chart import EARLIER_YEARS
from yigongti.domains.money.books.models import Voucher, VoucherLine
from yigongti.domains.money.books.permissions import APPROVE, APPROVE_LARGE, KEEP
from yigongti.domains.money.books.policy import APPROVAL_LIMIT
from yigongti.domains.money.books.services import closing, keeping
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Permission
from yigongti.kernel.audit.api import record
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView, EntryRefused, EntryView, NewEntry, NewLine
from yigongti.kernel.money import yuan
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.workflow.api import StepRefused, open_case


@dataclass(frozen=True)
class DraftLine:
    """A line as typed: fen, debit positive; the counterparty by its book."""

    account: str
    fen: int
    counterparty_id: int | None = None
    note: str = ""


def draft(book_id: int, *, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor) -> Voucher:
    """A new voucher by hand, as a draft: it need not balance yet. Raises Forbidden, EntryRefused."""
    book = ledger.book(book_id)
    actor.require(KEEP, book.organisation_id)
    voucher = Voucher(organisation_id=book.organisation_id, book_id=book_id)
    with transaction.atomic():
        _fill(voucher, book, on, summary, lines, actor)
        open_case(voucher, actor=actor)
        _write(voucher, lines)
        _note(voucher, "books.draft_voucher", actor)
    return voucher


def redraft(voucher: Voucher, *, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor) -> Voucher:
    """Change a draft. Raises Forbidden, EntryRefused when it is no draft or not by hand."""
    actor.require(KEEP, voucher.organisation_id)
    with transaction.atomic():
        row = Voucher.objects.unscoped("the permission is asked").select_for_update(of=("self",)).get(pk=voucher.pk)
        if row.state != "draft" or row.kind != Voucher.Kind.ORDINARY:
            raise EntryRefused(_("只有草稿可以修改。"))
        book = ledger.book(row.book_id)
        _fill(row, book, on, summary, lines, actor)
        row.save()
        row.lines.all().delete()
        _write(row, lines)
        _note(row, "books.draft_voucher", actor)
    return row


def draft_reversal(entry: EntryView, *, on: date, reason: str, actor: Actor) -> Voucher:
    """The reversal of an entry, as a draft with the mirrored lines. Raises Forbidden, EntryRefused."""
    actor.require(KEEP, entry.organisation_id)
    if not reason.strip():
        raise EntryRefused(_("请写明冲销的理由。"))
    if entry.reverses_id is not None:
        raise EntryRefused(_("冲销凭证不能再冲销，请另做一张正确的凭证。"))
    if entry.reversed_by_id is not None:
        raise EntryRefused(_("这张凭证已经冲销过。"))
    if on < entry.on:
        raise EntryRefused(_("冲销日期不能早于原凭证的日期。"))
    keeping.check_reversal(entry, on)
    _check_other_side(entry, on, actor)
    lines = [
        DraftLine(line.account, line.fen, line.counterparty_id, line.note)
        for line in ledger.mirrored(entry, on, EARLIER_YEARS)
    ]
    voucher = Voucher(
        organisation_id=entry.organisation_id, book_id=entry.book_id, kind=Voucher.Kind.REVERSAL, reverses_id=entry.id
    )
    try:
        return _generated(voucher, on, reason.strip(), lines, "books.draft_reversal", actor)
    except IntegrityError as error:
        if "books_one_reversal" in str(error):
            raise EntryRefused(_("这张凭证的冲销正在办理。")) from error
        raise


def _check_other_side(entry: EntryView, on: date, actor: Actor) -> None:
    """A dealing stands in two books: whoever takes it back keeps both. Raises EntryRefused."""
    other = keeping.other_side(entry)
    if other is None:
        return
    book = ledger.book(other.book_id)
    if not actor.may(KEEP, other.organisation_id):
        raise EntryRefused(
            _("这笔往来同时记在“%(name)s”的账上，两边要一起冲销，由管两家账的人办理。") % {"name": book.name}
        )
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


def _generated(voucher: Voucher, on: date, summary: str, lines: Sequence[DraftLine], act: str, actor: Actor) -> Voucher:
    book = ledger.book(voucher.book_id)
    with transaction.atomic():
        _fill(voucher, book, on, summary, lines, actor)
        open_case(voucher, actor=actor)
        _write(voucher, lines)
        _note(voucher, act, actor)
    return voucher


def _fill(voucher: Voucher, book: BookView, on: date, summary: str, lines: Sequence[DraftLine], actor: Actor) -> None:
    if not summary.strip():
        raise EntryRefused(_("请填写摘要。"))
    if not book.is_open(on):
        raise ledger.PeriodClosed(_("这个月已经结账，或在建账之前；请记入还没有结账的月份。"))
    if on >= clock.next_month(clock.today()):
        raise EntryRefused(_("日期不能晚于本月。"))
    voucher.on_day, voucher.summary = on, summary.strip()[:200]
    voucher.total_fen = sum(line.fen for line in lines if line.fen > 0)
    voucher.edited_by_id = actor.id
    voucher.editor_ids = sorted({*voucher.editor_ids, *([actor.id] if actor.id else [])})


def _write(voucher: Voucher, lines: Sequence[DraftLine]) -> None:
    accounts = {account.code: account for account in ledger.accounts(voucher.book_id)}
    leaves = selectors.leaves(accounts.values())
    others = {book.id for book in ledger.books(place=ledger.book(voucher.book_id).place)}
    for line in lines:
        account = accounts.get(line.account)
        if account is None:
            raise EntryRefused(_("账上没有科目%(code)s。") % {"code": line.account})
        taken_back = voucher.kind == Voucher.Kind.REVERSAL  # it stood in the account, whatever that is today
        if not taken_back and (account.code not in leaves or not account.in_use):
            raise EntryRefused(_("科目%(code)s不能直接记账，请选用它的明细科目。") % {"code": line.account})
        if account.internal and line.counterparty_id is None:
            raise EntryRefused(_("科目%(code)s要指明往来的成员单位。") % {"code": line.account})
        if not account.internal and line.counterparty_id is not None:
            raise EntryRefused(_("科目%(code)s不记往来单位。") % {"code": line.account})
        if line.counterparty_id == voucher.book_id:
            raise EntryRefused(_("往来对方不能是本单位自己。"))
        if line.counterparty_id is not None and line.counterparty_id not in others:
            raise EntryRefused(_("没有这家往来单位。"))
    VoucherLine.objects.bulk_create(
        VoucherLine(
            voucher=voucher, number=number, account_id=accounts[line.account].id, fen=line.fen,
            counterparty_id=line.counterparty_id, note=line.note.strip()[:200],
        )
        for number, line in enumerate(lines, start=1)
    )  # fmt: skip


def _note(voucher: Voucher, act: str, actor: Actor) -> None:
    record(
        actor=actor, act=act, subject=f"books.voucher:{voucher.pk}", organisation_id=voucher.organisation_id,
        detail={"on": voucher.on_day.isoformat(), "fen": voucher.total_fen},
    )  # fmt: skip


# -- effects of steps ------------------------------------------------------------------------------------------


def submit(case: Voucher, actor: Actor, answers: Any) -> None:
    """Ready for another's eyes: it balances, its month is open. Raises StepRefused."""
    lines = list(case.lines.all())
    if len(lines) < 2:
        raise StepRefused(_("一张凭证至少要有两行分录。"))
    if total := sum(line.fen for line in lines):
        raise StepRefused(_("借贷不平，相差%(yuan)s元。") % {"yuan": yuan(abs(total))})
    if not ledger.book(case.book_id).is_open(case.on_day):
        raise StepRefused(_("这个月已经结账，请改到还没有结账的月份。"))
    _check_year_close(case)
    case.prepared_by_id = actor.id
    case.approved_by_id = None
    limit = APPROVAL_LIMIT.at(place=case.book.place, as_of=case.on_day).value
    case.large = case.kind != Voucher.Kind.YEAR_CLOSE and case.total_fen > limit * 100


def check(case: Voucher, actor: Actor, answers: Any) -> None:
    """The second person of a large voucher has looked; a third approves. Raises StepRefused."""
    _may_reverse_both(case, actor, APPROVE)
    case.approved_by_id = actor.id


def unapprove(case: Voucher, actor: Actor, answers: Any) -> None:
    """Back to the draft: nobody has approved it any more."""
    case.approved_by_id = None


def approve(case: Voucher, actor: Actor, answers: Any) -> None:
    """The second person posts it. Raises StepRefused."""
    _may_reverse_both(case, actor, APPROVE)
    case.approved_by_id = actor.id
    _post(case, actor)


def countersign(case: Voucher, actor: Actor, answers: Any) -> None:
    """The director or guidance centre posts a large one. Raises StepRefused."""
    _may_reverse_both(case, actor, APPROVE_LARGE)
    _post(case, actor)


def _may_reverse_both(case: Voucher, actor: Actor, permission: Permission) -> None:
    if case.reverses_id is None:
        return
    other = keeping.other_side(ledger.entry(case.reverses_id))
    if other is not None and not actor.may(permission, other.organisation_id):
        name = ledger.book(other.book_id).name
        raise StepRefused(_("这笔往来同时记在“%(name)s”的账上，两边要一起冲销，由管两家账的人办理。") % {"name": name})


def _post(case: Voucher, actor: Actor) -> None:
    _check_year_close(case)
    try:
        if case.reverses_id is not None:
            posted = keeping.reverse(
                case.reverses_id, on=case.on_day, reason=case.summary, actor=actor, needs_permission=False,
                prepared_by_id=case.prepared_by_id, approved_by_id=case.approved_by_id,
            )  # fmt: skip
        else:
            posted = ledger.post_entry(
                NewEntry(
                    book_id=case.book_id,
                    on=case.on_day,
                    summary=case.summary,
                    source=f"books.voucher:{case.pk}",
                    address=case.get_absolute_url(),
                    template=selectors.YEAR_CLOSE if case.kind == Voucher.Kind.YEAR_CLOSE else "",
                    prepared_by_id=case.prepared_by_id,
                    approved_by_id=case.approved_by_id,
                    lines=tuple(
                        NewLine(line.account.code, line.fen, line.counterparty_id, line.note)
                        for line in case.lines.select_related("account").order_by("number")
                    ),
                ),
                actor=actor,
            )
    except EntryRefused as refused:
        raise StepRefused(str(refused)) from refused
    case.entry_id = posted.id


def _check_year_close(case: Voucher) -> None:
    if case.kind != Voucher.Kind.YEAR_CLOSE:
        return
    now = [(line.account, line.fen, line.counterparty_id) for line in year_close_lines(case.book_id, case.on_day.year)]
    rows = case.lines.select_related("account").order_by("number")
    if now != [(row.account.code, row.fen, row.counterparty_id) for row in rows]:
        raise StepRefused(_("结转凭证生成以后又记了账，请作废后重新生成。"))
