"""Reading records: a resident's timeline for whom it is open to, and lists of facts as far as institutions reach."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record.models import Fact, FactKind, Setting
from yigongti.domains.base.health_record.permissions import LIST_FACTS
from yigongti.domains.base.health_record.relations import Opening, require_relation
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

LIMIT = 500
_OPEN = "the relation to the resident was checked"


@dataclass(frozen=True)
class FactView:
    """A fact for people. Money in fen; ``value`` in ``unit``. ``resident_name`` masked, empty on a timeline."""

    id: int
    kind: str
    kind_label: str
    happened_on: date
    happened_at: datetime
    ended_at: datetime | None
    resident_id: int
    resident_name: str
    institution: str
    institution_id: int | None
    inside_county: bool
    setting: str
    setting_label: str
    department: str
    practitioner: str
    encounter_no: str
    code: str
    display: str
    value: Decimal | None
    value_text: str
    unit: str
    total_fen: int | None
    fund_fen: int | None
    self_paid_fen: int | None
    source: str

    @property
    def result(self) -> str:
        """A measurement as people write it: ``128 mmHg``."""
        if self.value is None:
            return f"{self.value_text} {self.unit}".strip()
        return f"{self.value.normalize():f} {self.unit}".strip()


@dataclass(frozen=True)
class Filters:
    """What of a record is asked for; empty things do not narrow."""

    kind: str = ""
    institution_id: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Visit:
    """An encounter with what belongs to it, or facts of a day that belong to none (``encounter`` None)."""

    encounter: FactView | None
    facts: tuple[FactView, ...]

    @property
    def at(self) -> datetime:
        return self.encounter.happened_at if self.encounter else self.facts[0].happened_at


@dataclass(frozen=True)
class Day:
    """One day of a record, its visits newest first."""

    day: date
    visits: tuple[Visit, ...]


@dataclass(frozen=True)
class Timeline:
    """A resident's record as far as asked for: ``total`` facts in all, ``shown`` of them here, newest first."""

    opening: Opening
    days: tuple[Day, ...]
    total: int
    shown: int
    counts: dict[str, int] = field(default_factory=dict)
    institutions: tuple[tuple[int, str], ...] = ()


def timeline(resident_id: int, filters: Filters, *, actor: Actor, page: int = 1) -> Timeline:
    """A resident's record, newest first, LIMIT facts a page; the look is written into the audit trail.

    Facts of entries merged into this person are part of it; superseded ones are not. Raises Forbidden, NotVisible
    or NoRelation.
    """
    why = require_relation(resident_id, actor)
    rows = _rows(residents.cluster(resident_id))
    counts: dict[str, int] = defaultdict(int)
    seen: set[int] = set()
    for kind, institution_id in rows.values_list("kind", "institution_id"):
        counts[kind] += 1
        if institution_id:
            seen.add(institution_id)
    narrowed = _narrowed(rows, filters)
    total = narrowed.count()
    found = list(narrowed.order_by("-happened_on", "-happened_at", "-id")[(page - 1) * LIMIT : page * LIMIT])
    names = organisation.get_many(seen | {row.source_id for row in found})
    views = [_view(row, names) for row in found]
    record(
        actor=actor,
        act="health_record.view",
        subject=f"resident:{resident_id}",
        resident_id=residents.whole(resident_id),
        detail={"relation": why.relation.value, "shown": len(views)},
    )
    return Timeline(
        opening=why,
        days=_by_day(views),
        total=total,
        shown=len(views),
        counts=dict(counts),
        institutions=tuple(sorted(((i, names[i].label) for i in seen if i in names), key=lambda pair: pair[1])),
    )


def trend(resident_id: int, codes: Sequence[str], *, actor: Actor) -> list[tuple[date, str, Decimal]]:
    """Measured values of some codes, oldest first: (day, code, value). Raises like ``timeline``."""
    require_relation(resident_id, actor)
    rows = _rows(residents.cluster(resident_id)).filter(kind=FactKind.OBSERVATION, code__in=codes, value__isnull=False)
    return list(rows.order_by("happened_on", "happened_at").values_list("happened_on", "code", "value"))


