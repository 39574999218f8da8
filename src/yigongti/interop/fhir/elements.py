"""Reading the data types of FHIR: moments of any precision, coded concepts, quantities, names, numbers of documents."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.kernel import clock

Json = Mapping[str, Any]
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Moment:
    """A point in time, in China's zone. ``latest`` is the last moment it may mean: a bare ``2019`` may mean the whole
    year. ``partial``: not even the day is known."""

    at: datetime
    latest: datetime
    partial: bool = False


def read_moment(text: str | None, path: str) -> Moment | None:
    """A FHIR date, dateTime or instant. A bare day begins at midnight in China. Raises Unfit for 30 February."""
    if not text:
        return None
    try:
        if found := _PARTIAL.fullmatch(text):
            year, month, day = (int(part) if part else None for part in found.groups())
            first = date(year or 0, month or 1, day or 1)
            if day:
                after = first + timedelta(days=1)
            elif month:
                after = clock.next_month(first)
            else:
                after = date(first.year + 1, 1, 1)
            last = clock.midnight(after) - timedelta(microseconds=1)
            return Moment(clock.midnight(first), last, partial=day is None)
        at = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text))
        at = (at if at.tzinfo else at.replace(tzinfo=clock.ZONE)).astimezone(clock.ZONE)
        return Moment(at, at)
    except (ValueError, OverflowError):
        raise Unfit(Fault(path, "fhir_not_a_date", text[:40])) from None


def read_day(text: str | None, path: str) -> date | None:
    """A FHIR date as a day; None when it says only a year or a month (a birthday is never made up)."""
    moment = read_moment(text, path)
    return moment.at.date() if moment and not moment.partial else None


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _CJK.search(text) is not None


def joined(parts: Iterable[str | None]) -> str:
    """Parts of a name or address as one writes them: Chinese without spaces, others with."""
    known = [part.strip() for part in parts if part and part.strip()]
    return ("" if any(map(is_chinese, known)) else " ").join(known)


def human_name(names: Sequence[Json]) -> str | None:
    """The name in use: official before usual before others; a maiden or old name only when there is no other."""
    order = {"official": 0, "usual": 1, None: 2, "nickname": 4, "anonymous": 5, "maiden": 6, "old": 7}
    for name in sorted(names, key=lambda n: order.get(n.get("use"), 3)):
        family, given = name.get("family"), name.get("given") or []
        if text := name.get("text"):
            return str(text).strip() or None
        parts = [family, *given] if is_chinese(f"{family or ''}{''.join(given)}") else [*given, family]
        if whole := joined(parts):
            return whole
    return None


def address(addresses: Sequence[Json]) -> str | None:
    """Where somebody lives: the home address before others, never an old one."""
    order = {"home": 0, None: 1, "temp": 3, "old": 9, "billing": 8}
    for found in sorted(addresses, key=lambda a: order.get(a.get("use"), 2)):
        if text := found.get("text"):
            return str(text).strip()
        lines: list[str | None] = list(found.get("line") or [])
        wide: list[str | None] = [found.get(part) for part in ("state", "city", "district")]
        if is_chinese(f"{lines}{wide}"):
            return joined([*wide, *lines]) or None
        parts = [*lines, *reversed(wide), found.get("postalCode"), found.get("country")]
        return ", ".join(part for part in parts if part) or None
    return None


def phone(telecoms: Sequence[Json]) -> str | None:
    """A telephone number: mobile first, none that is no longer in use."""
    order = {"mobile": 0, "home": 1, None: 2, "work": 3, "temp": 4}
    phones = [t for t in telecoms if t.get("system") in ("phone", "sms") and t.get("use") != "old" and t.get("value")]
    best = min(phones, key=lambda t: (order.get(t.get("use"), 5), t.get("rank") or 99), default=None)
    return str(best["value"]).strip() if best else None


def concept_text(concept: Json | None) -> str | None:
    """A coded concept in words: its text, else the name of its first coding that has one, else the code."""
    if not concept:
        return None
    codings = concept.get("coding") or []
    named = next((c["display"] for c in codings if c.get("display")), None)
    coded = next((c["code"] for c in codings if c.get("code")), None)
    text = concept.get("text") or named or coded
    return str(text).strip() or None if text else None


def codes(concepts: Iterable[Json]) -> set[str]:
    """All codes of some concepts, whatever their systems."""
    return {c["code"] for concept in concepts for c in concept.get("coding") or () if c.get("code")}


def number(value: object) -> str:
    """A number as it was written, without an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def quantity_text(quantity: Json) -> str:
    """The value of a quantity with its comparator: ``<0.5``."""
    return f"{quantity.get('comparator', '')}{number(quantity['value'])}" if "value" in quantity else ""


def value_text(element: Json, path: str) -> tuple[str | None, str | None]:
    """Result and unit of an observation or component (``value[x]``); (None, None) when there is none."""
    for name, read in _VALUES.items():
        if name in element:
            return read(element[name], path)
    return None, None


def _unit(quantity: Json) -> str | None:
    unit = quantity.get("unit") or quantity.get("code")
    return str(unit) if unit else None


def _quantity(value: Json, path: str) -> tuple[str | None, str | None]:
    return quantity_text(value) or None, _unit(value)


def _range(value: Json, path: str) -> tuple[str | None, str | None]:
    low, high = value.get("low") or {}, value.get("high") or {}
    return f"{quantity_text(low)}–{quantity_text(high)}", _unit(low) or _unit(high)


def _ratio(value: Json, path: str) -> tuple[str | None, str | None]:
    top, bottom = value.get("numerator") or {}, value.get("denominator") or {}
    units = [unit for unit in (_unit(top), _unit(bottom)) if unit]
    return f"{quantity_text(top)}:{quantity_text(bottom)}", "/".join(units) or None


def _period(value: Json, path: str) -> tuple[str | None, str | None]:
    return f"{value.get('start', '')}–{value.get('end', '')}", None


def _flag(value: bool, path: str) -> tuple[str | None, str | None]:
    return ("是" if value else "否"), None


def _plain(value: object, path: str) -> tuple[str | None, str | None]:
    return str(value).strip() or None, None


_VALUES: dict[str, Callable[[Any, str], tuple[str | None, str | None]]] = {
    "valueQuantity": _quantity,
    "valueCodeableConcept": lambda value, path: (concept_text(value), None),
    "valueString": _plain,
    "valueBoolean": _flag,
    "valueInteger": _plain,
    "valueRange": _range,
    "valueRatio": _ratio,
    "valueTime": _plain,
    "valueDateTime": _plain,
    "valuePeriod": _period,
    # SampledData (a curve) is no value that can be read in a list; it is told on the receipt as without value
}
