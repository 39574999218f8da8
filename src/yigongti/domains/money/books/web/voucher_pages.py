"""Vouchers by hand: the desk of those under way, typing one, its case, reversing a posted one."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.permissions import APPROVE_LARGE, KEEP, VIEW
from yigongti.domains.money.books.policy import APPROVAL_LIMIT
from yigongti.domains.money.books.postings import TEMPLATES
from yigongti.domains.money.books.services import reviewing, vouchers
from yigongti.domains.money.books.services.vouchers import DraftLine
from yigongti.domains.money.books.web import asked, template_pages
from yigongti.domains.money.books.web.books import book_context
from yigongti.domains.money.books.web.lines import Drawn
from yigongti.domains.money.books.web.typed import MOST_ROWS, ROWS, Typed, TypedLine, fill, read_file, read_typed
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, names_of
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView, EntryRefused
from yigongti.kernel.money import yuan
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.workflow.api import StepRefused, take_step

COLOURS = {
    "draft": "",
    "offered": "attention",
    "submitted": "attention",
    "checked": "attention",
    "posted": "good",
    "discarded": "",
}


@permission_required(VIEW, APPROVE_LARGE)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Vouchers by hand of every book the reader may see, those under way first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return Listing(
        request,
        selectors.vouchers(actor).filter(book__place=settings.PLACE),
        name="vouchers",
        title=gettext_lazy("手工凭证"),
        order=("-on_day", "-pk"),
        columns=[
            Column("summary", gettext_lazy("摘要"), lead=True, href=lambda row: row.get_absolute_url(), chinese=True),
            Column("book", gettext_lazy("单位"), chinese=True),
            Column("kind", gettext_lazy("类别"), value=lambda row: row.get_kind_display()),
            Column("on_day", gettext_lazy("日期"), kind="day", sort="on_day"),
            Column("total_fen", gettext_lazy("金额（元）"), kind="yuan", sort="total_fen"),
            Column("state_label", gettext_lazy("状态"), kind="tag", tag=lambda row: COLOURS[row.state]),
        ],
        filters=[
            TextFilter("q", gettext_lazy("摘要"), by="summary__icontains"),
            TextFilter("paper", gettext_lazy("原始凭证号"), by="paper_no__icontains"),
            ChoiceFilter("state", gettext_lazy("状态"), by="state", choices=list(Voucher.workflow.states.items())),
            ChoiceFilter("kind", gettext_lazy("类别"), by="kind", choices=Voucher.Kind.choices),
        ],
        export=VIEW,
        empty=gettext_lazy("还没有手工凭证"),
    ).render("books/vouchers.html")


@permission_required(KEEP)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Type a voucher; it is kept as a draft, and handed on at once if asked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    actor.require(KEEP, book.organisation_id)
    if request.method != "POST":
        on = min(max(clock.today(), book.next_to_close), clock.today())
        typed = Typed(on.isoformat(), "", [TypedLine(number) for number in range(1, ROWS + 1)])
        return _form(request, actor, book, typed, None)
    return _typed(request, actor, book, None)


@permission_required(KEEP)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.voucher(actor, pk)
    actor.require(KEEP, found.organisation_id)
    book = ledger.book(found.book_id)
    if found.state != "draft" or found.kind != Voucher.Kind.ORDINARY:
        messages.error(request, _("只有草稿可以修改。"))
        return HttpResponseRedirect(found.get_absolute_url())
    if found.template and found.template not in TEMPLATES:
        messages.error(request, _("这个模板已经不用了，请作废后重新填制。"))
        return HttpResponseRedirect(found.get_absolute_url())
    if found.template:
        return template_pages.edit(request, actor, book, found)
    if request.method == "POST":
        return _typed(request, actor, book, found)
    rows = [
        TypedLine(
            line.number, str(line.account), yuan(line.fen) if line.fen > 0 else "",
            yuan(-line.fen) if line.fen < 0 else "", str(line.counterparty_id or ""), line.note,
        )
        for line in found.lines.select_related("account").order_by("number")
    ]  # fmt: skip
    rows += [TypedLine(number) for number in range(len(rows) + 1, max(ROWS, len(rows) + 2) + 1)]
    typed = Typed(found.on_day.isoformat(), found.summary, rows, paper_no=found.paper_no)
    typed.lines = [DraftLine(line.account.code, line.fen) for line in found.lines.select_related("account")]
    return _form(request, actor, book, typed, found)


def _typed(request: HttpRequest, actor: Actor, book: BookView, voucher: Voucher | None) -> HttpResponse:
    typed = read_typed(request.POST, book)
    if "more" in request.POST:
        last = len(typed.rows)
        typed.rows += [TypedLine(number) for number in range(last + 1, min(last + 5, MOST_ROWS) + 1)]
        return _form(request, actor, book, typed, voucher)
    if "load" in request.POST:
        sent = request.FILES.get("file")
        try:
            typed.take_rows(read_file(sent.read(LARGEST + 1) if sent else b"", book), book)
        except SheetRefused as refused:
            typed.errors.append(str(refused))
        return _form(request, actor, book, typed, voucher, status=422 if typed.wrong else 200)
    if "fill" in request.POST:
        fill(typed)
        return _form(request, actor, book, typed, voucher)
    on = asked.day(typed.on)
    if on is None:
        typed.errors.append(_("请填写日期。"))
    if not typed.summary:
        typed.errors.append(_("请填写摘要。"))
    if not typed.wrong and on is not None:
        try:
            said: dict[str, Any] = {
                "on": on, "summary": typed.summary, "lines": typed.lines, "actor": actor, "paper_no": typed.paper_no
            }  # fmt: skip
            done = vouchers.redraft(voucher, **said) if voucher else vouchers.draft(book.id, **said)
        except EntryRefused as refused:
            typed.errors.append(str(refused))
        else:
            if "submit" in request.POST:
                try:
                    take_step(done, "submit", actor=actor)
                    messages.success(request, _("已提交审核。"))
                except StepRefused as refused:
                    messages.error(request, _("已存为草稿，还不能提交：%(why)s") % {"why": refused})
            else:
                messages.success(request, _("已存为草稿。"))
            return HttpResponseRedirect(done.get_absolute_url())
    return _form(request, actor, book, typed, voucher, status=422)


def _form(
    request: HttpRequest, actor: Actor, book: BookView, typed: Typed, voucher: Voucher | None, status: int = 200
) -> HttpResponse:
    accounts = ledger.accounts(book.id)
    leaves = selectors.leaves(accounts)
    context = book_context(actor, book, "vouchers") | {
        "typed": typed,
        "voucher": voucher,
        "accounts": [account for account in accounts if account.code in leaves],
        "others": [(str(one.id), one.name) for one in ledger.books(place=book.place) if one.id != book.id],
        "limit_fen": APPROVAL_LIMIT.at(place=book.place, as_of=clock.today()).value * 100,
    }
    return render(request, "books/voucher_form.html", context, status=status)


@permission_required(KEEP)
@require_POST
def balance(request: HttpRequest, pk: int) -> HttpResponse:
    """What the lines typed so far come to: a part of the form, asked for with every change."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    return render(request, "books/balance.html", {"typed": read_typed(request.POST, book)})


