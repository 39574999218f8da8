"""The items of a settled bill → charge lines (费用明细), keyed by the bill's number and the item's sequence.

An item that says what it cost (``net``) is a line. A bill without such items may have been settled on a Claim in the
same bundle: then that one's items are its lines. What is nested below an item is part of it. How far the insurance list
covers an item FHIR has no place for: the extension ``urn:yigongti:pay-class`` (valueCode 1, 2, 3, 9) on it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from yigongti.interop.fhir.code_systems import FREE_TEXT
from yigongti.interop.fhir.elements import Json, concept_text, number, read_moment
from yigongti.interop.fhir.faults import Fault, Unfit
from yigongti.interop.fhir.mapping.money import YUAN, fen_of, plain_yuan
from yigongti.interop.fhir.mapping.rows import Row, Source
from yigongti.kernel.intake.api import extracts

EXTRACT = "claim_items"
PAY_CLASS = "urn:yigongti:pay-class"
OTHER = "other"


def bearer(bill: Source) -> Source | None:
    """The resource whose items are a bill's lines: the bill, or the Claim it settles; None without any."""
    if _priced(bill.resource):
        return bill
    asked = bill.resolve(bill.get("claim"))
    if asked is not None and asked.resource.get("resourceType") == "Claim" and _priced(asked.resource):
        return bill.within(asked)
    return None


def charge_lines(bill: Source) -> list[Row]:
    """The lines of a settled bill, none where it isn't itemised. Raises Unfit with everything that is wrong."""
    found = bearer(bill)
    if found is None:
        return []
    rows: list[Row] = []
    faults: list[Fault] = []
    for n, item in _items(found.resource):
        try:
            rows.append(_line(bill, found, item, f"{found.kind}.item[{n}]"))
        except Unfit as unfit:
            faults.extend(unfit.faults)
    if faults:
        raise Unfit(*faults)
    return rows


def itemised_fen(found: Source) -> int:
    """What a resource's lines add up to. Raises Unfit."""
    return sum(fen_of(item.get("net"), f"{found.kind}.item[{n}].net") or 0 for n, item in _items(found.resource))


def _priced(resource: Json) -> bool:
    return any(True for _found in _items(resource))


def _items(resource: Json) -> Iterator[tuple[int, Json]]:
    """The items that say what they cost, with their place."""
    for n, item in enumerate(resource.get("item") or ()):
        if "value" in (item.get("net") or {}):
            yield n, item


def _line(bill: Source, found: Source, item: Json, path: str) -> Row:
    if (currency := (item.get("net") or {}).get("currency")) != YUAN:
        raise Unfit(Fault(f"{path}.net.currency", "fhir_value", str(currency)))
    what = item.get("productOrService")
    code = found.code(what)
    values: dict[str, object] = {
        "claim_no": bill.number,
        "line_no": str(item["sequence"]),
        "item_code": code.code if code and code.system != FREE_TEXT else None,
        "item_name": concept_text(what) or (code.code if code else None),
        "category": _category(item.get("category"), f"{path}.category"),
        "quantity": _quantity(item.get("quantity"), f"{path}.quantity"),
        "unit_price_yuan": plain_yuan(item.get("unitPrice"), f"{path}.unitPrice"),
        "amount_fen": fen_of(item.get("net"), f"{path}.net"),
        "charged_on": _day(bill, item, path),
        "pay_class": next((e.get("valueCode") for e in item.get("extension") or () if e.get("url") == PAY_CLASS), None),
    }
    if not values["item_name"]:
        raise Unfit(Fault(f"{path}.productOrService", "fhir_missing"))
    return Row(values, place=path, extract=EXTRACT)


def _category(concept: Json | None, path: str) -> str:
    """One of the settlement list's fourteen, by its code or its name; "other" where nothing is said."""
    if not concept:
        return OTHER
    [column] = [one for one in extracts()[EXTRACT].columns if one.name == "category"]
    spelled = {name: code for code, names in column.choices.items() for name in (code, *names)}
    said = [str(one.get(part)) for one in concept.get("coding") or () for part in ("code", "display") if one.get(part)]
    for text in (*said, str(concept.get("text") or "")):
        if text.strip() in spelled:
            return spelled[text.strip()]
    raise Unfit(Fault(path, "fhir_value", (concept_text(concept) or "")[:40]))


def _quantity(quantity: Json | None, path: str) -> str | None:
    if not quantity or "value" not in quantity:
        return None
    value = Decimal(str(quantity["value"]))
    if value.adjusted() >= 9 or value != round(value, 4):
        raise Unfit(Fault(f"{path}.value", "fhir_value", number(quantity["value"])[:40]))
    return f"{value:f}"


def _day(bill: Source, item: Json, path: str) -> Any:
    """The day of an item, else the day the bill begins."""
    for name, said in (
        ("servicedDate", item.get("servicedDate")),
        ("servicedPeriod.start", (item.get("servicedPeriod") or {}).get("start")),
    ):
        if moment := read_moment(said, f"{path}.{name}"):
            return moment.at.date()
    return bill.need_at("billablePeriod.start", "created").date()
