"""Finding a resident: by words, by number, by barcode. Searches are sent as POST: no number is in an address."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.residents.actions import actions_for
from yigongti.domains.base.residents.barcode import BarcodeRefused, make_barcode, read_barcode
from yigongti.domains.base.residents.permissions import DECIDE, REGISTER, SCAN, SEARCH, SHOW_BARCODE
from yigongti.domains.base.residents.search import MOST, By, Found, search
from yigongti.domains.base.residents.selectors import Card, card, institution_names
from yigongti.domains.base.residents.web.forms import ScanForm, SearchForm
from yigongti.kernel.access.api import Actor, NotVisible, permissions
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.words import day

FULL_DATE = 3  # precision of a birth date known to the day
TOKEN_LENGTH = 60  # a barcode typed into the search box is longer than any number or name


@permission_required(SEARCH)
def find(request: HttpRequest) -> HttpResponse:
    """The search and what it found, masked."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "may_decide": actor.may(DECIDE),
        "may_show": actor.may(SHOW_BARCODE),
        "may_register": actor.may(REGISTER),
    }
    if request.method != "POST":
        return render(request, "residents/search.html", {"form": SearchForm(), **context})
    if "compare" in request.POST and actor.may(DECIDE):
        return _compare(request)
    form = SearchForm(request.POST)
    if not form.is_valid():
        return render(request, "residents/search.html", {"form": form, **context}, status=422)
    typed = form.cleaned_data["q"]
    if len(typed) >= TOKEN_LENGTH and typed.isalnum() and actor.may(SCAN):
        return _open(request, typed, actor)
    found = search(typed, actor=actor, birth_year=form.cleaned_data["year"])
    shown = {"form": form, "found": found, "by_number": found.by is By.NUMBER}
    return render(request, "residents/search.html", {**shown, "listing": _listing(request, found), **context})


def _listing(request: HttpRequest, found: Found) -> Listing:
    """The residents found as a table's heads and rows: all on one page, nothing to sort or export."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    names = institution_names(found.cards)
    opens = permissions().get("health_record.view")
    columns = [
        Column("choose", gettext_lazy("选择"), html=_choice(), on_page=actor.may(DECIDE)),
        Column(
            "name",
            gettext_lazy("姓名"),
            value=lambda card: card.name or card.temporary_no,
            lead=True,
            href=_address("health_record:record") if opens is not None and actor.may(opens) else None,
        ),
        Column("sex_label", gettext_lazy("性别")),
        Column("birth_date", gettext_lazy("出生日期"), value=_born),
        Column("id_number", gettext_lazy("身份证号码")),
        Column("managing", gettext_lazy("管理机构"), value=lambda card: names.get(card.managing_institution_id, "")),
        Column("deceased_on", gettext_lazy("死亡日期"), kind="day", on_page=any(c.deceased_on for c in found.cards)),
        Column("actions", gettext_lazy("办理"), html=_action_links(actor), on_page=bool(actions_for(actor))),
        Column("barcode", gettext_lazy("个人条码"), html=_barcode_link(), on_page=actor.may(SHOW_BARCODE)),
    ]
    title = gettext_lazy("找到的居民")
    return Listing(request, found.cards, name="residents", title=title, columns=columns, page_size=MOST)


def _born(card: Card) -> str:
    if card.birth_date is None:
        return ""
    return day(card.birth_date) if card.birth_precision == FULL_DATE else str(card.birth_date.year)


def _address(name: str) -> Callable[[Card], str]:
    """Where a page of a resident is: worked out once for all rows."""
    before, after = reverse(name, args=[0]).split("0")
    return lambda card: f"{before}{card.id}{after}"


def _choice() -> Callable[[Card], SafeString]:
    words = _("选择 %(name)s")
    return lambda card: format_html(
        '<input type="checkbox" name="id" value="{}" aria-label="{}">', card.id, words % {"name": card.name}
    )


def _barcode_link() -> Callable[[Card], SafeString]:
    address, words = _address("residents:barcode"), _("出示条码")
    return lambda card: format_html(
        '<a href="{}">{}<span class="visually-hidden"> {}</span></a>', address(card), words, card.name
    )


def _action_links(actor: Actor) -> Callable[[Card], SafeString]:
    """What may be begun for each of them."""
    actions = actions_for(actor)
    return lambda card: format_html_join(
        " ",
        '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
        ((one.address(card.id), one.label, card.name) for one in actions),
    )


def _compare(request: HttpRequest) -> HttpResponse:
    """Two of the residents found, chosen by hand, lead to their comparison."""
    chosen = {int(text) for text in request.POST.getlist("id") if text.isdecimal() and len(text) < 19}
    if len(chosen) != 2:
        messages.warning(request, _("请正好选两条记录来核对。"))
        return redirect("residents:search")
    one, other = sorted(chosen)
    return redirect("residents:compare", one=one, other=other)


@permission_required(SCAN)
def scan(request: HttpRequest) -> HttpResponse:
    """Read a personal barcode; the record then opens, or not, under the scanner's own rights."""
    if request.method != "POST":
        return render(request, "residents/scan.html", {"form": ScanForm()})
    form = ScanForm(request.POST)
    if not form.is_valid():
        return render(request, "residents/scan.html", {"form": form}, status=422)
    return _open(request, form.cleaned_data["code"], request.actor)  # type: ignore[attr-defined]


def _open(request: HttpRequest, code: str, actor: Actor) -> HttpResponse:
    try:
        resident_id = read_barcode(code, actor)
    except BarcodeRefused as refused:
        return render(request, "residents/scan.html", {"form": ScanForm(), "refused": str(refused)}, status=422)
    return HttpResponseRedirect(reverse("health_record:record", kwargs={"resident_id": resident_id}))


@permission_required(SHOW_BARCODE)
def barcode(request: HttpRequest, pk: int) -> HttpResponse:
    """A fresh code of a resident, to be shown on a screen or printed for the next desk."""
    shown = card(pk)
    if shown is None:
        raise NotVisible
    token, until = make_barcode(pk, actor=request.actor)  # type: ignore[attr-defined]
    if request.method == "POST":
        messages.success(request, _("已换成新的条码，旧条码到期前仍可使用。"))
        return redirect("residents:barcode", pk=pk)
    context = {"card": shown, "token": token, "until": until, "may_register": request.actor.may(REGISTER)}  # type: ignore[attr-defined]
    return render(request, "residents/barcode.html", context)
