"""What a resource becomes, element by element, against rows written by hand."""

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from yigongti.interop.fhir.tests.samples import (
    HOSPITAL,
    ICD10,
    bill,
    blood_pressure,
    bundle,
    concept,
    condition,
    encounter,
    notes,
    observation,
    opened,
    patient,
    refusals,
    rows,
)

CHINA = ZoneInfo("Asia/Shanghai")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type,misc]


def test_patient(tmp_path: Path) -> None:
    person = patient(
        telecom=[{"system": "phone", "use": "mobile", "value": "13800000000"}],
        address=[{"text": "昆山市玉山镇某某村"}],
    )
    person["identifier"] += [
        {"type": concept("MR", "病案号", "http://terminology.hl7.org/CodeSystem/v2-0203"), "value": "M7"},
        {"type": concept("HC", "健康卡", "http://terminology.hl7.org/CodeSystem/v2-0203"), "value": "K9"},
    ]
    assert rows(opened(tmp_path, bundle(person)))["residents"] == [
        {
            "row_no": 1,
            "patient_no": "M7",
            "name": "王秀英",
            "sex": "2",
            "birth_date": date(1949, 12, 31),
            "id_type": "01",
            "id_number": "11010519491231002X",
            "phone": "13800000000",
            "address": "昆山市玉山镇某某村",
            "card_no": "K9",
        }
    ]


V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


@pytest.mark.parametrize(
    ("identifiers", "kept"),
    [
        ([("SS", "http://hl7.org/fhir/sid/us-ssn", "999-98-7415")], ("99", "999-98-7415")),
        ([("DL", "urn:oid:2.16.840.1.113883.4.3.25", "S99")], ("99", "S99")),
        ([("DL", "urn:oid:2.16.156.10011.1.99", "320583")], ("05", "320583")),
        ([("SS", "", "9"), ("PPN", "", "X12")], ("03", "X12")),
        ([("NI", "", "11010519491231002X")], ("01", "11010519491231002X")),
        ([("NI", "", "SVNR 1234")], ("99", "SVNR 1234")),
        ([("NNCHN", "", "11010519491231002X"), ("PPN", "", "E1")], ("01", "11010519491231002X")),
        ([("MR", "", "M7")], (None, None)),
    ],
)
def test_identity_documents(
    tmp_path: Path, identifiers: list[tuple[str, str, str]], kept: tuple[str | None, str | None]
) -> None:
    person = patient(
        identifier=[
            {"type": concept(type, type, V2), "value": value, **({"system": system} if system else {})}
            for type, system, value in identifiers
        ]
    )
    (row,) = rows(opened(tmp_path, bundle(person)))["residents"]
    assert (row.get("id_type"), row.get("id_number")) == kept


def test_encounter_and_its_diagnoses(tmp_path: Path) -> None:
    visit = encounter(
        diagnosis=[
            {"condition": {"reference": "Condition/c2"}, "rank": 2},
            {"condition": {"reference": "Condition/c1"}, "rank": 1},
        ],
        serviceType={"text": "心血管内科"},
        participant=[{"individual": {"reference": "Practitioner/d1"}}],
        hospitalization={"dischargeDisposition": concept("aadvice", "Left against advice", "x")},
    )
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "李", "given": ["明"]}]}
    second = condition("c2", code=concept("E11.900", "2型糖尿病", ICD10), recordedDate="2025-03")
    made = rows(opened(tmp_path, bundle(second, condition(), visit, doctor, patient())))
    assert made["encounters"] == [
        {
            "row_no": 3,
            "patient_no": "p1",
            "encounter_no": "e1",
            "setting": "inpatient",
            "started_at": at(2025, 3, 1, 8, 30),
            "ended_at": at(2025, 3, 8),
            "department": "心血管内科",
            "doctor": "李明",
            "main_diagnosis_code": "I10.x00x002",
            "main_diagnosis": "高血压",
            "code_system": "icd10",
            "discharge_way": "4",
        }
    ]
    shared = {"patient_no": "p1", "encounter_no": "e1", "code_system": "icd10"}
    assert made["diagnoses"] == [
        {
            "row_no": 1,
            **shared,
            "diagnosis_no": "c2",
            "code": "E11.900",
            "diagnosis_name": "2型糖尿病",
            "rank": 2,
            "diagnosed_at": at(2025, 3, 1),
        },
        {
            "row_no": 2,
            **shared,
            "diagnosis_no": "c1",
            "code": "I10.x00x002",
            "diagnosis_name": "高血压",
            "rank": 1,
            "diagnosed_at": at(2025, 3, 1, 9),
        },
    ]


