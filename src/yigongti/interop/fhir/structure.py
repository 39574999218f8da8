"""What the JSON schema of R4 leaves open for the resources we take: required simple elements, choices of which only one
may be there, and rules that keep a resource from contradicting itself. Names of rules are those of the standard.
"""

from collections.abc import Iterator
from typing import Any

from yigongti.interop.fhir.elements import read_moment
from yigongti.interop.fhir.faults import Fault, Unfit

REQUIRED: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("patient",),
    "CarePlan": ("status", "intent", "subject"),
    "Claim": ("status", "use", "created", "patient"),
    "Condition": ("subject",),
    "DiagnosticReport": ("status", "code", "subject"),
    "DocumentReference": ("status", "content"),
    "Encounter": ("status", "class"),
    "ExplanationOfBenefit": ("status", "use", "created", "outcome", "patient"),
    "Immunization": ("status", "vaccineCode", "patient"),
    "MedicationRequest": ("status", "intent", "subject"),
    "Observation": ("status", "code"),
    "Procedure": ("status", "subject"),
}
"""Elements with a minimum of one. A simple element may be replaced by its ``_`` twin that says why it is absent."""

CHOICES: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("onset",),
    "Condition": ("onset", "abatement"),
    "DiagnosticReport": ("effective",),
    "Immunization": ("occurrence",),
    "MedicationRequest": ("medication", "reported"),
    "Observation": ("value", "effective"),
    "Patient": ("deceased", "multipleBirth"),
    "Procedure": ("performed",),
}
REQUIRED_CHOICES = {"Immunization": ("occurrence",), "MedicationRequest": ("medication",)}


def faults_of(resource: dict[str, Any]) -> list[Fault]:
    """What is wrong beyond the schema."""
    kind: str = resource["resourceType"]
    return [*_missing(kind, resource), *_choices(kind, resource), *_rules(kind, resource), *_periods(kind, resource)]


def chosen(resource: dict[str, Any], prefix: str) -> list[str]:
    """The elements of a choice that are there: ``value`` → ``["valueQuantity"]``."""
    size = len(prefix)
    return [name for name in resource if name.startswith(prefix) and name[size : size + 1].isupper()]


def _missing(kind: str, resource: dict[str, Any]) -> Iterator[Fault]:
    for name in REQUIRED.get(kind, ()):
        if name not in resource and f"_{name}" not in resource:
            yield Fault(f"{kind}.{name}", "fhir_missing")
    for prefix in REQUIRED_CHOICES.get(kind, ()):
        if not chosen(resource, prefix):
            yield Fault(f"{kind}.{prefix}[x]", "fhir_missing")


def _choices(kind: str, resource: dict[str, Any]) -> Iterator[Fault]:
    for prefix in CHOICES.get(kind, ()):
        names = chosen(resource, prefix)
        if len(names) > 1:
            yield Fault(f"{kind}.{prefix}[x]", "fhir_two_choices", ", ".join(names))
    if kind == "Observation":
        for i, component in enumerate(resource.get("component") or ()):
            names = chosen(component, "value")
            if len(names) > 1:
                yield Fault(f"{kind}.component[{i}].value[x]", "fhir_two_choices", ", ".join(names))


def _rules(kind: str, resource: dict[str, Any]) -> Iterator[Fault]:
    if kind == "Observation":
        if chosen(resource, "value") and "dataAbsentReason" in resource:
            yield Fault("Observation.dataAbsentReason", "fhir_rule", "obs-6")
        own = {_codings(resource.get("code"))} - {frozenset()}
        for i, component in enumerate(resource.get("component") or ()):
            if chosen(resource, "value") and _codings(component.get("code")) in own:
                yield Fault(f"Observation.component[{i}].code", "fhir_rule", "obs-7")
    if kind == "Condition":
        verified = {coding.get("code") for coding in (resource.get("verificationStatus") or {}).get("coding") or ()}
        if "entered-in-error" in verified and "clinicalStatus" in resource:
            yield Fault("Condition.clinicalStatus", "fhir_rule", "con-5")
    for i, inner in enumerate(resource.get("contained") or ()):
        if "contained" in inner:
            yield Fault(f"{kind}.contained[{i}].contained", "fhir_rule", "dom-2")


def _codings(concept: dict[str, Any] | None) -> frozenset[tuple[str | None, str | None]]:
    codings = (concept or {}).get("coding") or ()
    return frozenset((coding.get("system"), coding.get("code")) for coding in codings)


def _periods(kind: str, resource: dict[str, Any]) -> Iterator[Fault]:
    for name, value in resource.items():
        if isinstance(value, dict) and ("start" in value or "end" in value) and name.lower().endswith("period"):
            try:
                start, end = (read_moment(value.get(part), f"{kind}.{name}.{part}") for part in ("start", "end"))
            except Unfit as unfit:
                yield from unfit.faults
                continue
            if start and end and end.latest < start.at:  # per-1
                yield Fault(f"{kind}.{name}", "fhir_backwards")
