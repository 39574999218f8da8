"""A statement: named lines, each with its amount, formula, inputs, rules (with clause) and what lies below it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from yigongti.domains.money.insurance_fund.rules import Rule, Rules

Input = tuple[str, str | int]


@dataclass(frozen=True)
class Line:
    """One figure. ``name`` says what it is, ``of`` whose (a holder's or member's id), ``nth`` which (month, quarter).

    ``formula``: the function that gave it; ``inputs``: its named inputs (amounts in fen end in ``_fen``); ``rules``:
    the policy parameters behind it; ``below``: keys of the lines it is made of; ``claims``: how to find its claims.
    """

    name: str
    fen: int
    of: int | None = None
    nth: int | None = None
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    rules: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    claims: tuple[Input, ...] = ()

    @property
    def key(self) -> str:
        return key(self.name, self.of, self.nth)


def key(name: str, of: int | None = None, nth: int | None = None) -> str:
    """How one line names another."""
    return ".".join(str(part) for part in (name, of, nth) if part is not None)


@dataclass(frozen=True)
class Statement:
    """A whole year's figures. ``notes``: what a reader must know (codes); ``lacking``: figures that can't be worked out
    yet and why."""

    lines: tuple[Line, ...]
    rules: Rules
    notes: tuple[str, ...] = ()
    lacking: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {line.key: line for line in self.lines})

    def get(self, name: str, of: int | None = None, nth: int | None = None) -> Line | None:
        found: Line | None = self._by_key.get(key(name, of, nth))  # type: ignore[attr-defined]
        return found

    def line(self, line_key: str) -> Line | None:
        found: Line | None = self._by_key.get(line_key)  # type: ignore[attr-defined]
        return found

    def fen(self, name: str, of: int | None = None, nth: int | None = None) -> int:
        """An amount. Raises KeyError when there is no such line."""
        found: Line = self._by_key[key(name, of, nth)]  # type: ignore[attr-defined]
        return found.fen

    def named(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def citations(self, line: Line) -> list[Rule]:
        return [self.rules.values[name] for name in line.rules if name in self.rules.values]

    def why_lacking(self, name: str) -> str:
        return dict(self.lacking).get(name, "")

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [{k: v for k, v in asdict(line).items() if v not in (None, "", ())} for line in self.lines],
            "notes": list(self.notes),
            "lacking": [list(one) for one in self.lacking],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any], rules: Rules) -> "Statement":
        return Statement(
            lines=tuple(Line(**{k: _tuples(v) for k, v in line.items()}) for line in data["lines"]),
            rules=rules,
            notes=tuple(data["notes"]),
            lacking=tuple((a, b) for a, b in data["lacking"]),
        )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def digest(*parts: Any) -> str:
    """SHA-256 of JSON in one fixed form: the same figures give the same digest."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def total(lines: Iterable[Line]) -> int:
    return sum(line.fen for line in lines)
