"""Filters of a list: each reads its own query parameters, says what is wrong with them, and narrows the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from yigongti.kernel import clock

Narrow = Callable[[Any, Any], Any]
Choices = Sequence[tuple[str, str | Promise]] | Callable[[], Sequence[tuple[str, str | Promise]]]


@dataclass(frozen=True)
class Shown:
    """A filter as it stands on the page: what was asked, what is wrong with it, and how it narrows."""

    kind: str
    name: str
    label: str
    value: str = ""
    until: str = ""
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    error: str = ""
    words: str = ""
    narrow: Callable[[Any], Any] | None = None

    @property
    def in_use(self) -> bool:
        return self.narrow is not None

    def apply(self, rows: Any) -> Any:
        return self.narrow(rows) if self.narrow else rows


@dataclass(frozen=True)
class Filter:
    """``name`` is the query parameter; ``by`` an ORM lookup, or a function (rows, value) → rows."""

    name: str
    label: str | Promise
    by: str | Narrow

    def read(self, asked: Mapping[str, str]) -> Shown:
        """The filter as the query parameters set it."""
        raise NotImplementedError

    def _narrow(self, value: Any, lookup: str = "") -> Callable[[Any], Any]:
        by = self.by
        if callable(by):
            return lambda rows: by(rows, value)
        return lambda rows: _narrowed(rows, f"{by}{lookup}", value)


def _narrowed(rows: Any, lookup: str, value: Any) -> Any:
    if not isinstance(rows, QuerySet):
        raise TypeError("a list that is not a queryset needs a filter with a function")
    return rows.filter(**{lookup: value})


@dataclass(frozen=True)
class TextFilter(Filter):
    """Words to search for, trimmed, at most 100 characters."""

    hint: str | Promise = ""

    def read(self, asked: Mapping[str, str]) -> Shown:
        text = asked.get(self.name, "").replace("\x00", "").strip()[:100]
        return Shown(
            "text", self.name, str(self.label), text, hint=str(self.hint), words=text,
            narrow=self._narrow(text) if text else None,
        )  # fmt: skip


@dataclass(frozen=True)
class ChoiceFilter(Filter):
    """One of a few values."""

    choices: Choices = ()

    def read(self, asked: Mapping[str, str]) -> Shown:
        choices = [(str(k), str(v)) for k, v in (self.choices() if callable(self.choices) else self.choices)]
        value = asked.get(self.name, "")
        shown = Shown("choice", self.name, str(self.label), value, choices=choices)
        if not value:
            return shown
        known = dict(choices).get(value)
        if known is None:
            return replace(shown, value="", error=_("没有这个选项"))
        return replace(shown, words=known, narrow=self._narrow(value))


@dataclass(frozen=True)
class DayRangeFilter(Filter):
    """From a day to a day, both included; as ``name_from``, ``name_to``. ``moments``: a datetime column."""

    moments: bool = True

    def read(self, asked: Mapping[str, str]) -> Shown:
        first, last = asked.get(f"{self.name}_from", ""), asked.get(f"{self.name}_to", "")
        shown = Shown("days", self.name, str(self.label), first, until=last)
        try:
            start = date.fromisoformat(first) if first else None
            end = date.fromisoformat(last) if last else None
        except ValueError:
            return replace(shown, error=_("日期应写成 2026-01-31 这样"))
        if start and end and end < start:
            return replace(shown, error=_("结束日期早于开始日期"))
        if start is None and end is None:
            return shown
        narrow = self._narrow((start, end)) if callable(self.by) else self._between(start, end)
        return replace(shown, words=f"{first}–{last}", narrow=narrow)

    def _between(self, start: date | None, end: date | None) -> Callable[[Any], Any]:
        lookups: dict[str, Any] = {}
        if start:
            lookups[f"{self.by}__gte"] = clock.midnight(start) if self.moments else start
        if end:
            after = end + timedelta(days=1) if end < date.max else end
            lookups[f"{self.by}__lt"] = clock.midnight(after) if self.moments else after

        def narrow(rows: Any) -> Any:
            for lookup, value in lookups.items():
                rows = _narrowed(rows, lookup, value)
            return rows

        return narrow
