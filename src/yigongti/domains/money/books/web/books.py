"""The books: the list of those one may see, opening them, and a book's first page."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books import selectors, statements
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.permissions import APPROVE_LARGE, CONSOLIDATED, KEEP, VIEW
from yigongti.domains.money.books.services import budgets, closing, keeping
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ledger.api import BookView, EntryRefused
from yigongti.kernel.ui.listing import Column, Listing

OPEN = Voucher.UNDER_WAY


def book_context(actor: Actor, book: BookView, tab: str) -> dict[str, Any]:
    """What every page of a book shows: its name, tabs, and what the reader may do there."""
    waiting = Voucher.objects.visible_to(actor, VIEW).filter(book_id=book.id, state__in=OPEN).count()
    return {
        "book": book,
        "name": organisation.names([book.organisation_id]).get(book.organisation_id, book.name),
        "may_keep": actor.may(KEEP, book.organisation_id),
        "waiting": waiting,
        "tab": {tab: True},
    }


@permission_required(VIEW, CONSOLIDATED, APPROVE_LARGE)
def index(request: HttpRequest) -> HttpResponseBase:
    """The books the reader may see; whoever sees only figures together goes on to those. A POST opens missing books."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        return _open_books(request, actor)
    if not actor.may(VIEW):
        return HttpResponseRedirect(reverse("books:consolidated" if actor.may(CONSOLIDATED) else "books:vouchers"))
    books = selectors.books(actor, settings.PLACE)
    today = clock.today()
    figures = {one.book.id: one for one in statements.consolidated(books, today).members} if books else {}
    waiting = dict(
        Voucher.objects.visible_to(actor, VIEW)
        .filter(book_id__in=list(figures), state__in=OPEN)
        .values_list("book_id")
        .annotate(many=Count("pk"))
    )
    known = {book.organisation_id for book in books}
    without = [one for one in selectors.organisations_with_books(actor, settings.PLACE) if one not in known]
    rows = [{"book": book, "figures": figures[book.id], "waiting": waiting.get(book.id, 0)} for book in books]
    return Listing(
        request,
        rows,
        name="books",
        title=gettext_lazy("各单位账簿"),
        page_size=100,
        columns=[
            Column("book.name", gettext_lazy("单位"), lead=True,
                   href=lambda row: reverse("books:book", args=[row["book"].id])),
            Column("figures.income_fen", gettext_lazy("本年收入（元）"), kind="yuan"),
            Column("figures.expense_fen", gettext_lazy("本年费用（元）"), kind="yuan"),
            Column("figures.surplus_fen", gettext_lazy("本年盈余（元）"), kind="yuan"),
            Column("figures.assets_fen", gettext_lazy("资产（元）"), kind="yuan"),
            Column("next", gettext_lazy("下一个要结账的月份"), value=lambda row: f"{row['book'].next_to_close:%Y-%m}"),
            Column("waiting", gettext_lazy("未记账的凭证"), kind="number"),
        ],
        export=VIEW,
        empty=gettext_lazy("还没有建账"),
    ).render(
        "books/index.html",
        {
            "without": [view.label for view in organisation.get_many(without).values()],
            "may_open": bool(without) and actor.may(KEEP),
            "may_keep": actor.may(KEEP),
            "may_consolidate": actor.may(CONSOLIDATED),
        },
    )  # fmt: skip


def _open_books(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open the books of all members under the reader that have none yet."""
    actor.require(KEEP)
    known = {book.organisation_id for book in selectors.books(actor, settings.PLACE)}
    opened = 0
    for one in selectors.organisations_with_books(actor, settings.PLACE):
        if one in known or not actor.may(KEEP, one):
            continue
        try:
            keeping.book_of(one)
            opened += 1
        except EntryRefused as refused:
            messages.error(request, str(refused))
    messages.success(request, _("已建账 %(n)d 家。") % {"n": opened})
    return HttpResponseRedirect(reverse("books:index"))


@permission_required(VIEW)
def book(request: HttpRequest, pk: int) -> HttpResponse:
    """A book's first page: the year so far, what waits, what is to be closed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.book(actor, pk)
    today = clock.today()
    income = statements.income_statement([found], date(today.year, 1, 1), today)
    sheet = statements.balance_sheet([found], today)
    vouchers = Voucher.objects.visible_to(actor, VIEW).filter(book_id=pk, state__in=OPEN).select_related("book")
    context = book_context(actor, found, "book") | {
        "today": today,
        "income": income,
        "sheet": sheet,
        "vouchers": vouchers.order_by("on_day", "pk")[:20],
        "budget": budgets.in_force(pk, today.year),
        "against": [row for row in statements.budget_against_actual(found, today.year, today) if row.planned][:8],
        "month": found.next_to_close,
        "overdue": closing.last_day(found.next_to_close) < today,
    }
    return render(request, "books/book.html", context)
