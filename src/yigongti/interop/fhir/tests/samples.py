"""Small bundles of our own, written by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from yigongti.interop.fhir.bundles import BundleFormat, BundleReader
from yigongti.kernel.intake.api import Incoming, Token

Json = dict[str, Any]
LOINC, ICD10 = "http://loinc.org", "urn:oid:2.16.156.10011.2.3.3.11"


def concept(code: str, name: str, system: str = LOINC) -> Json:
    return {"coding": [{"system": system, "code": code, "display": name}]}


def patient(id: str = "p1", **more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "11010519491231002X"}],
        "name": [{"family": "王", "given": ["秀英"]}],
        "gender": "female",
        "birthDate": "1949-12-31",
        **more,
    }


def encounter(id: str = "e1", **more: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2025-03-01T08:30:00+08:00", "end": "2025-03-08"},
        **more,
    }


def condition(id: str = "c1", **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": id,
        "code": concept("I10.x00x002", "高血压", ICD10),
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "recordedDate": "2025-03-01T09:00:00+08:00",
        **more,
    }


def observation(id: str = "o1", **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept("8867-4", "心率"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2025-03-01T08:32:00+08:00",
        "valueQuantity": {"value": 72, "unit": "/min"},
        **more,
    }


def blood_pressure(id: str = "bp1", **more: Any) -> Json:
    made = observation(
        id,
        code=concept("85354-9", "血压"),
        component=[
            {"code": concept("8480-6", "收缩压"), "valueQuantity": {"value": 186, "unit": "mmHg"}},
            {"code": concept("8462-4", "舒张压"), "valueQuantity": {"value": 112, "unit": "mmHg"}},
        ],
        **more,
    )
    del made["valueQuantity"]
    return made


def bill(id: str = "eob1", currency: str = "CNY", **more: Any) -> Json:
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": id,
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "type": concept("institutional", "Institutional", "http://terminology.hl7.org/CodeSystem/claim-type"),
        "patient": {"reference": "Patient/p1"},
        "created": "2025-03-08T10:12:00+08:00",
        "insurer": {"display": "昆山市医疗保障局"},
        "provider": {"reference": "Organization/h1"},
        "insurance": [{"focal": True, "coverage": {"display": "居民医保"}}],
        "billablePeriod": {"start": "2025-03-01", "end": "2025-03-08"},
        "extension": [{"url": "urn:yigongti:inside-county", "valueBoolean": True}],
        "diagnosis": [{"sequence": 1, "diagnosisReference": {"reference": "Condition/c1"}}],
        "item": [
            {
                "sequence": 1,
                "productOrService": {"text": "住院"},
                "encounter": [{"reference": "Encounter/e1"}],
            }
        ],
        "total": [
            {
                "category": concept("submitted", "Submitted", "http://terminology.hl7.org/CodeSystem/adjudication"),
                "amount": {"value": 5321.40, "currency": currency},
            }
        ],
        "payment": {"amount": {"value": 3725, "currency": currency}},
        **more,
    }


HOSPITAL: Json = {"resourceType": "Organization", "id": "h1", "name": "昆山市第一人民医院"}


def bundle(*resources: Json, type: str = "transaction", **more: Any) -> Json:
    """A bundle whose entries have relative addresses on a server."""
    base = "http://example.org/fhir"
    entries = [
        {
            "fullUrl": f"{base}/{r['resourceType']}/{r.get('id', '0')}",
            "resource": r,
            "request": {"method": "POST", "url": r["resourceType"]},
        }
        for r in resources
    ]
    return {"resourceType": "Bundle", "type": type, "entry": entries, **more}


def written(folder: Path, content: Json | str | bytes, name: str = "bundle.json") -> Incoming:
    """A file as it would be sent."""
    path = folder / name
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Incoming(path, name, path.stat().st_size)


def opened(folder: Path, content: Json | str | bytes) -> BundleReader:
    reader = BundleFormat().open(written(folder, content))
    assert isinstance(reader, BundleReader)
    return reader


def rows(reader: BundleReader, after: Token | None = None) -> dict[str, list[dict[str, Any]]]:
    """All rows by extract, without what is null."""
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in reader.chunks(after):
        for part in chunk.parts:
            for row in part.frame.iter_rows(named=True):
                found.setdefault(part.extract, []).append({k: v for k, v in row.items() if v is not None})
    return found


def refusals(reader: BundleReader) -> list[tuple[int, str, str | None, str | None]]:
    """(entry, code, path, value) of everything refused."""
    frames = [part.refused for chunk in reader.chunks() for part in chunk.parts]
    return sorted(pl.concat(frames).rows(), key=str)


def notes(reader: BundleReader) -> dict[str, Mapping[str, str]]:
    return dict(reader.notes)
