"""Encounter, Condition, Observation, Procedure, MedicationRequest, Immunization → the extracts of the health record."""

from typing import Any

from yigongti.interop.fhir.elements import Json, codes, concept_text, number, value_text
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.interop.fhir.mapping.rows import Row, Source

SETTINGS = {
    "AMB": "outpatient",
    "PRENC": "outpatient",
    "EMER": "emergency",
    "OBSENC": "emergency",  # 急诊留观: kept for observation, not admitted
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "SS": "inpatient",
    "HH": "home",
    "FLD": "home",
    "VR": "remote",
}
"""ActCode of Encounter.class → 就诊类别."""

DISCHARGE = {"home": "1", "other-hcf": "2", "snf": "2", "rehab": "2", "psy": "2", "aadvice": "4", "exp": "5"}
"""Encounter.hospitalization.dischargeDisposition → 离院方式 (1 on advice, 2 transferred, 4 against advice, 5 died)."""

DIAGNOSIS_SYSTEMS = ("icd10", "icd10cm", "snomed")
PROCEDURE_SYSTEMS = ("icd9cm3", "snomed")


def encounter(source: Source) -> list[Row]:
    """One row of encounters."""
    get = source.get
    setting = SETTINGS.get(str((get("class") or {}).get("code") or "").upper())
    if setting is None:
        raise Unfit(Fault("Encounter.class.code", "fhir_value", str((get("class") or {}).get("code"))[:60]))
    diagnosis = _main_diagnosis(source)
    leaving = codes([(get("hospitalization") or {}).get("dischargeDisposition") or {}])
    performers = [p.get("individual") for p in get("participant") or ()]
    places = [place.get("location") for place in get("location") or ()]
    return [
        Row(
            {
                "patient_no": source.need(source.patient(), "subject"),
                "encounter_no": source.number,
                "setting": setting,
                "started_at": source.need_at("period.start"),
                "ended_at": source.at("period.end"),
                "department": concept_text(get("serviceType")) or next(filter(None, map(source.name, places)), None),
                "doctor": next(filter(None, map(source.name, performers)), None),
                "main_diagnosis_code": diagnosis.code if diagnosis else None,
                "main_diagnosis": diagnosis.name if diagnosis else None,
                "code_system": diagnosis.system if diagnosis else None,
                "discharge_way": next((DISCHARGE.get(code, "9") for code in leaving), None),
            }
        )
    ]


def _main_diagnosis(source: Source) -> Any:
    """The first-ranked diagnosis, a discharge diagnosis before an admission one; else the first reason for coming."""
    found = source.get("diagnosis") or []
    for about in sorted(found, key=lambda d: (d.get("rank") or 99, "DD" not in codes([d.get("use") or {}]))):
        condition = source.resolve(about.get("condition"))
        if condition and (code := source.code(condition.resource.get("code"), *DIAGNOSIS_SYSTEMS)):
            return code
    reasons = source.get("reasonCode") or []
    return source.code(reasons[0], *DIAGNOSIS_SYSTEMS) if reasons else None


def condition(source: Source) -> list[Row]:
    """One row of diagnoses. When it was recorded counts before when it began: a diagnosis is dated by its making."""
    code = source.need(source.code(source.get("code"), *DIAGNOSIS_SYSTEMS), "code")
    return [
        Row(
            {
                "patient_no": source.need(source.patient(), "subject"),
                "encounter_no": source.encounter(),
                "diagnosis_no": source.number,
                "code": code.code,
                "diagnosis_name": code.name,
                "code_system": code.system,
                "rank": _rank(source),
                "diagnosed_at": source.need_at("recordedDate", "onsetDateTime", "onsetPeriod.start"),
            }
        )
    ]


def _rank(source: Source) -> int | None:
    """The place among the diagnoses of its encounter, where the encounter says."""
    visit = source.resolve(source.get("encounter"))
    if visit is None:
        return None
    inside = source.within(visit)
    for about in visit.resource.get("diagnosis") or ():
        named = inside.resolve(about.get("condition"))
        if named is not None and named.resource is source.resource:
            return about.get("rank")
    return None


def observation(source: Source) -> list[Row]:
    """A row of measurements for the value and one for each component (blood pressure has two)."""
    shared: dict[str, object] = {
        "patient_no": source.need(source.patient(), "subject"),
        "encounter_no": source.encounter(),
    }
    rows: list[Row] = []
    whole = _measured(source, source.resource, "Observation", source.number, shared)
    if whole:
        rows.append(Row(whole))
    for i, part in enumerate(source.get("component") or (), start=1):
        path = f"Observation.component[{i - 1}]"
        measured = _measured(source, part, path, f"{source.number}.{i}", shared)
        if measured:
            rows.append(Row(measured, place=f"component {i}"))
    if not rows:
        raise Unfit(Fault("Observation.value[x]", "fhir_missing"))
    return rows


