"""A plan's clauses and organisations, read from ``clauses.yaml`` and ``organisations.yaml``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from yigongti.kernel.policy.values import Ask, Body, Clause, Document, Evidence
from yigongti.kernel.policy.words import Words
from yigongti.kernel.policy.yaml_reader import Fields, Item, Report, suggestion

PLACE_KINDS = ("city", "county", "consortium", "management_area", "institution", "department")
INSTITUTION_KINDS = (
    "lead_hospital",
    "hospital",
    "township_health_centre",
    "community_centre",
    "village_clinic",
    "public_health_body",
    "insurance_body",
    "guidance_centre",
    "government_body",
    "private",
    "elder_care",
)
TIERS = ("tertiary", "secondary", "primary", "village")
ALLIANCE_KINDS = ("specialist", "city")
REFERENCE_KINDS = ("page", "measure", "workflow", "parameter", "command", "domain")

KnownClause = Callable[[Document, str], str | None]


@dataclass(frozen=True)
class Organisation:
    """An organisation a plan names."""

    key: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    parent: str | None
    division: str
    institution_kind: str
    tier: str
    tier_evidence: Evidence | None
    legal_person: bool
    led_by: tuple[str, ...]
    member_from: date | None
    towns: tuple[str, ...]
    clause: str


@dataclass(frozen=True)
class Alliance:
    """A group across the tree: a specialist alliance or a city alliance (医联体)."""

    key: str
    name: str
    kind: str
    lead: str | None
    members: tuple[str, ...]
    covers: str | None
    clause: str


@dataclass(frozen=True)
class Unnamed:
    """Bodies a document counts without naming them."""

    name: Words
    institution_kind: str
    tier: str
    count: int | None
    parent: str
    member_from: date | None
    clause: str


@dataclass(frozen=True)
class Organisations:
    """All a plan says about who is who; parents stand before children."""

    document: Document
    organisations: tuple[Organisation, ...]
    alliances: tuple[Alliance, ...]
    unnamed: tuple[Unnamed, ...]


def words(item: Item, report: Report) -> Words | None:
    """A ``{zh: …, en: …}`` text."""
    fields = report.fields(item, {"zh": str, "en": str})
    return Words(fields.text("zh"), fields.text("en")) if fields else None


def _document(fields: Fields, documents: Mapping[str, Document], report: Report) -> Document | None:
    key = fields.text("document")
    if key not in documents:
        report.add(fields.items["document"], f"unknown document {key!r}{suggestion(key, documents)}")
    return documents.get(key)


def clauses(top: Item, place: str, documents: Mapping[str, Document], report: Report) -> tuple[Clause, ...]:
    """The clauses of a place's plan, in the document's order."""
    fields = report.fields(top, {"document": str, "bodies": dict, "sections": list})
    if fields is None or (document := _document(fields, documents, report)) is None:
        return ()
    bodies = {key: Body(key, name) for key, i in fields.mapping("bodies").items() if (name := words(i, report))}
    found: list[Clause] = []
    for section_item in fields.entries("sections"):
        section = report.fields(section_item, {"number": str, "title": dict, "clauses": list})
        if section is None or (section_title := words(section.items["title"], report)) is None:
            continue
        for item in section.entries("clauses"):
            entry = report.fields(
                item,
                {"number": str, "title": dict, "asks": list},
                {"leads": list, "responsible": list, "due": date},
            )
            if entry is None or (title := words(entry.items["title"], report)) is None:
                continue
            number = entry.text("number")
            if any(clause.number == number for clause in found):
                report.add(item, f"clause {number!r} is written twice")
            found.append(
                Clause(
                    place=place,
                    document=document,
                    section=section.text("number"),
                    section_title=section_title,
                    number=number,
                    title=title,
                    leads=_bodies(entry, "leads", bodies, report),
                    responsible=_bodies(entry, "responsible", bodies, report),
                    due=entry.day("due"),
                    asks=tuple(ask for i in entry.entries("asks") if (ask := _ask(i, report))),
                )
            )
    return tuple(found)


def _bodies(entry: Fields, key: str, bodies: Mapping[str, Body], report: Report) -> tuple[Body, ...]:
    chosen = []
    for name in report.texts(entry.items.get(key)):
        if name in bodies:
            chosen.append(bodies[name])
        else:
            report.add(entry.items[key], f"{name!r} is not under 'bodies'{suggestion(name, bodies)}")
    return tuple(chosen)


def _ask(item: Item, report: Report) -> Ask | None:
    fields = report.fields(item, {"zh": str, "en": str}, {"carried_out_by": list, "outside_system": bool, "due": date})
    if fields is None:
        return None
    references = report.texts(fields.items.get("carried_out_by"))
    for reference in references:
        kind, _, target = reference.partition(":")
        if kind not in REFERENCE_KINDS or not target:
            report.add(item, f"{reference!r}: a reference is one of {', '.join(REFERENCE_KINDS)}, a colon, a name")
    if references and fields.flag("outside_system"):
        report.add(item, "what is outside the system is not carried out by it; drop one of the two")
    return Ask(
        Words(fields.text("zh"), fields.text("en")),
        references,
        fields.flag("outside_system"),
        fields.day("due"),
    )


def organisations(
    top: Item,
    place: str,
    documents: Mapping[str, Document],
    known_clause: KnownClause,
    report: Report,
) -> Organisations | None:
    """The organisations of a place's plan. The schema stands at the head of kunshan/organisations.yaml."""
    fields = report.fields(top, {"document": str, "organisations": list}, {"alliances": list, "unnamed": list})
    if fields is None or (document := _document(fields, documents, report)) is None:
        return None
    reading = _OrganisationReading(document, known_clause, report)
    for item in fields.entries("organisations"):
        reading.organisation(item)
    for item in fields.entries("organisations"):
        reading.leads(item)
    for item in fields.entries("alliances"):
        reading.alliance(item)
    for item in fields.entries("unnamed"):
        reading.unnamed_bodies(item)
    return Organisations(document, tuple(reading.found.values()), tuple(reading.alliances), tuple(reading.unnamed))


