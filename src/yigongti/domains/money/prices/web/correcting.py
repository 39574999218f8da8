"""Correcting a draft adjustment, such as one that was given back: head, prices line by line, more from a file."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.models import TIER_LABELS, TIERS, Adjustment, AdjustmentLine
from yigongti.domains.money.prices.permissions import PREPARE
from yigongti.domains.money.prices.services import adjusting as services
from yigongti.domains.money.prices.services import reading
from yigongti.domains.money.prices.services.adjusting import AdjustmentRefused
from yigongti.domains.money.prices.services.reading import NewPrice, PriceReading
from yigongti.domains.money.prices.web.forms import RevisionForm
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, template

SHOWN = 300
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Row:
    """A line of the adjustment as it is corrected; an empty price takes it out of the adjustment."""

    line: AdjustmentLine
    text: str
    error: str = ""

    @property
    def tier(self) -> str:
        return str(TIER_LABELS[self.line.tier])

    def price(self) -> NewPrice | None:
        """What it says now. Raises ValueError."""
        line = self.line
        fen = reading.price_of(self.text) if self.text else None
        return NewPrice(line.code, line.name, line.unit, line.tier, fen) if self.text else None


def _said(fen: int | None) -> str:
    return reading.STOPPED[0] if fen is None else f"{fen // 100}.{fen % 100:02d}"


@permission_required(PREPARE)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a draft; what is not shown for being too long a list stays as it is."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = selectors.adjustment(settings.PLACE, pk)
    if case.state != "draft":
        messages.error(request, _("只有草稿可以修改。"))
        return HttpResponseRedirect(case.get_absolute_url())
    lines = list(case.lines.order_by("code", "tier"))
    rows = [Row(line, _said(line.after_fen)) for line in lines[:SHOWN]]
    first = {name: getattr(case, name) for name in ("name", "document", "clause", "starts_on")}
    form = RevisionForm(request.POST or None, request.FILES or None, initial=first)
    read: PriceReading | None = None
    if request.method == "POST":
        asked = {f"price_{row.line.pk}" for row in rows}
        stale = any(name.startswith("price_") and name not in asked for name in request.POST)
        for row in rows:
            row.text = request.POST.get(f"price_{row.line.pk}", row.text).replace("\0", "").strip()[:40]
        if form.is_valid():
            kept = [NewPrice(one.code, one.name, one.unit, one.tier, one.after_fen) for one in lines[SHOWN:]]
            prices = {(one.code, one.tier): one for one in [*_typed(rows), *kept]}
            try:
                if sent := form.cleaned_data["file"]:
                    read = reading.read_prices(sent.read(LARGEST + 1))
                    prices |= {(one.code, one.tier): one for one in read.prices}
                if stale:  # lines are written anew with every correction: another has come between
                    raise AdjustmentRefused(_("您打开这个页面以后方案改过，现在显示的是改过的，请重新填写。"))
                if any(row.error for row in rows) or (read and read.bad):
                    raise AdjustmentRefused(_("有的行不对，没有存。"))
                _store(case, form, list(prices.values()), actor)
            except (AdjustmentRefused, SheetRefused) as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("已存为草稿。"))
                return HttpResponseRedirect(case.get_absolute_url())
    context = {"case": case, "form": form, "rows": rows, "reading": read, "more": max(len(lines) - SHOWN, 0)}
    return render(request, "prices/correct.html", context, status=422 if request.method == "POST" else 200)


def _typed(rows: list[Row]) -> list[NewPrice]:
    found = []
    for row in rows:
        try:
            price = row.price()
        except ValueError as error:
            row.error = str(error)
        else:
            found += [price] if price else []
    return found


def _store(case: Adjustment, form: RevisionForm, prices: list[NewPrice], actor: Actor) -> None:
    said = form.cleaned_data
    services.redraft(
        case, name=said["name"], document=said["document"], clause=said["clause"], starts_on=said["starts_on"],
        prices=prices, actor=actor,
    )  # fmt: skip


@permission_required(PREPARE)
def lines_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The adjustment's lines as a workbook of the form it is brought in by, to be corrected and brought in again."""
    case = selectors.adjustment(settings.PLACE, pk)
    items: dict[str, dict[str, str]] = {}
    for line in case.lines.order_by("code", "tier"):
        item = items.setdefault(line.code, {"code": line.code, "name": line.name, "unit": line.unit})
        item[line.tier] = _said(line.after_fen)
    cells = [[item.get(name, "") for name in ("code", "name", "unit", *TIERS)] for item in items.values()]
    response = HttpResponse(template(_("价格表"), reading.PRICE_HEADERS, cells), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="adjustment-{case.pk}.xlsx"'
    return response
