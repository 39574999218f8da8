"""ExplanationOfBenefit and Claim → claims, where a Chinese fund paid; else documents.

A row of claims feeds the fund's figures, so only a settled bill in yuan becomes one: an ExplanationOfBenefit whose
amounts are all CNY. Amounts in another currency are never turned into fen; such a bill, and a Claim (which only asks
for money), is kept as a document that says the amounts as they are. The receipt tells how many.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from yigongti.interop.fhir.elements import Json, codes, concept_text, number
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.interop.fhir.mapping.charge_lines import charge_lines
from yigongti.interop.fhir.mapping.clinical import DIAGNOSIS_SYSTEMS, SETTINGS
from yigongti.interop.fhir.mapping.documents import FHIR, document_number
from yigongti.interop.fhir.mapping.money import YUAN, bounded, fen_of
from yigongti.interop.fhir.mapping.rows import Row, Source
from yigongti.interop.fhir.mapping.settlement_list import BESIDE_THE_FUND, settlement_list

INSIDE_COUNTY = "urn:yigongti:inside-county"
"""Extension (valueBoolean) on the bill: whether it was made inside the county. Nothing in FHIR says it."""

INSURANCE_SYSTEM = "insurance_kind"


def in_yuan(resource: Json) -> bool:
    """Whether a bill becomes a row of claims: settled, with amounts, all of them in yuan."""
    found = set(currencies(resource))
    return resource.get("resourceType") == "ExplanationOfBenefit" and found == {YUAN}


def currencies(resource: Json) -> Iterator[str]:
    """The currencies of a bill's totals and payment; "?" for an amount without one."""
    total: Any = resource.get("total") or []
    amounts = [total] if isinstance(total, dict) else [line.get("amount") or {} for line in total]
    amounts.append((resource.get("payment") or {}).get("amount") or {})
    for amount in amounts:
        if "value" in amount:
            yield str(amount.get("currency") or "?")


def explanation_of_benefit(source: Source) -> list[Row]:
    """A row of claims for a bill in yuan, with a row for each of its charge lines; else a row of documents (see
    ``in_yuan``)."""
    if not in_yuan(source.resource):
        return [_as_document(source, "费用结算")]
    get = source.get
    total = _total(source)
    paid = fen_of((get("payment") or {}).get("amount"), "ExplanationOfBenefit.payment.amount")
    if paid is None:
        paid = _adjudicated(source, "benefit")
    if paid is None:
        raise Unfit(Fault("ExplanationOfBenefit.payment", "fhir_missing"))
    inside = next((e.get("valueBoolean") for e in get("extension") or () if e.get("url") == INSIDE_COUNTY), None)
    diagnosis = _diagnosis(source)
    visit = _visit(source)
    period = source.at("billablePeriod.start")
    sheet = settlement_list(source, visit, lambda category: _adjudicated(source, category))
    elsewhere = sum(int(str(sheet.get(name, 0))) for name in BESIDE_THE_FUND)
    return [
        Row(
            {
                "patient_no": source.need(source.patient("patient"), "patient"),
                "claim_no": source.number,
                "insurance_kind": _insurance(source),
                "institution_name": _institution(source),
                "inside_county": source.need(inside, f"extension({INSIDE_COUNTY})"),
                "setting": _setting(source, visit),
                "started_at": period or source.need_at("created"),
                "ended_at": source.at("billablePeriod.end"),
                "settled_at": source.need_at("payment.date", "created"),
                "main_diagnosis_code": diagnosis.code if diagnosis else None,
                "main_diagnosis": diagnosis.name if diagnosis else None,
                "code_system": diagnosis.system if diagnosis else None,
                "total_fen": total,
                "fund_fen": paid,
                "self_paid_fen": total - paid - elsewhere,
                **sheet,
            }
        ),
        *charge_lines(source),
    ]


def claim(source: Source) -> list[Row]:
    """A row of documents: a claim asks for money and says nothing of what was paid."""
    return [_as_document(source, "费用申请")]


def _total(source: Source) -> int:
    """What was billed: the total marked as submitted, else the sum of the lines' net amounts."""
    said = submitted(source)
    if said is not None:
        return said
    lines = [fen_of(item.get("net"), "ExplanationOfBenefit.item.net") for item in source.get("item") or ()]
    if not lines or None in lines:
        raise Unfit(Fault("ExplanationOfBenefit.total", "fhir_missing"))
    return bounded(sum(line for line in lines if line is not None), "ExplanationOfBenefit.item")


