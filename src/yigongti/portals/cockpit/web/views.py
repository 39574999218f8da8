"""The cockpit's pages: all measures, one measure with what it is made of, the records below a cell."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.oversight.indicators import api
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.portals.cockpit.drill import Drill, drill
from yigongti.portals.cockpit.sources import SOURCES
from yigongti.portals.cockpit.words import chart, columns, in_words

PAGE = 50


@permission_required(api.VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """All measures of a period, for the whole place or one of its organisations."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    where = drill(request.GET, api.latest_year())
    figures = [api.figure(m, where.period, actor=actor, node=where.node) for m in api.MEASURES.values()]
    themes: dict[str, list[dict[str, Any]]] = {}
    for f in figures:
        card = {"figure": f, **in_words(f), "href": _address(f.measure, where)}
        themes.setdefault(str(f.measure.theme.label), []).append(card)
    return render(
        request,
        "cockpit/home.html",
        {
            "where": where,
            "themes": [{"label": label, "cards": cards} for label, cards in themes.items()],
            "periods": _periods(where.period),
            "nodes": _nodes(),
            "published_at": max((f.published_at for f in figures if f.published_at), default=None),
            "waiting": max((f.waiting for f in figures), default=0),
        },
    )


@permission_required(api.VIEW)
def measure(request: HttpRequest, name: str) -> HttpResponse:
    """One measure: the figure, its trend, and what it is made of; each line leads further down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = _measure(name)
    where = drill(request.GET, api.latest_year(), chosen)
    figure = api.figure(chosen, where.period, actor=actor, node=where.node)
    slices = [] if figure.problem else api.breakdown(chosen, where.period, where.by, actor=actor, cell=where.cell)
    return render(
        request,
        "cockpit/measure.html",
        {
            "where": where,
            "figure": figure,
            "words": in_words(figure),
            "crumbs": where.crumbs(name),
            "chart": chart(figure),
            "tabs": [
                {"by": by, "label": label, "href": where.query(by=by), "current": by == where.by}
                for by, label in chosen.breakdowns.items()
                if by not in {kind for kind, _key in where.path}
            ],
            "breakdown_label": chosen.breakdowns[where.by],
            "columns": [column.label for column in columns(chosen)],
            "rows": [_row(chosen, s, where) for s in slices],
            "total": _total(chosen, slices),
            "gap_label": chosen.numerator if chosen.gap_part == "of_which" else _("未计入的"),
            "records_href": reverse("cockpit:records", args=[name]) + where.query() if not figure.problem else "",
            "may_see_records": actor.may(api.VIEW_RECORDS),
            "periods": _periods(where.period),
            "nodes": _nodes(),
        },
    )


@permission_required(api.VIEW_RECORDS)
def records(request: HttpRequest, name: str) -> HttpResponseBase:
    """The records below a cell: as many as the cell counts, shown as far as the viewer's institutions reach."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    chosen = _measure(name)
    where = drill(request.GET, api.latest_year(), chosen)
    asked = request.GET.get("page", "1")[:9]
    number = max(int(asked) if asked.isdecimal() else 1, 1)
    try:
        found = api.records(chosen, where.period, where.cell, actor=actor, limit=PAGE, offset=(number - 1) * PAGE)
    except api.NOT_SAID:  # nothing says which records count; the measure's page says what is missing
        return measure(request, name)
    source = SOURCES[chosen.dataset]
    rows = [[(column, column.cell(row)) for column in source.columns] for row in source.rows(found.rows, actor)]
    return render(
        request,
        "cockpit/records.html",
        {
            "where": where,
            "measure": chosen,
            "crumbs": where.crumbs(name),
            "parts": [
                {"label": label, "href": where.query(part=part), "current": part == where.part}
                for part, label in _parts(chosen).items()
            ],
            "total": f"{found.total:,}",
            "hidden": f"{found.total - found.visible:,}" if found.total > found.visible else "",
            "columns": source.columns,
            "rows": rows,
            "amounts": bool(chosen.denominator_of),
            "page": Paginator(range(found.visible), PAGE).get_page(number),
            "back": reverse("cockpit:measure", args=[name]) + where.query(part=""),
        },
    )


def _measure(name: str) -> api.Measure:
    try:
        return api.measure_named(name)
    except KeyError as error:
        raise Http404 from error


def _address(chosen: api.Measure, where: Drill) -> str:
    return reverse("cockpit:measure", args=[chosen.name]) + where.query(by="")


def _row(chosen: api.Measure, s: api.Slice, where: Drill) -> dict[str, Any]:
    path = where.into(where.by, s.key)
    further = [by for by in chosen.breakdowns if by not in {kind for kind, _key in path}]
    address = reverse("cockpit:records", args=[chosen.name])
    return {
        "label": s.label,
        "cells": [(column.label, column.text(s)) for column in columns(chosen)],
        "href": where.query(path=path, by=further[0]) if further else "",
        "all_href": address + where.query(path=path),
        "gap_href": address + where.query(path=path, part=chosen.gap_part) if s.gap and chosen.gap_part else "",
    }


def _total(chosen: api.Measure, slices: list[api.Slice]) -> list[tuple[Any, str]]:
    """The last line: the sums, and the figure that comes of them."""
    numerator, denominator = sum(s.numerator for s in slices), sum(s.denominator for s in slices)
    value = chosen.kind.value(numerator, denominator)
    whole = api.Slice("", "", numerator, denominator, value, chosen.gap(numerator, denominator), None)
    return [(column.label, column.text(whole) if column.in_total else "") for column in columns(chosen)]


def _parts(chosen: api.Measure) -> dict[str, str]:
    if chosen.kind is not api.SHARE:
        return {}
    return {"": _("全部"), "of_which": str(chosen.numerator), "rest": str(chosen.gap_label)}


def _periods(chosen: api.Period) -> list[dict[str, Any]]:
    """The years of the last three, with the quarters and months of the chosen year."""
    year, today = chosen.start.year, clock.today()
    texts = [str(y) for y in range(today.year, today.year - 4, -1)]
    texts += [f"{year}-Q{q}" for q in range(1, 5)] + [f"{year}-{m:02d}" for m in range(1, 13)]
    if chosen.text not in texts:
        texts.insert(0, chosen.text)
    return [{"text": t, "label": _period_words(t), "current": t == chosen.text} for t in texts]


def _period_words(text: str) -> str:
    if "Q" in text:
        year, quarter = text.split("-Q")
        return _("%(year)s年第%(quarter)s季度") % {"year": year, "quarter": quarter}
    if "-" in text:
        year, month = text.split("-")
        return _("%(year)s年%(month)s月") % {"year": year, "month": int(month)}
    return _("%(year)s年") % {"year": text}


def _nodes() -> list[dict[str, Any]]:
    """The organisations of the place that may be chosen: those that look after residents, and what they stand in."""
    return [
        {"id": o.id, "label": o.label}
        for o in organisation.organisations(settings.PLACE)
        if o.kind in {"consortium", "management_area"} or o.tier
    ]
