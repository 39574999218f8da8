"""Bundles all the way through intake: facts in the record, the same again changes nothing, corrected ones come in."""

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from tests.support.samples import folder

from yigongti.domains.base.organisation.api import institutions, load_place
from yigongti.domains.base.terminology.api import load_shipped
from yigongti.interop.fhir.tests.samples import (
    HOSPITAL,
    Json,
    bill,
    blood_pressure,
    bundle,
    condition,
    encounter,
    observation,
    patient,
)
from yigongti.interop.fhir.tests.test_synthea import counted, files
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.intake.api import process, receive
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.refused_rows import write

pytestmark = pytest.mark.django_db
ACTOR = system_actor("test")
Fact = apps.get_model("health_record", "Fact")
KIND = {
    "encounters": "encounter",
    "diagnoses": "condition",
    "measurements": "observation",
    "procedures": "procedure",
    "medications": "medication",
    "immunisations": "immunisation",
    "documents": "document",
}


@pytest.fixture
def source() -> int:
    load_shipped(ACTOR)
    load_place(settings.PLACE, actor=ACTOR)
    return institutions(settings.PLACE)[0].id


def sent(content: Json | bytes, source: int) -> Batch:
    data = json.dumps(content, ensure_ascii=False).encode() if isinstance(content, dict) else content
    received = receive(
        io.BytesIO(data), file_name="bundle.json", size=len(data), source_id=source, actor=ACTOR, queue=False
    )
    return process(received.batch.pk)


def kinds() -> Counter[str]:
    return Counter(Fact.objects.unscoped("test").filter(superseded_by=None).values_list("kind", flat=True))


def test_a_stay_in_hospital(source: int) -> None:
    content = bundle(patient(), encounter(), condition(), blood_pressure(), observation())
    batch = sent(content, source)
    assert (batch.state, batch.stored, batch.refused) == (Batch.State.DONE, 6, 0)
    assert kinds() == {"encounter": 1, "condition": 1, "observation": 3}
    pressure = Fact.objects.unscoped("test").get(kind="observation", code="8480-6")
    assert (pressure.value, pressure.unit, pressure.code_system) == (186, "mmHg", "loinc")
    # the same stay in other words: only spacing differs, so the file is new and nothing in it is
    again = sent(json.dumps(content, indent=1).encode(), source)
    assert (again.stored, again.updated, again.unchanged) == (0, 0, 6)


def test_a_correction_replaces(source: int) -> None:
    sent(bundle(patient(), observation()), source)
    batch = sent(bundle(patient(), observation(valueQuantity={"value": 80, "unit": "/min"})), source)
    assert (batch.updated, batch.unchanged) == (1, 1)
    assert Fact.objects.unscoped("test").get(kind="observation", superseded_by=None).value == 80


def test_refused_entries_are_kept_and_come_in_when_corrected(source: int, tmp_path: Path) -> None:
    batch = sent(bundle(patient(), encounter(), observation(valueQuantity={"value": "72"}), condition()), source)
    assert (batch.state, batch.stored, batch.refused) == (Batch.State.DONE, 3, 1)
    text = write(batch, tmp_path).read_text(encoding="utf-8")
    assert "valueQuantity.value 的类型不对" in text
    corrected = sent(text.replace('"value": "72"', '"value": 72').encode(), source)
    assert (corrected.stored, corrected.unchanged, corrected.refused) == (1, 1, 0)
    assert kinds()["observation"] == 1


def test_yuan_are_stored_as_fen_and_dollars_are_not(source: int) -> None:
    hospital = {**HOSPITAL, "name": institutions(settings.PLACE)[0].name}
    shared = (patient(), encounter(), condition(), hospital)
    bureau = next(found.id for found in institutions(settings.PLACE) if found.kind == "insurance_body")
    batch = sent(bundle(*shared, bill("eob1"), bill("eob2", "USD")), bureau)
    assert batch.refused == 0
    claim = Fact.objects.unscoped("test").get(kind="claim")
    assert (claim.total_fen, claim.fund_fen, claim.self_paid_fen) == (532_140, 372_500, 159_640)
    assert Fact.objects.unscoped("test").get(kind="document").total_fen is None


def test_a_file_that_is_no_bundle_stores_nothing(source: int) -> None:
    batch = sent(b'{"resourceType":"Bundle","type":"collection","entry":[', source)
    assert (batch.state, batch.refusal_code) == (Batch.State.REFUSED, "fhir_not_json")
    assert not kinds()


@pytest.mark.samples
def test_the_sample_bundles(source: int) -> None:
    assert folder() is not None
    expected: Counter[str] = Counter()
    for path in files():
        batch = sent(path.read_bytes(), source)
        assert (batch.state, batch.refused) == (Batch.State.DONE, 0), path.name
        expected.update(counted(path))
    residents = expected.pop("residents")
    assert residents == len(files())
    assert kinds() == {KIND[table]: number for table, number in expected.items()}
    before = kinds()
    for path in files()[:3]:
        again = sent(path.read_bytes() + b"\n", source)
        assert (again.stored, again.updated, again.refused) == (0, 0, 0)
    assert kinds() == before