def _measured(
    source: Source, element: Json, path: str, measurement_no: str | None, shared: dict[str, object]
) -> dict[str, object] | None:
    value, unit = value_text(element, path)
    if value is None:
        return None
    code = source.code(element.get("code"), "loinc")
    if code is None:
        raise Unfit(Fault(f"{path}.code", "fhir_missing"))
    at = source.need_at("effectiveDateTime", "effectiveInstant", "effectivePeriod.start", "issued")
    return {
        **shared,
        "measurement_no": measurement_no,
        "code": code.code,
        "item": code.name,
        "code_system": code.system,
        "value": value,
        "unit": unit,
        "measured_at": at,
    }


def procedure(source: Source) -> list[Row]:
    """One row of procedures."""
    code = source.need(source.code(source.get("code"), *PROCEDURE_SYSTEMS), "code")
    performers = [p.get("actor") for p in source.get("performer") or ()]
    return [
        Row(
            {
                "patient_no": source.need(source.patient(), "subject"),
                "procedure_no": source.number,
                "encounter_no": source.encounter(),
                "code": code.code,
                "procedure_name": code.name,
                "code_system": code.system,
                "performed_at": source.need_at("performedDateTime", "performedPeriod.start"),
                "ended_at": source.at("performedPeriod.end"),
                "doctor": next(filter(None, map(source.name, performers)), None),
            }
        )
    ]


def medication_request(source: Source) -> list[Row]:
    """One row of medications: what was ordered, not whether it was taken."""
    get = source.get
    concept = get("medicationCodeableConcept")
    if concept is None:
        medication = source.resolve(get("medicationReference"))
        if medication is None:
            shown = (get("medicationReference") or {}).get("display")
            if not shown:
                raise Unfit(Fault("MedicationRequest.medicationReference", "fhir_reference"))
            concept = {"text": shown}
        else:
            concept = medication.resource.get("code")
    drug = source.need(source.code(concept), "medication[x]")
    dispensed = get("dispenseRequest") or {}
    amount, supply = dispensed.get("quantity") or {}, dispensed.get("expectedSupplyDuration") or {}
    whole_days = supply.get("code") in ("d", "day") or supply.get("unit") in ("d", "day", "days", "天")
    return [
        Row(
            {
                "patient_no": source.need(source.patient(), "subject"),
                "medication_no": source.number,
                "encounter_no": source.encounter(),
                "code": drug.code,
                "drug_name": drug.name,
                "code_system": drug.system,
                "quantity": number(amount["value"]) if "value" in amount else None,
                "unit": amount.get("unit") or amount.get("code"),
                "usage": "；".join(filter(None, map(_usage, get("dosageInstruction") or ()))) or None,
                "days": int(supply["value"]) if whole_days and "value" in supply else None,
                "prescribed_at": source.need_at("authoredOn", "dispenseRequest.validityPeriod.start"),
                "ended_at": source.at("dispenseRequest.validityPeriod.end"),
            }
        )
    ]


def _usage(dosage: Json) -> str | None:
    """A dosage instruction in words: its text, else dose, rhythm and what else is coded."""
    if text := dosage.get("text") or dosage.get("patientInstruction"):
        return str(text)
    words: list[str] = []
    for rate in dosage.get("doseAndRate") or ():
        amount = rate.get("doseQuantity") or {}
        if "value" in amount:
            words.append(f"{number(amount['value'])} {amount.get('unit') or amount.get('code') or ''}".strip())
    timing = dosage.get("timing") or {}
    repeat = timing.get("repeat") or {}
    if repeat.get("frequency") and repeat.get("period") and repeat.get("periodUnit"):
        words.append(f"{repeat['frequency']} × / {number(repeat['period'])} {repeat['periodUnit']}")
    elif timing.get("code"):
        words.append(concept_text(timing["code"]) or "")
    if dosage.get("asNeededBoolean"):
        words.append("必要时")
    words += filter(None, map(concept_text, dosage.get("additionalInstruction") or ()))
    return ", ".join(filter(None, words)) or None


def immunization(source: Source) -> list[Row]:
    """One row of immunisations."""
    vaccine = source.need(source.code(source.get("vaccineCode")), "vaccineCode")
    doses = [p.get("doseNumberPositiveInt") for p in source.get("protocolApplied") or ()]
    return [
        Row(
            {
                "patient_no": source.need(source.patient("patient"), "patient"),
                "immunisation_no": source.number,
                "code": vaccine.code,
                "vaccine": vaccine.name,
                "code_system": vaccine.system,
                "dose_no": next(filter(None, doses), None),
                "lot_no": source.get("lotNumber"),
                "given_at": source.need_at("occurrenceDateTime"),
            }
        )
    ]
