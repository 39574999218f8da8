"""Reads of the tree. Names and places in the tree are the directory: open to every signed-in member of staff.

Answers about the tree are kept in memory per tree version, which the database changes with every change of an
organisation, its tier, its place or its leadership, so that a rights check costs one look-up by primary key. Of the
directory only today's state is kept: other days are asked for rarely, and there are many.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from yigongti.domains.base.organisation.directory import AmbiguousOrganisation, OrganisationView
from yigongti.domains.base.organisation.formulas import fold
from yigongti.domains.base.organisation.models import (
    Identifier,
    Joining,
    Kind,
    Leadership,
    Leaving,
    Membership,
    Name,
    Organisation,
    TierPeriod,
    TreeVersion,
)
from yigongti.domains.base.organisation.permissions import VIEW_CASES
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet

T = TypeVar("T")
_CACHE_LIMIT = 4096
_cache: tuple[UUID | None, dict[tuple[object, ...], object]] = (None, {})


def tree_version() -> UUID | None:
    """What all answers about the tree hold for; None before there is any organisation."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION)
        row = cursor.fetchone()
    return row[0] if row else None


_VERSION = f"SELECT version FROM {TreeVersion._meta.db_table} WHERE id = 1"  # noqa: S608  (a constant)


def remembered(question: tuple[object, ...], answer: Callable[[], T]) -> T:
    """The answer to a question about the tree, from memory while the tree's version is the same.

    For answers that are the same for every reader: the question says all they depend on.
    """
    global _cache
    version = tree_version()
    known_version, answers = _cache
    if version is None:
        return answer()
    if version != known_version or len(answers) >= _CACHE_LIMIT:
        answers = {}
        _cache = (version, answers)
    if question not in answers:
        answers[question] = answer()
    return answers[question]  # type: ignore[return-value]


_UNDER = """
    WITH RECURSIVE below(id) AS (
        SELECT %(root)s::bigint
        UNION
        SELECT m.organisation_id FROM below JOIN organisation_membership m ON m.parent_id = below.id
        WHERE m.starts_on <= %(on)s AND (m.ends_on IS NULL OR m.ends_on > %(on)s)
    )
    SELECT id FROM below
"""

_PATH = """
    WITH RECURSIVE above(id, height) AS (
        SELECT %(leaf)s::bigint, 0
        UNION
        SELECT m.parent_id, above.height + 1
        FROM above JOIN organisation_membership m ON m.organisation_id = above.id
        WHERE m.starts_on <= %(on)s AND (m.ends_on IS NULL OR m.ends_on > %(on)s)
    )
    SELECT id FROM above ORDER BY height DESC
"""


def under(organisation_id: int, on: date) -> frozenset[int]:
    """Ids of an organisation and of everything below it on a day."""

    def ask() -> frozenset[int]:
        with connection.cursor() as cursor:
            cursor.execute(_UNDER, {"root": organisation_id, "on": on})
            return frozenset(row[0] for row in cursor.fetchall())

    return remembered(("under", organisation_id, on), ask)


def path_ids(organisation_id: int, on: date) -> tuple[int, ...]:
    """Ids from the root of the tree down to the organisation itself on a day."""

    def ask() -> tuple[int, ...]:
        with connection.cursor() as cursor:
            cursor.execute(_PATH, {"leaf": organisation_id, "on": on})
            return tuple(row[0] for row in cursor.fetchall())

    return remembered(("path", organisation_id, on), ask)


def holds_on(on: date) -> Q:
    """The condition that a dated row holds on a day."""
    return Q(starts_on__lte=on) & (Q(ends_on__isnull=True) | Q(ends_on__gt=on))


def exists_on(on: date) -> Q:
    """The condition that an organisation exists on a day."""
    return (Q(opened_on__isnull=True) | Q(opened_on__lte=on)) & (Q(closed_on__isnull=True) | Q(closed_on__gt=on))


def views(rows: Iterable[Organisation], on: date) -> list[OrganisationView]:
    """Rows as views of a day, in the order given: three queries however many rows."""
    rows = list(rows)
    ids = [row.pk for row in rows]
    parents = dict(
        Membership.objects.filter(holds_on(on), organisation_id__in=ids).values_list("organisation_id", "parent_id")
    )
    tiers = {
        period.organisation_id: period for period in TierPeriod.objects.filter(holds_on(on), organisation_id__in=ids)
    }
    leads: dict[int, list[int]] = {}
    for group_id, hospital_id in (
        Leadership.objects.filter(holds_on(on), group_id__in=ids).order_by("pk").values_list("group_id", "hospital_id")
    ):
        leads.setdefault(group_id, []).append(hospital_id)
    return [
        OrganisationView(
            id=row.pk,
            place=row.place,
            key=row.key,
            name=row.name,
            short_name=row.short_name,
            kind=row.kind,
            tier=tiers[row.pk].tier if row.pk in tiers else "",
            tier_evidence=tiers[row.pk].evidence if row.pk in tiers else "",
            parent_id=parents.get(row.pk),
            legal_person=row.legal_person,
            uscc=row.uscc,
            division_code=row.division_code,
            towns=tuple(row.towns),
            led_by=tuple(leads.get(row.pk, ())),
            document=row.document,
            clause=row.clause,
            opened_on=row.opened_on,
            closed_on=row.closed_on,
        )
        for row in rows
    ]


