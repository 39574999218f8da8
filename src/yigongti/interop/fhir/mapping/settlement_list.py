"""What the settlement list (医疗保障基金结算清单) says beyond the plain settlement, out of an ExplanationOfBenefit.

Where FHIR has a place for it, that place is read: other diagnoses, their state on admission, procedures, the way of
discharge, the authorisation. What it has no place for comes in extensions of ours, each ``urn:yigongti:`` and:

    reverses (valueString)            the number of the bill this one takes back; its amounts are below zero
    insured-division (valueString)    where the person is insured, GB/T 2260
    payment-method (valueCode)        item, disease, drg, dip, bed_day, per_head
    age-days, birth-weight (valueInteger)

What others than the pooled fund paid are totals of the categories critical-illness, medical-aid, civil-servant,
large-amount, other-fund, account and self-expense.
"""

from collections.abc import Callable
from typing import Any

from yigongti.interop.fhir.elements import Json, codes
from yigongti.interop.fhir.mapping.clinical import DIAGNOSIS_SYSTEMS, DISCHARGE, PROCEDURE_SYSTEMS
from yigongti.interop.fhir.mapping.rows import Source

EXTENSIONS = {
    "reverses": ("reverses", "valueString"),
    "insured_division": ("insured-division", "valueString"),
    "payment_method": ("payment-method", "valueCode"),
    "age_days": ("age-days", "valueInteger"),
    "birth_weight_g": ("birth-weight", "valueInteger"),
}
TOTALS = {
    "critical_illness_fen": "critical-illness",
    "medical_aid_fen": "medical-aid",
    "civil_servant_fen": "civil-servant",
    "large_amount_fen": "large-amount",
    "other_fund_fen": "other-fund",
    "account_fen": "account",
    "self_expense_fen": "self-expense",
}
BESIDE_THE_FUND = tuple(TOTALS)[:5]
ON_ADMISSION = {"y": "1", "w": "2", "u": "3", "n": "4"}
"""present on admission → 入院病情."""


def settlement_list(source: Source, visit: Json, adjudicated: Callable[[str], int | None]) -> dict[str, object]:
    """The further columns of claims that the bill says, and no others. Raises Unfit for a code it cannot read."""
    found: dict[str, object] = {}
    said = {str(e.get("url")): e for e in source.get("extension") or ()}
    for column, (name, value) in EXTENSIONS.items():
        found[column] = said.get(f"urn:yigongti:{name}", {}).get(value)
    for column, category in TOTALS.items():
        found[column] = adjudicated(category)
    diagnoses = _by_rank(source.get("diagnosis") or [])
    found["other_diagnoses"] = _listed(source, diagnoses[1:], "diagnosis", DIAGNOSIS_SYSTEMS)
    found["procedures"] = _listed(source, _by_rank(source.get("procedure") or []), "procedure", PROCEDURE_SYSTEMS)
    found["admission_conditions"] = _on_admission(diagnoses)
    found["certificate_no"] = _certificate(source)
    leaving = codes([(visit.get("hospitalization") or {}).get("dischargeDisposition") or {}])
    found["discharge_way"] = next((DISCHARGE.get(code, "9") for code in sorted(leaving)), None)
    return {name: value for name, value in found.items() if value not in (None, "")}


def _by_rank(lines: list[Json]) -> list[Json]:
    """Principal or primary first, then as they are numbered."""
    leading = {"principal", "primary"}
    return sorted(lines, key=lambda line: (not leading & codes(line.get("type") or ()), line.get("sequence") or 99))


def _listed(source: Source, lines: list[Json], name: str, systems: tuple[str, ...]) -> str | None:
    """The codes of these lines with | between them; a line without a code is passed over."""
    found = []
    for line in lines:
        concept: Any = line.get(f"{name}CodeableConcept")
        if concept is None and (other := source.resolve(line.get(f"{name}Reference"))):
            concept = other.resource.get("code")
        code = source.code(concept, *systems)
        if code and code.code:
            found.append(code.code)
    return "|".join(found) or None


def _on_admission(diagnoses: list[Json]) -> str | None:
    """The state of each diagnosis on admission; nothing unless all are said, for they are told apart by place."""
    found = [
        next(
            (ON_ADMISSION[code] for code in sorted(codes([line.get("onAdmission") or {}])) if code in ON_ADMISSION), ""
        )
        for line in diagnoses
    ]
    return "|".join(found) if found and all(found) else None


def _certificate(source: Source) -> str | None:
    """The authorisation the bill names, else the number of the referral it was made on."""
    if numbers := source.get("preAuthRef"):
        return str(numbers[0])
    identifier: Json = (source.get("referral") or {}).get("identifier") or {}
    return identifier.get("value")
