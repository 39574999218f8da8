"""Reading facts: a resident's record for whom a relation opens it, and lists of one's own institutions' facts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record.fact_view import COLUMNS, FactView, Row, views
from yigongti.domains.base.health_record.listing import concerning
from yigongti.domains.base.health_record.models import Fact, FactKind
from yigongti.domains.base.health_record.overview import (
    DIASTOLIC,
    GLUCOSE,
    SYSTOLIC,
    Part,
    Window,
    overview,
    readings_since,
    whole_window,
    window,
)
from yigongti.domains.base.health_record.permissions import LIST
from yigongti.domains.base.health_record.relations import LABELS, Relation, require_relation, require_relation_to
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.acts import in_words
from yigongti.kernel.audit.api import LineView, record, who_looked

PAGE = 50

TREND_LENGTH = 12


@dataclass(frozen=True)
class Filters:
    """What part of a record is asked for; empty fields don't narrow. ``until`` is the last day included."""

    kinds: tuple[str, ...] = ()
    institution: str = ""  # "id:12", or "name:…" for one outside the directory
    since: date | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """A fact with what belongs to it: a visit with its diagnoses, results and prescriptions of the same day."""

    fact: FactView
    parts: tuple[FactView, ...] = ()


@dataclass(frozen=True)
class Day:
    on: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Option:
    """A choice of a filter, with how many facts it has."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Trend:
    """The last readings of something measured again and again, oldest first."""

    label: str
    unit: str
    values: tuple[float, ...]
    latest: str
    on: date


@dataclass(frozen=True)
class Timeline:
    """A page of a record, newest first. ``earlier``: where the next page begins, None at the end. ``entries``: ids of
    all entries of the index that are this person, the one that stands for them first."""

    relation: Relation
    entries: tuple[int, ...]
    days: tuple[Day, ...]
    total: int
    shown: int
    kinds: tuple[Option, ...]
    institutions: tuple[Option, ...]
    trends: tuple[Trend, ...]
    earlier: int | None


def timeline(
    resident_id: int, *, actor: Actor, filters: Filters | None = None, offset: int = 0, limit: int = PAGE
) -> Timeline:
    """A resident's record, as far as the filters ask; the look is written to the audit trail.

    All entries of the master index that are this person count. Raises Forbidden, NotVisible, NoRelation.
    """
    filters = filters or Filters()
    entries = residents.cluster(resident_id)
    relation = require_relation_to(actor, entries)
    parts = overview(entries)
    asked = [part for part in parts if _may_match(part, filters)]
    whole = _standing(entries)
    if filters.since or filters.until or filters.text:  # only the facts themselves can say how many these are
        days = whole_window(asked, offset)
        total = _filtered(whole, filters).filter(happened_on__range=days.days).count()
    else:
        days = window(asked, offset, limit)
        total = sum(part.count for part in asked)
    rows = _page(_filtered(whole, filters), days, limit)
    places = organisation.names(
        {part.institution_id for part in parts if part.institution_id} | {row.source_id for row in rows}
    )
    found = views(rows, places=places)
    record(
        actor=actor,
        act="health_record.read",
        subject=f"resident:{entries[0]}",
        resident_id=entries[0],
        detail={"relation": relation.kind, "facts": len(found)},
    )
    earlier = offset + limit if offset + len(found) < total else None
    everything = filters == Filters() and earlier is None
    return Timeline(
        relation=relation,
        entries=entries,
        days=_by_day(found),
        total=total,
        shown=offset + len(found),
        kinds=_kinds(parts),
        institutions=_institutions(parts, places),
        trends=_trends(whole, parts, found if filters == Filters() else [], everything) if offset == 0 else (),
        earlier=earlier,
    )


def facts(pairs: Iterable[tuple[date, int]], *, actor: Actor) -> list[FactView]:
    """Facts by (happened_on, id), in the order asked, as far as they belong to institutions of the actor's or to
    residents looked after there; names are masked. One audit line says whose were listed.

    The pairs come from a list already narrowed to the actor (a drill-down); what is outside is left out again here.
    """
    actor.require(LIST)
    wanted = list(pairs)
    if not wanted:
        return []
    rows = (
        Fact.objects.unscoped("narrowed below, by institution and by where the resident is looked after")
        .filter(
            id__in=[fact_id for _on, fact_id in wanted],
            happened_on__range=(min(on for on, _id in wanted), max(on for on, _id in wanted)),
            superseded_by=None,
        )
        .in_bulk()
    )
    own = concerning(actor, [fact_id for _on, fact_id in wanted], rows, lambda row: (row.institution_id, row.source_id))
    record(
        actor=actor,
        act="health_record.list",
        subject="facts",
        resident_ids=own.resident_ids,
        detail={"facts": len(own.rows)},
    )
    return views(own.rows, own.names)


@dataclass(frozen=True)
class Look:
    """One time somebody looked at a record, opened it, or corrected it. ``own``: it was the resident or who acts for
    them ("self", "guardian")."""

    at: datetime
    who: str
    where: str
    what: str
    why: str
    urgent: bool
    own: str = ""


def looks(resident_id: int, *, actor: Actor, limit: int = 200) -> list[Look]:
    """Who looked at a resident's record and why, newest first; for those who may read the record themselves.

    Raises Forbidden, NotVisible, NoRelation.
    """
    relation = require_relation(actor, resident_id)
    found = who_looked(list(residents.cluster(resident_id)), limit)
    record(
        actor=actor,
        act="health_record.looked",
        subject=f"resident:{residents.whole(resident_id)}",
        resident_id=residents.whole(resident_id),
        detail={"relation": relation.kind},
    )
    places = organisation.get_many({line.organisation_id for line in found if line.organisation_id})
    return [
        Look(
            at=line.at,
            who=residents.plain_name(line.actor_name),
            where=_side(line, places),
            what=in_words(line.act),
            why=str(line.detail.get("reason") or LABELS.get(line.detail.get("relation", ""), "")),
            urgent=line.act == "health_record.break_glass" or line.detail.get("relation") == "break_glass",
            own=residents.signed_by(line.actor_name),
        )
        for line in found
        if line.outcome == "done"
    ]


def _side(line: LineView, places: dict[int, organisation.OrganisationView]) -> str:
    """For whom somebody looked: an institution, or, of residents, themselves or a ward."""
    if own := residents.signed_by(line.actor_name):
        return str(LABELS[own])
    return places[line.organisation_id].label if line.organisation_id in places else ""


def _standing(cluster: tuple[int, ...]) -> QuerySet[Fact]:
    """All facts of a person that stand."""
    found: QuerySet[Fact] = Fact.objects.unscoped("a relation has been required").filter(
        resident_id__in=cluster, superseded_by=None
    )
    return found


def _filtered(rows: QuerySet[Fact], filters: Filters) -> QuerySet[Fact]:
    if filters.kinds:
        rows = rows.filter(kind__in=filters.kinds)
    if filters.institution.startswith("id:") and filters.institution[3:].isdecimal():
        rows = rows.filter(institution_id=int(filters.institution[3:]))
    elif filters.institution.startswith("name:"):
        rows = rows.filter(institution_id=None, institution_name=filters.institution[5:])
    if filters.since:
        rows = rows.filter(happened_on__gte=filters.since)
    if filters.until:
        rows = rows.filter(happened_on__lte=filters.until)
    for word in filters.text.split():
        rows = rows.filter(
            Q(display__icontains=word)
            | Q(code__istartswith=word)
            | Q(value_text__icontains=word)
            | Q(department__icontains=word)
            | Q(practitioner__icontains=word)
        )
    return rows


def _by_day(found: list[FactView]) -> tuple[Day, ...]:
    """Days newest first; on each, what belongs to a visit of that day stands under it."""
    days: dict[date, list[FactView]] = {}
    for view in found:
        days.setdefault(view.happened_on, []).append(view)
    return tuple(Day(on, _entries(of_day)) for on, of_day in days.items())


def _entries(of_day: list[FactView]) -> tuple[Entry, ...]:
    visits = {
        (view.source_id, view.encounter_no): view
        for view in of_day
        if view.kind == FactKind.ENCOUNTER and view.encounter_no
    }
    parts: dict[int, list[FactView]] = {visit.id: [] for visit in visits.values()}
    alone = []
    for view in of_day:
        visit = visits.get((view.source_id, view.encounter_no)) if view.kind != FactKind.ENCOUNTER else None
        if visit is not None:
            parts[visit.id].append(view)
        else:
            alone.append(view)
    order = {kind: place for place, kind in enumerate(FactKind.values)}
    return tuple(
        Entry(view, tuple(sorted(parts.get(view.id, ()), key=lambda p: (order[p.kind], p.happened_at, p.id))))
        for view in alone
    )


def _may_match(part: Part, filters: Filters) -> bool:
    """Whether facts of this part can be among those asked for; the filters by kind and place decide it for all."""
    if filters.kinds and part.kind not in filters.kinds:
        return False
    if filters.institution.startswith("id:") and filters.institution[3:].isdecimal():
        return part.institution_id == int(filters.institution[3:])
    if filters.institution.startswith("name:"):
        return part.institution_id is None and part.institution_name == filters.institution[5:]
    return True


def _page(rows: QuerySet[Fact], days: Window, limit: int) -> list[Row]:
    """A page of facts, newest first, from the months that hold it."""
    ordered = (
        rows.filter(happened_on__range=days.days)
        .order_by("-happened_on", "-happened_at", "-id")
        .values_list(*COLUMNS, named=True)
    )
    return list(ordered[days.skip : days.skip + limit])


def _kinds(parts: list[Part]) -> tuple[Option, ...]:
    counted: Counter[str] = Counter()
    for part in parts:
        counted[part.kind] += part.count
    return tuple(Option(kind, str(kind.label), counted[kind]) for kind in FactKind if kind in counted)


def _institutions(parts: list[Part], known: dict[int, str]) -> tuple[Option, ...]:
    counted: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for part in parts:
        inside = part.institution_id is not None
        value = f"id:{part.institution_id}" if inside else f"name:{part.institution_name}"
        counted[value] += part.count
        labels[value] = (
            known.get(part.institution_id or 0, str(part.institution_id)) if inside else part.institution_name
        )
    options = [Option(value, labels[value], count) for value, count in counted.items()]
    return tuple(sorted(options, key=lambda option: (-option.count, option.label)))


def _trends(whole: QuerySet[Fact], parts: list[Part], shown: list[FactView], everything: bool) -> tuple[Trend, ...]:
    """Blood pressure and glucose, where there are at least two readings.

    ``shown`` are the newest facts of the record, all of it when ``everything``: mostly they hold what is needed.
    """
    since = readings_since(parts, TREND_LENGTH)
    if since is None:
        return ()
    codes = (*SYSTOLIC, *DIASTOLIC, *GLUCOSE)
    if everything or (shown and shown[-1].happened_on < since):
        rows: list[tuple[str, Decimal | None, str, date]] = [
            (view.code, view.value, view.unit, view.happened_on)
            for view in shown
            if view.kind == FactKind.OBSERVATION and view.code in codes and view.value is not None
        ]
    else:
        rows = list(
            whole.filter(
                kind=FactKind.OBSERVATION, code__in=codes, value__isnull=False,
                happened_on__range=(since, whole_window(parts, 0).last),
            )
            .order_by("-happened_on", "-happened_at", "-id")
            .values_list("code", "value", "unit", "happened_on")[: TREND_LENGTH * 6]
        )  # fmt: skip
    found = []
    for label, wanted in ((_("收缩压"), SYSTOLIC), (_("舒张压"), DIASTOLIC), (_("血糖"), GLUCOSE)):
        of_code = [row for row in rows if row[0] in wanted]
        # One code and one unit only: values in mmol/L and in mg/dL don't make a line.
        same = [row for row in of_code if (row[0], row[2]) == (of_code[0][0], of_code[0][2])][:TREND_LENGTH]
        if len(same) >= 2:
            _code, latest, unit, on = same[0]
            values = tuple(float(row[1]) for row in reversed(same) if row[1] is not None)
            found.append(Trend(label, unit, values, f"{latest.normalize():f}" if latest is not None else "", on))
    return tuple(found)
