"""Which code system a coding is from, by the key the platform uses; and which coding of several to keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yigongti.interop.fhir.elements import Json, concept_text

USUAL = {
    "http://loinc.org": "loinc",
    "http://hl7.org/fhir/sid/icd-10": "icd10",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd9cm3",
    "http://snomed.info/sct": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "http://hl7.org/fhir/sid/cvx": "cvx",
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "http://hl7.org/fhir/sid/icd-10-pcs": "icd10pcs",
    "http://www.whocc.no/atc": "atc",
    "http://unitsofmeasure.org": "ucum",
    "http://dicom.nema.org/resources/ontology/DCM": "dcm",
}
"""Keys of systems the terminology domain doesn't have (or has not been given yet)."""

LONGEST_SYSTEM, LONGEST_CODE = 40, 60
LOCAL, FREE_TEXT = "local", "text"


@dataclass(frozen=True)
class Code:
    """A code with its name and its system's key. ``system`` is ``local`` where none was named, ``text`` where there
    was no code at all and the words stand in for it."""

    code: str
    name: str
    system: str


class CodeSystems:
    """Finds keys; remembers what it found out while a bundle is read."""

    def __init__(self, known: Callable[[str], str | None]) -> None:
        self._known = known
        self._keys: dict[str, str] = {}

    def key(self, uri: str | None) -> str:
        """The key for a system's address: ours, a usual abbreviation, or (the end of) the address itself."""
        if not uri:
            return LOCAL
        if uri not in self._keys:
            self._keys[uri] = self._known(uri) or USUAL.get(uri) or _short(uri)
        return self._keys[uri]

    def code(self, concept: Json | None, prefer: Sequence[str] = ()) -> Code | None:
        """The coding to keep: of the preferred systems, in their order; else the one the user chose; else the first.

        None for a concept that says nothing.
        """
        codings: list[dict[str, Any]] = [c for c in (concept or {}).get("coding") or () if c.get("code")]
        text = concept_text(concept)
        if not codings:
            return Code(text[:40], text, FREE_TEXT) if text else None
        ranks = {key: rank for rank, key in enumerate(prefer)}
        best = min(codings, key=lambda c: (ranks.get(self.key(c.get("system")), len(ranks)), not c.get("userSelected")))
        name = best.get("display") or (concept or {}).get("text") or best["code"]
        return Code(str(best["code"]), str(name), self.key(best.get("system")))


def _short(uri: str) -> str:
    bare = uri.removeprefix("urn:oid:").removeprefix("https://").removeprefix("http://")
    return bare if len(bare) <= LONGEST_SYSTEM else bare[-LONGEST_SYSTEM:]
