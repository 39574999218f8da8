"""A bill in FHIR as a settlement list; and the open samples, whose bills are in dollars and never settlements."""

import json
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.claims.county import NAMES, Here, standing
from tests.intake.county import counts, send
from tests.support.samples import folder
from yigongti.interop.fhir.tests.samples import bill, bundle, concept, condition, encounter, patient
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.refused_rows import reasons

pytestmark = pytest.mark.django_db

ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"
ICD10 = "http://hl7.org/fhir/sid/icd-10"


def amount(category: str, value: float) -> dict[str, object]:
    return {"category": concept(category, category, ADJUDICATION), "amount": {"value": value, "currency": "CNY"}}


def said(name: str, kind: str, value: object) -> dict[str, object]:
    return {"url": f"urn:yigongti:{name}", kind: value}


def sent(here: Here, *bills: dict[str, object]) -> Batch:
    hospital = {"resourceType": "Organization", "id": "h1", "name": NAMES["hospital"]}
    content = bundle(patient(), encounter(), condition(), hospital, *bills)
    return send(json.dumps(content, ensure_ascii=False).encode(), here.bureau, "bundle.json")


def test_a_bill_says_what_the_settlement_list_asks(here: Here) -> None:
    state = "http://terminology.hl7.org/CodeSystem/ex-diagnosis-on-admission"
    first_rank = [concept("principal", "Principal", "http://terminology.hl7.org/CodeSystem/ex-diagnosistype")]
    codes = [
        {
            "sequence": 2,
            "diagnosisCodeableConcept": concept("E11.900", "2型糖尿病", ICD10),
            "onAdmission": concept("y", "Yes", state),
        },
        {
            "sequence": 1,
            "diagnosisCodeableConcept": concept("J18.900", "肺炎", ICD10),
            "type": first_rank,
            "onAdmission": concept("n", "No", state),
        },
    ]
    first = bill(
        diagnosis=codes,
        preAuthRef=["ZZ2025001"],
        total=[amount("submitted", 5000), amount("critical-illness", 200), amount("medical-aid", 50.5)],
        payment={"amount": {"value": 3500, "currency": "CNY"}},
        extension=[
            said("inside-county", "valueBoolean", True), said("insured-division", "valueString", "320583"),
            said("payment-method", "valueCode", "drg"), said("birth-weight", "valueInteger", 3100),
        ],
    )  # fmt: skip
    batch = sent(here, first)
    assert counts(batch)[3] == 0, [one.words_with_example for one in reasons(batch)]
    [fact] = standing()
    assert (fact.total_fen, fact.fund_fen, fact.self_paid_fen) == (500_000, 350_000, 124_950)
    wanted = {
        "critical_illness_fen": 20_000,
        "medical_aid_fen": 5_050,
        "certificate_no": "ZZ2025001",
        "payment_method": "drg",
        "insured_division": "320583",
        "birth_weight_g": 3100,
        "other_diagnoses": "E11.900",
        "admission_conditions": "4|1",
    }
    assert {name: fact.detail[name] for name in wanted} == wanted
    assert fact.code == "J18.900"


def test_a_bill_takes_another_back(here: Here) -> None:
    minus = bill(
        "eob2",
        total=[amount("submitted", -5321.4)],
        payment={"amount": {"value": -3725, "currency": "CNY"}},
        extension=[said("inside-county", "valueBoolean", True), said("reverses", "valueString", "eob1")],
    )
    assert counts(sent(here, bill(), minus))[3] == 0
    found = standing()
    assert sum(fact.fund_fen or 0 for fact in found) == 0
    assert [fact.detail.get("reverses") for fact in found] == [None, "eob1"]


def test_money_below_zero_without_a_word_is_refused(here: Here) -> None:
    minus = bill("eob2", total=[amount("submitted", -1)], payment={"amount": {"value": -1, "currency": "CNY"}})
    assert counts(sent(here, minus))[3] == 1
    assert standing() == []


@pytest.mark.samples
def test_the_samples_bills_are_kept_and_never_counted(here: Here, settings: LazySettings) -> None:
    place = folder()
    files: list[Path] = sorted((place / "fhir-synthea-r4").glob("*.json"))[:2] if place else []
    if not files:
        pytest.skip("no sample bundles: set YIGONGTI_SAMPLES")
    bills = 0
    for path in files:
        bills += path.read_text(encoding="utf-8").count('"resourceType": "ExplanationOfBenefit"')
        batch = send(path, here.bureau, path.name)
        assert batch.finished
    assert bills > 0 and standing() == []
