"""Statements of a book, an account's lines, members together, and the exports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import F, Sum, Window
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.books import plain_text, selectors, statements, workbooks
from yigongti.domains.money.books.permissions import CONSOLIDATED, VIEW
from yigongti.domains.money.books.services.closing import last_day
from yigongti.domains.money.books.web import asked
from yigongti.domains.money.books.web.books import book_context
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView
from yigongti.kernel.ledger.models import Line
from yigongti.kernel.ui.listing import Column, Listing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = ("xlsx", "beancount")


def _page(request: HttpRequest, pk: int, tab: str) -> tuple[BookView, date, date, dict[str, Any]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    since, until = asked.span(request, book)
    span = {"since": since, "until": until, "query": f"since={since:%Y-%m}&until={until:%Y-%m}"}
    return book, since, until, book_context(actor, book, tab) | span


@permission_required(VIEW)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The trial balance of a span of months."""
    book, since, until, context = _page(request, pk, "trial")
    return render(request, "books/trial.html", context | {"trial": statements.trial_balance(book, since, until)})


@permission_required(VIEW)
def income(request: HttpRequest, pk: int) -> HttpResponse:
    """Income and expense of a span of months, and of the year so far."""
    book, since, until, context = _page(request, pk, "income")
    return render(request, "books/income.html", context | {"income": statements.income_statement([book], since, until)})


@permission_required(VIEW)
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """What the member holds and owes at the end of a month."""
    book, _since, until, context = _page(request, pk, "sheet")
    return render(request, "books/sheet.html", context | {"sheet": statements.balance_sheet([book], until)})


@permission_required(VIEW)
def account(request: HttpRequest, pk: int, code: str) -> HttpResponseBase:
    """An account's lines (those of the accounts below it too) with the running balance; each opens its voucher."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book, since, until, context = _page(request, pk, "trial")
    found = selectors.account(pk, code)
    rows = [row for row in ledger.balances([pk], since, until) if row.code.startswith(code)]
    opening = sum(row.opening_fen for row in rows)
    names = {view.id: view.name for view in ledger.books(place=book.place)}
    lines = (
        Line.objects.visible_to(actor, VIEW)
        .filter(account__book_id=pk, account__code__startswith=code, entry__on_day__gte=since,
                entry__on_day__lte=last_day(until))
        .select_related("entry", "account")
        .annotate(running=Window(Sum("fen"), order_by=(F("entry__on_day").asc(), F("entry_id").asc(), F("id").asc())))
    )  # fmt: skip
    return Listing(
        request,
        lines,
        name="account",
        title=f"{found.code} {found.name}",
        order=("entry__on_day", "entry_id", "id"),
        page_size=50,
        columns=[
            Column("entry.on_day", gettext_lazy("日期"), kind="day"),
            Column("entry", gettext_lazy("凭证号"), lead=True,
                   href=lambda line: reverse("books:entry", args=[line.entry_id])),
            Column("entry.summary", gettext_lazy("摘要"), chinese=True),
            Column("account", gettext_lazy("科目"), value=lambda line: str(line.account), chinese=True),
            Column("other", gettext_lazy("往来单位"), value=lambda line: names.get(line.counterparty_id)),
            Column("debit", gettext_lazy("借方（元）"), kind="yuan", value=lambda line: max(line.fen, 0) or None),
            Column("credit", gettext_lazy("贷方（元）"), kind="yuan", value=lambda line: max(-line.fen, 0) or None),
            Column("balance", gettext_lazy("余额（元）"), kind="yuan", value=lambda line: opening + line.running),
        ],
        export=VIEW,
        empty=gettext_lazy("这段时间没有记账"),
    ).render(
        "books/account.html",
        context | {
            "account": found,
            "opening": opening,
            "debit": sum(row.debit_fen for row in rows),
            "credit": sum(row.credit_fen for row in rows),
            "closing": sum(row.closing_fen for row in rows),
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Members looked at together, as they belonged to it on the last day of the period. ``moved``: books of those who
    belonged to it for part of the year."""

    key: str
    name: str
    books: tuple[BookView, ...]
    moved: tuple[BookView, ...] = ()


