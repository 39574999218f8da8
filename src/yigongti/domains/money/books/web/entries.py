"""Posted vouchers: the list of a book, and one with what caused it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.permissions import VIEW
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.domains.money.books.web.books import book_context
from yigongti.domains.money.books.web.lines import Drawn
from yigongti.kernel.access.api import Actor, names_of
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

LABELS = {name: template.label for name, template in TEMPLATES.items()} | {
    selectors.YEAR_CLOSE: _("年终结转"), "": _("手工凭证")
}  # fmt: skip


@permission_required(VIEW)
def listing(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The posted vouchers of a book, the newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    return Listing(
        request,
        selectors.entries(actor, pk).select_related("reversed_by"),
        name="entries",
        title=_("已记账的凭证"),
        order=("-on_day", "-id"),
        keyset=True,
        columns=[
            Column("number", _("凭证号"), lead=True, value=str, href=lambda row: reverse("books:entry", args=[row.pk])),
            Column("on_day", _("日期"), kind="day"),
            Column("summary", _("摘要"), chinese=True),
            Column("template", _("类别"), value=lambda row: LABELS.get(row.template, row.template)),
            Column("state", _("状态"), kind="tag", value=_state, tag=lambda row: "attention" if _state(row) else ""),
        ],
        filters=[
            TextFilter("q", _("摘要"), by="summary__icontains"),
            ChoiceFilter("template", _("类别"), by="template", choices=[
                (name, label) for name, label in LABELS.items() if name]),
            DayRangeFilter("on", _("日期"), by="on_day", moments=False),
        ],
        export=VIEW,
        empty=_("还没有记账"),
    ).render("books/entries.html", book_context(actor, book, "entries"))  # fmt: skip


def _state(row: object) -> str:
    if getattr(row, "reverses_id", None):
        return str(_("冲销"))
    return str(_("已冲销")) if hasattr(row, "reversed_by") else ""


@permission_required(VIEW)
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """A posted voucher: its lines, who prepared and approved it, what caused it, what reversed it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.entry(actor, pk)
    book = ledger.book(found.book_id)
    others = {view.id: view.name for view in ledger.books(place=book.place)} if any(
        line.counterparty_id for line in found.lines
    ) else {}  # fmt: skip
    people = names_of({one for one in (found.prepared_by_id, found.approved_by_id, found.posted_by_id) if one})
    context = book_context(actor, book, "entries") | {
        "entry": found,
        "label": LABELS.get(found.template, found.template),
        "drawn": [
            Drawn(line.account, line.account_name, line.fen, others.get(line.counterparty_id or 0, ""), line.note)
            for line in found.lines
        ],
        "total": found.total_fen,
        "total_credit": found.total_fen,
        "prepared": people.get(found.prepared_by_id or 0, ""),
        "approved": people.get(found.approved_by_id or 0, ""),
        "posted": people.get(found.posted_by_id or 0, ""),
        "may_reverse": found.reverses_id is None and found.reversed_by_id is None,
    }
    return render(request, "books/entry.html", context)