@pytest.mark.parametrize(
    ("code", "setting"),
    [("AMB", "outpatient"), ("EMER", "emergency"), ("ACUTE", "inpatient"), ("HH", "home"), ("VR", "remote")],
)
def test_settings(tmp_path: Path, code: str, setting: str) -> None:
    made = rows(opened(tmp_path, bundle(patient(), encounter(**{"class": {"code": code}}))))
    assert made["encounters"][0]["setting"] == setting


def test_a_problem_of_no_visit_is_a_diagnosis_too(tmp_path: Path) -> None:
    alone = condition("c9")
    del alone["encounter"]
    (row,) = rows(opened(tmp_path, bundle(patient(), alone)))["diagnoses"]
    assert (row["patient_no"], row.get("encounter_no"), row["diagnosis_no"]) == ("p1", None, "c9")


def test_an_encounter_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    reader = opened(tmp_path, bundle(patient(), encounter(**{"class": {"code": "XYZ"}})))
    assert refusals(reader) == [(2, "fhir_value", "Encounter.class.code", "XYZ")]


def test_blood_pressure_becomes_two_measurements(tmp_path: Path) -> None:
    made = rows(opened(tmp_path, bundle(patient(), blood_pressure(), observation())))["measurements"]
    shared = {"patient_no": "p1", "code_system": "loinc", "measured_at": at(2025, 3, 1, 8, 32)}
    assert sorted(made, key=lambda row: row["measurement_no"]) == [
        {"row_no": 2, **shared, "measurement_no": "bp1.1", "code": "8480-6", "item": "收缩压", "value": "186",
         "unit": "mmHg"},
        {"row_no": 2, **shared, "measurement_no": "bp1.2", "code": "8462-4", "item": "舒张压", "value": "112",
         "unit": "mmHg"},
        {"row_no": 3, **shared, "measurement_no": "o1", "code": "8867-4", "item": "心率", "value": "72",
         "unit": "/min"},
    ]  # fmt: skip


def test_results_keep_the_digits_they_were_written_with(tmp_path: Path) -> None:
    text = json.dumps(bundle(observation(code={"text": "尿酸"}))).replace('"value": 72', '"value": 7.10')
    (row,) = rows(opened(tmp_path, text))["measurements"]
    assert (row["value"], row["code"], row["code_system"]) == ("7.10", "尿酸", "text")