def _directory() -> dict[int, OrganisationView]:
    """Every organisation there is, as of today, by id, in the order they were entered; for readers only."""
    today = clock.today()
    return remembered(
        ("directory", today), lambda: {view.id: view for view in views(Organisation.objects.order_by("pk"), today)}
    )


def get(organisation_id: int, on: date | None = None) -> OrganisationView:
    """One organisation as of a day (today). Raises Organisation.DoesNotExist."""
    return views([Organisation.objects.get(pk=organisation_id)], on or clock.today())[0]


def get_many(organisation_ids: Iterable[int], on: date | None = None) -> dict[int, OrganisationView]:
    """Organisations by id as of a day (today); unknown ids are left out."""
    if on is None or on == clock.today():
        known = _directory()
        return {pk: known[pk] for pk in set(organisation_ids) if pk in known}
    found = views(Organisation.objects.filter(pk__in=set(organisation_ids)), on)
    return {view.id: view for view in found}


def names(organisation_ids: Iterable[int]) -> dict[int, str]:
    """What pages call organisations, by id; unknown ids are left out."""
    ids = set(organisation_ids)
    if not ids:
        return {}
    known = _directory()
    return {pk: known[pk].label for pk in ids if pk in known}


def places() -> list[str]:
    """The keys of the places that have organisations."""
    return sorted({view.place for view in _directory().values()})


def by_key(place: str, key: str, on: date | None = None) -> OrganisationView:
    """One organisation of a place by its stable key. Raises Organisation.DoesNotExist."""
    return views([Organisation.objects.get(place=place, key=key)], on or clock.today())[0]


def find(text: str, *, place: str, on: date | None = None) -> OrganisationView | None:
    """The one organisation of a place that a key, code or name means; None when none does.

    Tried in this order, the first that answers wins: key, unified social credit code, another code, official
    or short name, alias, former name. Width, case, spaces and punctuation of names do not count.
    Raises AmbiguousOrganisation when two organisations answer equally well.
    """
    text = text.strip()
    folded = fold(text)
    if not folded:
        return None
    directory = Organisation.objects.filter(place=place)
    named = Name.objects.filter(organisation__place=place, folded=folded)
    coded = Identifier.objects.filter(organisation__place=place, value=text)
    tries = (
        directory.filter(key=text).values_list("pk", flat=True),
        directory.filter(uscc=text.upper()).values_list("pk", flat=True),
        coded.values_list("organisation_id", flat=True),
        *(
            named.filter(use__in=uses).values_list("organisation_id", flat=True)
            for uses in ((Name.Use.OFFICIAL, Name.Use.SHORT), (Name.Use.ALIAS,), (Name.Use.FORMER,))
        ),
    )
    for matches in tries:
        ids: set[int] = set(matches)
        if len(ids) > 1:
            raise AmbiguousOrganisation(text, tuple(view.name for view in get_many(ids, on).values()))
        if ids:
            return get(ids.pop(), on)
    return None


def search(text: str, *, place: str, on: date | None = None, limit: int = 20) -> list[OrganisationView]:
    """Organisations whose name contains the text, whose pinyin initials begin with it, or whose code it is.

    Those whose name or initials begin with it come first.
    """
    folded = fold(text)
    if not folded:
        return []
    names = Name.objects.filter(organisation__place=place).filter(
        Q(folded__contains=folded) | Q(initials__startswith=folded)
    )
    codes = Q(key=text.strip()) | Q(uscc=text.strip().upper()) | Q(identifiers__value=text.strip())
    rows = Organisation.objects.filter(codes | Q(names__in=names), place=place).distinct().order_by("pk")[:limit]
    return views(rows, on or clock.today())


def institutions(place: str, on: date | None = None) -> list[OrganisationView]:
    """All institutions of a place that exist on a day (today), in the order they were entered."""
    on = on or clock.today()
    return [view for view in organisations(place, on) if view.is_institution]


def organisations(place: str, on: date | None = None) -> list[OrganisationView]:
    """Every organisation of a place that exists on a day (today), from city to department."""
    on = on or clock.today()
    if on == clock.today():
        return [view for view in _directory().values() if view.place == place and view.exists_on(on)]
    return views(Organisation.objects.filter(exists_on(on), place=place).order_by("pk"), on)


