"""Files as a whole, entries that are broken, references, order, resuming, and the file of refused entries."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yigongti.interop.fhir import bundles
from yigongti.interop.fhir.bundles import BundleFormat
from yigongti.interop.fhir.tests.samples import (
    HOSPITAL,
    Json,
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
    written,
)
from yigongti.kernel.intake.api import FileRefused, RefusedLine, explain


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty_file", ""),
        (b'{"resourceType":"Bundle","type":"collection","entry":[', "fhir_not_json", "truncated"),
        (b"not json at all", "fhir_not_json", ""),
        (b"[1,2]", "fhir_not_json", ""),
        (b'{"resourceType":"Bundle","type":"collection","entry":{}}', "fhir_not_json", "entry"),
        (b'{"a":' * 5_000, "fhir_not_json", ""),
        (json.dumps(patient()).encode(), "fhir_not_bundle", "Patient"),
        (b'{"hello":"world"}', "fhir_not_bundle", ""),
        (json.dumps(bundle(patient(), type="history")).encode(), "fhir_bundle_type", "history"),
        (json.dumps(bundle(patient(), type="searchset")).encode(), "fhir_bundle_type", "searchset"),
        (json.dumps(bundle(patient(), type="document")).encode(), "fhir_bundle_type", "document"),
        (b'{"resourceType":"Bundle","type":"collection"}', "fhir_no_entries", ""),
        (json.dumps(bundle(HOSPITAL)).encode(), "fhir_nothing_to_store", "Organization"),
    ],
)
def test_files_that_cannot_be_taken(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        opened(tmp_path, content)
    assert refused.value.code == code
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("resource", "version", "element"),
    [
        (encounter(**{"class": [{"text": "IMP"}]}), "R5", "Encounter.class"),
        (encounter(actualPeriod={"start": "2025-03-01"}), "R5", "Encounter.actualPeriod"),
        ({"resourceType": "MedicationRequest", "medication": {"concept": {"text": "x"}}}, "R5", "MedicationRequest"),
        (observation(context={"reference": "Encounter/e1"}), "STU3", "Observation.context"),
    ],
)
def test_other_versions_are_named(tmp_path: Path, resource: Json, version: str, element: str) -> None:
    with pytest.raises(FileRefused) as refused:
        opened(tmp_path, bundle(patient(), resource))
    assert refused.value.code == "fhir_other_version"
    assert version in str(refused.value) and element in str(refused.value) and "2" in str(refused.value)


def test_xml_is_recognised_and_refused(tmp_path: Path) -> None:
    incoming = written(tmp_path, '<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/></Bundle>', "b.xml")
    assert BundleFormat().recognises(incoming)
    with pytest.raises(FileRefused) as refused:
        BundleFormat().open(incoming)
    assert refused.value.code == "fhir_xml"


def test_what_is_recognised(tmp_path: Path) -> None:
    format = BundleFormat()
    assert format.recognises(written(tmp_path, bundle(patient())))
    assert format.recognises(written(tmp_path, b"\xef\xbb\xbf " + json.dumps(bundle()).encode(), "no-suffix"))
    assert not format.recognises(written(tmp_path, "a,b\n1,2\n", "table.csv"))


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    reader = opened(tmp_path, b"\xef\xbb\xbf" + json.dumps(bundle(patient()), ensure_ascii=False).encode())
    assert rows(reader)["residents"][0]["name"] == "王秀英"


@pytest.mark.parametrize("type", ["transaction", "batch", "collection"])
def test_kinds_of_bundles_that_are_taken(tmp_path: Path, type: str) -> None:
    assert rows(opened(tmp_path, bundle(patient(), type=type)))["residents"]


BROKEN: list[tuple[Any, str, str | None, str | None]] = [
    (None, "fhir_no_resource", "entry[1].resource", None),
    ({"id": "x"}, "fhir_no_resource", "entry[1]", "*"),
    (5, "fhir_unreadable", "entry[1]", "*"),
    (observation(status="done"), "fhir_value", "Observation.status", "done"),
    (observation(foo=1), "fhir_unknown_element", "Observation.foo", None),
    (observation(valueQuantity={"value": "72"}), "fhir_type", "Observation.valueQuantity.value", "number"),
    (observation(effectiveDateTime="1.3.2025"), "fhir_written", "Observation.effectiveDateTime", "1.3.2025"),
    (observation(effectiveDateTime="2025-02-30"), "fhir_not_a_date", "Observation.effectiveDateTime", "2025-02-30"),
    (observation(valueString="x"), "fhir_two_choices", "Observation.value[x]", "valueQuantity, valueString"),
    (observation(dataAbsentReason={"text": "x"}), "fhir_rule", "Observation.dataAbsentReason", "obs-6"),
    (observation(subject={"reference": "urn:uuid:0"}), "fhir_reference", "Observation.subject", "urn:uuid:0"),
    (observation(subject={"reference": "#nobody"}), "fhir_reference", "Observation.subject", "#nobody"),
    (observation(subject={"display": "王"}), "fhir_reference", "Observation.subject", None),
    (encounter(period={"start": "2025-03-02", "end": "2025-03-01"}), "fhir_backwards", "Encounter.period", None),
    (patient("p2", birthDate="31.12.1949"), "fhir_written", "Patient.birthDate", None),
    (patient("p2", name=[{"use": "official"}]), "fhir_missing", "Patient.name", None),
    (patient("p2", contained=[{"resourceType": "Medication", "x": 1}]), "fhir_unknown_element",
     "Patient.contained[0].x", None),
    (patient("p2", contained=[{"resourceType": "Nothing"}]), "fhir_value", "Patient.contained[0].resourceType",
     "Nothing"),
    (observation(subject=True), "fhir_type", "Observation.subject", "object"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "code", "path", "value"), BROKEN)
def test_a_broken_entry_is_refused_with_its_path_and_the_rest_stays(
    tmp_path: Path, resource: Any, code: str, path: str | None, value: str | None
) -> None:
    content = bundle(patient(), observation("fine"))
    entry = {} if resource is None else {"resource": resource}
    content["entry"].insert(1, entry)
    reader = opened(tmp_path, content)
    found = refusals(reader)
    assert [fault[:3] for fault in found] == [(2, code, path)]
    assert value == "*" or found[0][3] == value
    kept = rows(reader)
    assert len(kept["residents"]) == 1 and kept["measurements"][0]["row_no"] == 3
    sentence = explain(code, {"column": path, "value": found[0][3] or "***"})
    assert "…" not in sentence and sentence != explain("nothing", {})


def test_a_resource_without_required_elements_is_told_each(tmp_path: Path) -> None:
    bare = {"resourceType": "Procedure", "id": "x9"}
    assert [fault[1:3] for fault in refusals(opened(tmp_path, bundle(patient(), bare)))] == [
        ("fhir_missing", "Procedure.subject")
    ]
    bare = {**bare, "subject": {"reference": "Patient/p1"}}
    assert [fault[1:3] for fault in refusals(opened(tmp_path, bundle(patient(), bare)))] == [
        ("fhir_missing", "Procedure.status")
    ]
    without = observation("o9")
    del without["status"], without["effectiveDateTime"]
    found = refusals(opened(tmp_path, bundle(patient(), without)))
    assert [fault[1:3] for fault in found] == [("fhir_missing", "Observation.status")]
    without["status"] = "final"
    found = refusals(opened(tmp_path, bundle(patient(), without)))
    assert [fault[1:3] for fault in found] == [("fhir_no_date", "Observation.effectiveDateTime")]


def test_an_element_may_be_absent_with_a_reason(tmp_path: Path) -> None:
    why = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    made = observation(_status=why)
    del made["status"]
    assert rows(opened(tmp_path, bundle(patient(), made)))["measurements"]


def test_a_resource_full_of_faults_is_not_listed_without_end(tmp_path: Path) -> None:
    made = observation(**{f"unknown{i}": 1 for i in range(30)})
    found = refusals(opened(tmp_path, bundle(patient(), made)))
    assert len(found) == 11
    assert ("fhir_too_many", "20") in {(fault[1], fault[3]) for fault in found}


def test_deleting_is_not_for_us(tmp_path: Path) -> None:
    content = bundle(patient(), observation())
    content["entry"][1]["request"] = {"method": "DELETE", "url": "Observation/o1"}
    assert refusals(opened(tmp_path, content)) == [(2, "fhir_method", "entry[1].request.method", "DELETE")]


def test_the_same_id_with_different_contents_is_refused_and_the_same_twice_is_not(tmp_path: Path) -> None:
    differing = bundle(patient(), observation(), observation(valueQuantity={"value": 80}))
    assert [fault[:2] for fault in refusals(opened(tmp_path, differing))] == [(2, "same_number"), (3, "same_number")]
    same = opened(tmp_path, bundle(patient(), observation(), observation()))
    assert refusals(same) == [] and len(rows(same)["measurements"]) == 2


def test_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    resources = [observation(), condition(), encounter(), patient()]
    reader = opened(tmp_path, bundle(*resources))
    order = [part.extract for chunk in reader.chunks() for part in chunk.parts]
    assert order.index("residents") >= 0 and set(order) == {"residents", "encounters", "diagnoses", "measurements"}
    assert [reader._extract[i] for i in reader._order] == ["residents", "encounters", "diagnoses", "measurements"]


REFERENCES: list[tuple[str, str, str]] = [
    ("urn:uuid:6d23a95e-7e18-4201-90ec-9501fa89fbd2", "urn:uuid:6d23a95e-7e18-4201-90ec-9501fa89fbd2", "M1"),
    ("http://a.cn/fhir/Patient/p1", "Patient/p1", "M1"),
    ("http://a.cn/fhir/Patient/p1", "http://a.cn/fhir/Patient/p1", "M1"),
    ("http://a.cn/fhir/Patient/p1", "http://a.cn/fhir/Patient/p1/_history/3", "M1"),
    ("http://a.cn/fhir/Patient/p1", "Patient/somebody-else", "somebody-else"),
]


@pytest.mark.parametrize(("address", "reference", "number"), REFERENCES)
def test_references(tmp_path: Path, address: str, reference: str, number: str) -> None:
    numbered = [{"type": concept("MR", "MR", "x"), "value": "M1"}]
    content = bundle(patient(identifier=numbered), observation(subject={"reference": reference}))
    content["entry"][0]["fullUrl"] = address
    content["entry"][1]["fullUrl"] = "http://a.cn/fhir/Observation/o1"
    assert rows(opened(tmp_path, content))["measurements"][0]["patient_no"] == number


def test_a_resource_without_id_is_numbered_by_the_address_of_its_entry(tmp_path: Path) -> None:
    made = observation()
    del made["id"]
    content = bundle(patient(), made)
    content["entry"][1]["fullUrl"] = "urn:uuid:11111111-2222-3333-4444-555555555555"
    (row,) = rows(opened(tmp_path, content))["measurements"]
    assert row["measurement_no"] == "11111111-2222-3333-4444-555555555555"


def test_a_reference_by_identifier(tmp_path: Path) -> None:
    made = observation(subject={"identifier": {"value": "M9"}})
    assert rows(opened(tmp_path, bundle(made)))["measurements"][0]["patient_no"] == "M9"


def test_dates_known_only_to_the_year_are_told(tmp_path: Path) -> None:
    made = condition(recordedDate="2019", onsetDateTime="2019-07-03")
    reader = opened(tmp_path, bundle(patient(), encounter(), made))
    assert rows(reader)["diagnoses"][0]["diagnosed_at"].isoformat() == "2019-07-03T00:00:00+08:00"
    assert notes(reader)["fhir_partial_dates"] == {"count": "1"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 9), stop=st.integers(0, 12))
def test_reading_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, stop: int
) -> None:
    monkeypatch.setattr(bundles, "CHUNK", size)
    content = bundle(patient(), encounter(), *(observation(f"o{i}") for i in range(5)), blood_pressure(), condition())
    whole = list(opened(tmp_path, content).chunks())
    taken = whole[: min(stop, len(whole))]
    token = taken[-1].after if taken else None
    rest = list(opened(tmp_path, content).chunks(token))
    assert [chunk.after for chunk in taken + rest] == [chunk.after for chunk in whole]
    for one, other in zip(taken + rest, whole, strict=True):
        for mine, theirs in zip(one.parts, other.parts, strict=True):
            assert mine.frame.equals(theirs.frame) and mine.place == theirs.place
    assert whole[-1].progress == 1


def test_refused_entries_come_back_as_a_bundle_to_correct_and_send(tmp_path: Path) -> None:
    content = bundle(
        patient(), encounter(), observation("fine"), observation("odd", encounter={"reference": "Encounter/e1"})
    )
    content["entry"][3]["resource"]["valueQuantity"]["value"] = "72"
    reader = opened(tmp_path, content)
    (part,) = [p for chunk in reader.chunks() for p in chunk.parts if p.refused.height]
    numbers = part.refused["row_no"].to_list()
    lines = [
        RefusedLine(
            extract="measurements",
            row_no=number,
            place="",
            original=original,
            codes=["fhir_type"],
            sentences=["类型不对"],
            sentences_in_english=["wrong type"],
        )
        for number, original in zip(numbers, part.original(numbers), strict=True)
    ]
    path = BundleFormat().refused_file(iter(lines), reader.headers, tmp_path)
    back = json.loads(path.read_text(encoding="utf-8"))
    kinds = [entry["resource"]["resourceType"] for entry in back["entry"]]
    assert kinds == ["Patient", "Encounter", "Observation", "OperationOutcome"]
    told = back["entry"][-1]["resource"]["issue"][0]["diagnostics"]
    assert "entry 4" in told and "Observation/odd" in told and "类型不对" in told
    assert back["entry"][2] == content["entry"][3]
    back["entry"][2]["resource"]["valueQuantity"]["value"] = 72
    again = opened(tmp_path, back)
    assert refusals(again) == [] and again.notes == []
    assert [row["measurement_no"] for row in rows(again)["measurements"]] == ["odd"]


def test_a_missing_schema_is_told_and_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yigongti.interop.fhir import schema

    monkeypatch.setattr(schema, "PACKAGE", Path("node_modules/not-there.json"))
    for cached in (schema._definitions, schema.resource_types, schema._validator):
        cached.cache_clear()
    try:
        with pytest.raises(FileRefused) as refused:
            opened(tmp_path, bundle(patient()))
        assert refused.value.code == "fhir_schema_missing"
    finally:
        monkeypatch.undo()
        for cached in (schema._definitions, schema.resource_types, schema._validator):
            cached.cache_clear()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_in_an_entry_is_a_row_or_a_refusal_and_never_a_crash(tmp_path: Path, data: st.DataObject) -> None:
    """Any JSON value put anywhere into sound resources: each entry ends as rows, a refusal, or a note."""
    resources = [patient(), encounter(), condition(), blood_pressure(), observation()]
    victim = data.draw(st.sampled_from(resources[1:]))
    path: Any = victim
    while True:
        steps = list(path) if isinstance(path, dict) else list(range(len(path)))
        step = data.draw(st.sampled_from(steps))
        if not isinstance(path[step], dict | list) or not path[step] or data.draw(st.booleans()):
            break
        path = path[step]
    junk = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["code", "coding", "value"]), inner)
        ),
        max_leaves=4,
    )
    path[step] = data.draw(junk)
    try:
        reader = opened(tmp_path, bundle(*resources))
    except FileRefused:
        return
    refused = {fault[0] for fault in refusals(reader)}
    stored = {row["row_no"] for table in rows(reader).values() for row in table}
    assert refused.isdisjoint(stored)
    told = sum(int(about["count"]) for code, about in reader.notes if code != "fhir_partial_dates")
    assert len(refused | stored) + told == len(resources)


def test_a_chinese_clock_reads_a_foreign_one(tmp_path: Path) -> None:
    made = observation(effectiveDateTime="2024-12-31T20:00:00-05:00")
    (row,) = rows(opened(tmp_path, bundle(patient(), made)))["measurements"]
    assert row["measured_at"] == datetime(2025, 1, 1, 1, tzinfo=UTC)
