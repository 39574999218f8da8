"""What the steps of ``workflow.VOUCHER`` do: from a draft into the books, by a second person and the other side."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.models import Voucher, VoucherLine
from yigongti.domains.money.books.permissions import APPROVE_LARGE
from yigongti.domains.money.books.policy import APPROVAL_LIMIT, TOGETHER_DAYS
from yigongti.domains.money.books.services import keeping
from yigongti.domains.money.books.services.vouchers import year_close_lines
from yigongti.kernel.access.api import Actor
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused, NewEntry, NewLine
from yigongti.kernel.money import yuan
from yigongti.kernel.workflow.api import StepRefused

MONEY = "10"  # cash, bank: every payment goes through them; they count where a voucher moves nothing else


def submit(case: Voucher, actor: Actor, answers: Any) -> None:
    """Ready for another's eyes: it balances, its month is open. Raises StepRefused."""
    ledger.held(case.book_id)  # who submits into one book waits: none of two split ones is overlooked
    _check_lines(case, case.book_id)
    if case.other_book_id is not None:
        _check_lines(case, case.other_book_id)
    _check_year_close(case)
    case.prepared_by_id = actor.id
    case.approved_by_id = case.confirmed_by_id = None
    case.counted_fen = max(case.total_fen, counted_together(case))
    limit = APPROVAL_LIMIT.at(place=case.book.place, as_of=case.on_day).value
    above = case.kind != Voucher.Kind.YEAR_CLOSE and case.counted_fen > limit * 100
    case.large = above or one_sided(case)


def one_sided(case: Voucher) -> bool:
    """Whether it says in one book alone what there is between two members: typed by hand, nobody of the other asked."""
    typed = case.kind == Voucher.Kind.ORDINARY and case.other_book_id is None
    return typed and case.lines.filter(counterparty__isnull=False).exists()


def _check_lines(case: Voucher, book_id: int) -> None:
    lines = list(case.lines.filter(account__book_id=book_id).select_related("account"))
    if len(lines) < 2:
        raise StepRefused(_("一张凭证至少要有两行分录。"))
    if total := sum(line.fen for line in lines):
        raise StepRefused(_("借贷不平，相差%(yuan)s元。") % {"yuan": yuan(abs(total))})
    leaves = selectors.leaves(ledger.accounts(book_id))
    for line in lines:  # accounts may have been opened below it since it was drafted
        if case.kind != Voucher.Kind.REVERSAL and line.account.code not in leaves:
            raise StepRefused(_("科目%(code)s不能直接记账，请选用它的明细科目。") % {"code": line.account.code})
    book = ledger.book(book_id)
    if book.is_open(case.on_day):
        return
    if book_id == case.book_id:
        raise StepRefused(_("这个月已经结账，请改到还没有结账的月份。"))
    raise StepRefused(_("“%(name)s”这个月已经结账，请换一个日期。") % {"name": book.name})


def together(case: Voucher) -> list[VoucherLine]:
    """The lines of this voucher and of those that count with it against the approval limit: drawn up by the same hands
    in the same book, less than so many days apart, submitted or posted and not taken back since. What was above the
    limit itself goes before the director anyhow, and makes nothing else large."""
    days = timedelta(days=TOGETHER_DAYS.at(place=case.book.place, as_of=case.on_day).value - 1)
    hands = {*case.editor_ids, *(one for one in (case.opened_by_id, case.prepared_by_id) if one)}
    if case.kind != Voucher.Kind.ORDINARY or not hands:
        return []
    near = Voucher.objects.unscoped("of the same book").filter(
        Q(editor_ids__overlap=sorted(hands)) | Q(prepared_by_id__in=hands),
        book_id=case.book_id, kind=Voucher.Kind.ORDINARY, large=False, on_day__gte=case.on_day - days,
        on_day__lte=case.on_day + days, entry__reversed_by__isnull=True,
        state__in=("offered", "submitted", "checked", "posted"),
    )  # fmt: skip
    lines = VoucherLine.objects.filter(account__book_id=case.book_id).select_related("account", "voucher")
    mine, theirs = lines.filter(voucher=case), lines.filter(voucher__in=near.exclude(pk=case.pk))
    same = {_what(line) for line in mine}
    counted = [line for line in [*mine, *theirs] if not line.account.code.startswith(MONEY)]
    if mine and not any(line.voucher_id == case.pk for line in counted):  # between money accounts: only with such
        others = {line.voucher_id for line in counted}
        counted = [line for line in [*mine, *theirs] if line.voucher_id not in others]
    return [line for line in counted if _what(line) in same]


def counted_together(case: Voucher) -> int:
    """The largest sum, over the account, side and counterparty of one of the voucher's lines, that counts against the
    approval limit with it, in fen."""
    return max(_sums(together(case)).values(), default=0)


def _sums(lines: Iterable[VoucherLine]) -> dict[tuple[int, bool, int | None], int]:
    sums: dict[tuple[int, bool, int | None], int] = {}
    for line in lines:
        sums[_what(line)] = sums.get(_what(line), 0) + abs(line.fen)
    return sums