def test_procedure_medication_and_immunization(tmp_path: Path) -> None:
    surgery = {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "code": concept("47.0100", "腹腔镜阑尾切除术", "http://hl7.org/fhir/sid/icd-9-cm"),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "performedPeriod": {"start": "2025-03-02T14:00:00+08:00", "end": "2025-03-02T15:00:00+08:00"},
    }
    order = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "contained": [{"resourceType": "Medication", "id": "drug", "code": {"text": "氨氯地平片 5mg"}}],
        "medicationReference": {"reference": "#drug"},
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2025-03-08T09:00:00+08:00",
        "dosageInstruction": [
            {
                "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}],
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            }
        ],
        "dispenseRequest": {
            "quantity": {"value": 28, "unit": "片"},
            "expectedSupplyDuration": {"value": 28, "code": "d"},
        },
    }
    shot = {
        "resourceType": "Immunization",
        "id": "i1",
        "status": "completed",
        "vaccineCode": concept("140", "流感疫苗", "http://hl7.org/fhir/sid/cvx"),
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2025-10-12",
        "lotNumber": "L1",
        "protocolApplied": [{"doseNumberPositiveInt": 2}],
    }
    made = rows(opened(tmp_path, bundle(patient(), encounter(), surgery, order, shot)))
    assert made["procedures"] == [
        {
            "row_no": 3,
            "patient_no": "p1",
            "procedure_no": "x1",
            "encounter_no": "e1",
            "code": "47.0100",
            "procedure_name": "腹腔镜阑尾切除术",
            "code_system": "icd9cm3",
            "performed_at": at(2025, 3, 2, 14),
            "ended_at": at(2025, 3, 2, 15),
        }
    ]
    assert made["medications"] == [
        {
            "row_no": 4,
            "patient_no": "p1",
            "medication_no": "m1",
            "code": "氨氯地平片 5mg",
            "drug_name": "氨氯地平片 5mg",
            "code_system": "text",
            "quantity": "28",
            "unit": "片",
            "usage": "5 mg, 1 × / 1 d",
            "days": 28,
            "prescribed_at": at(2025, 3, 8, 9),
        }
    ]
    assert made["immunisations"] == [
        {
            "row_no": 5,
            "patient_no": "p1",
            "immunisation_no": "i1",
            "code": "140",
            "vaccine": "流感疫苗",
            "code_system": "cvx",
            "dose_no": 2,
            "lot_no": "L1",
            "given_at": at(2025, 10, 12),
        }
    ]


