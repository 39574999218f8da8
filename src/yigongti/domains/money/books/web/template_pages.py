"""Vouchers from a template: choosing one, and entering what it asks."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.books import selectors
from yigongti.domains.money.books.models import Voucher
from yigongti.domains.money.books.permissions import KEEP
from yigongti.domains.money.books.postings import AMOUNTS, GROUPS, TEMPLATES, Template, by_hand
from yigongti.domains.money.books.services import vouchers
from yigongti.domains.money.books.services.vouchers import FromTemplate
from yigongti.domains.money.books.web import asked
from yigongti.domains.money.books.web.books import book_context
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import fen_of
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView, EntryRefused
from yigongti.kernel.notices.api import in_the_places_language
from yigongti.kernel.ui import words
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.workflow.api import StepRefused, take_step


class YuanField(forms.CharField):
    """An amount in yuan as people type it, in fen when cleaned; nothing is 0."""

    def clean(self, value: Any) -> int:
        text = str(super().clean(value) or "").strip()
        try:
            fen = fen_of(text) if text else 0
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if fen < 0:
            raise forms.ValidationError(_("金额不能为负；要改正请冲销原凭证。"))
        return fen


class TemplateForm(Form):
    """Day, amounts, the other member of a dealing, summary, number of the paper."""

    on = forms.DateField(label=gettext_lazy("日期"))
    summary = forms.CharField(label=gettext_lazy("摘要"), max_length=200)
    paper_no = forms.CharField(
        label=gettext_lazy("原始凭证号"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("发票、收据、银行回单等的号码"),
    )

    def __init__(self, template: Template, book: BookView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template, later = template, {name: self.fields.pop(name) for name in ("summary", "paper_no")}
        if template.internal:
            others = [(str(one.id), one.name) for one in ledger.books(place=book.place) if one.id != book.id]
            choices = [("", "–"), *others]
            self.add("other", forms.ChoiceField(label=_("往来单位"), choices=choices))
        for name in amounts_of(template):
            label = _("%(amount)s（元）") % {"amount": AMOUNTS.get(name, name)}
            alone = len(template.amounts) == 1
            attributes = {"inputmode": "decimal", "autocomplete": "off", "class": "number"}
            self.add(
                f"fen_{name}", YuanField(label=label, max_length=30, required=alone, widget=forms.TextInput(attributes))
            )
        self.fields |= later

    def said(self) -> FromTemplate:
        """What was entered, for the service."""
        data = self.cleaned_data
        return FromTemplate(
            template=self.template.name, on=data["on"], summary=data["summary"], paper_no=data["paper_no"],
            amounts={name: data[f"fen_{name}"] for name in self.template.amounts},
            other_id=asked.number(data.get("other")),
        )  # fmt: skip


def amounts_of(template: Template) -> list[str]:
    """The names of a template's amounts, in the order of its lines."""
    return list(dict.fromkeys(name for _code, name in template.debits + template.credits))


def table_of(template: Template, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The template's small table: side, account, what amounts; each account once, as it is posted."""
    drawn: dict[tuple[str, bool], list[str]] = {}
    for debit, pairs in ((True, template.debits), (False, template.credits)):
        for code, amount in pairs:
            drawn.setdefault((code, debit), []).append(str(AMOUNTS.get(amount, amount)))
    return [
        {"code": code, "name": names.get(code, ""), "debit": debit, "amount": words.joined(amounts)}
        for (code, debit), amounts in drawn.items()
    ]


@permission_required(KEEP)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """The templates in groups, each with its table; a word narrows them down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    actor.require(KEEP, book.organisation_id)
    names = {account.code: account.name for account in ledger.accounts(pk)}
    word = request.GET.get("q", "").replace("\0", "").strip()[:60]
    groups = []
    for group, templates in by_hand().items():
        drawn = [(one, table_of(one, names)) for one in templates]
        found = [(one, lines) for one, lines in drawn if _speaks_of(word, one, lines, str(GROUPS[group]))]
        if found:
            groups.append((GROUPS[group], found))
    context = book_context(actor, book, "vouchers") | {"groups": groups, "word": word}
    return render(request, "books/templates.html", context)


def _speaks_of(word: str, template: Template, lines: list[dict[str, Any]], group: str) -> bool:
    spoken = [str(template.label), group, *(f"{line['code']} {line['name']} {line['amount']}" for line in lines)]
    return all(any(part in text.casefold() for text in spoken) for part in word.casefold().split())


@permission_required(KEEP)
def new(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Enter what a template asks; it is kept as a draft, and handed on at once if asked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    book = selectors.book(actor, pk)
    actor.require(KEEP, book.organisation_id)
    template = TEMPLATES.get(name)
    if template is None or not template.hand:
        raise Http404(name)
    with in_the_places_language():  # it may be kept as it stands
        first = {"on": clock.today().isoformat(), "summary": str(template.label)}
    form = TemplateForm(template, book, request.POST or None, initial=first)
    return answer(request, actor, book, form, None)


def edit(request: HttpRequest, actor: Actor, book: BookView, voucher: Voucher) -> HttpResponse:
    """Change a draft that comes from a template."""
    first: dict[str, Any] = {
        "on": voucher.on_day.isoformat(), "summary": voucher.summary, "paper_no": voucher.paper_no,
        "other": str(voucher.other_book_id or ""),
    }  # fmt: skip
    first |= {f"fen_{name}": f"{fen // 100}.{fen % 100:02d}" for name, fen in voucher.amounts.items()}
    form = TemplateForm(TEMPLATES[voucher.template], book, request.POST or None, initial=first)
    return answer(request, actor, book, form, voucher)


def answer(
    request: HttpRequest, actor: Actor, book: BookView, form: TemplateForm, voucher: Voucher | None
) -> HttpResponse:
    """Keep the draft where all is well, and go to it; else the form again with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            if voucher is None:
                done = vouchers.draft_from_template(book.id, form.said(), actor=actor)
            else:
                done = vouchers.redraft_from_template(voucher, form.said(), actor=actor)
        except EntryRefused as refused:
            form.add_error(None, str(refused))
        else:
            _hand_on(request, actor, done)
            return HttpResponseRedirect(done.get_absolute_url())
    names = {account.code: account.name for account in ledger.accounts(book.id)}
    mirror = TEMPLATES.get(form.template.mirror)
    context = book_context(actor, book, "vouchers") | {
        "form": form,
        "template": form.template,
        "lines": table_of(form.template, names),
        "theirs": table_of(mirror, names) if mirror else [],
        "voucher": voucher,
        "back": voucher.get_absolute_url() if voucher else reverse("books:templates", args=[book.id]),
    }
    return render(request, "books/template_form.html", context, status=422 if request.method == "POST" else 200)


def _hand_on(request: HttpRequest, actor: Actor, done: Voucher) -> None:
    if "submit" not in request.POST:
        messages.success(request, _("已存为草稿。"))
        return
    try:
        take_step(done, "offer" if done.other_book_id else "submit", actor=actor)
        messages.success(request, _("已请对方确认。") if done.other_book_id else _("已提交审核。"))
    except StepRefused as refused:
        messages.error(request, _("已存为草稿，还不能提交：%(why)s") % {"why": refused})
