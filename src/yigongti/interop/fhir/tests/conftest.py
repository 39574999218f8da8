"""Code systems by their addresses without a database."""

import pytest

KNOWN = {
    "http://loinc.org": "loinc",
    "urn:oid:2.16.156.10011.2.3.3.11": "icd10",
    "http://hl7.org/fhir/sid/icd-9-cm": "icd9cm3",
}


@pytest.fixture(autouse=True)
def _code_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yigongti.interop.fhir.bundles.system_of", KNOWN.get)
