"""An adjustment: brought in from a file that is judged first, its effect, its case."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.money.prices import selectors
from yigongti.domains.money.prices.models import TIER_LABELS
from yigongti.domains.money.prices.permissions import FOLLOW, PREPARE
from yigongti.domains.money.prices.policy import MARGIN
from yigongti.domains.money.prices.services import adjusting as services
from yigongti.domains.money.prices.services import reading
from yigongti.domains.money.prices.services.adjusting import AdjustmentRefused
from yigongti.domains.money.prices.web import previews
from yigongti.domains.money.prices.web.forms import AdjustmentForm, UsageForm
from yigongti.domains.money.prices.web.lists import COLOURS
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.intake.sheets import LARGEST, SheetRefused, template
from yigongti.kernel.ui.cases import case_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 300
TEMPLATES: dict[str, tuple[str, Mapping[str, Sequence[str]], Sequence[Sequence[str]]]] = {
    "prices": (
        "价格表", reading.PRICE_HEADERS,
        (("EXAMPLE-1", "CT平扫", "部位", "250", "230", "200", ""),
         ("EXAMPLE-2", "一级护理", "日", "26", "22", "停用", "")),
    ),
    "quantities": ("服务量", reading.USAGE_HEADERS, (("市一院", "EXAMPLE-1", "12000", "62.5"),)),
}  # fmt: skip


@permission_required(PREPARE)
def new(request: HttpRequest) -> HttpResponse:
    """Bring a price list in: judged by line first; what is good may then be taken as a draft."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST" and "sha256" in request.POST:
        return _take(request, actor)
    form = AdjustmentForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "columns": reading.PRICE_HEADERS}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read(LARGEST + 1)
        try:
            found = reading.read_prices(data)
        except SheetRefused as refused:
            form.add_error("file", str(refused))
        else:
            said = form.cleaned_data
            before = selectors.prices_on(settings.PLACE, said["starts_on"])
            rows = [
                {"price": one, "tier": TIER_LABELS[one.tier], "before": before.get((one.code, one.tier))}
                for one in found.prices
            ]
            context |= {
                "reading": found, "said": said, "sha256": previews.keep(data), "rows": rows[:SHOWN],
                "more": max(len(rows) - SHOWN, 0),
            }  # fmt: skip
            return render(request, "prices/preview.html", context)
    return render(request, "prices/new.html", context, status=422 if request.method == "POST" else 200)


def _take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take what the preview showed: the good lines of the same bytes."""
    data = previews.kept(request.POST["sha256"])
    form = AdjustmentForm(request.POST, {})
    del form.fields["file"]
    if data is None or not form.is_valid():
        messages.error(request, _("预览已过期，请重新选择文件。"))
        return HttpResponseRedirect(reverse("prices:new"))
    said = form.cleaned_data
    try:
        made = services.draft(
            settings.PLACE, name=said["name"], document=said["document"], clause=said["clause"],
            starts_on=said["starts_on"], prices=reading.read_prices(data).prices, actor=actor,
        )  # fmt: skip
    except (AdjustmentRefused, SheetRefused) as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("prices:new"))
    messages.success(request, _("已存为草稿。"))
    return HttpResponseRedirect(made.get_absolute_url())


@permission_required(FOLLOW)
def adjustment(request: HttpRequest, pk: int) -> HttpResponse:
    """An adjustment as a case, with its effect on each institution, the fund and patients."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.adjustment(settings.PLACE, pk)
    effect = selectors.effect_of(found)
    margin = MARGIN.at(place=found.place, as_of=found.starts_on)
    lines = list(found.lines.order_by("code", "tier")[: SHOWN + 1])
    shown = {one.institution_id for one in effect.institutions} | set(effect.unplaced) if effect else set()
    names = organisation.names(shown)
    since, until = selectors.usage_period(found)
    context = {
        "colour": COLOURS[found.state],
        "lines": [(line, TIER_LABELS[line.tier], _way(line.before_fen, line.after_fen)) for line in lines[:SHOWN]],
        "more": len(lines) > SHOWN,
        "effect": effect,
        "institutions": [(names.get(one.institution_id, ""), one) for one in effect.institutions] if effect else [],
        "unplaced": [names.get(one, "") for one in effect.unplaced[:SHOWN]] if effect else [],
        "missing": selectors.missing_of(found)[:SHOWN],
        "margin": margin,
        "within": effect is not None and effect.within(margin.value),
        "percent": f"{effect.change * 100:+.2f}%" if effect is not None and effect.change is not None else "",
        "uploaded": found.usage.exists(),
        "may_prepare": found.state == "draft" and actor.may(PREPARE),
        "since": since,
        "until": until,
    }
    return case_page(request, found, "prices/adjustment.html", context)


def _way(before: int | None, after: int | None) -> str:
    if before is None:
        return "new"
    if after is None:
        return "stopped"
    return "up" if after > before else "down"


@permission_required(PREPARE)
def usage(request: HttpRequest, pk: int) -> HttpResponse:
    """Quantities the effect is worked out on, from a file; all lines or none."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = selectors.adjustment(settings.PLACE, pk)
    form = UsageForm(request.POST or None, request.FILES or None)
    since, until = selectors.usage_period(found)
    context: dict[str, Any] = {
        "case": found, "form": form, "columns": reading.USAGE_HEADERS, "since": since, "until": until,
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            data, also = form.cleaned_data["file"].read(LARGEST + 1), found.lines.values_list("code", flat=True)
            read = reading.read_usage(data, place=settings.PLACE, also=set(also))
            context["reading"] = read
            if read.bad:
                form.add_error("file", _("文件里有 %(n)d 行有误，没有存。") % {"n": len(read.bad)})
            else:
                services.take_usage(found, read.usage, actor=actor)
                messages.success(request, _("已导入 %(n)d 行服务量。") % {"n": len(read.usage)})
                return HttpResponseRedirect(found.get_absolute_url())
        except (AdjustmentRefused, SheetRefused) as refused:
            form.add_error("file", str(refused))
    return render(request, "prices/usage.html", context, status=422 if request.method == "POST" else 200)


@permission_required(PREPARE)
def file_template(request: HttpRequest, which: str) -> HttpResponse:
    """An empty workbook with the columns of a price list or of quantities."""
    if which not in TEMPLATES:
        raise Http404(which)
    title, headers, examples = TEMPLATES[which]
    response = HttpResponse(template(title, headers, examples), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{which}-template.xlsx"'
    return response
