"""Settlements as the money tier reads them: by id, by number, with their versions. Many at once go through the lake.

These reads are narrowed to nobody: the domain of claims says who may see which (institution, payer, or who looks after
the person) and writes the look into the trail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from yigongti.domains.base.health_record.fact_view import COLUMNS, FactView, views
from yigongti.domains.base.health_record.models import Fact, FactKind
from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel.access.api import ScopedQuerySet


@dataclass(frozen=True)
class ClaimFact:
    """One version of a settlement. ``superseded_by``: the id of what stands in its place, its own id when it was
    withdrawn, None while it stands."""

    fact: FactView
    recorded_at: datetime
    superseded_by: int | None

    @property
    def reverses(self) -> str:
        """The number of the settlement this one takes back, or ""."""
        return str(self.fact.detail.get("reverses") or "")


def claim_facts(ids: Iterable[int], *, days: tuple[date, date] | None = None) -> dict[int, ClaimFact]:
    """Settlements by id, superseded ones too; ``days``: the first and last day they were settled on, where known, so
    that only those months are looked into."""
    rows = _claims().filter(pk__in=list(ids))
    if days is not None:
        rows = rows.filter(happened_on__range=days)
    return {one.fact.id: one for one in _read(rows)}


def claim_versions(source_id: int, record_no: str) -> list[ClaimFact]:
    """All a source has said of a settlement, the newest first."""
    rows = _claims().filter(source_id=source_id, record_no=record_no)
    return sorted(_read(rows), key=lambda one: (one.recorded_at, one.fact.id), reverse=True)


def claims_numbered(source_id: int, numbers: Iterable[str]) -> dict[str, ClaimFact]:
    """The settlements of a source that stand now, by their number."""
    rows = _claims().filter(source_id=source_id, record_no__in=list(numbers), superseded_by=None)
    return {one.fact.record_no: one for one in _read(rows)}


def claims_reversing(source_id: int, numbers: Iterable[str]) -> list[ClaimFact]:
    """The standing settlements of a source that take back one of these numbers, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM health_record_fact WHERE kind = 'claim' AND (detail ->> 'reverses') IS NOT NULL"
            " AND (detail ->> 'reverses') = ANY (%s) AND source_id = %s AND superseded_by IS NULL",
            [list(numbers), source_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return sorted(claim_facts(ids).values(), key=lambda one: (one.fact.happened_at, one.fact.id)) if ids else []


def reversals_among(source_id: int, numbers: Iterable[str]) -> frozenset[str]:
    """Those of these numbers under which a source has a standing reversal."""
    rows = _claims().filter(source_id=source_id, record_no__in=list(numbers), superseded_by=None)
    return frozenset(rows.exclude(detail__reverses=None).values_list("record_no", flat=True))


def months_taken_back(source_id: int, numbers: Iterable[str], sent: Iterable[str] = ()) -> frozenset[date]:
    """First days of the months that count otherwise now that settlements of these numbers were taken back, or no longer
    are: those they lie in, and those of all that takes them back. ``sent``: settlements whose earlier versions may
    have taken back something."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                SELECT unnest(%(numbers)s::text[]) AS record_no
                UNION
                SELECT before.detail ->> 'reverses' FROM health_record_fact before
                WHERE before.kind = 'claim' AND before.source_id = %(source)s
                  AND before.record_no = ANY (%(sent)s::text[])
                  AND before.superseded_by IS NOT NULL AND (before.detail ->> 'reverses') IS NOT NULL
            )
            SELECT date_trunc('month', happened_on)::date
            FROM health_record_fact JOIN taken USING (record_no)
            WHERE kind = 'claim' AND source_id = %(source)s AND superseded_by IS NULL
            UNION
            SELECT date_trunc('month', happened_on)::date
            FROM health_record_fact JOIN taken ON taken.record_no = detail ->> 'reverses'
            WHERE kind = 'claim' AND source_id = %(source)s AND superseded_by IS NULL
              AND (detail ->> 'reverses') IS NOT NULL
            """,
            {"source": source_id, "numbers": list(numbers), "sent": list(sent)},
        )
        return frozenset(month for (month,) in cursor.fetchall())


