"""DiagnosticReport, DocumentReference, CarePlan, AllergyIntolerance → documents: what doctors read, in words."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from yigongti.interop.fhir.elements import Json, concept_text, value_text
from yigongti.interop.fhir.mapping.rows import Row, Source

FHIR = "fhir"
"""``code_system`` of documents whose kind is the resource itself."""

NUMBER_PREFIX = {
    "AllergyIntolerance": "AI-",
    "CarePlan": "CP-",
    "Claim": "CL-",
    "DiagnosticReport": "DR-",
    "DocumentReference": "DOC-",
    "ExplanationOfBenefit": "EOB-",
}
"""Resources of different kinds may carry the same id, and share the numbers of one extract."""

_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"[ \t\r\f\v]+")
LONGEST = 100_000


def document_number(source: Source) -> str | None:
    """The number of a document: its resource's, made distinct from those of other kinds."""
    return f"{NUMBER_PREFIX[source.kind]}{source.number}" if source.number else None


def diagnostic_report(source: Source) -> list[Row]:
    """A report with its conclusion and, in words, the results it is made of (which are measurements of their own)."""
    get = source.get
    code = source.code(get("code"), "loinc")
    content = [get("conclusion"), *map(concept_text, get("conclusionCode") or ())]
    content += [_result(source, reference) for reference in get("result") or ()]
    content += _attached(get("presentedForm") or ())
    author = next(filter(None, map(source.name, [*(get("resultsInterpreter") or ()), *(get("performer") or ())])), None)
    return [
        _document(
            source,
            code=code.code if code else None,
            system=code.system if code else None,
            title=source.need(code.name if code else None, "code"),
            elements=("issued", "effectiveDateTime", "effectivePeriod.end", "effectivePeriod.start"),
            author=author,
            content=content,
        )
    ]


def _result(source: Source, reference: Json) -> str | None:
    found = source.resolve(reference)
    if found is None:
        return reference.get("display")
    item = concept_text(found.resource.get("code")) or reference.get("display")
    parts = [found.resource, *(found.resource.get("component") or ())]
    values = [" ".join(filter(None, value_text(part, "Observation"))) for part in parts]
    return f"{item}: {', '.join(filter(None, values))}".rstrip(": ")


def document_reference(source: Source) -> list[Row]:
    """A document with the text of its attachments. What is no text (PDF, pictures) is named but not kept."""
    get = source.get
    code = source.code(get("type"), "loinc")
    attachments = [content.get("attachment") or {} for content in get("content") or ()]
    attached = next((a["title"] for a in attachments if a.get("title")), None)
    title = get("description") or (code.name if code else None) or attached
    return [
        _document(
            source,
            code=code.code if code else None,
            system=code.system if code else None,
            title=source.need(title, "type"),
            elements=("date", "context.period.end", "context.period.start"),
            author=next(filter(None, map(source.name, get("author") or ())), None),
            content=_attached(attachments),
            encounter=source.links.number(
                next(iter((get("context") or {}).get("encounter") or ()), None),
                "DocumentReference.context.encounter",
                source.entry,
            ),
        )
    ]


def care_plan(source: Source) -> list[Row]:
    """A plan: what it is for and what is to be done."""
    get = source.get
    kinds = [concept for concept in get("category") or () if concept_text(concept)]
    code = source.code(kinds[0]) if kinds else None
    content: list[str | None] = [get("description")]
    for reference in get("addresses") or ():
        found = source.resolve(reference)
        content.append(concept_text(found.resource.get("code")) if found else reference.get("display"))
    for activity in get("activity") or ():
        detail = activity.get("detail") or {}
        done = concept_text(detail.get("code")) or detail.get("description")
        content.append(f"- {done} ({detail.get('status')})" if done else None)
    if not any(content):
        content.append(_plain((get("text") or {}).get("div") or ""))
    return [
        _document(
            source,
            code=code.code if code else "CarePlan",
            system=code.system if code else FHIR,
            title=get("title") or (code.name if code else "CarePlan"),
            elements=("period.start", "created"),
            author=source.name(get("author")),
            content=content,
        )
    ]


def allergy_intolerance(source: Source) -> list[Row]:
    """An allergy, kept as a document until there is a table of its own: it must not get lost."""
    get = source.get
    what = source.need(concept_text(get("code")), "code")
    reactions = [
        concept_text(sign)
        for reaction in get("reaction") or ()
        for sign in [reaction.get("substance"), *(reaction.get("manifestation") or ())]
    ]
    content = [get("criticality"), ", ".join(get("category") or ()), *reactions]
    return [
        _document(
            source,
            code="AllergyIntolerance",
            system=FHIR,
            title=f"过敏：{what}",
            elements=("recordedDate", "onsetDateTime", "onsetPeriod.start", "lastOccurrence"),
            author=source.name(get("recorder")),
            content=content,
            patient="patient",
        )
    ]


def _document(
    source: Source,
    *,
    code: str | None,
    system: str | None,
    title: str,
    elements: tuple[str, ...],
    author: str | None,
    content: Iterable[str | None],
    patient: str = "subject",
    encounter: str | None = None,
) -> Row:
    text = "\n".join(line for line in content if line)
    return Row(
        {
            "patient_no": source.need(source.patient(patient), patient),
            "document_no": document_number(source),
            "encounter_no": encounter or source.encounter(),
            "code": code,
            "code_system": system,
            "title": title,
            "written_at": source.need_at(*elements),
            "author": author,
            "content": text[:LONGEST] or None,
        }
    )


def _attached(attachments: Iterable[Json]) -> list[str | None]:
    return [_attachment(attachment) for attachment in attachments]


def _attachment(attachment: Json) -> str | None:
    kind = str(attachment.get("contentType") or "")
    if kind.startswith("text/") and (data := attachment.get("data")):
        try:
            text = base64.b64decode(data).decode()
        except (binascii.Error, UnicodeDecodeError):
            return f"[{kind}]"
        return _plain(text) if "html" in kind else text
    name = attachment.get("title") or attachment.get("url")
    return " ".join(filter(None, (f"[{kind}]" if kind else None, name))) or None


def _plain(html: str) -> str | None:
    """The words of a narrative, a line for each block."""
    lines: Iterator[str] = (_BLANK.sub(" ", line).strip() for line in _TAG.sub("\n", html).splitlines())
    return "\n".join(line for line in lines if line) or None
