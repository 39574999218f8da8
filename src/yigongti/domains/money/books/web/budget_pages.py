"""Budgets: the year against what it came to, preparing one by hand or from a file, its case."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.money.books import selectors, statements
from yigongti.domains.money.books.models import Budget
from yigongti.domains.money.books.permissions import KEEP, VIEW
from yigongti.domains.money.books.services import budgets
from yigongti.domains.money.books.services.budgets import BudgetReading, Planned
from yigongti.domains.money.books.services.closing import last_day
from yigongti.domains.money.books.web import asked
from yigongti.domains.money.books.web.books import book_context
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, fen_of
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import AccountKind, AccountView, BookView, EntryRefused
from yigongti.kernel.ui.cases import case_page

COLOURS = {"draft": "", "submitted": "attention", "approved": "good", "discarded": ""}


@permission_required(VIEW)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """A year's budget against what it came to, and its revisions."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    today = clock.today()
    year = asked.number(request.GET.get("year")) or today.year
    year = year if book.first_month.year <= year <= today.year + 1 else today.year
    until = today if year >= today.year else last_day(today.replace(year=year, month=12, day=1))
    rows = statements.budget_against_actual(book, year, until) if year <= today.year else []
    versions = Budget.objects.visible_to(actor, VIEW).filter(book_id=pk, year=year).select_related("book")
    context = book_context(actor, book, "budget") | {
        "year": year,
        "years": range(today.year + 1, book.first_month.year - 1, -1),
        "until": until,
        "query": f"since={year}-01&until={until:%Y-%m}",
        "sections": [
            (kind.label, [row for row in rows if row.kind == kind])
            for kind in (AccountKind.INCOME, AccountKind.EXPENSE)
        ],
        "versions": versions.order_by("-number"),
        "may_draft": actor.may(KEEP, book.organisation_id)
        and not versions.filter(state__in=("draft", "submitted")).exists(),  # one at a time
        "colours": COLOURS,
    }
    return render(request, "books/budget_year.html", context)


def plannable(book: BookView) -> list[AccountView]:
    """The accounts one plans by hand: income and expense at the first level."""
    return [
        account
        for account in ledger.accounts(book.id)
        if account.kind in (AccountKind.INCOME, AccountKind.EXPENSE) and len(account.code) == 4
    ]


@permission_required(KEEP)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare a year's budget, or a revision, by hand or from a file."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    actor.require(KEEP, book.organisation_id)
    year = asked.number(request.POST.get("year") or request.GET.get("year")) or clock.today().year
    if not book.first_month.year <= year <= clock.today().year + 1:
        year = clock.today().year
    standing = budgets.in_force(pk, year)
    before = {line.code: line for line in standing.lines.all()} if standing else {}
    headings = plannable(book)
    known = {account.code: account for account in ledger.accounts(pk)}
    finer = [known[code] for code in before if code not in {account.code for account in headings}]
    accounts = sorted([*headings, *finer], key=lambda account: account.code)
    said: dict[str, str] = {
        account.code: _plain(before[account.code].fen) for account in accounts if account.code in before
    }
    errors: list[str] = []
    reading: BudgetReading | None = None
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:200]
    if request.method == "POST":
        said = {a.code: request.POST.get(f"yuan_{a.code}", "").replace("\0", "").strip()[:30] for a in accounts}
        try:
            if sent := request.FILES.get("file"):
                reading = budgets.read_file(pk, sent.read(LARGEST + 1))
                lines = list(reading.lines)
                if reading.bad:
                    raise EntryRefused(_("文件里有 %(n)d 行有误，没有存。") % {"n": len(reading.bad)})
            else:
                lines = [Planned(code, fen_of(text)) for code, text in said.items() if text]
            done = budgets.draft(pk, year, lines, actor=actor, reason=reason)
            messages.success(request, _("已存为草稿。"))
            return HttpResponseRedirect(done.get_absolute_url())
        except (EntryRefused, SheetRefused, ValueError) as refused:
            errors.append(str(refused))
    context = book_context(actor, book, "budget") | {
        "year": year,
        "standing": standing,
        "rows": [(account, said.get(account.code, "")) for account in accounts],
        "errors": errors,
        "reading": reading,
        "reason": reason,
        "columns": budgets.HEADERS,
    }
    return render(request, "books/budget_new.html", context, status=422 if errors else 200)


def _plain(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


@permission_required(VIEW)
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """A budget or revision as a case, beside the one in force."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.budget(actor, pk)
    names = {account.code: account for account in ledger.accounts(found.book_id)}
    standing = budgets.in_force(found.book_id, found.year)
    earlier = (
        Budget.objects.unscoped("the same book's").filter(
            book_id=found.book_id, year=found.year, state="approved", number__lt=found.number
        ).order_by("-number").first()
    )  # fmt: skip
    before = dict(earlier.lines.values_list("code", "fen")) if earlier else {}
    after = {line.code: line for line in found.lines.all()}
    rows: list[dict[str, Any]] = []
    for code in sorted({*before, *after}):
        fen = after[code].fen if code in after else 0
        rows.append({
            "code": code, "name": names[code].name, "before": before.get(code), "fen": fen,
            "change": fen - before.get(code, 0), "note": after[code].note if code in after else "",
        })  # fmt: skip
    context = {"rows": rows, "colour": COLOURS[found.state], "earlier": earlier, "in_force": standing == found}
    return case_page(request, found, "books/budget.html", context)