def groups(actor: Actor, until: date) -> list[Group]:
    """What the actor may see as one: the place, each consortium and each area he is appointed to; else the books open
    to him. One member alone is no group: its books are opened by who may see them."""
    books = ledger.books(place=settings.PLACE)
    units = organisation.organisations(settings.PLACE)
    open_to = _open_to(actor, books)
    found = []
    tops = [view for view in units if view.parent_id is None]
    if tops and all(actor.may(CONSOLIDATED, view.id) for view in tops):
        found.append(Group("", _("全部单位"), tuple(books)))
    for view in units:
        if view.kind in ("consortium", "management_area") and actor.may(CONSOLIDATED, view.id):
            now, ever = _membership(view.id, until)
            members = tuple(book for book in books if book.organisation_id in now)
            if len(members) > 1 or {book.id for book in members} <= open_to:
                moved = tuple(book for book in books if book.organisation_id in ever)
                found.append(Group(str(view.id), view.label, members, moved))
    return found or [Group("", _("本人可看的单位"), tuple(book for book in books if book.id in open_to))]


def _membership(organisation_id: int, until: date) -> tuple[frozenset[int], frozenset[int]]:
    """Who belongs to it on the period's last day (today, when that lies ahead), and who did for part of the year."""
    days = [last_day(date(until.year, month, 1)) for month in range(1, until.month)]
    days = [day for day in [date(until.year, 1, 1), *days, last_day(until)] if day <= clock.today()] or [clock.today()]
    if last_day(until) > clock.today():
        days.append(clock.today())
    each = [organisation.under(organisation_id, day) for day in days]
    return each[-1], frozenset().union(*each) - each[0].intersection(*each)


def _open_to(actor: Actor, books: Iterable[BookView]) -> set[int]:
    return {book.id for book in books if actor.may(VIEW, book.organisation_id)}


def _group(request: HttpRequest, until: date) -> tuple[Group, list[Group]]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offered = groups(actor, until)
    key = request.GET.get("group", "")
    chosen = next((one for one in offered if one.key == key), None)
    if chosen is None and key:
        raise Http404
    return chosen or offered[0], offered


@permission_required(CONSOLIDATED)
def consolidated(request: HttpRequest) -> HttpResponse:
    """Members' books as one, what they have among themselves taken out and shown."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _since, until = asked.span(request)
    group, offered = _group(request, until)
    open_to = _open_to(actor, group.books)
    whole = statements.consolidated(group.books, until)
    context = {
        "groups": offered,
        "group": group,
        "until": until,
        "whole": whole,
        "members": [one for one in whole.members if one.book.id in open_to],
        "pairs": [pair for pair in whole.pairs if {pair.book_id, pair.other_id} & open_to],
        "sections": list(whole.sections.values()),
        "differing": [pair for pair in whole.pairs if not pair.agrees],
        "open_to": open_to,
    }
    return render(request, "books/consolidated.html", context)


@permission_required(VIEW)
def export(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """A book's statements and vouchers as a workbook, or its entries as plain text."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if form not in FORMS:
        raise Http404(form)
    book, since, until, _context = _page(request, pk, "book")
    since = max(since, book.first_month)
    _note(actor, f"book:{pk}", book.organisation_id, form, since, until)
    if form == "xlsx":
        data = workbooks.one_book(book, since, max(since, until), by=actor.name)
        return _file(data, f"{book.name}-{until:%Y-%m}.xlsx", XLSX)
    return _text(plain_text.one_book(book, since, max(since, until)), f"{book.name}-{until:%Y-%m}.beancount")


@permission_required(CONSOLIDATED)
def export_consolidated(request: HttpRequest, form: str) -> HttpResponse:
    """Members' books as one; entries only for whoever may see every one of these books."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if form not in FORMS:
        raise Http404(form)
    since, until = asked.span(request)
    group, _offered = _group(request, until)
    books, name = list(group.books), group.name
    if form != "xlsx":
        for book in books:
            actor.require(VIEW, book.organisation_id)
    _note(actor, f"books:{group.key or 'all'}", None, form, since, until)
    if form == "xlsx":
        data = workbooks.several(books, name, until, by=actor.name, open_to=_open_to(actor, books))
        return _file(data, f"{name}-{until:%Y-%m}.xlsx", XLSX)
    return _text(plain_text.several(books, name, since, until), f"{name}-{until:%Y-%m}.beancount")


def _note(actor: Actor, subject: str, organisation_id: int | None, form: str, since: date, until: date) -> None:
    record(
        actor=actor, act="books.export", subject=subject, organisation_id=organisation_id,
        detail={"form": form, "since": f"{since:%Y-%m}", "until": f"{until:%Y-%m}"},
    )  # fmt: skip


def _text(lines: Any, name: str) -> HttpResponse:
    return _file(("\n".join(lines) + "\n").encode(), name, "text/plain; charset=utf-8")


def _file(data: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