def test_documents(tmp_path: Path) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "1",
        "status": "final",
        "code": {"text": "生命体征"},
        "subject": {"reference": "Patient/p1"},
        "issued": "2025-03-01T10:00:00Z",
        "conclusion": "血压高",
        "result": [{"reference": "Observation/bp1"}, {"display": "未附"}],
    }
    letter = {
        "resourceType": "DocumentReference",
        "id": "1",
        "status": "current",
        "type": concept("18842-5", "出院小结"),
        "subject": {"reference": "Patient/p1"},
        "date": "2025-03-08T09:00:00+08:00",
        "content": [
            {"attachment": {"contentType": "text/plain", "data": base64.b64encode("好转出院".encode()).decode()}},
            {"attachment": {"contentType": "application/pdf", "data": "AAAA", "title": "小结.pdf"}},
        ],
    }
    plan = {
        "resourceType": "CarePlan",
        "id": "1",
        "status": "active",
        "intent": "plan",
        "category": [{"text": "高血压管理"}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2025-03-08"},
        "activity": [{"detail": {"code": {"text": "低盐饮食"}, "status": "in-progress"}}],
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "1",
        "code": {"text": "青霉素"},
        "patient": {"reference": "Patient/p1"},
        "recordedDate": "2025-03-01",
    }
    made = rows(opened(tmp_path, bundle(patient(), blood_pressure(), report, letter, plan, allergy)))["documents"]
    assert [(row["document_no"], row["title"], row.get("content"), row["written_at"]) for row in made] == [
        ("DR-1", "生命体征", "血压高\n血压: 186 mmHg, 112 mmHg\n未附", at(2025, 3, 1, 18)),
        ("DOC-1", "出院小结", "好转出院\n[application/pdf] 小结.pdf", at(2025, 3, 8, 9)),
        ("CP-1", "高血压管理", "- 低盐饮食 (in-progress)", at(2025, 3, 8)),
        ("AI-1", "过敏：青霉素", None, at(2025, 3, 1)),
    ]


def test_a_settled_bill_in_yuan_is_a_claim(tmp_path: Path) -> None:
    reader = opened(tmp_path, bundle(patient(), encounter(), condition(), HOSPITAL, bill()))
    assert rows(reader)["claims"] == [
        {
            "row_no": 5,
            "patient_no": "p1",
            "claim_no": "eob1",
            "institution_name": "昆山市第一人民医院",
            "inside_county": True,
            "setting": "inpatient",
            "started_at": at(2025, 3, 1),
            "ended_at": at(2025, 3, 8),
            "settled_at": at(2025, 3, 8, 10, 12),
            "main_diagnosis_code": "I10.x00x002",
            "main_diagnosis": "高血压",
            "code_system": "icd10",
            "total_fen": 532140,
            "fund_fen": 372500,
            "self_paid_fen": 159640,
        }
    ]
    assert "documents" not in rows(reader) and reader.notes == []


@pytest.mark.parametrize("currency", ["USD", "HKD"])
def test_money_of_other_countries_never_becomes_fen(tmp_path: Path, currency: str) -> None:
    reader = opened(tmp_path, bundle(patient(), encounter(), condition(), HOSPITAL, bill(currency=currency)))
    made = rows(reader)
    assert "claims" not in made
    (document,) = made["documents"]
    assert document["title"] == f"费用结算 5321.4 {currency}"
    assert document["content"] == f"Submitted: 5321.4 {currency}\npayment: 3725 {currency}\n住院"
    assert not any(name.endswith("_fen") for name in document)
    assert notes(reader)["fhir_foreign_money"] == {"count": "1", "currencies": currency}


def test_a_claim_asks_for_money_and_is_no_settlement(tmp_path: Path) -> None:
    asked = bill("cl1")
    for name in ("outcome", "payment", "total"):
        del asked[name]
    asked |= {
        "resourceType": "Claim",
        "priority": {"text": "normal"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "居民医保"}}],
        "total": {"value": 5321.4, "currency": "CNY"},
    }
    reader = opened(tmp_path, bundle(patient(), encounter(), condition(), HOSPITAL, asked))
    made = rows(reader)
    assert "claims" not in made and made["documents"][0]["title"] == "费用申请 5321.4 CNY"
    assert notes(reader) == {"fhir_claims_as_documents": {"count": "1"}}


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"extension": []}, "ExplanationOfBenefit.extension(urn:yigongti:inside-county)", "fhir_missing"),
        (
            {"payment": {"amount": {"value": 3725.005, "currency": "CNY"}}},
            "ExplanationOfBenefit.payment.amount.value",
            "fhir_value",
        ),
        ({"item": []}, "ExplanationOfBenefit.item.encounter", "fhir_missing"),
    ],
)
def test_a_bill_in_yuan_must_say_what_the_figures_need(
    tmp_path: Path, change: dict[str, Any], path: str, code: str
) -> None:
    made = bill(**change)
    made = {name: value for name, value in made.items() if value != []}
    reader = opened(tmp_path, bundle(patient(), encounter(), condition(), HOSPITAL, made))
    assert [(fault[1], fault[2]) for fault in refusals(reader)] == [(code, path)]


def test_what_has_not_happened_is_passed_over_and_told(tmp_path: Path) -> None:
    entered = {"coding": [{"code": "entered-in-error"}]}
    reader = opened(
        tmp_path,
        bundle(
            patient(),
            encounter(status="planned"),
            observation(status="cancelled"),
            condition(verificationStatus=entered),
            {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active"},
            {"resourceType": "Goal", "id": "h", "lifecycleStatus": "active"},
            HOSPITAL,
        ),
    )
    assert list(rows(reader)) == ["residents"]
    assert reader.notes == [
        ("fhir_not_happened", {"count": "1", "resource": "Condition"}),
        ("fhir_not_happened", {"count": "1", "resource": "Encounter"}),
        ("fhir_not_happened", {"count": "1", "resource": "Observation"}),
        ("fhir_unmapped", {"count": "2", "resource": "Goal"}),
    ]


def test_observations_without_a_value_are_told(tmp_path: Path) -> None:
    panel = observation("panel", hasMember=[{"reference": "Observation/o1"}])
    del panel["valueQuantity"]
    reader = opened(tmp_path, bundle(patient(), panel, observation()))
    assert len(rows(reader)["measurements"]) == 1
    assert notes(reader)["fhir_without_value"] == {"count": "1", "resource": "Observation"}
