"""Two ways through a long list: by page number up to a bounded count, and by position for tables of millions."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet


@dataclass(frozen=True)
class Pages:
    """One page: its rows, how many there are in all (``more``: at least), and what leads to the others."""

    rows: Sequence[Any]
    number: int | None = None
    total: int | None = None
    more: bool = False
    numbers: Sequence[int | None] = field(default_factory=tuple)
    before: int | str | None = None
    after: int | str | None = None

    @property
    def several(self) -> bool:
        return self.before is not None or self.after is not None


def offset_pages(
    rows: "QuerySet[Any] | Sequence[Any]", asked: str, size: int, count_to: int, total: int | None = None
) -> Pages:
    """The page asked for by number. A number that is none, or too high, gives the nearest page there is."""
    if total is None:
        total = rows.order_by()[: count_to + 1].count() if isinstance(rows, QuerySet) else len(rows)
        more = isinstance(rows, QuerySet) and total > count_to
    else:
        more = False
    total = min(total, count_to) if more else total
    last = max(1, -(-total // size))
    number = min(max(int(asked) if asked.isdecimal() and len(asked) < 9 else 1, 1), last)
    start = (number - 1) * size
    shown = list(rows[start : start + size])
    return Pages(
        shown, number, total, more, _near(number, last),
        number - 1 if number > 1 else None,
        number + 1 if number < last else None,
    )  # fmt: skip


def _near(number: int, last: int) -> list[int | None]:
    """First, last and the two on either side; None for what is left out between."""
    wanted = sorted({1, last, *range(max(1, number - 2), min(last, number + 2) + 1)})
    found: list[int | None] = []
    for page in wanted:
        if found and found[-1] is not None and page - found[-1] > 1:
            found.append(None)
        found.append(page)
    return found


def keyset_pages(rows: "QuerySet[Any]", asked: str, size: int) -> Pages:
    """The page after or before a row, by the values the queryset is ordered by. A damaged one is the first page."""
    order = [str(name) for name in rows.query.order_by] or ["pk"]
    backwards, position = _position(asked, len(order))
    page: list[Any]
    try:
        chosen = rows.filter(_beyond(order, position, backwards)) if position else rows
        ordered = chosen.order_by(*map(_turned, order)) if backwards else chosen
        page = list(ordered[: size + 1])
    except (ValidationError, FieldError, ValueError, TypeError):
        backwards, position = False, None
        page = list(rows[: size + 1])
    more = len(page) > size
    page = page[:size]
    if backwards:
        page.reverse()
    before = _mark("<", order, page[0]) if page and (more if backwards else position is not None) else None
    after = _mark(">", order, page[-1]) if page and (True if backwards else more) else None
    return Pages(page, before=before, after=after)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: list[str], position: list[Any], backwards: bool) -> Q:
    """Rows after the position in lexicographic order: (a > x) or (a = x and b > y) or …"""
    beyond = Q()
    equal: dict[str, Any] = {}
    for name, value in zip(order, position, strict=True):
        column = name.removeprefix("-")
        up = not name.startswith("-") ^ backwards
        beyond |= Q(**equal, **{f"{column}__{'gt' if up else 'lt'}": value})
        equal[column] = value
    return beyond


def _mark(direction: str, order: list[str], row: Any) -> str:
    values = []
    for name in order:
        value = row
        for part in name.removeprefix("-").split("__"):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part)
        if not isinstance(value, str | int | date | datetime | Decimal):
            raise TypeError(f"a list cannot be paged by {name}: {value!r}")
        values.append(value)
    return direction + base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _position(asked: str, length: int) -> tuple[bool, list[Any] | None]:
    if asked[:1] not in {"<", ">"} or len(asked) > 600:
        return False, None
    try:
        values = json.loads(base64.urlsafe_b64decode(asked[1:] + "=" * (-len(asked[1:]) % 4)))
    except ValueError:
        return False, None
    if (
        not isinstance(values, list)
        or len(values) != length
        or any(v is None or isinstance(v, list | dict) for v in values)
    ):
        return False, None
    return asked[0] == "<", values
