"""Reads the whole ``policies/`` folder into a Book, or reports every mistake in it at once.

Layout: ``catalogue.yaml`` (subjects, and parameters no code uses yet) and one folder per place with
``place.yaml``, ``documents.yaml``, optionally ``clauses.yaml``, ``organisations.yaml`` and ``simulation.yaml``
(the demo county, not read here), and any number of subject files holding values. docs/policies.md shows each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

from yigongti.kernel.policy import plan_files
from yigongti.kernel.policy.kinds import PLAIN_BY_NAME, ChoiceKind, Kind, SeveralKind
from yigongti.kernel.policy.parameters import Parameter, build, same_shape
from yigongti.kernel.policy.values import (
    Clause,
    Document,
    Evidence,
    Place,
    PolicyErrors,
    Sense,
    Standing,
    Value,
)
from yigongti.kernel.policy.words import Words
from yigongti.kernel.policy.yaml_reader import Fields, Item, Problem, Report, read, suggestion

NATIONAL = "national"
LEVELS = ("national", "province", "city", "county")
NOT_SUBJECTS = ("place", "documents", "clauses", "organisations", "simulation")


@dataclass
class Book:
    """Everything the policy files say. Read-only once loaded."""

    parameters: dict[str, Parameter[Any]] = field(default_factory=dict)
    subjects: dict[str, Words] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    values: dict[tuple[str, str], tuple[Value[Any], ...]] = field(default_factory=dict)
    clauses: dict[str, tuple[Clause, ...]] = field(default_factory=dict)
    organisations: dict[str, plan_files.Organisations] = field(default_factory=dict)

    def chain(self, place: str) -> tuple[Place, ...]:
        """The place, its parent, and so on up to the country. Raises KeyError for an unknown place."""
        chain = [self.places[place]]
        while (parent := chain[-1].parent) is not None:
            chain.append(self.places[parent])
        return tuple(chain)


def load(root: Path, declared: Mapping[str, Parameter[Any]]) -> Book:
    """The book of a policies folder. Raises PolicyErrors with every mistake found."""
    return _Loading(root, declared).run()


def problems(root: Path, declared: Mapping[str, Parameter[Any]]) -> tuple[Problem, ...]:
    """Every mistake in a policies folder, in the order of files and lines; empty when sound."""
    try:
        load(root, declared)
    except PolicyErrors as errors:
        return errors.problems
    return ()


class _Loading:
    def __init__(self, root: Path, declared: Mapping[str, Parameter[Any]]) -> None:
        self.root = root
        self.report = Report()
        self.book = Book(parameters=dict(declared))
        self.where: dict[str, Item] = {}

    def run(self) -> Book:
        if not self.root.is_dir():
            raise PolicyErrors((Problem(str(self.root), 1, "there is no such policies folder"),))
        self._catalogue()
        folders = sorted(p for p in self.root.iterdir() if p.is_dir() and not p.name.startswith("."))
        for folder in folders:
            self._place(folder)
        self._parents()
        for folder in folders:
            self._documents(folder)
        for folder in folders:
            self._plan(folder)
            self._subjects(folder)
        if self.report.problems:
            raise PolicyErrors(tuple(sorted(self.report.problems)))
        return self.book

    def _read(self, path: Path) -> Item | None:
        return read(path, str(path.relative_to(self.root.parent)), self.report)

    # catalogue.yaml

    def _catalogue(self) -> None:
        top = self._read(self.root / "catalogue.yaml")
        fields = top and self.report.fields(top, {"subjects": dict, "parameters": dict})
        if not fields:
            return
        for subject, item in fields.mapping("subjects").items():
            if words := self._words(item):
                self.book.subjects[subject] = words
        for name, item in fields.mapping("parameters").items():
            self._catalogue_entry(name, item)

    def _catalogue_entry(self, name: str, item: Item) -> None:
        entry = self.report.fields(item, {"zh": str, "en": str, "kind": str}, {"unit": str, "options": dict})
        if entry is None or (kind := self._kind(entry)) is None:
            return
        label = Words(entry.text("zh"), entry.text("en"))
        try:
            listed = build(name, label, kind=kind, unit=entry.text("unit"), used=False)
        except ValueError as error:
            self.report.add(item, str(error))
            return
        if listed.subject not in self.book.subjects:
            self.report.add(item, f"subject {listed.subject!r} has no name under 'subjects'")
        used = self.book.parameters.get(name)
        if used is None:
            self.book.parameters[name] = listed
        elif not same_shape(used, listed):
            self.report.add(item, f"{name} is declared in code with another kind or unit")

    def _kind(self, entry: Fields) -> Kind[Any] | None:
        written = entry.text("kind")
        item = entry.items["kind"]
        if written in ("choice", "several"):
            options = {key: words for key, i in entry.mapping("options").items() if (words := self._words(i))}
            if not options:
                self.report.add(item, f"kind {written} needs 'options'")
                return None
            one = ChoiceKind(options)
            return one if written == "choice" else SeveralKind(one)
        if "options" in entry.items:
            self.report.add(item, f"kind {written} takes no 'options'")
        if written not in PLAIN_BY_NAME:
            known = [*PLAIN_BY_NAME, "choice", "several"]
            self.report.add(item, f"unknown kind {written!r}; one of {', '.join(known)}")
            return None
        return PLAIN_BY_NAME[written]

    def _words(self, item: Item) -> Words | None:
        return plan_files.words(item, self.report)

    # <place>/place.yaml

    def _place(self, folder: Path) -> None:
        top = self._read(folder / "place.yaml")
        fields = top and self.report.fields(top, {"name": dict, "level": str}, {"division": str, "parent": str})
        if not top or not fields:
            return
        name = self._words(fields.items["name"])
        level, division, parent = fields.text("level"), fields.text("division"), fields.text("parent") or None
        if level not in LEVELS:
            self.report.add(fields.items["level"], f"level is one of {', '.join(LEVELS)}")
        if level != NATIONAL and not (len(division) == 6 and division.isdigit() and division.isascii()):
            self.report.add(top, "division is the six digits of GB/T 2260, in quotes")
        if (parent is None) != (folder.name == NATIONAL):
            self.report.add(top, "every place but 'national' has a parent")
        if name:
            self.book.places[folder.name] = Place(folder.name, name, level, division, parent)
            self.where[folder.name] = fields.items.get("parent", top)

    def _parents(self) -> None:
        for key, place in self.book.places.items():
            seen = {key}
            while place.parent is not None:
                if place.parent not in self.book.places:
                    self.report.add(self.where[key], f"parent {place.parent!r} is not a place here")
                    return
                if place.parent in seen:
                    self.report.add(self.where[key], f"{key} is its own ancestor")
                    return
                seen.add(place.parent)
                place = self.book.places[place.parent]

    # <place>/documents.yaml

    def _documents(self, folder: Path) -> None:
        top = self._read(folder / "documents.yaml")
        content = top and self.report.typed(top, dict)
        for key, item in (content or {}).items():
            fields = self.report.fields(
                item,
                {"title": dict, "issued_by": dict, "standing": str},
                {"number": str, "issued_on": date, "note": str},
            )
            if fields is None:
                continue
            if key in self.book.documents:
                self.report.add(item, f"document {key!r} is already in {self.book.documents[key].place}")
                continue
            if fields.text("standing") not in list(Standing):
                self.report.add(fields.items["standing"], f"standing is one of {', '.join(Standing)}")
                continue
            title, issuer = self._words(fields.items["title"]), self._words(fields.items["issued_by"])
            if title and issuer:
                self.book.documents[key] = Document(
                    key=key,
                    title=title,
                    number=fields.text("number"),
                    issued_by=issuer,
                    issued_on=fields.day("issued_on"),
                    standing=Standing(fields.text("standing")),
                    place=folder.name,
                )

    # <place>/clauses.yaml, organisations.yaml

    def _plan(self, folder: Path) -> None:
        clauses, organisations = folder / "clauses.yaml", folder / "organisations.yaml"
        if clauses.exists() and (top := self._read(clauses)):
            self.book.clauses[folder.name] = plan_files.clauses(top, folder.name, self.book.documents, self.report)
        if organisations.exists() and (top := self._read(organisations)):
            plan = plan_files.organisations(top, folder.name, self.book.documents, self.known_clause, self.report)
            if plan:
                self.book.organisations[folder.name] = plan

    def known_clause(self, document: Document, written: str) -> str | None:
        """The part of a citation that the document's clause list does not have; None when all is well."""
        listed = {c.number for c in self.book.clauses.get(document.place, ()) if c.document == document}
        if not listed:
            return None
        return next((part for part in written.split("；") if part not in listed), None)

    # <place>/<subject>.yaml

    def _subjects(self, folder: Path) -> None:
        for stray in sorted(folder.glob("*.yml")):
            shown = str(stray.relative_to(self.root.parent))
            self.report.problems.append(Problem(shown, 1, "name the file .yaml"))
        for path in sorted(folder.glob("*.yaml")):
            if path.stem in NOT_SUBJECTS or (top := self._read(path)) is None:
                continue
            fields = self.report.fields(top, {"values": dict}, {"document": str, "evidence": str})
            if fields is None:
                continue
            for name, item in fields.mapping("values").items():
                self._values(folder.name, name, item, fields)

    def _values(self, place: str, name: str, item: Item, defaults: Fields) -> None:
        parameter = self.book.parameters.get(name)
        if parameter is None:
            hint = suggestion(name, self.book.parameters)
            self.report.add(item, f"no parameter {name!r} is declared in code or catalogue.yaml{hint}")
            return
        if (place, name) in self.book.values:
            other = self.book.values[place, name][0]
            self.report.add(item, f"{name} already has values in {other.file}:{other.line}")
            return
        entries = self.report.typed(item, list) or []
        read_values = [v for e in entries if (v := self._value(place, parameter, e, defaults)) is not None]
        read_values.sort(key=lambda v: v.effective_from)
        self._overlaps(read_values)
        closed = [
            replace(value, effective_to=after.effective_from) if value.effective_to is None and after else value
            for value, after in zip_longest(read_values, read_values[1:])
        ]
        if closed:
            self.book.values[place, name] = tuple(closed)

    def _overlaps(self, values: list[Value[Any]]) -> None:
        for earlier, later in pairwise(values):
            at = Item(later.file, later.line, None)
            if earlier.effective_from == later.effective_from:
                self.report.add(at, f"line {earlier.line} has a value from {later.effective_from} already")
            elif earlier.effective_to is not None and earlier.effective_to > later.effective_from:
                self.report.add(at, f"overlaps line {earlier.line}, which runs to {earlier.effective_to}")

    def _value(self, place: str, parameter: Parameter[Any], item: Item, defaults: Fields) -> Value[Any] | None:
        fields = self.report.fields(
            item,
            {"from": date, "value": object},
            {
                "to": date,
                "clause": str,
                "unit": str,
                "document": str,
                "evidence": str,
                "due": date,
                "sense": str,
                "note": dict,
                "confirmed_by": str,
            },
        )
        if fields is None:
            return None
        before = len(self.report.problems)
        document = self._document(item, fields, defaults)
        evidence = self._evidence(item, fields, defaults)
        sense = fields.text("sense", Sense.EXACTLY)
        if sense not in list(Sense):
            self.report.add(fields.items["sense"], f"sense is one of {', '.join(Sense)}")
        unit = fields.text("unit", parameter.unit)
        if unit != parameter.unit:
            due_unit = parameter.unit or "no unit"
            self.report.add(fields.items["unit"], f"{parameter.name} is in {due_unit}, not {unit}")
        starts, ends = fields.day("from"), fields.day("to")
        if starts and ends and ends <= starts:
            self.report.add(fields.items["to"], "'to' is the first day it no longer holds: later than 'from'")
        clause = fields.text("clause")
        if document and evidence and evidence.sure and not clause:
            self.report.add(item, f"evidence {evidence} needs the 'clause'")
        if document and clause and (strange := self.known_clause(document, clause)):
            self.report.add(fields.items["clause"], f"{strange!r} is not in the document's clause list")
        try:
            value = parameter.kind.read(fields.items["value"].content)
        except ValueError as error:
            self.report.add(fields.items["value"], f"{parameter.name}: {error}")
            return None
        if not (document and evidence and starts) or len(self.report.problems) > before:
            return None
        return Value(
            name=parameter.name,
            value=value,
            unit=parameter.unit,
            kind=parameter.kind,
            document=document,
            clause=clause,
            evidence=evidence,
            confirmed=evidence.sure or bool(fields.text("confirmed_by")),
            effective_from=starts,
            effective_to=ends,
            place=place,
            due=fields.day("due"),
            sense=Sense(sense),
            note=self._words(fields.items["note"]) if "note" in fields.items else None,
            confirmed_by=fields.text("confirmed_by"),
            file=item.file,
            line=item.line,
        )

    def _document(self, item: Item, fields: Fields, defaults: Fields) -> Document | None:
        key = fields.text("document") or defaults.text("document")
        if not key:
            self.report.add(item, "names no document, here or at the head of the file")
        elif key not in self.book.documents:
            at = fields.items.get("document") or defaults.items["document"]
            hint = suggestion(key, self.book.documents)
            self.report.add(at, f"unknown document {key!r}{hint}")
        return self.book.documents.get(key)

    def _evidence(self, item: Item, fields: Fields, defaults: Fields) -> Evidence | None:
        tag = fields.text("evidence") or defaults.text("evidence")
        if tag in list(Evidence):
            return Evidence(tag)
        self.report.add(item, f"evidence is one of {', '.join(Evidence)}")
        return None
