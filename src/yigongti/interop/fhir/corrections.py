"""The file of refused entries: a collection bundle that can be corrected and sent as it is.

It holds each refused entry as it was sent, what it refers to, and an OperationOutcome that says what is wrong.
"""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from yigongti.kernel.intake.api import RefusedLine


def write(lines: Iterator[RefusedLine], folder: Path) -> Path:
    """Write the bundle; an entry that several refused ones refer to is in it once."""
    path = folder / f"refused-{secrets.token_hex(8)}.json"
    written: set[str] = set()
    issues: list[dict[str, object]] = []
    with path.open("w", encoding="utf-8") as out:
        out.write('{"resourceType":"Bundle","type":"collection","entry":[')
        for line in lines:
            for text in _entries(line):
                if text not in written:
                    out.write(",\n" if written else "\n")
                    out.write(text)
                    written.add(text)
            issues.append(_issue(line))
        outcome = {"resource": {"resourceType": "OperationOutcome", "issue": issues}}
        out.write(("," if written else "") + "\n" + json.dumps(outcome, ensure_ascii=False) + "\n]}\n")
    return path


def _entries(line: RefusedLine) -> Iterator[str]:
    for entry in msgspec.json.decode(line.original.get("context") or "[]", type=list[msgspec.Raw]):
        yield bytes(entry).decode()
    yield line.original["entry"]


def _issue(line: RefusedLine) -> dict[str, object]:
    entry = json.loads(line.original["entry"])
    resource = entry.get("resource") if isinstance(entry, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    name = f"{kind}/{resource['id']}" if isinstance(resource, dict) and kind and resource.get("id") else kind or "entry"
    where = f"{line.place} " if line.place else ""
    return {
        "severity": "error",
        "code": "invalid",
        "diagnostics": f"entry {line.row_no} ({name}) {where}{''.join(line.sentences)}"
        f" {' '.join(line.sentences_in_english)}",
    }
