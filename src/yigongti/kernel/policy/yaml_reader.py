"""YAML read strictly: exact numbers, ISO dates, no surprises, and the line of everything.

Promises that a number is never a float (``0.1`` stays ``Decimal("0.1")``), that ``no``, ``012`` and ``12:30``
are text as they look, that a key written twice, an alias or a tag is an error, and that a mistake is
reported with its file and line. All mistakes are collected; none stops the reading of the rest.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, Union

import yaml

Content = Union[str, bool, Decimal, date, None, list["Item"], dict[str, "Item"]]  # noqa: UP007  (forward references)
T = TypeVar("T")

_NUMBER, _DATE = "!number", "!date"
_BOOL, _NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"

_WORDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    Decimal: "a number",
    date: "a date (YYYY-MM-DD)",
    list: "a list",
    dict: "a mapping",
}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C parser where built
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(_NULL, re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver(_NUMBER, re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"), list("-0123456789"))
_Loader.add_implicit_resolver(_DATE, re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), list("0123456789"))


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in the policy files: where, and what to do about it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Item:
    """One node of a file: what it holds and where it stands."""

    file: str
    line: int
    content: Content


@dataclass
class Report:
    """The mistakes found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, item: Item, message: str) -> None:
        self.problems.append(Problem(item.file, item.line, message))

    def typed(self, item: Item, wanted: type[T]) -> T | None:
        """The content of an item if it is of the wanted type, else None and a problem."""
        content = item.content
        if isinstance(content, wanted) and (wanted is bool or not isinstance(content, bool)):
            return content
        self.add(item, f"expected {_WORDS[wanted]}")
        return None

    def texts(self, item: Item | None) -> tuple[str, ...]:
        """A list of texts; one alone may stand without brackets; absent is empty."""
        if item is None:
            return ()
        if isinstance(item.content, str):
            return (item.content,)
        entries = self.typed(item, list) or []
        return tuple(text for entry in entries if (text := self.typed(entry, str)) is not None)

    def fields(
        self, item: Item, required: Mapping[str, type], optional: Mapping[str, type] | None = None
    ) -> "Fields | None":
        """The fields of a mapping, checked for unknown keys, missing keys and types.

        A type of ``object`` takes anything. Returns None when a required field is missing or wrong.
        """
        content = self.typed(item, dict)
        if content is None:
            return None
        optional = optional or {}
        known = {**required, **optional}
        fields = Fields(item)
        for key, entry in content.items():
            if key not in known:
                self.add(entry, f"unknown key {key!r}{suggestion(key, known)}")
            elif known[key] is object or self.typed(entry, known[key]) is not None:
                fields.items[key] = entry
        for key in required:
            if key not in content:
                self.add(item, f"missing key {key!r}")
        return fields if all(key in fields.items for key in required) else None


@dataclass
class Fields:
    """Checked fields of one mapping."""

    item: Item
    items: dict[str, Item] = field(default_factory=dict)

    def text(self, key: str, default: str = "") -> str:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, str) else default

    def flag(self, key: str, default: bool = False) -> bool:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, bool) else default

    def day(self, key: str) -> date | None:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, date) else None

    def number(self, key: str) -> Decimal | None:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, Decimal) else None

    def entries(self, key: str) -> list[Item]:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, list) else []

    def mapping(self, key: str) -> dict[str, Item]:
        found = self.items.get(key)
        return found.content if found is not None and isinstance(found.content, dict) else {}


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def read(path: Path, shown_as: str, report: Report) -> Item | None:
    """The content of a file, or None with problems in the report."""
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        report.problems.append(Problem(shown_as, 1, "is not UTF-8"))
        return None
    except OSError as error:
        report.problems.append(Problem(shown_as, 1, f"cannot be read: {error.strerror}"))
        return None
    try:
        aliases = [e for e in yaml.parse(source, Loader=_Loader) if isinstance(e, yaml.AliasEvent)]
        if aliases:
            mark = aliases[0].start_mark
            line = mark.line + 1 if mark else 1
            report.problems.append(Problem(shown_as, line, "aliases (*) are not used here; write it out"))
            return None
        node = yaml.compose(source, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        report.problems.append(Problem(shown_as, line, f"is not YAML: {error.problem or error.context}"))
        return None
    except yaml.YAMLError as error:
        report.problems.append(Problem(shown_as, 1, f"is not YAML: {str(error).splitlines()[0]}"))
        return None
    if node is None:
        report.problems.append(Problem(shown_as, 1, "is empty"))
        return None
    return _item(node, shown_as, report)


def _item(node: yaml.Node, file: str, report: Report) -> Item:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Item] = {}
        for key_node, value_node in node.value:
            value = _item(value_node, file, report)
            if not isinstance(key_node, yaml.ScalarNode):
                report.problems.append(Problem(file, line, "a key must be plain text"))
            elif key_node.value in content:
                report.add(value, f"key {key_node.value!r} is written twice")
            else:
                content[key_node.value] = Item(file, key_node.start_mark.line + 1, value.content)
        return Item(file, line, content)
    if isinstance(node, yaml.SequenceNode):
        return Item(file, line, [_item(entry, file, report) for entry in node.value])
    return Item(file, line, _scalar(node, file, line, report))


def _scalar(node: yaml.Node, file: str, line: int, report: Report) -> Content:
    text = str(node.value)
    match node.tag:
        case "!number":
            return Decimal(text)
        case "!date":
            try:
                return date.fromisoformat(text)
            except ValueError:
                report.problems.append(Problem(file, line, f"{text} is not a day of the calendar"))
                return text
        case "tag:yaml.org,2002:bool":
            return text == "true"
        case "tag:yaml.org,2002:null":
            return None
        case "tag:yaml.org,2002:str":
            return text
    report.problems.append(Problem(file, line, f"tag {node.tag} is not used here"))
    return text