def path(organisation_id: int, on: date | None = None) -> tuple[OrganisationView, ...]:
    """From the root down to the organisation itself as of a day (today)."""
    on = on or clock.today()
    ids = path_ids(organisation_id, on)
    found = get_many(ids, on)
    return tuple(found[i] for i in ids)


def institution_tier(organisation_id: int, on: date | None = None) -> str:
    """The tier of an institution on a day (today): tertiary, secondary, primary, village; "" for none."""
    on = on or clock.today()
    period = TierPeriod.objects.filter(holds_on(on), organisation_id=organisation_id).first()
    return period.tier if period else ""


def tier_spans(organisation_ids: Iterable[int]) -> list[tuple[int, str, date, date | None]]:
    """The tiers institutions have had, as (id, tier, first day, first day no longer): one query for many days."""
    rows = TierPeriod.objects.filter(organisation_id__in=set(organisation_ids)).order_by("organisation_id", "starts_on")
    return list(rows.values_list("organisation_id", "tier", "starts_on", "ends_on"))


def root(place: str) -> OrganisationView | None:
    """The organisation of a place under which all others stand: the first city or county without a parent."""
    regions = (v for v in _directory().values() if v.place == place and v.kind in (Kind.CITY, Kind.COUNTY))
    return next((view for view in regions if view.parent_id is None), None)


def change_days(place: str, since: date, until: date) -> list[date]:
    """The days after ``since`` and before ``until`` on which somebody of a place comes to stand elsewhere in the tree.

    Between two of them the tree stays as it is, so that a year can be gone through in a few steps.
    """
    rows = Membership.objects.filter(organisation__place=place)
    days = {day for pair in rows.values_list("starts_on", "ends_on") for day in pair if day is not None}
    return sorted(day for day in days if since < day < until)


# -- groups, leads and regions ---------------------------------------------------------------------------------


def group_of(organisation_id: int, on: date) -> int | None:
    """The management area (else the consortium) an organisation stands in on a day."""
    found = {row.kind: row.pk for row in _ancestors(organisation_id, on)}
    return found.get(Kind.AREA) or found.get(Kind.CONSORTIUM)


def consortium_of(organisation_id: int, on: date) -> int | None:
    """The consortium an organisation stands in (or is) on a day."""
    rows = [row for row in _ancestors(organisation_id, on) if row.kind == Kind.CONSORTIUM]
    return rows[0].pk if rows else None


def region_of(organisation_id: int, on: date) -> int | None:
    """The nearest county or city above an organisation on a day (itself, if it is one)."""
    rows = {row.pk: row for row in _ancestors(organisation_id, on)}
    for pk in reversed(path_ids(organisation_id, on)):
        if rows[pk].kind in (Kind.COUNTY, Kind.CITY):
            return pk
    return None


def areas_of(consortium_id: int, on: date) -> "QuerySet[Organisation]":
    """The management areas of a consortium on a day."""
    return Organisation.objects.filter(pk__in=under(consortium_id, on), kind=Kind.AREA).order_by("pk")


def lead_hospitals(group_id: int, on: date) -> list[int]:
    """Who leads a group on a day: its own leaders, else those of the consortium it belongs to."""
    for pk in reversed(path_ids(group_id, on)):
        leads = Leadership.objects.filter(holds_on(on), group_id=pk).order_by("pk")
        if leads:
            return [row.hospital_id for row in leads]
    return []


def local_authorities(place: str, on: date) -> "QuerySet[Organisation]":
    """Bodies that can stand for the local government and party committee: the county or city, and its towns'."""
    regions = Q(kind__in=(Kind.CITY, Kind.COUNTY)) | Q(kind=Kind.GOVERNMENT, legal_person=True)
    return Organisation.objects.filter(regions, exists_on(on), place=place).order_by("pk")


def _ancestors(organisation_id: int, on: date) -> "QuerySet[Organisation]":
    return Organisation.objects.filter(pk__in=path_ids(organisation_id, on))


# -- cases: only for their sides ------------------------------------------------------------------------------


def joinings(actor: Actor) -> ScopedQuerySet:
    """The joining cases in which the actor stands on a side."""
    return Joining.objects.visible_to(actor, VIEW_CASES).select_related(*_SIDES)


def leavings(actor: Actor) -> ScopedQuerySet:
    """The leaving cases in which the actor stands on a side."""
    return Leaving.objects.visible_to(actor, VIEW_CASES).select_related(*_SIDES)


_SIDES = ("applicant", "group", "lead_hospital", "local_authority", "guidance_centre", "working_group")


def joining(actor: Actor, case_id: int) -> Joining:
    """One joining case. Raises NotVisible."""
    return _one(joinings(actor), case_id)


def leaving(actor: Actor, case_id: int) -> Leaving:
    """One leaving case. Raises NotVisible."""
    return _one(leavings(actor), case_id)


def _one(cases: ScopedQuerySet, case_id: int) -> Any:
    found = cases.filter(pk=case_id).first()
    if found is None:
        raise NotVisible
    return found