def months_taking_back(source_id: int, numbers: Iterable[str]) -> frozenset[date]:
    """First days of the months of what takes back settlements of these numbers, and may have come before them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', happened_on)::date FROM health_record_fact"
            " WHERE kind = 'claim' AND (detail ->> 'reverses') IS NOT NULL AND (detail ->> 'reverses') = ANY (%s)"
            " AND source_id = %s AND superseded_by IS NULL",
            [list(numbers), source_id],
        )
        return frozenset(month for (month,) in cursor.fetchall())


def claim_months(resident_ids: Iterable[int], *, outside_only: bool = False) -> frozenset[date]:
    """First days of the months in which these entries of the master index have standing settlements (out of the county
    ``outside_only``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', happened_on)::date FROM health_record_fact"
            " WHERE resident_id = ANY (%s) AND kind = 'claim' AND superseded_by IS NULL"
            " AND (NOT %s OR NOT inside_county)",
            [sorted(set(resident_ids)), outside_only],
        )
        return frozenset(month for (month,) in cursor.fetchall())


def persons(resident_ids: Iterable[int]) -> dict[int, int]:
    """For each entry of the master index, the entry that stands for the person, as the lake's ``resident_id`` says it;
    one query however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE chain AS (
                SELECT r.id AS asked, r.id, r.merged_into_id FROM residents_resident r WHERE r.id = ANY (%s)
                UNION ALL
                SELECT c.asked, r.id, r.merged_into_id
                FROM chain c JOIN residents_resident r ON r.id = c.merged_into_id
            )
            SELECT asked, id FROM chain WHERE merged_into_id IS NULL
            """,
            [sorted(set(resident_ids))],
        )
        return dict(cursor.fetchall())


def managed_before(persons: Iterable[int]) -> dict[int, list[tuple[date, int]]]:
    """Of those among these persons who were ever handed on: who looked after them up to, not including, which day, the
    earliest first. One query however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgh_obj_id, (pgh_created_at AT TIME ZONE 'Asia/Shanghai')::date, managing_institution_id"
            " FROM residents_managedbefore WHERE pgh_obj_id = ANY (%s) ORDER BY pgh_created_at, pgh_id",
            [sorted(set(persons))],
        )
        found: dict[int, list[tuple[date, int]]] = {}
        for person, until, institution in cursor.fetchall():
            found.setdefault(person, []).append((until, institution))
    return found


def _claims() -> ScopedQuerySet:
    rows: ScopedQuerySet = Fact.objects.unscoped("the domain of claims says who may see which")
    return rows.filter(kind=FactKind.CLAIM)


def _read(rows: ScopedQuerySet) -> list[ClaimFact]:
    found: list[Any] = list(rows.values_list(*COLUMNS, "recorded_at", "superseded_by", named=True))
    places = organisation.names(
        {row.institution_id for row in found if row.institution_id} | {row.source_id for row in found}
    )
    facts = views(found, places=places)
    return [ClaimFact(fact, row.recorded_at, row.superseded_by) for fact, row in zip(facts, found, strict=True)]


def version_numbers(facts: Iterable[ClaimFact]) -> dict[int, int]:
    """Which version of its settlement each one is, counted from 1 as they came in; one query however many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, row_number() OVER (PARTITION BY source_id, record_no ORDER BY id)"
            " FROM health_record_fact WHERE kind = 'claim' AND record_no = ANY (%s)",
            [sorted({one.fact.record_no for one in facts})],
        )
        return dict(cursor.fetchall())


def deaths() -> dict[int, date]:
    """Everybody of whom the master index knows the day of death, by the entry that stands for the person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, deceased_on FROM residents_resident WHERE deceased_on IS NOT NULL")
        known: dict[int, date] = dict(cursor.fetchall())
    whole = persons(known)
    found: dict[int, date] = {}
    for entry, on in known.items():
        person = whole.get(entry, entry)
        found[person] = min(on, found.get(person, on))
    return found