def _what(line: VoucherLine) -> tuple[int, bool, int | None]:
    return line.account_id, line.fen > 0, line.counterparty_id


def offer(case: Voucher, actor: Actor, answers: Any) -> None:
    """Before the other side's eyes, with what it does to their book. Raises StepRefused."""
    submit(case, actor, answers)
    case.sent = True


def confirm(case: Voucher, actor: Actor, answers: Any) -> None:
    """The other side agrees to what stands in its book; then it goes the usual way. Raises StepRefused."""
    assert case.other_book_id is not None
    _check_lines(case, case.other_book_id)
    case.confirmed_by_id = actor.id


def check(case: Voucher, actor: Actor, answers: Any) -> None:
    """The second person of a large voucher has looked; a third approves."""
    case.approved_by_id = actor.id


def unapprove(case: Voucher, actor: Actor, answers: Any) -> None:
    """Back to the draft: nobody has approved or confirmed it any more."""
    case.approved_by_id = case.confirmed_by_id = None


def approve(case: Voucher, actor: Actor, answers: Any) -> None:
    """The second person posts it. Raises StepRefused."""
    case.approved_by_id = actor.id
    _post(case, actor)


def countersign(case: Voucher, actor: Actor, answers: Any) -> None:
    """The director or guidance centre posts a large one; of a dealing, who is over both members. Raises StepRefused."""
    if case.other_organisation_id is not None and not actor.may(APPROVE_LARGE, case.other_organisation_id):
        raise StepRefused(_("这笔往来两家都要入账，由指导中心或同管两家的院长审批。"))
    _post(case, actor)


def _post(case: Voucher, actor: Actor) -> None:
    _check_year_close(case)
    try:
        if case.reverses_id is not None:
            case.entry_id = _take_back(case, actor)
        else:
            case.entry_id = ledger.post_entries(_entries(case), actor=actor)[0].id
    except EntryRefused as refused:
        raise StepRefused(str(refused)) from refused


def _take_back(case: Voucher, actor: Actor) -> int:
    assert case.reverses_id is not None
    other = keeping.other_side(ledger.entry(case.reverses_id))
    if (other.book_id if other else None) != case.other_book_id:  # one side was posted or taken back since
        raise StepRefused(_("对方单位的那张凭证有了变化，请退回，作废后重新填制冲销凭证。"))
    return keeping.reverse(
        case.reverses_id, on=case.on_day, reason=case.summary, actor=actor, needs_permission=False,
        prepared_by_id=case.prepared_by_id, approved_by_id=case.approved_by_id,
        other_approved_by_id=case.confirmed_by_id,
    ).id  # fmt: skip


def _entries(case: Voucher) -> list[NewEntry]:
    """The entry in the voucher's own book; of a dealing the other book's with it, by the lines that were confirmed."""
    source, template = f"books.voucher:{case.pk}", case.template
    sides = [(case.book_id, source, template, case.approved_by_id)]
    if case.kind == Voucher.Kind.YEAR_CLOSE:
        sides = [(case.book_id, source, selectors.YEAR_CLOSE, case.approved_by_id)]
    if case.other_book_id is not None:
        mirror = keeping.mirror_of(template)
        sides.append((case.other_book_id, f"{source}{keeping.OTHER}", mirror, case.confirmed_by_id))
    lines = list(case.lines.select_related("account").order_by("number"))
    return [
        NewEntry(
            book_id=book_id,
            on=case.on_day,
            summary=case.summary,
            source=cause,
            address=case.get_absolute_url(),
            template=name,
            prepared_by_id=case.prepared_by_id,
            approved_by_id=approved_by_id,
            lines=tuple(
                NewLine(line.account.code, line.fen, line.counterparty_id, line.note)
                for line in lines
                if line.account.book_id == book_id
            ),
        )
        for book_id, cause, name, approved_by_id in sides
    ]


def other_entry(case: Voucher) -> int | None:
    """The entry in the other book of a dealing that has been posted."""
    if case.other_book_id is None or case.entry_id is None:
        return None
    if case.reverses_id is None:
        found = ledger.entry_by_source(f"books.voucher:{case.pk}{keeping.OTHER}")
        return found.id if found else None
    pair = keeping.pair_of(ledger.entry(case.reverses_id))
    return pair.reversed_by_id if pair else None


def other_original(case: Voucher) -> int | None:
    """Of the reversal of a dealing, the entry in the other book that is taken back with it."""
    if case.other_book_id is None or case.reverses_id is None:
        return None
    pair = keeping.pair_of(ledger.entry(case.reverses_id))
    return pair.id if pair else None


def _check_year_close(case: Voucher) -> None:
    if case.kind != Voucher.Kind.YEAR_CLOSE:
        return
    now = [(line.account, line.fen, line.counterparty_id) for line in year_close_lines(case.book_id, case.on_day.year)]
    rows = case.lines.select_related("account").order_by("number")
    if now != [(row.account.code, row.fen, row.counterparty_id) for row in rows]:
        raise StepRefused(_("结转凭证生成以后又记了账，请作废后重新生成。"))
