"""Patient → residents."""

import re
from collections.abc import Iterator
from typing import Any

from yigongti.interop.fhir import elements
from yigongti.interop.fhir.elements import Json
from yigongti.interop.fhir.mapping.rows import Row, Source

SEX = {"male": "1", "female": "2", "other": "9", "unknown": "0"}  # GB/T 2261.1

# CV02.01.101. The platform's own documents are known by their systems, the usual ones by HL7's identifier types.
ID_SYSTEMS = {"urn:oid:2.16.156.10011.1.3": "01", "2.16.156.10011.1.3": "01"}
ID_TYPES = {"NNCHN": "01", "PPN": "03", "MI": "04"}
OTHER_DOCUMENTS = {"NI", "SS", "SB", "PRC", "DL", "PN", "CZ"}  # official, but of no kind the table knows
CHINESE_DRIVING_LICENCE = "urn:oid:2.16.156"
HEALTH_CARD_TYPE, HEALTH_CARD_SYSTEM = "HC", "urn:oid:2.16.156.10011.1.19"
RESIDENT_NUMBER = re.compile(r"\d{17}[\dXx]")
ORDER = ("01", "03", "06", "07", "04", "05", "02", "99")
"""The document kept when there are several."""


def patient(source: Source) -> list[Row]:
    """One row of residents. A birthday known only to the year or month stays empty: nobody's birthday is made up."""
    get = source.get
    id_type, id_number = _document(get("identifier") or [])
    return [
        Row(
            {
                "patient_no": source.number,
                "name": source.need(elements.human_name(get("name") or []), "name"),
                "sex": SEX.get(get("gender") or ""),
                "birth_date": elements.read_day(get("birthDate"), "Patient.birthDate"),
                "id_type": id_type,
                "id_number": id_number,
                "phone": elements.phone(get("telecom") or []),
                "address": elements.address(get("address") or []),
                "card_no": _card(get("identifier") or []),
            }
        )
    ]


def _document(identifiers: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    """The identity document to keep: (kind, number)."""
    found = sorted(_documents(identifiers), key=lambda document: ORDER.index(document[0]))
    return found[0] if found else (None, None)


def _documents(identifiers: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for identifier in identifiers:
        value, system = str(identifier.get("value") or "").strip(), identifier.get("system") or ""
        if not value or identifier.get("use") == "old":
            continue
        types = elements.codes([identifier.get("type") or {}])
        known = next((ID_TYPES[t] for t in types if t in ID_TYPES), None)
        if system in ID_SYSTEMS:
            yield ID_SYSTEMS[system], value
        elif known:
            yield known, value
        elif "DL" in types and system.startswith(CHINESE_DRIVING_LICENCE):
            yield "05", value
        elif types & OTHER_DOCUMENTS:
            # a driving licence or social security number of another country is not of our kinds
            yield ("01" if "NI" in types and RESIDENT_NUMBER.fullmatch(value) else "99"), value


def _card(identifiers: list[dict[str, Any]]) -> str | None:
    for identifier in identifiers:
        is_card = identifier.get("system") == HEALTH_CARD_SYSTEM or HEALTH_CARD_TYPE in _types(identifier)
        if is_card and identifier.get("value"):
            return str(identifier["value"])
    return None


def _types(identifier: Json) -> set[str]:
    return elements.codes([identifier.get("type") or {}])
