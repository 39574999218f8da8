"""Closing a book's months and years."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.permissions import KEEP, VIEW
from yigongti.domains.money.books.services import closing, vouchers
from yigongti.domains.money.books.web import asked
from yigongti.domains.money.books.web.books import book_context
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, names_of
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import EntryRefused


@permission_required(VIEW)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The month to be closed next, what stands in its way, and the months closed before."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    month = book.next_to_close
    explanation = request.POST.get("explanation", "").replace("\0", "").strip()[:500]
    if request.method == "POST":
        actor.require(KEEP, book.organisation_id)
        wanted = asked.month(request.POST.get("month", ""))
        try:
            if wanted != month:
                raise EntryRefused(_("这个月别人刚刚结过账，请刷新页面。"))
            closing.close_month(book, month, actor=actor, explanation=explanation)
        except EntryRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("%(month)s已结账。") % {"month": f"{month:%Y-%m}"})
        return HttpResponseRedirect(reverse("books:close", args=[pk]))
    found = closing.findings(book, month)
    closed = ledger.closed_months(pk)[:36]
    people = names_of({row.closed_by_id for row in closed if row.closed_by_id})
    context = book_context(actor, book, "close") | {
        "month": month,
        "findings": found,
        "blocked": any(finding.blocks for finding in found),
        "year_open": month.month == 12 and any(finding.kind == "year" for finding in found),
        "closed": [(row, people.get(row.closed_by_id or 0, "")) for row in closed],
    }
    return render(request, "books/close.html", context)


@permission_required(KEEP)
def many(request: HttpRequest) -> HttpResponse:
    """Close the books of all members under the reader up to a month, as far as nothing stands in the way."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    books = [book for book in selectors.books(actor, settings.PLACE) if actor.may(KEEP, book.organisation_id)]
    last = clock.month_of(clock.month_of(clock.today()) - timedelta(days=1))
    until = asked.month(request.POST.get("until", "")) or last
    outcomes = None
    if request.method == "POST":
        outcomes = closing.close_through(books, min(until, last), actor=actor)
        messages.success(request, _("共结账 %(n)d 个月份。") % {"n": sum(one.closed for one in outcomes)})
    context = {"books": books, "until": min(until, last), "outcomes": outcomes}
    return render(request, "books/close_many.html", context)


@permission_required(KEEP)
@require_POST
def year(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare the voucher that carries the year's income and expense forward."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    try:
        draft = vouchers.draft_year_close(pk, book.next_to_close.year, actor=actor)
    except EntryRefused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("books:close", args=[pk]))
    messages.success(
        request, _("已生成%(year)d年的结转凭证，请提交审核。") % {"year": clock.month_of(draft.on_day).year}
    )
    return HttpResponseRedirect(draft.get_absolute_url())