def facts(references: Iterable[tuple[date, int]], *, actor: Actor) -> list[FactView]:
    """Facts by (day, id), in the order asked, as far as they belong to the actor's institutions; names are masked.

    Raises Forbidden without ``health_record.list_facts``.
    """
    actor.require(LIST_FACTS)
    asked = list(references)
    if not asked:
        return []
    # Days are named so that only the months in question are read.
    rows = Fact.objects.unscoped("narrowed below, also by whom the resident is looked after").filter(
        pk__in=[pk for _day, pk in asked], happened_on__in={day for day, _pk in asked}
    )
    found = {row.pk: row for row in rows}
    people = residents.cards({row.resident_id for row in found.values()})
    if not actor.everything:
        scope = actor.organisations(LIST_FACTS)
        found = {
            pk: row
            for pk, row in found.items()
            if {row.institution_id, row.source_id, people[row.resident_id].managing_institution_id} & scope
        }
    names = organisation.get_many({i for row in found.values() for i in (row.institution_id, row.source_id) if i})
    return [_view(found[pk], names, people[found[pk].resident_id].name) for _day, pk in asked if pk in found]


def _rows(ids: Sequence[int]) -> QuerySet[Fact]:
    found: QuerySet[Fact] = Fact.objects.unscoped(_OPEN).filter(resident_id__in=ids, superseded_by=None)
    return found


def _narrowed(rows: QuerySet[Fact], filters: Filters) -> QuerySet[Fact]:
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.institution_id:
        rows = rows.filter(institution_id=filters.institution_id)
    if filters.since:
        rows = rows.filter(happened_on__gte=filters.since)
    if filters.until:
        rows = rows.filter(happened_on__lte=filters.until)
    if filters.text:
        rows = rows.filter(
            Q(display__icontains=filters.text)
            | Q(code__istartswith=filters.text)
            | Q(value_text__icontains=filters.text)
            | Q(institution_name__icontains=filters.text)
        )
    return rows


def _view(row: Fact, names: dict[int, organisation.OrganisationView], resident_name: str = "") -> FactView:
    here = names.get(row.institution_id or 0)
    source = names.get(row.source_id)
    return FactView(
        id=row.pk,
        kind=row.kind,
        kind_label=str(FactKind(row.kind).label),
        happened_on=row.happened_on,
        happened_at=row.happened_at,
        ended_at=row.ended_at,
        resident_id=row.resident_id,
        resident_name=resident_name,
        institution=here.label if here else row.institution_name or _("未填机构"),
        institution_id=row.institution_id,
        inside_county=row.inside_county,
        setting=row.setting,
        setting_label=str(Setting(row.setting).label) if row.setting else "",
        department=row.department,
        practitioner=row.practitioner,
        encounter_no=row.encounter_no,
        code=row.code,
        display=row.display,
        value=row.value,
        value_text=row.value_text,
        unit=row.unit,
        total_fen=row.total_fen,
        fund_fen=row.fund_fen,
        self_paid_fen=row.self_paid_fen,
        source=source.label if source else "",
    )


def _by_day(views: Sequence[FactView]) -> tuple[Day, ...]:
    """Facts grouped by the encounter they name, under the day it began; what names none stands by its own day."""
    encounters = {(v.source, v.encounter_no): v for v in views if v.kind == FactKind.ENCOUNTER}
    belonging: dict[tuple[str, str], list[FactView]] = defaultdict(list)
    loose: dict[date, list[FactView]] = defaultdict(list)
    for view in views:
        key = (view.source, view.encounter_no)
        if view.kind == FactKind.ENCOUNTER:
            continue
        if view.encounter_no and key in encounters:
            belonging[key].append(view)
        else:
            loose[view.happened_on].append(view)
    days: dict[date, list[Visit]] = defaultdict(list)
    for key, encounter in encounters.items():
        days[encounter.happened_on].append(Visit(encounter, tuple(reversed(belonging[key]))))
    for day, rest in loose.items():
        days[day].append(Visit(None, tuple(rest)))
    return tuple(
        Day(day, tuple(sorted(visits, key=lambda visit: visit.at, reverse=True)))
        for day, visits in sorted(days.items(), reverse=True)
    )
