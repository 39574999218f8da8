"""The cockpit's pages: all measures, one measure with what it is made of, the records below a cell."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.oversight.indicators import api
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.money import yuan
from yigongti.kernel.policy.api import PolicyGap
from yigongti.kernel.ui.chart import Chart, Series
from yigongti.portals.cockpit.drill import Drill, drill

PAGE = 50


@permission_required(api.VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """All measures of a period, for the whole place or one of its organisations."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    where = drill(request.GET, api.latest_year())
    figures = [api.figure(m, where.period, actor=actor, node=where.node) for m in api.MEASURES.values()]
    cards = [{"figure": f, **_in_words(f), "href": _address(f.measure, where)} for f in figures]
    return render(
        request,
        "cockpit/home.html",
        {
            "where": where,
            "cards": cards,
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
    where = drill(request.GET, api.latest_year())
    figure = api.figure(chosen, where.period, actor=actor, node=where.node)
    slices = [] if figure.problem else api.breakdown(chosen, where.period, where.by, actor=actor, cell=where.cell)
    return render(
        request,
        "cockpit/measure.html",
        {
            "where": where,
            "figure": figure,
            "words": _in_words(figure),
            "crumbs": where.crumbs(name),
            "chart": _chart(figure),
            "tabs": [
                {"by": by, "label": label, "href": where.query(by=by), "current": by == where.by}
                for by, label in _breakdowns().items()
                if by not in {kind for kind, _key in where.path}
            ],
            "breakdown_label": _breakdowns()[where.by],
            "rows": [_row(chosen, s, where) for s in slices],
            "total": _total(chosen, slices),
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
    where = drill(request.GET, api.latest_year())
    asked = request.GET.get("page", "1")[:9]
    number = max(int(asked) if asked.isdecimal() else 1, 1)
    try:
        found = api.records(chosen, where.period, where.cell, actor=actor, limit=PAGE, offset=(number - 1) * PAGE)
    except PolicyGap:  # nothing says which records count; the measure's page says what is missing
        return measure(request, name)
    facts = health_record.facts([(row.happened_on, row.id) for row in found.rows], actor=actor)
    return render(
        request,
        "cockpit/records.html",
        {
            "where": where,
            "measure": chosen,
            "crumbs": where.crumbs(name),
            "part": _parts(chosen).get(where.part, ""),
            "parts": [
                {"label": label, "href": where.query(part=part), "current": part == where.part}
                for part, label in _parts(chosen).items()
            ],
            "total": f"{found.total:,}",
            "hidden": f"{found.total - found.visible:,}" if found.total > found.visible else "",
            "facts": facts,
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


def _in_words(figure: api.Figure) -> dict[str, Any]:
    """State and target of a figure in words; colour only repeats them."""
    words: dict[str, Any] = {"value": "", "state": "", "words": "", "target": "", "trend": None, "trend_target": None}
    if figure.value is not None:
        words["value"] = shown(figure.value)
        words["numerator"] = amount(figure.measure, figure.numerator or 0)
        words["denominator"] = amount(figure.measure, figure.denominator or 0)
    if figure.target is not None:
        words["target"] = _("目标 %(target)s") % {"target": figure.target}
        if figure.target.due:
            words["target"] += _("（%(year)s年底前）") % {"year": figure.target.due.year}
        words["trend_target"] = float(figure.target.value)
    if figure.value is not None and figure.target is not None:
        if figure.reached:
            words.update(state="good", words=_("已达到目标"))
        else:
            gap = Decimal(figure.target.value) - figure.value
            short = (
                _("还差 %(gap)s 个百分点") % {"gap": shown(gap)}
                if gap >= Decimal("0.05")
                else _("还差不到 0.1 个百分点")
            )
            words.update(state="attention", words=short)
    words["trend"] = [None if p.value is None else float(p.value) for p in figure.trend]
    return words


def shown(value: Decimal, places: int = 1) -> str:
    """A percentage for people: rounded half up, but never up to what it has not reached (89.96 reads 89.9 of 90)."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if rounded == rounded.to_integral_value() and rounded > value:
        rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_DOWN)
    return f"{rounded:.{places}f}"


def amount(chosen: api.Measure, value: int) -> str:
    """A numerator or denominator for people: fen as yuan, rows with separators."""
    return yuan(value) if chosen.amount else f"{value:,}"


def _chart(figure: api.Figure) -> Chart:
    target = figure.target
    return Chart(
        labels=[f"{p.month:%Y-%m}" for p in figure.trend],
        series=[Series(figure.measure.label, [None if p.value is None else float(p.value) for p in figure.trend])],
        unit="%",
        axis=_("月份"),
        target=None if target is None else float(target.value),
        target_label="" if target is None else _("目标 %(target)s") % {"target": target},
    )


def _row(chosen: api.Measure, s: api.Slice, where: Drill) -> dict[str, Any]:
    path = where.into(where.by, s.key)
    further = [by for by in api.BREAKDOWNS if by not in {kind for kind, _key in path}]
    address = reverse("cockpit:records", args=[chosen.name])
    return {
        "label": s.label,
        "numerator": amount(chosen, s.numerator),
        "denominator": amount(chosen, s.denominator),
        "value": "–" if s.value is None else f"{shown(s.value)} %",
        "gap": amount(chosen, s.gap),
        "gap_share": "–" if s.gap_share is None else f"{shown(s.gap_share)} %",
        "href": where.query(path=path, by=further[0]) if further else "",
        "all_href": address + where.query(path=path),
        "rest_href": address + where.query(path=path, part="rest"),
    }


def _total(chosen: api.Measure, slices: list[api.Slice]) -> dict[str, str]:
    numerator, denominator = sum(s.numerator for s in slices), sum(s.denominator for s in slices)
    value = api.percentage(numerator, denominator)
    return {
        "numerator": amount(chosen, numerator),
        "denominator": amount(chosen, denominator),
        "value": "–" if value is None else f"{shown(value)} %",
        "gap": amount(chosen, denominator - numerator),
    }


def _breakdowns() -> dict[str, str]:
    return {
        "home": _("辖区管理机构"),
        "disease_group": _("病种"),
        "institution": _("就诊机构"),
        "setting": _("就诊类别"),
    }


def _parts(chosen: api.Measure) -> dict[str, str]:
    return {"": _("全部"), "of_which": str(chosen.numerator), "rest": _("未计入分子的")}


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