def submitted(source: Source) -> int | None:
    """What a bill says was billed, in fen. Raises Unfit."""
    return _adjudicated(source, "submitted")


def _adjudicated(source: Source, category: str) -> int | None:
    for line in source.get("total") or ():
        if category in codes([line.get("category") or {}]):
            return fen_of(line.get("amount"), "ExplanationOfBenefit.total.amount")
    return None


def _insurance(source: Source) -> str | None:
    """The kind of insurance, where the coverage says it in our own codes (CV07.10.003)."""
    for insurance in source.get("insurance") or ():
        coverage = source.resolve(insurance.get("coverage"))
        for coding in (coverage.resource.get("type") or {}).get("coding") or () if coverage else ():
            if source.systems.key(coding.get("system")) == INSURANCE_SYSTEM:
                return str(coding.get("code"))
    return None


def _visit(source: Source) -> Json:
    for item in source.get("item") or ():
        for reference in item.get("encounter") or ():
            if found := source.resolve(reference):
                return found.resource
    return {}


def _setting(source: Source, visit: Json) -> str:
    """Where the bill arose: its encounter's kind, else what the type of the bill says."""
    if "pharmacy" in codes([source.get("type") or {}]):
        return "pharmacy"
    found = SETTINGS.get(str((visit.get("class") or {}).get("code") or "").upper())
    if found in ("outpatient", "emergency", "inpatient"):
        return found
    if found in ("home", "remote"):
        return "outpatient"
    if "inpatient" in codes([source.get("subType") or {}]):
        return "inpatient"
    raise Unfit(Fault("ExplanationOfBenefit.item.encounter", "fhir_missing"))


def _institution(source: Source) -> str | None:
    """The institution that billed: the provider if it is one, else the facility, else the encounter's."""
    provider = source.resolve(source.get("provider"))
    if provider and provider.resource.get("resourceType") == "Organization":
        return source.name(source.get("provider"))
    if facility := source.name(source.get("facility")):
        return facility
    named = source.name(_visit(source).get("serviceProvider"))
    return named or (source.get("provider") or {}).get("display")


def _diagnosis(source: Source) -> Any:
    lines = source.get("diagnosis") or []
    first: Json = min(
        lines, key=lambda d: ("principal" not in codes(d.get("type") or ()), d.get("sequence") or 99), default={}
    )
    concept = first.get("diagnosisCodeableConcept")
    if concept is None and (found := source.resolve(first.get("diagnosisReference"))):
        concept = found.resource.get("code")
    return source.code(concept, *DIAGNOSIS_SYSTEMS)


def _money(money: Json | None) -> str:
    if not money or "value" not in money:
        return ""
    return f"{number(money['value'])} {money.get('currency', '')}".strip()


def _as_document(source: Source, kind: str) -> Row:
    get = source.get
    total: Any = get("total") or []
    if isinstance(total, dict):
        lines = [("total", _money(total))]
    else:
        lines = [(concept_text(line.get("category")) or "total", _money(line.get("amount"))) for line in total]
    lines.append(("payment", _money((get("payment") or {}).get("amount"))))
    amounts = [f"{name}: {amount}" for name, amount in lines if amount]
    items = [concept_text(item.get("productOrService")) for item in get("item") or ()]
    written: datetime = source.need_at("created", "billablePeriod.start")
    shown = lines[0][1] if lines else ""
    return Row(
        {
            "patient_no": source.need(source.patient("patient"), "patient"),
            "document_no": document_number(source),
            "encounter_no": _encounter_number(source),
            "code": source.kind,
            "code_system": FHIR,
            "title": f"{kind} {shown}".strip(),
            "written_at": written,
            "author": source.name(get("provider")),
            "content": "\n".join([*amounts, *(item for item in items if item)]) or None,
        }
    )


def _encounter_number(source: Source) -> str | None:
    for item in source.get("item") or ():
        for reference in item.get("encounter") or ():
            return source.links.number(reference, f"{source.kind}.item.encounter", source.entry)
    return None
