"""Charge lines by FHIR: the items of a settled bill, against the same lines sent as a table."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.claims.county import NAMES, Here, standing
from tests.claims.lines import charged, line
from tests.intake.county import counts, send
from tests.support.samples import folder
from yigongti.domains.money.claims.models import ChargeLine
from yigongti.interop.fhir.tests.samples import bill, bundle, concept, condition, encounter, patient
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.refused_rows import reasons
from yigongti.kernel.lake.api import publish_stale
from yigongti.kernel.lake.models import Part

pytestmark = pytest.mark.django_db

SERVICES = "urn:kunshan:medical-services"
CHARGES = "urn:yigongti:charge-category"


def money(value: float, currency: str = "CNY") -> dict[str, object]:
    return {"value": value, "currency": currency}


def item(n: int, net: float, **more: Any) -> dict[str, Any]:
    """The n-th item of a bill; whatever is not said is one day's ward round."""
    return {
        "sequence": n,
        "productOrService": {
            "coding": [{"system": SERVICES, "code": "110200005", "display": "住院诊查费"}], "text": "住院诊查费",
        },
        "encounter": [{"reference": "Encounter/e1"}],
        "category": concept("consultation", "诊察费", CHARGES),
        "servicedDate": "2025-03-02",
        "quantity": {"value": 1},
        "unitPrice": money(20),
        "net": money(net),
        "extension": [{"url": "urn:yigongti:pay-class", "valueCode": "1"}],
        **more,
    }  # fmt: skip


PILLS = {
    "productOrService": {"text": "阿莫西林胶囊"},
    "category": {"text": "西药费"},
    "servicedPeriod": {"start": "2025-03-03", "end": "2025-03-05"},
    "servicedDate": None,
    "quantity": {"value": 0.5, "unit": "盒"},
    "unitPrice": money(3.1415),
    "extension": [],
}


def without_nothing(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if value is not None and value != []}


def sent(here: Here, *bills: dict[str, object], source: int | None = None) -> Batch:
    hospital = {"resourceType": "Organization", "id": "h1", "name": NAMES["hospital"]}
    content = bundle(patient(), encounter(), condition(), hospital, *bills)
    batch = send(json.dumps(content, ensure_ascii=False).encode(), source or here.bureau, "bundle.json")
    publish_stale()
    return batch


def kept() -> list[tuple[Any, ...]]:
    found = ChargeLine.objects.unscoped("test").filter(superseded_by=None).order_by("claim_no", "line_no")
    return [
        (one.claim_no, one.line_no, one.item_code, one.item_name, one.category, one.quantity, one.unit_price,
         one.amount_fen, one.charged_on, one.pay_class)
        for one in found
    ]  # fmt: skip


def submitted(value: float) -> list[dict[str, object]]:
    category = concept("submitted", "Submitted", "http://terminology.hl7.org/CodeSystem/adjudication")
    return [{"category": category, "amount": money(value)}]


def notes(batch: Batch) -> dict[str, str]:
    return {code: details.get("count", "") for code, details in batch.notes}


def test_items_are_the_lines_that_a_table_would_have_been(here: Here) -> None:
    """Three items written by hand, and the same three as rows of the table: the table changes nothing."""
    items = [item(1, 20), without_nothing(item(2, 1.57, **PILLS)), item(3, -20, quantity={"value": -1})]
    batch = sent(here, bill(item=items, total=submitted(1.57), payment={"amount": money(1)}))
    assert counts(batch)[3] == 0, [one.words_with_example for one in reasons(batch)]
    assert batch.by_extract["claim_items"]["stored"] == 3
    assert [one[1:] for one in kept()] == [
        ("1", "110200005", "住院诊查费", "consultation", 1, 20, 2_000, date(2025, 3, 2), "1"),
        ("2", "", "阿莫西林胶囊", "western", Decimal("0.5"), Decimal("3.1415"), 157, date(2025, 3, 3), ""),
        ("3", "110200005", "住院诊查费", "consultation", -1, 20, -2_000, date(2025, 3, 2), "1"),
    ]
    assert "fhir_items_not_the_total" not in notes(batch)
    assert Part.objects.filter(dataset="claim_items", month=date(2025, 3, 1), rows=3).exists()
    rows = [
        line("eob1", 1),
        line("eob1", 2, item_code="", item_name="阿莫西林胶囊", category="西药费", quantity="0.5",
             unit_price_yuan="3.1415", amount_yuan="1.57", charged_on="2025-03-03", pay_class=""),
        line("eob1", 3, quantity="-1", amount_yuan="-20"),
    ]  # fmt: skip
    stored = counts(charged(rows, here))
    assert (stored[0], stored[3]) == (0, 0) and len(kept()) == 3
    assert ChargeLine.objects.unscoped("test").count() == 3 + stored[1]


