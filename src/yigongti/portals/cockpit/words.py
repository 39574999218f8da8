"""A measure's figures as people read them. Colour only ever repeats what is said."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.oversight.indicators import api
from yigongti.kernel.ui.chart import Chart, Series


def shown(value: Decimal, places: int = 1, *, lower: bool = False) -> str:
    """A value for people: rounded half up, but never on to what it has not reached (89.96 reads 89.9 of 90; where
    ``lower`` is better, 10.04 reads 10.1)."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    beyond = rounded < value if lower else rounded > value
    if rounded == rounded.to_integral_value() and beyond:
        rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_UP if lower else ROUND_DOWN)
    return f"{rounded:,.{places}f}"


def amount(unit: api.Unit, value: int) -> str:
    """A sum for people, in what they read it in: fen as yuan."""
    return f"{Decimal(value) / unit.per:,.{unit.places}f}"


def value_of(measure: api.Measure, value: Decimal | None) -> str:
    """A figure without its unit; "" where there is none."""
    unit = measure.value_unit
    places = unit.places or measure.kind.places
    return "" if value is None else shown(value / unit.per, places, lower=measure.lower_is_better)


def duration(minutes: Decimal) -> str:
    """Minutes as days, hours and minutes; "" below an hour."""
    whole = int(minutes.quantize(Decimal(1), ROUND_HALF_UP))
    if whole < 60:
        return ""
    days, hours, rest = whole // 1440, whole % 1440 // 60, whole % 60
    if days:
        return _("约 %(days)s 天 %(hours)s 小时") % {"days": days, "hours": hours}
    return _("约 %(hours)s 小时 %(minutes)s 分钟") % {"hours": hours, "minutes": rest}


def in_words(figure: api.Figure) -> dict[str, Any]:
    """State, target and parts of a figure in words."""
    measure = figure.measure
    words: dict[str, Any] = {
        "value": value_of(measure, figure.value),
        "unit": measure.value_unit.label,
        "plain": "",
        "median": "",
        "state": "",
        "words": "",
        "target": "",
        "trend": [None if p.value is None else float(p.value) for p in figure.trend],
        "trend_target": None,
        "parts": _parts(figure) if figure.value is not None else [],
    }
    if figure.median is not None:
        words["median"] = _("中位数 %(value)s") % {"value": _with_unit(measure, figure.median)}
    if figure.value is not None and measure.value_unit.key == "minutes":
        words["plain"] = duration(figure.value)
    if figure.target is None:
        return words
    words["target"] = _("目标 %(target)s") % {"target": figure.target}
    if figure.target.due:
        words["target"] += _("（%(year)s年底前）") % {"year": figure.target.due.year}
    words["trend_target"] = float(figure.target.value)
    if figure.value is not None:
        words.update(_standing(measure, figure.value, Decimal(figure.target.value)))
    return words


def _standing(measure: api.Measure, value: Decimal, target: Decimal) -> dict[str, str]:
    if measure.reached(value, target):
        return {"state": "good", "words": _("已达到目标")}
    short = measure.short_of(value, target)
    percent = measure.kind is api.SHARE
    if percent and short < Decimal("0.05"):
        words = _("超出不到 0.1 个百分点") if measure.lower_is_better else _("还差不到 0.1 个百分点")
        return {"state": "attention", "words": words}
    said = {"gap": shown(short, measure.kind.places), "unit": _("个百分点") if percent else measure.value_unit.label}
    words = _("超出 %(gap)s %(unit)s") if measure.lower_is_better else _("还差 %(gap)s %(unit)s")
    return {"state": "attention", "words": words % said}


def _parts(figure: api.Figure) -> list[dict[str, Any]]:
    """What the figure is worked out from."""
    measure = figure.measure
    if measure.kind is api.COUNT:
        return []
    found = [
        _part(measure.numerator, measure.numerator_unit, figure.numerator),
        _part(measure.denominator, measure.unit, figure.denominator),
    ]
    if figure.median is not None:
        value = f"{value_of(measure, figure.median)} {measure.value_unit.label}"
        found.append({"label": _("中位数"), "value": value})
    if measure.growth:
        found.append({"label": _("比上年同期"), "value": _grown(figure)})
    return found


def _grown(figure: api.Figure) -> str:
    if figure.before is None or figure.growth is None:
        return _("上年同期没有可比的数据")
    said = {"before": _with_unit(figure.measure, figure.before), "growth": f"{shown(figure.growth)} %"}
    if figure.growth > 0:
        return _("+%(growth)s（上年 %(before)s）") % said
    return _("%(growth)s（上年 %(before)s）") % said


def _part(label: Any, unit: api.Unit, value: int | None) -> dict[str, Any]:
    return {"label": label, "value": f"{amount(unit, value or 0)} {unit.label}"}


def chart(figure: api.Figure) -> Chart:
    """The trend by month."""
    target = figure.target
    counted = figure.measure.kind is api.COUNT
    return Chart(
        labels=[f"{p.month:%Y-%m}" for p in figure.trend],
        series=[Series(figure.measure.label, [_plain(figure.measure, p.value) for p in figure.trend])],
        kind="bar" if counted else "line",
        unit=figure.measure.value_unit.label,
        axis=_("月份"),
        target=None if target is None else float(target.value),
        target_label="" if target is None else _("目标 %(target)s") % {"target": target},
        from_zero=figure.measure.kind is not api.SHARE,
    )


def _plain(measure: api.Measure, value: Decimal | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if measure.kind is api.COUNT else float(value / measure.value_unit.per)


@dataclass(frozen=True)
class Column:
    """A column of the break-down; ``total`` may have nothing to say in it."""

    label: Any
    text: Callable[[api.Slice], str]
    in_total: bool = True


def columns(measure: api.Measure) -> list[Column]:
    """What stands in the break-down of a measure of this kind."""
    return _COLUMNS[measure.kind.name](measure)


def _numerator(measure: api.Measure) -> Column:
    return Column(measure.numerator, lambda s: amount(measure.numerator_unit, s.numerator))


def _denominator(measure: api.Measure) -> Column:
    return Column(measure.denominator, lambda s: amount(measure.unit, s.denominator))


def _with_unit(measure: api.Measure, value: Decimal | None) -> str:
    return "–" if value is None else f"{value_of(measure, value)} {measure.value_unit.label}"


def _of_all(label: str) -> Column:
    return Column(label, lambda s: "–" if s.gap_share is None else f"{shown(s.gap_share)} %", in_total=False)


def _share(measure: api.Measure) -> list[Column]:
    found = [
        _numerator(measure),
        _denominator(measure),
        Column(_("占比"), lambda s: _with_unit(measure, s.value)),
    ]
    if measure.gap_part == "rest":
        found.append(Column(measure.gap_label, lambda s: amount(measure.unit, s.gap)))
        found.append(_of_all(_("占全部缺口")))
    else:
        found.append(_of_all(_("占合计")))
    return found


def _count(measure: api.Measure) -> list[Column]:
    return [_numerator(measure), _of_all(_("占合计"))]


def _mean(measure: api.Measure) -> list[Column]:
    return [
        _denominator(measure),
        Column(_("平均"), lambda s: _with_unit(measure, s.value)),
        Column(_("中位数"), lambda s: _with_unit(measure, s.median), in_total=False),
        Column(
            measure.numerator,
            lambda s: f"{amount(measure.numerator_unit, s.numerator)} {measure.numerator_unit.label}",
        ),
    ]


_COLUMNS = {api.SHARE.name: _share, api.COUNT.name: _count, api.MEAN.name: _mean}