@permission_required(VIEW, APPROVE_LARGE)
def voucher(request: HttpRequest, pk: int) -> HttpResponse:
    """A voucher by hand as a case: its lines, where it stands, who may take it on."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.voucher(actor, pk)
    others = {view.id: view.name for view in ledger.books(place=found.book.place)}
    lines = list(found.lines.select_related("account").order_by("number"))
    sides = [
        [
            Drawn(line.account.code, line.account.name, line.fen, others.get(line.counterparty_id or 0, ""), line.note)
            for line in lines
            if line.account.book_id == book_id
        ]
        for book_id in (found.book_id, found.other_book_id)
    ]
    preparer = found.prepared_by_id or found.opened_by_id
    hands = (preparer, found.approved_by_id, found.confirmed_by_id)
    people = names_of({one for one in hands if one})
    template = TEMPLATES.get(found.template)
    sees_book = actor.may(VIEW, found.organisation_id)
    approves = sees_book or actor.may(APPROVE_LARGE, found.organisation_id)
    context = {
        "sides": [
            (names, drawn, sum(line.debit for line in drawn), sum(line.credit for line in drawn))
            for names, drawn in zip((found.book.name, getattr(found.other_book, "name", "")), sides, strict=True)
            if drawn
        ],
        "label": template.label if template else "",
        "confirmed": people.get(found.confirmed_by_id or 0, ""),
        "other_entry": reviewing.other_entry(found),
        "other_original": reviewing.other_original(found),
        "sees_other": found.other_organisation_id is not None and actor.may(VIEW, found.other_organisation_id),
        "same_paper": selectors.same_paper(found) if sees_book else [],
        "sees_counted": approves,
        "one_sided": reviewing.one_sided(found),
        "together": _together(found) if approves and found.is_open else [],
        "colour": COLOURS[found.state],
        "prepared": people.get(preparer or 0, ""),
        "approved": people.get(found.approved_by_id or 0, ""),
        "may_edit": found.state == "draft" and found.kind == "ordinary" and actor.may(KEEP, found.organisation_id),
        "limit_fen": APPROVAL_LIMIT.at(place=found.book.place, as_of=found.on_day).value * 100,
        "sees_book": sees_book,
    }
    return case_page(request, found, "books/voucher.html", context)


def _together(found: Voucher) -> list[Voucher]:
    """The other vouchers that count with this one against the approval limit."""
    others = {line.voucher_id: line.voucher for line in reviewing.together(found) if line.voucher_id != found.pk}
    return [others[pk] for pk in sorted(others)][:20]


@permission_required(KEEP)
def reverse_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare the reversal of a posted voucher; another person approves it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.entry(actor, pk)
    actor.require(KEEP, found.organisation_id)
    book = ledger.book(found.book_id)
    on: date | None = max(clock.today(), found.on)
    said = {"on": on.isoformat() if on else "", "reason": ""}
    error = ""
    if request.method == "POST":
        said = {key: request.POST.get(key, "").replace("\0", "").strip()[:150] for key in said}
        on = asked.day(said["on"])
        try:
            if on is None:
                raise EntryRefused(_("请填写日期。"))
            draft = vouchers.draft_reversal(found, on=on, reason=said["reason"], actor=actor)
            return HttpResponseRedirect(draft.get_absolute_url())
        except EntryRefused as refused:
            error = str(refused)
    context = book_context(actor, book, "entries") | {"entry": found, "said": said, "error": error}
    return render(request, "books/reverse.html", context, status=422 if error else 200)
