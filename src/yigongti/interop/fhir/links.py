"""References between resources: inside a resource (``#x``), in the bundle (full address or ``Type/id``), or outside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from yigongti.interop.fhir.elements import Json, human_name
from yigongti.interop.fhir.faults import Fault, Unfit


@dataclass(frozen=True)
class Entry:
    """A resource and the full address its entry gives it."""

    resource: Json
    full_url: str = ""


Find = Callable[[str], Entry | None]


class Links:
    """Finds what a reference means. ``find`` and ``find_sound`` give the entry at an address (full, or ``Type/id``) of
    the bundle: any, or only one whose resource is of sound FHIR."""

    def __init__(self, find: Find, find_sound: Find) -> None:
        self._find = find
        self._find_sound = find_sound

    def resolve(self, reference: Json | None, entry: Entry) -> Entry | None:
        """The entry a reference of ``entry``'s resource points at; None when it isn't in the file, or is not sound."""
        return self._resolve(reference, entry, self._find_sound)

    def _resolve(self, reference: Json | None, entry: Entry, find: Find) -> Entry | None:
        text = str((reference or {}).get("reference") or "")
        if not text:
            return None
        if text.startswith("#"):
            for inner in entry.resource.get("contained") or ():
                if inner.get("id") == text[1:]:
                    return Entry(inner, entry.full_url)
            return None
        for address in _addresses(text, entry.full_url):
            if found := find(address):
                return found
        return None

    def number(self, reference: Json | None, path: str, entry: Entry) -> str | None:
        """The sender's number of the patient or encounter referred to; None without a reference.

        Outside the bundle the reference itself carries it: its identifier, or the id in ``Patient/123``.
        Raises Unfit for a reference that leads nowhere.
        """
        if not reference:
            return None
        # the number of a resource that is refused itself still says whom the others are about
        if found := self._resolve(reference, entry, self._find):
            return number_of(found)
        text = str(reference.get("reference") or "")
        if identifier := (reference.get("identifier") or {}).get("value"):
            return str(identifier)
        if text and not text.startswith(("#", "urn:")):
            return text.partition("/_history/")[0].rstrip("/").rpartition("/")[2]
        raise Unfit(Fault(path, "fhir_reference", text[:80] or None))

    def name(self, reference: Json | None, entry: Entry) -> str | None:
        """The name of whom a reference means: as the reference shows it, else as the resource says."""
        if not reference:
            return None
        found = self.resolve(reference, entry)
        if found is None:
            return reference.get("display")
        resource = found.resource
        if resource.get("resourceType") == "PractitionerRole":
            return self.name(resource.get("practitioner"), found) or self.name(resource.get("organization"), found)
        name = resource.get("name")
        return (human_name(name) if isinstance(name, list) else name) or reference.get("display")


def _addresses(text: str, full_url: str) -> Iterator[str]:
    """The addresses to try for a reference, most exact first."""
    text = text.partition("/_history/")[0]
    yield text
    if "://" in text or text.startswith("urn:"):
        kind_and_id = "/".join(text.rsplit("/", 2)[-2:]) if "://" in text else ""
        if kind_and_id:
            yield kind_and_id
    elif "://" in full_url:
        yield f"{full_url.rsplit('/', 2)[0]}/{text}"


def number_of(entry: Entry) -> str:
    """The sender's own number of a resource, the same each time it is sent.

    A patient's medical record number and an encounter's visit number, where they are marked as such; else the
    resource's id, else the address of its entry, else its only identifier. "" when it has none of these.
    """
    resource = entry.resource
    wanted = {"Patient": "MR", "Encounter": "VN"}.get(str(resource.get("resourceType")))
    identifiers: list[dict[str, Any]] = [i for i in _identifiers(resource) if i.get("value") and i.get("use") != "old"]
    if wanted:
        for identifier in identifiers:
            if wanted in _type_codes(identifier):
                return str(identifier["value"])
    if resource.get("id"):
        return str(resource["id"])
    if entry.full_url:
        return entry.full_url.removeprefix("urn:uuid:").removeprefix("urn:oid:").rsplit("/", 1)[-1]
    return str(identifiers[0]["value"]) if len(identifiers) == 1 else ""


def _identifiers(resource: Json) -> list[dict[str, Any]]:
    found = resource.get("identifier")
    listed = found if isinstance(found, list) else [found]
    return [identifier for identifier in listed if isinstance(identifier, dict)]


def _type_codes(identifier: dict[str, Any]) -> set[str]:
    """Careful, since the resource may not be sound."""
    concept = identifier.get("type")
    codings = concept.get("coding") if isinstance(concept, dict) else None
    listed = codings if isinstance(codings, list) else []
    return {str(coding.get("code")) for coding in listed if isinstance(coding, dict)}


def references_in(value: Any) -> Iterator[str]:
    """Every reference written anywhere in a resource."""
    if isinstance(value, dict):
        if isinstance(reference := value.get("reference"), str):
            yield reference
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)
