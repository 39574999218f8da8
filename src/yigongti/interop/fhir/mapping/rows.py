"""What a mapping gets and gives: the resource with all it refers to, and rows for the extracts of intake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yigongti.interop.fhir.code_systems import Code, CodeSystems
from yigongti.interop.fhir.elements import Json, read_moment
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.interop.fhir.links import Entry, Links, number_of


@dataclass(frozen=True)
class Row:
    """One row of an extract: canonical fields (Extract.schema) → values. ``place`` tells rows of one entry apart;
    ``extract``: of which table, where it is not the resource's own."""

    values: Mapping[str, object]
    place: str = ""
    extract: str = ""


@dataclass
class Source:
    """A resource being mapped, with the bundle around it."""

    entry: Entry
    links: Links
    systems: CodeSystems

    @property
    def resource(self) -> Json:
        return self.entry.resource

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def number(self) -> str | None:
        """The sender's number of this resource."""
        return number_of(self.entry) or None

    def get(self, name: str) -> Any:
        return self.resource.get(name)

    def patient(self, element: str = "subject") -> str | None:
        """The patient's number. Raises Unfit when the reference leads nowhere."""
        return self.links.number(self.get(element), f"{self.kind}.{element}", self.entry)

    def encounter(self) -> str | None:
        """The number of the encounter this belongs to, if any. Raises Unfit when the reference leads nowhere."""
        return self.links.number(self.get("encounter"), f"{self.kind}.encounter", self.entry)

    def code(self, concept: Json | None, *prefer: str) -> Code | None:
        return self.systems.code(concept, prefer)

    def at(self, *elements: str) -> datetime | None:
        """The first of these elements that says when. ``a.b`` goes into a structure. Raises Unfit for no calendar date.

        A date known to the day is preferred to one known to the month or year only.
        """
        partial: datetime | None = None
        for element in elements:
            value: Any = self.resource
            for step in element.split("."):
                value = (value or {}).get(step)
            moment = read_moment(value, f"{self.kind}.{element}")
            if moment is None:
                continue
            if not moment.partial:
                return moment.at
            partial = partial or moment.at
        return partial

    def need(self, value: Any, element: str) -> Any:
        """``value``, or Unfit when it is missing."""
        if value in (None, ""):
            raise Unfit(Fault(f"{self.kind}.{element}", "fhir_missing"))
        return value

    def need_at(self, *elements: str) -> datetime:
        """When it happened. Raises Unfit when nothing says."""
        at = self.at(*elements)
        if at is None:
            raise Unfit(Fault(f"{self.kind}.{elements[0]}", "fhir_no_date"))
        return at

    def resolve(self, reference: Json | None) -> Entry | None:
        return self.links.resolve(reference, self.entry)

    def within(self, entry: Entry) -> "Source":
        """The same bundle seen from another resource of it."""
        return Source(entry, self.links, self.systems)

    def name(self, reference: Json | None) -> str | None:
        return self.links.name(reference, self.entry)
