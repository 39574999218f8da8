"""The format: bundles of FHIR R4 in JSON, read in chunks, every entry either rows, or refused with its reasons."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.terminology.api import system_of
from yigongti.interop.fhir import corrections, mapping, schema, structure
from yigongti.interop.fhir.code_systems import CodeSystems
from yigongti.interop.fhir.elements import Json
from yigongti.interop.fhir.envelope import Bundle
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.interop.fhir.links import Links, references_in
from yigongti.interop.fhir.mapping import MAPPED, SUPPORTING, Source, charge_lines, claims, extract_of, happened
from yigongti.kernel.intake.api import (
    REFUSAL,
    ROW,
    Chunk,
    Extract,
    FileRefused,
    Incoming,
    Part,
    Reader,
    RefusedLine,
    Token,
    extracts,
)

CHUNK = 2_000
UNTYPED = "documents"
"""The extract under which an entry is refused whose kind can't be told."""

ENTRY, CONTEXT = "entry", "context"
HEADERS = (ENTRY, CONTEXT)
"""What is kept of a refused entry: itself as it was sent, and the entries it refers to (a JSON array)."""


class BundleFormat:
    """FHIR R4 bundles."""

    name = "fhir.bundle"
    label: str | Promise = _("FHIR R4 数据包")
    suffixes: tuple[str, ...] = (".json",)

    def recognises(self, incoming: Incoming) -> bool:
        head = incoming.head().removeprefix(b"\xef\xbb\xbf").lstrip()
        if Path(incoming.name).suffix.lower() == ".json":
            return True
        return (head.startswith(b"{") and b'"resourceType"' in head) or _is_xml(head)

    def open(self, incoming: Incoming) -> Reader:
        if _is_xml(incoming.head()):
            raise FileRefused("fhir_xml")
        return BundleReader(incoming.path)

    def template(self, extract: Extract) -> None:
        """None: a bundle is made by a program, not filled in."""

    def refused_file(self, lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
        return corrections.write(lines, folder)


def _is_xml(head: bytes) -> bool:
    return b'xmlns="http://hl7.org/fhir"' in head and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


class BundleReader:
    """An opened bundle. Entries are read in the order their extracts are stored in, so that patients and encounters
    come before what refers to them, wherever they stand in the file."""

    def __init__(self, path: Path) -> None:
        schema.resource_types()  # refuse at once where the rules are missing
        self._bundle = Bundle(path)
        self._systems = CodeSystems(system_of)
        self._links = Links(self._bundle.find, self._bundle.find_sound)
        order = {name: extract.order for name, extract in extracts().items()}
        ours, passed = self._sorted_out()
        self._order = sorted(ours, key=lambda i: (order[ours[i]], i))
        self._extract = ours
        self.notes: Sequence[tuple[str, Mapping[str, str]]] = self._notes(passed)
        kept = {*ours.values(), *((charge_lines.EXTRACT,) if "claims" in ours.values() else ())}
        self.headers: Mapping[str, Sequence[str]] = dict.fromkeys(sorted(kept), HEADERS)
        if not ours:
            kinds = sorted({kind or "?" for kind in self._bundle.kinds})
            raise FileRefused("fhir_nothing_to_store", types="、".join(kinds)[:200])

    def _sorted_out(self) -> tuple[dict[int, str], dict[str, list[int]]]:
        """The extract of each entry that is read; and those passed over, by the reason."""
        bundle = self._bundle
        ours: dict[int, str] = {}
        passed: defaultdict[str, list[int]] = defaultdict(list)
        for i, kind in enumerate(bundle.kinds):
            about = bundle.about.get(i)
            if i in bundle.broken or about is None:
                ours[i] = MAPPED[kind].extract if kind in MAPPED else UNTYPED
            elif kind in MAPPED:
                if not happened(kind, about.status, about.verificationStatus, about.intent):
                    passed["fhir_not_happened"].append(i)
                elif i in bundle.without_value:
                    passed["fhir_without_value"].append(i)
                else:
                    ours[i] = self._extract_of(i)
            elif kind not in SUPPORTING:
                passed["fhir_unmapped"].append(i)
        return ours, passed

    def _extract_of(self, i: int) -> str:
        about = self._bundle.about[i]
        if about.resourceType != "ExplanationOfBenefit":
            return MAPPED[about.resourceType].extract
        try:
            return extract_of(about.resourceType, _bill(about))
        except (AttributeError, TypeError):
            return MAPPED[about.resourceType].extract  # malformed: let the schema say so

    def _notes(self, passed: Mapping[str, list[int]]) -> list[tuple[str, Mapping[str, str]]]:
        found: list[tuple[str, Mapping[str, str]]] = []
        for code, entries in passed.items():
            for kind, count in sorted(self._bundle.counts(iter(entries)).items()):
                found.append((code, {"count": str(count), "resource": kind}))
        if self._bundle.partial_dates:
            found.append(("fhir_partial_dates", {"count": str(self._bundle.partial_dates)}))
        asked = [i for i in self._extract if self._bundle.kinds[i] == "Claim"]
        if asked:
            found.append(("fhir_claims_as_documents", {"count": str(len(asked))}))
        foreign: Counter[str] = Counter()
        for i, extract in self._extract.items():
            if extract == "documents" and self._bundle.kinds[i] in ("Claim", "ExplanationOfBenefit"):
                foreign.update(self._foreign(i))
        if foreign:
            words = {"count": str(foreign.total()), "currencies": "、".join(sorted(foreign))}
            found.append(("fhir_foreign_money", words))
        return [*found, *self._items_told()]

    def _items_told(self) -> list[tuple[str, Mapping[str, str]]]:
        """Bills whose lines don't add up to what was billed; Claims in yuan with lines that no bill here settles."""
        wrong, taken = 0, set()
        for i, extract in self._extract.items():
            if extract != "claims" or i in self._bundle.broken:
                continue
            try:
                bill = Source(self._bundle.entry(i), self._links, self._systems)
                lines, total = charge_lines.bearer(bill), claims.submitted(bill)
                if lines is not None:
                    taken.add(lines.number)
                    wrong += total is not None and charge_lines.itemised_fen(lines) != total
            except (Unfit, AttributeError, KeyError, TypeError, ValueError, msgspec.DecodeError, RecursionError):
                continue  # said when it is its turn
        lost = sum(self._itemised_claim(i) not in {None, *taken} for i in self._extract)
        told = (("fhir_items_not_the_total", wrong), ("fhir_items_unsettled", lost))
        return [(code, {"count": str(count)}) for code, count in told if count]

    def _itemised_claim(self, i: int) -> str | None:
        """The number of a Claim in yuan that has lines."""
        about = self._bundle.about.get(i)
        if about is None or about.resourceType != "Claim" or i in self._bundle.broken:
            return None
        try:
            if set(claims.currencies(_bill(about))) != {claims.YUAN}:
                return None
            asked = Source(self._bundle.entry(i), self._links, self._systems)
            return asked.number if charge_lines.bearer(asked) is not None else None
        except (AttributeError, KeyError, TypeError, msgspec.DecodeError, RecursionError):
            return None

    def _foreign(self, i: int) -> list[str]:
        about = self._bundle.about.get(i)
        try:
            named = set(claims.currencies(_bill(about))) - {claims.YUAN} if about else set()
        except (AttributeError, TypeError):
            return []
        return ["/".join(sorted(named))] if named else []

    def chunks(self, after: Token | None = None) -> Iterator[Chunk]:
        start = int(after["entries"]) if after else 0
        for done in range(start, len(self._order), CHUNK):
            group = self._order[done : done + CHUNK]
            yield Chunk(self._parts(group), {"entries": done + len(group)}, (done + len(group)) / len(self._order))

    def _parts(self, entries: Sequence[int]) -> tuple[Part, ...]:
        """The rows of some entries, a part for each extract and place, since a part has one row of each number."""
        rows: defaultdict[tuple[str, str], list[dict[str, object]]] = defaultdict(list)
        refused: defaultdict[str, list[tuple[int, Fault]]] = defaultdict(list)
        for i in entries:
            extract = self._extract[i]
            try:
                made = self._rows(i)
            except Unfit as unfit:
                refused[extract].extend((i, fault) for fault in unfit.faults)
                continue
            for row in made:
                rows[row.extract or extract, row.place].append({ROW: i + 1, **row.values})
        places = sorted({*rows, *((extract, "") for extract in refused)})
        return tuple(
            Part(
                extract,
                extracts()[extract].frame(_frame(extract, rows[extract, place])),
                self._original,
                _refusals(refused[extract] if place == "" else []),
                place,
            )
            for extract, place in places
        )

    def _rows(self, i: int) -> list[mapping.Row]:
        """The rows of an entry. Raises Unfit with everything that is wrong with it."""
        if fault := self._bundle.broken.get(i):
            raise Unfit(fault)
        try:
            resource = self._bundle.resource(i)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unfit(Fault(f"entry[{i}].resource", "fhir_unreadable", str(error)[:80])) from error
        faults = schema.faults_of(resource) or structure.faults_of(resource)
        if faults:
            raise Unfit(*faults)
        source = Source(self._bundle.entry(i), self._links, self._systems)
        return MAPPED[source.kind].make(source)

    def _original(self, row_nos: Sequence[int]) -> list[dict[str, str]]:
        return [{ENTRY: _text(self._bundle.raw[n - 1]), CONTEXT: self._context(n - 1)} for n in row_nos]

    def _context(self, i: int) -> str:
        """The entries an entry refers to, as a JSON array: it can then be corrected and sent on its own."""
        try:
            mentioned = set(references_in(self._bundle.resource(i)))
        except (msgspec.DecodeError, RecursionError, KeyError):
            return "[]"
        found = {n for address in mentioned if (n := self._bundle.position(address)) is not None and n != i}
        return "[" + ",".join(_text(self._bundle.raw[n]) for n in sorted(found)) + "]"


def _bill(about: object) -> Json:
    return {name: getattr(about, name) for name in ("resourceType", "total", "payment") if getattr(about, name)}


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode(errors="replace")


def _frame(extract: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=extracts()[extract].schema, orient="row", strict=True)


def _refusals(faults: list[tuple[int, Fault]]) -> pl.DataFrame:
    lines = [(i + 1, fault.code, fault.path, fault.value) for i, fault in faults]
    return pl.DataFrame(lines, schema=REFUSAL, orient="row")
