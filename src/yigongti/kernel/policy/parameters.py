"""What parameters there are: declared by the code that uses them, or listed in the catalogue file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar, overload

from yigongti.kernel.policy.kinds import PLAIN, UNITS, ChoiceKind, Kind, Label, SeveralKind
from yigongti.kernel.policy.values import Value

T = TypeVar("T")

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """A named, typed figure or rule. ``used``: code reads it; else the catalogue only lists it."""

    name: str
    label: Label
    kind: Kind[T]
    unit: str = ""
    used: bool = True

    @property
    def subject(self) -> str:
        """The first part of the name: ``indicators``, ``insurance_fund``."""
        return self.name.split(".", 1)[0]

    def at(self, place: str | None = None, as_of: date | None = None) -> Value[T]:
        """The value in force; see ``policy.api.at``. Raises PolicyGap."""
        from yigongti.kernel.policy.book import at

        return at(self.name, place=place, as_of=as_of)


_declared: dict[str, Parameter[Any]] = {}


@overload
def parameter(name: str, label: Label, *, kind: type[Decimal], unit: str = ...) -> Parameter[Decimal]: ...
@overload
def parameter(name: str, label: Label, *, kind: type[bool], unit: str = ...) -> Parameter[bool]: ...
@overload
def parameter(name: str, label: Label, *, kind: type[int], unit: str = ...) -> Parameter[int]: ...
@overload
def parameter(name: str, label: Label, *, kind: type[str], unit: str = ...) -> Parameter[str]: ...
@overload
def parameter(name: str, label: Label, *, kind: type[timedelta], unit: str = ...) -> Parameter[timedelta]: ...
@overload
def parameter(name: str, label: Label, *, kind: ChoiceKind, unit: str = ...) -> Parameter[str]: ...
@overload
def parameter(name: str, label: Label, *, kind: SeveralKind, unit: str = ...) -> Parameter[tuple[str, ...]]: ...
@overload
def parameter(name: str, label: Label, *, kind: Kind[T], unit: str = ...) -> Parameter[T]: ...
def parameter(name: str, label: Label, *, kind: type | Kind[Any], unit: str = "") -> Parameter[Any]:
    """Declare a parameter this domain uses; call it at the top of the domain's ``policy.py``.

    ``kind`` is Decimal, int, str, bool, timedelta, ``choice(...)``, ``several(...)`` or a Kind of the domain's own;
    ``unit`` one of ``kinds.UNITS``. Raises ValueError for a bad name, an unknown kind or unit, or a second, different
    declaration of the same name.
    """
    declared = build(name, label, kind=kind, unit=unit, used=True)
    known = _declared.get(name)
    if known is not None and not same_shape(known, declared):
        raise ValueError(f"parameter {name} is declared twice, differently")
    _declared[name] = declared
    return declared


def build(name: str, label: Label, *, kind: type | Kind[Any], unit: str, used: bool) -> Parameter[Any]:
    """A parameter, checked. Raises ValueError."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a parameter name; write subject.what_it_is, lower case")
    if isinstance(kind, type):
        if kind not in PLAIN:
            raise ValueError(f"parameter {name}: {kind.__name__} is not a kind of value")
        kind = PLAIN[kind]
    if unit not in UNITS:
        raise ValueError(f"parameter {name}: unknown unit {unit!r}")
    return Parameter(name=name, label=label, kind=kind, unit=unit, used=used)


def same_shape(one: Parameter[Any], other: Parameter[Any]) -> bool:
    """Whether two declarations mean the same kind of value in the same unit."""
    return one.kind.same_as(other.kind) and one.unit == other.unit


def declared() -> Mapping[str, Parameter[Any]]:
    """All parameters declared by code, by name."""
    return _declared