def test_the_same_bill_again_changes_nothing_and_a_corrected_item_supersedes(here: Here) -> None:
    first = bill(item=[item(1, 20), item(2, 20)], total=submitted(40), payment={"amount": money(30)})
    sent(here, first)
    again = sent(here, {**first, "language": "zh-CN"})
    assert again.by_extract["claim_items"] == {"stored": 0, "updated": 0, "unchanged": 2, "refused": 0}
    sent(here, {**first, "item": [item(1, 20), item(2, 18)], "total": submitted(38)})
    assert [one[7] for one in kept()] == [2_000, 1_800]
    assert ChargeLine.objects.unscoped("test").count() == 3


def test_lines_of_the_claim_a_bill_settles(here: Here) -> None:
    """The bill says only what was paid; what was charged stands on the Claim it settles. Another Claim is settled by no
    bill here: its lines are told, and not kept."""

    def asked(id: str) -> dict[str, object]:
        return {
            "resourceType": "Claim", "id": id, "status": "active", "use": "claim",
            "type": concept("institutional", "Institutional", "http://terminology.hl7.org/CodeSystem/claim-type"),
            "patient": {"reference": "Patient/p1"}, "created": "2025-03-08T10:00:00+08:00",
            "provider": {"reference": "Organization/h1"}, "priority": {"coding": [{"code": "normal"}]},
            "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "居民医保"}}],
            "item": [item(1, 20), item(2, 30)], "total": money(50),
        }  # fmt: skip

    settled = bill(claim={"reference": "Claim/c1"}, total=submitted(50), payment={"amount": money(30)})
    batch = sent(here, settled, asked("c1"), asked("c2"))
    assert counts(batch)[3] == 0, [one.words_with_example for one in reasons(batch)]
    assert [(one[0], one[1], one[7]) for one in kept()] == [("eob1", "1", 2_000), ("eob1", "2", 3_000)]
    assert notes(batch)["fhir_items_unsettled"] == "1"


def test_lines_that_do_not_add_up_are_told_and_kept(here: Here) -> None:
    """20.00 and 30.00 are not 50.01; a bill that isn't itemised has nothing to add up."""
    off = bill(item=[item(1, 20), item(2, 30)], total=submitted(50.01), payment={"amount": money(30)})
    batch = sent(here, off, bill("eob2"))
    assert counts(batch)[3] == 0 and len(kept()) == 2
    assert notes(batch)["fhir_items_not_the_total"] == "1"


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"net": money(1, "USD")}, "item[0].net.currency", "fhir_value"),
        ({"net": money(1.005)}, "item[0].net.value", "fhir_value"),
        ({"net": money(1e15)}, "item[0].net.value", "fhir_amount"),
        ({"unitPrice": money(1e9)}, "item[0].unitPrice.value", "fhir_amount"),
        ({"quantity": {"value": 1e9}}, "item[0].quantity.value", "fhir_value"),
        ({"quantity": {"value": 0.00001}}, "item[0].quantity.value", "fhir_value"),
        ({"category": {"text": "停车费"}}, "item[0].category", "fhir_value"),
        ({"productOrService": {}}, "item[0].productOrService", "fhir_missing"),
        ({"servicedDate": "2025-02-30"}, "item[0].servicedDate", "fhir_not_a_date"),
    ],
)
def test_an_item_that_cannot_be_read_refuses_the_bill_in_words(
    here: Here, changes: dict[str, Any], path: str, code: str
) -> None:
    batch = sent(here, bill(item=[item(1, 20) | changes], total=submitted(20), payment={"amount": money(10)}))
    assert counts(batch)[3] == 1 and standing() == [] and kept() == []
    [why] = reasons(batch)
    assert path in why.words_with_example or path in why.words
    assert why.code == code


@pytest.mark.parametrize("value", [1e15, 1e30, -1e20])
def test_an_amount_nobody_means_is_refused_in_words(here: Here, value: float) -> None:
    """As a total, as what was paid, and as a sum of lines."""
    batch = sent(
        here,
        bill(total=submitted(value)),
        bill("eob2", payment={"amount": money(value)}),
        bill(
            "eob3", total=[], item=[item(n, 9e14 if value > 0 else -9e14) for n in (1, 2)], payment={"amount": money(1)}
        ),
    )
    assert counts(batch)[3] == 3 and standing() == []
    assert "金额大得不可能" in " ".join(one.words_with_example for one in reasons(batch))


def test_only_the_payer_sends_them(here: Here) -> None:
    batch = sent(
        here, bill(item=[item(1, 20)], total=submitted(20), payment={"amount": money(10)}), source=here.hospital
    )
    assert batch.by_extract["claim_items"]["refused"] == 1 and kept() == []


@pytest.mark.samples
def test_the_samples_items_are_in_dollars_and_no_lines(here: Here, settings: LazySettings) -> None:
    place = folder()
    files: list[Path] = sorted((place / "fhir-synthea-r4").glob("*.json"))[:1] if place else []
    if not files:
        pytest.skip("no sample bundles: set YIGONGTI_SAMPLES")
    assert '"productOrService"' in files[0].read_text(encoding="utf-8")
    assert send(files[0], here.bureau, files[0].name).finished
    assert kept() == []
