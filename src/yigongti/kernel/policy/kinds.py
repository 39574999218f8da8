"""The kinds a parameter's value can be: how each is read from a file and shown to people.

A kind refuses what does not fit with a ValueError in plain words; it never guesses or rounds.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.words import Words, joined
from yigongti.kernel.policy.yaml_reader import Content, suggestion

T = TypeVar("T")
Label = str | Promise | Words

UNITS: dict[str, Label] = {
    "": "",
    "%": "%",
    "fen": _("分（货币）"),
    "yuan": _("元"),
    "minutes": _("分钟"),
    "hours": _("小时"),
    "days": _("天"),
    "weeks": _("周"),
    "months": _("个月"),
    "years": _("年"),
    "times": _("次"),
    "persons": _("人"),
    "posts": _("名编制"),
    "posts_per_10000_residents": _("名编制/万名居民"),
    "organisations": _("个单位"),
    "pieces": _("个"),
    "characters": _("位"),
    "points": _("分（得分）"),
    "mmHg": "mmHg",
    "mmol/L": "mmol/L",
}


class Kind(ABC, Generic[T]):
    """How values of one kind are read and shown."""

    name: str

    @abstractmethod
    def read(self, content: Content) -> T:
        """The value written in a file. Raises ValueError in plain words."""

    @abstractmethod
    def show(self, value: T) -> str:
        """The value for people, in the active language, without its unit."""

    def same_as(self, other: "Kind[Any]") -> bool:
        return self.name == other.name


class DecimalKind(Kind[Decimal]):
    name = "decimal"

    def read(self, content: Content) -> Decimal:
        if not isinstance(content, Decimal):
            raise ValueError("expected a number")
        return content

    def show(self, value: Decimal) -> str:
        return f"{value:,f}"


class IntegerKind(Kind[int]):
    name = "integer"

    def read(self, content: Content) -> int:
        if not isinstance(content, Decimal) or content != content.to_integral_value():
            raise ValueError("expected a whole number")
        return int(content)

    def show(self, value: int) -> str:
        return f"{value:,}"


class TextKind(Kind[str]):
    name = "text"

    def read(self, content: Content) -> str:
        if not isinstance(content, str) or not content.strip():
            raise ValueError("expected text")
        return content

    def show(self, value: str) -> str:
        return value


class YesNoKind(Kind[bool]):
    name = "yes_no"

    def read(self, content: Content) -> bool:
        if not isinstance(content, bool):
            raise ValueError("expected true or false")
        return content

    def show(self, value: bool) -> str:
        return gettext("是") if value else gettext("否")


class DurationKind(Kind[timedelta]):
    """``15 minutes``, ``36 hours``, ``14 days``, ``2 weeks``. For months use a whole number."""

    name = "duration"
    _pattern = re.compile(r"([1-9][0-9]*|0) (minutes|hours|days|weeks)")

    def read(self, content: Content) -> timedelta:
        match = self._pattern.fullmatch(content) if isinstance(content, str) else None
        if match is None:
            raise ValueError("expected a duration such as '15 minutes', '36 hours', '14 days', '2 weeks'")
        return timedelta(**{match[2]: int(match[1])})

    def show(self, value: timedelta) -> str:
        minutes = int(value.total_seconds()) // 60
        if minutes % 1440 == 0 and minutes:
            return f"{minutes // 1440} {UNITS['days']}"
        if minutes % 60 == 0 and minutes:
            return f"{minutes // 60} {UNITS['hours']}"
        return f"{minutes} {UNITS['minutes']}"


class ChoiceKind(Kind[str]):
    """One of named options; each has a label."""

    def __init__(self, options: Mapping[str, Label]) -> None:
        if not options:
            raise ValueError("a choice needs options")
        self.options = dict(options)
        self.name = "choice of " + ", ".join(sorted(self.options))

    def read(self, content: Content) -> str:
        if not isinstance(content, str):
            raise ValueError(f"expected one of {', '.join(self.options)}")
        if content not in self.options:
            raise ValueError(f"{content!r} is not one of {', '.join(self.options)}{suggestion(content, self.options)}")
        return content

    def show(self, value: str) -> str:
        return str(self.options[value])


class SeveralKind(Kind[tuple[str, ...]]):
    """Several of named options, in the document's order, none twice."""

    def __init__(self, one: ChoiceKind) -> None:
        self.one = one
        self.name = "several, " + one.name

    def read(self, content: Content) -> tuple[str, ...]:
        if not isinstance(content, list) or not content:
            raise ValueError("expected a list")
        chosen = tuple(self.one.read(entry.content) for entry in content)
        if len(set(chosen)) != len(chosen):
            raise ValueError("an option stands twice in the list")
        return chosen

    def show(self, value: tuple[str, ...]) -> str:
        return joined(self.one.show(option) for option in value)


def choice(**options: Label) -> ChoiceKind:
    """A kind with one of the given options: ``choice(kept=_("结余留用"), returned=_("结余上缴"))``."""
    return ChoiceKind(options)


def several(**options: Label) -> SeveralKind:
    """A kind with some of the given options, ordered."""
    return SeveralKind(ChoiceKind(options))


PLAIN: dict[type, Kind[Any]] = {
    Decimal: DecimalKind(),
    int: IntegerKind(),
    str: TextKind(),
    bool: YesNoKind(),
    timedelta: DurationKind(),
}
PLAIN_BY_NAME: dict[str, Kind[Any]] = {kind.name: kind for kind in PLAIN.values()}