class _OrganisationReading:
    def __init__(self, document: Document, known_clause: KnownClause, report: Report) -> None:
        self.document, self.known_clause, self.report = document, known_clause, report
        self.found: dict[str, Organisation] = {}
        self.names: set[str] = set()
        self.alliances: list[Alliance] = []
        self.unnamed: list[Unnamed] = []

    def organisation(self, item: Item) -> None:
        fields = self.report.fields(
            item,
            {"key": str, "name": str, "kind": str},
            {
                "aliases": list, "parent": str, "division": str, "institution_kind": str, "tier": str,
                "tier_evidence": str, "legal_person": bool, "led_by": list, "member_from": date,
                "towns": list, "clause": str,
            },
        )  # fmt: skip
        if fields is None:
            return
        key, kind, parent = fields.text("key"), fields.text("kind"), fields.text("parent") or None
        self._one_of(fields, "kind", PLACE_KINDS)
        self._one_of(fields, "institution_kind", INSTITUTION_KINDS)
        self._one_of(fields, "tier", TIERS)
        self._one_of(fields, "tier_evidence", tuple(Evidence))
        self._clause(fields)
        if (kind == "institution") != ("institution_kind" in fields.items):
            self.report.add(item, "an institution, and nothing else, has an 'institution_kind'")
        if ("tier" in fields.items) != ("tier_evidence" in fields.items):
            self.report.add(item, "'tier' and 'tier_evidence' go together")
        if key in self.found:
            self.report.add(item, f"key {key!r} is used twice")
        if parent is None and self.found:
            self.report.add(item, "only the first organisation, the root, has no parent")
        if parent is not None and parent not in self.found:
            self.report.add(item, f"parent {parent!r} does not stand above{suggestion(parent, self.found)}")
        aliases = self.report.texts(fields.items.get("aliases"))
        for name in (fields.text("name"), *aliases):
            if name in self.names:
                self.report.add(item, f"the name {name!r} belongs to two organisations")
            self.names.add(name)
        tag = fields.text("tier_evidence")
        self.found[key] = Organisation(
            key=key,
            name=fields.text("name"),
            aliases=aliases,
            kind=kind,
            parent=parent,
            division=fields.text("division"),
            institution_kind=fields.text("institution_kind"),
            tier=fields.text("tier"),
            tier_evidence=Evidence(tag) if tag in list(Evidence) else None,
            legal_person=fields.flag("legal_person"),
            led_by=self.report.texts(fields.items.get("led_by")),
            member_from=fields.day("member_from"),
            towns=self.report.texts(fields.items.get("towns")),
            clause=fields.text("clause"),
        )

    def leads(self, item: Item) -> None:
        if isinstance(item.content, dict) and "led_by" in item.content:
            for key in self.report.texts(item.content["led_by"]):
                self._known(item, key)

    def alliance(self, item: Item) -> None:
        fields = self.report.fields(
            item,
            {"key": str, "name": str, "kind": str, "members": list},
            {"lead": str, "covers": str, "clause": str},
        )
        if fields is None:
            return
        self._one_of(fields, "kind", ALLIANCE_KINDS)
        self._clause(fields)
        members = self.report.texts(fields.items["members"])
        lead, covers = fields.text("lead") or None, fields.text("covers") or None
        for key in (*members, *filter(None, (lead, covers))):
            self._known(item, key)
        if fields.text("key") in {a.key for a in self.alliances} | set(self.found):
            self.report.add(item, f"key {fields.text('key')!r} is used twice")
        self.alliances.append(
            Alliance(
                fields.text("key"), fields.text("name"), fields.text("kind"), lead, members, covers,
                fields.text("clause"),
            )
        )  # fmt: skip

    def unnamed_bodies(self, item: Item) -> None:
        fields = self.report.fields(
            item,
            {"name": dict, "institution_kind": str, "parent": str},
            {"tier": str, "count": Decimal, "member_from": date, "clause": str},
        )
        if fields is None or (name := words(fields.items["name"], self.report)) is None:
            return
        self._one_of(fields, "institution_kind", INSTITUTION_KINDS)
        self._one_of(fields, "tier", TIERS)
        self._clause(fields)
        self._known(item, fields.text("parent"))
        count = fields.number("count")
        self.unnamed.append(
            Unnamed(
                name,
                fields.text("institution_kind"),
                fields.text("tier"),
                int(count) if count is not None else None,
                fields.text("parent"),
                fields.day("member_from"),
                fields.text("clause"),
            )
        )

    def _known(self, item: Item, key: str) -> None:
        if key not in self.found:
            self.report.add(item, f"{key!r} is not an organisation here{suggestion(key, self.found)}")

    def _one_of(self, fields: Fields, key: str, options: tuple[str, ...]) -> None:
        if key in fields.items and fields.text(key) not in options:
            self.report.add(fields.items[key], f"{key} is one of {', '.join(options)}")

    def _clause(self, fields: Fields) -> None:
        strange = self.known_clause(self.document, fields.text("clause")) if "clause" in fields.items else None
        if strange:
            self.report.add(fields.items["clause"], f"{strange!r} is not in the document's clause list")
