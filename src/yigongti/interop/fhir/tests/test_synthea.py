"""The open sample bundles: every resource is accounted for, counted independently with plain loops over the JSON."""

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from tests.support.samples import folder

from yigongti.interop.fhir.bundles import BundleFormat
from yigongti.kernel.intake.api import Incoming

pytestmark = pytest.mark.samples

TABLES = {
    "Patient": "residents",
    "Encounter": "encounters",
    "Condition": "diagnoses",
    "Procedure": "procedures",
    "MedicationRequest": "medications",
    "Immunization": "immunisations",
    "DiagnosticReport": "documents",
    "CarePlan": "documents",
    "AllergyIntolerance": "documents",
    "Claim": "documents",
    "ExplanationOfBenefit": "documents",  # all of them in dollars
}


def files() -> list[Path]:
    place = folder()
    return sorted((place / "fhir-synthea-r4").glob("*.json")) if place else []


def counted(path: Path) -> Counter[str]:
    """Rows by table, by looking at each resource."""
    found: Counter[str] = Counter()
    for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]:
        resource = entry["resource"]
        kind = resource["resourceType"]
        if kind in TABLES:
            found[TABLES[kind]] += 1
        if kind == "Observation":
            found["measurements"] += any(name.startswith("value") for name in resource)
            for part in resource.get("component", []):
                found["measurements"] += any(name.startswith("value") for name in part)
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem[:20])
def test_every_resource_becomes_what_it_should(path: Path) -> None:
    reader = BundleFormat().open(Incoming(path, path.name, path.stat().st_size))
    made: Counter[str] = Counter()
    for chunk in reader.chunks():
        for part in chunk.parts:
            made[part.extract] += part.frame.height
            assert part.refused.is_empty()
            assert part.frame["row_no"].n_unique() == part.frame.height
            if part.extract == "documents":
                assert part.frame["document_no"].null_count() == 0
    assert made == counted(path)


def test_numbers_are_unique_over_all_bundles() -> None:
    keys = {"encounters": "encounter_no", "measurements": "measurement_no", "documents": "document_no"}
    seen: dict[str, list[pl.Series]] = {name: [] for name in keys}
    for path in files():
        for chunk in BundleFormat().open(Incoming(path, path.name, path.stat().st_size)).chunks():
            for part in chunk.parts:
                if part.extract in keys:
                    seen[part.extract].append(part.frame[keys[part.extract]])
    for series in seen.values():
        whole = pl.concat(series)
        assert whole.n_unique() == whole.len()
