"""The bundle as a file: opened once, never held as objects. Entries are decoded when it is their turn.

The file is mapped into memory and each entry kept as a slice of it, so a bundle of 50 MB costs little more than its
index: kind, id, status and full address of each entry.
"""

import mmap
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from yigongti.interop.fhir.faults import Fault
from yigongti.interop.fhir.links import Entry
from yigongti.interop.fhir.schema import faults_of, resource_types
from yigongti.kernel.intake.api import FileRefused

TYPES = frozenset({"transaction", "batch", "collection"})
LARGEST = 1024 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
REMEMBERED = 2_000

# Elements that R4 doesn't have and R5 requires or usually carries: the sign of another version.
R5_ELEMENTS = {
    "Encounter": ("actualPeriod", "plannedStartDate", "admission"),
    "MedicationRequest": ("medication",),
    "Procedure": ("occurrenceDateTime", "occurrencePeriod"),
    "DocumentReference": ("attester",),
}
R3_ELEMENTS = {
    "Observation": ("context", "related"),
    "Condition": ("context", "assertedDate"),
    "Procedure": ("context", "notDone"),
    "MedicationRequest": ("context",),
    "DiagnosticReport": ("context",),
    "Claim": ("information",),
    "ExplanationOfBenefit": ("claimReference", "totalCost"),
}


VALUES = frozenset(f"value{kind}" for kind in (
    "Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio", "Time", "DateTime", "Period"
))  # fmt: skip


class _Resource(msgspec.Struct):
    """The little of a resource that the index needs. Loosely typed: the schema judges later."""

    resourceType: str
    id: Any = None
    status: Any = None
    intent: Any = None
    verificationStatus: Any = None
    total: Any = None
    payment: Any = None


class _Request(msgspec.Struct):
    method: Any = None


class _Entry(msgspec.Struct):
    fullUrl: str = ""
    resource: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    request: _Request | None = None


class _Bundle(msgspec.Struct):
    resourceType: Any = None
    type: Any = None
    entry: list[msgspec.Raw] | None = None


_PARTIAL_DATE = re.compile(
    rb'"(?:\w+DateTime|recordedDate|authoredOn|date|created|issued|start)"\s*:\s*"[0-9]{4}(?:-[0-9]{2})?"'
)

_as_bundle = msgspec.json.Decoder(_Bundle)
_as_entry = msgspec.json.Decoder(_Entry)
_as_resource = msgspec.json.Decoder(_Resource)
_as_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])
_as_parts = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_as_json = msgspec.json.Decoder()
_as_exact_json = msgspec.json.Decoder(float_hook=Decimal)


