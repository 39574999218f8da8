"""Which resource becomes rows of which extract, and by which function.

Adding a resource is one function from a Source to rows, and one line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yigongti.interop.fhir.elements import Json, codes
from yigongti.interop.fhir.mapping import charge_lines, claims, clinical, documents, persons
from yigongti.interop.fhir.mapping.rows import Row, Source

__all__ = ["MAPPED", "SUPPORTING", "Mapped", "Row", "Source", "charge_lines", "claims", "extract_of", "happened"]

NEVER = frozenset({"entered-in-error"})


@dataclass(frozen=True)
class Mapped:
    """``extract`` names the table, ``make`` gives its rows; a resource with one of ``not_yet`` as its status tells of
    something that has not happened, and is passed over."""

    extract: str
    make: Callable[[Source], list[Row]]
    not_yet: frozenset[str] = NEVER


MAPPED: dict[str, Mapped] = {
    "Patient": Mapped("residents", persons.patient, frozenset()),
    "Encounter": Mapped("encounters", clinical.encounter, NEVER | {"planned", "cancelled"}),
    "Condition": Mapped("diagnoses", clinical.condition),
    "Observation": Mapped("measurements", clinical.observation, NEVER | {"registered", "cancelled"}),
    "Procedure": Mapped("procedures", clinical.procedure, NEVER | {"preparation", "not-done"}),
    "MedicationRequest": Mapped("medications", clinical.medication_request, NEVER | {"draft", "cancelled"}),
    "Immunization": Mapped("immunisations", clinical.immunization, NEVER | {"not-done"}),
    "DiagnosticReport": Mapped("documents", documents.diagnostic_report, NEVER | {"registered", "cancelled"}),
    "DocumentReference": Mapped("documents", documents.document_reference),
    "CarePlan": Mapped("documents", documents.care_plan, NEVER | {"draft", "revoked"}),
    "AllergyIntolerance": Mapped("documents", documents.allergy_intolerance),
    "Claim": Mapped("documents", claims.claim, NEVER | {"draft", "cancelled"}),
    "ExplanationOfBenefit": Mapped("claims", claims.explanation_of_benefit, NEVER | {"draft", "cancelled"}),
}

SUPPORTING = frozenset(
    {
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "Medication",
        "Coverage",
        "OperationOutcome",
        "Provenance",
    }
)
"""Resources that are read only where others refer to them: the receipt doesn't mention them."""

PROPOSALS = frozenset({"proposal", "plan"})
REFUTED = frozenset({"refuted", "entered-in-error"})


def happened(kind: str, status: Any, verification: Any, intent: Any) -> bool:
    """Whether a resource tells of something that happened: by its status, whether it was refuted, its intent."""
    if isinstance(status, str) and status in MAPPED[kind].not_yet:
        return False
    if kind == "MedicationRequest" and intent in PROPOSALS:
        return False
    concept: Json = verification if isinstance(verification, dict) else {}
    try:
        return not codes([concept]) & REFUTED
    except (AttributeError, TypeError):
        return True  # malformed: let the schema say so


def extract_of(kind: str, resource: Json) -> str:
    """The extract a resource's rows belong to: a bill goes to claims or documents by its currency."""
    if kind == "ExplanationOfBenefit" and not claims.in_yuan(resource):
        return "documents"
    return MAPPED[kind].extract
