"""A member's yearly budget and its revisions: drafted, read from a file, approved by a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from yigongti.domains.money.books.models import Budget, BudgetLine
from yigongti.domains.money.books.permissions import KEEP
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake.sheets import BadLine, fen_of, read
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, EntryRefused
from yigongti.kernel.workflow.api import StepRefused, open_case

HEADERS = {
    "code": ("科目编码", "编码", "account", "科目"),
    "name": ("科目名称", "名称"),
    "yuan": ("预算金额（元）", "预算金额", "金额", "amount", "budget"),
    "note": ("说明", "备注"),
}


@dataclass(frozen=True)
class Planned:
    """What an account may come to in the year, in fen."""

    code: str
    fen: int
    note: str = ""


@dataclass(frozen=True)
class BudgetReading:
    """A file, judged: it may be taken when nothing is bad."""

    lines: tuple[Planned, ...]
    bad: tuple[BadLine, ...]


def in_force(book_id: int, year: int) -> Budget | None:
    """The last approved budget of a book's year."""
    rows = Budget.objects.unscoped("the reader may see the book").filter(book_id=book_id, year=year, state="approved")
    return rows.order_by("-number").first()


def draft(book_id: int, year: int, lines: Sequence[Planned], *, actor: Actor, reason: str = "") -> Budget:
    """A new budget, or a revision where one has been approved (it needs a reason). Raises Forbidden, EntryRefused."""
    book = ledger.book(book_id)
    actor.require(KEEP, book.organisation_id)
    known = Budget.objects.unscoped("the next number").filter(book_id=book_id, year=year)
    if known.filter(state="approved").exists() and not reason.strip():
        raise EntryRefused(_("调整预算请写明理由。"))
    last = known.exclude(state="discarded").aggregate(last=Max("number"))["last"]
    budget = Budget(
        organisation_id=book.organisation_id, book_id=book_id, year=year, number=(last or 0) + 1,
        reason=reason.strip()[:200], edited_by_id=actor.id, editor_ids=[actor.id] if actor.id else [],
    )  # fmt: skip
    try:
        with transaction.atomic():
            open_case(budget, actor=actor)
            _write(budget, lines)
            _note(budget, actor)
    except IntegrityError as error:
        if "books_one_open_budget" in str(error) or "books_budget_number" in str(error):
            raise EntryRefused(_("这一年的预算已有一份正在办理。")) from error
        raise
    return budget


def redraft(budget: Budget, lines: Sequence[Planned], *, actor: Actor, reason: str = "") -> Budget:
    """Change a draft. Raises Forbidden, EntryRefused."""
    actor.require(KEEP, budget.organisation_id)
    with transaction.atomic():
        row = Budget.objects.unscoped("the permission is asked").select_for_update(of=("self",)).get(pk=budget.pk)
        if row.state != "draft":
            raise EntryRefused(_("只有草稿可以修改。"))
        row.edited_by_id, row.reason = actor.id, reason.strip()[:200] or row.reason
        row.editor_ids = sorted({*row.editor_ids, *([actor.id] if actor.id else [])})
        row.save()
        row.lines.all().delete()
        _write(row, lines)
        _note(row, actor)
    return row


def read_file(book_id: int, data: bytes) -> BudgetReading:
    """Judge a file against the book's chart. Raises SheetRefused for what is wrong with it as a whole."""
    accounts = {account.code: account for account in ledger.accounts(book_id)}
    good: list[Planned] = []
    bad: list[BadLine] = []
    for row in read(data, HEADERS, ("code", "yuan")):
        try:
            planned = Planned(row.said["code"], fen_of(row.said["yuan"]), row.said["note"][:200])
            _check(planned, accounts, good)
        except (ValueError, EntryRefused) as error:
            bad.append(BadLine(row.number, row.text, str(error)))
        else:
            good.append(planned)
    return BudgetReading(tuple(good), tuple(bad))


def _write(budget: Budget, lines: Sequence[Planned]) -> None:
    accounts = {account.code: account for account in ledger.accounts(budget.book_id)}
    taken: list[Planned] = []
    for line in lines:
        _check(line, accounts, taken)
        taken.append(line)
    BudgetLine.objects.bulk_create(
        BudgetLine(budget=budget, code=line.code, fen=line.fen, note=line.note.strip()[:200]) for line in taken
    )


def _check(line: Planned, accounts: dict[str, Any], before: Sequence[Planned]) -> None:
    """Income and expense accounts or headings, once each, none under another that is planned. Raises EntryRefused."""
    account = accounts.get(line.code)
    if account is None:
        raise EntryRefused(_("账上没有科目%(code)s。") % {"code": line.code[:20]})
    if account.kind not in (AccountKind.INCOME, AccountKind.EXPENSE):
        raise EntryRefused(_("预算只编收入和费用科目，%(code)s不是。") % {"code": line.code})
    if line.fen < 0:
        raise EntryRefused(_("预算金额不能为负。"))
    for other in before:
        if other.code.startswith(line.code) or line.code.startswith(other.code):
            raise EntryRefused(
                _("科目%(code)s与%(other)s重复或有上下级关系，只编其中一个。")
                % {"code": line.code, "other": other.code}
            )


def _note(budget: Budget, actor: Actor) -> None:
    record(
        actor=actor, act="books.draft_budget", subject=f"books.budget:{budget.pk}",
        organisation_id=budget.organisation_id, detail={"year": budget.year, "number": budget.number},
    )  # fmt: skip


# -- effects of steps ------------------------------------------------------------------------------------------


def submit(case: Budget, actor: Actor, answers: Any) -> None:
    """Ready for another's eyes. Raises StepRefused when it is empty."""
    if not case.lines.exists():
        raise StepRefused(_("预算里还没有内容。"))
    case.prepared_by_id = actor.id


def approve(case: Budget, actor: Actor, answers: Any) -> None:
    """From now on it is in force."""
    case.approved_by_id = actor.id