class Bundle:
    """An opened bundle: what each entry is, without decoding it all. Entries count from 0, as in ``entry[0]``."""

    def __init__(self, path: Path) -> None:
        text = _mapped(path)
        try:
            bundle = _as_bundle.decode(text)
        except msgspec.ValidationError as error:
            raise FileRefused("fhir_not_json", detail=error) from error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise FileRefused("fhir_not_json", detail=error) from error
        if bundle.resourceType != "Bundle":
            raise FileRefused("fhir_not_bundle", type=str(bundle.resourceType)[:60])
        if bundle.type not in TYPES:
            raise FileRefused("fhir_bundle_type", type=str(bundle.type)[:60])
        if not bundle.entry:
            raise FileRefused("fhir_no_entries")
        self.raw: list[msgspec.Raw] = bundle.entry
        self.broken: dict[int, Fault] = {}
        self.kinds: list[str] = []
        self.about: dict[int, _Resource] = {}
        self.without_value: set[int] = set()
        self.partial_dates = sum(1 for _found in _PARTIAL_DATE.finditer(text))
        self._texts: dict[int, msgspec.Raw] = {}
        self._full_urls: dict[int, str] = {}
        self._by_address: dict[str, int] = {}
        self._unsound: dict[int, bool] = {}
        self._index()
        self.entry = lru_cache(maxsize=REMEMBERED)(self._entry)

    def __len__(self) -> int:
        return len(self.raw)

    def find(self, address: str) -> Entry | None:
        """The entry at a full address or ``Type/id``."""
        i = self._by_address.get(address)
        return self.entry(i) if i is not None and i not in self.broken else None

    def find_sound(self, address: str) -> Entry | None:
        """The same, but only when its resource is of sound FHIR, so that it can be read without care."""
        i = self._by_address.get(address)
        if i is None or i in self.broken:
            return None
        if i not in self._unsound:
            self._unsound[i] = self.kinds[i] not in resource_types() or bool(faults_of(self.resource(i)))
        return None if self._unsound[i] else self.entry(i)

    def position(self, address: str) -> int | None:
        """Which entry is at a full address or ``Type/id``."""
        return self._by_address.get(address)

    def resource(self, i: int) -> dict[str, Any]:
        """The resource of entry ``i`` as JSON with floats: what the schema is checked against."""
        resource: dict[str, Any] = _as_json.decode(self._texts[i])
        return resource

    def _entry(self, i: int) -> Entry:
        """The resource of entry ``i`` with its numbers as they were written, and its full address."""
        return Entry(_as_exact_json.decode(self._texts[i]), self._full_urls.get(i, ""))

    def _index(self) -> None:
        same: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for i, raw in enumerate(self.raw):
            kind = ""
            try:
                entry = _as_entry.decode(raw)
                if isinstance(entry.resource, msgspec.UnsetType):
                    self.broken[i] = Fault(f"entry[{i}].resource", "fhir_no_resource")
                else:
                    self._texts[i] = entry.resource
                    about = _as_resource.decode(entry.resource)
                    kind = about.resourceType
                    self.about[i] = about
                    if kind in R5_ELEMENTS or kind in R3_ELEMENTS:
                        self._look_at(i, kind, _as_keys.decode(entry.resource))
                    if isinstance(about.id, str):
                        same[kind, about.id].append(i)
                        self._by_address.setdefault(f"{kind}/{about.id}", i)
                    if entry.fullUrl:
                        self._full_urls[i] = entry.fullUrl
                        self._by_address.setdefault(entry.fullUrl, i)
                    if entry.request and entry.request.method not in (None, "POST", "PUT"):
                        method = str(entry.request.method)[:20]
                        self.broken[i] = Fault(f"entry[{i}].request.method", "fhir_method", method)
            except (msgspec.DecodeError, RecursionError) as error:
                code = "fhir_no_resource" if "resourceType" in str(error) else "fhir_unreadable"
                self.broken[i] = Fault(f"entry[{i}]", code, str(error)[:80])
            self.kinds.append(kind)
        for (kind, _id), group in same.items():
            if len(group) > 1 and len({bytes(self.raw[i]) for i in group}) > 1:
                for i in group:
                    self.broken[i] = Fault(f"{kind}.id", "same_number")

    def _look_at(self, i: int, kind: str, elements: dict[str, msgspec.Raw]) -> None:
        """Signs of other versions, and observations that say nothing."""
        for version, signs in (("R5", R5_ELEMENTS), ("STU3", R3_ELEMENTS)):
            for name in signs.get(kind, ()):
                if name in elements:
                    raise FileRefused("fhir_other_version", version=version, entry=i + 1, element=f"{kind}.{name}")
        if kind == "Encounter" and bytes(elements.get("class") or b"").lstrip().startswith(b"["):
            raise FileRefused("fhir_other_version", version="R5", entry=i + 1, element="Encounter.class")
        if kind == "Observation" and not VALUES & elements.keys() and not _has_values(elements.get("component")):
            self.without_value.add(i)

    def counts(self, entries: Iterator[int]) -> Counter[str]:
        """How many entries there are of each kind among some."""
        return Counter(self.kinds[i] for i in entries)


def _has_values(components: msgspec.Raw | None) -> bool:
    if components is None:
        return False
    try:
        return any(VALUES & part.keys() for part in _as_parts.decode(components))
    except msgspec.DecodeError:
        return True  # malformed: let the schema say so


def _mapped(path: Path) -> memoryview:
    size = path.stat().st_size
    if size > LARGEST:
        raise FileRefused("too_large", size=f"{size >> 20} MB", limit=f"{LARGEST >> 20} MB")
    if size == 0:
        raise FileRefused("empty_file")
    with path.open("rb") as stream:
        text = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    return text[len(BOM) :] if bytes(text[: len(BOM)]) == BOM else text
