"""What is published for measuring: claims and encounters, one row each, with what measures group and narrow by.

``resident_id`` is the person: the entry a merged one finally stands for; ``managing_id`` the institution that looks
after them today, of a claim the one that did on the day it was settled; ``category`` the three-character ICD-10
category, "" for what is not coded so. A fact that was superseded is not published.
"""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from django.db import connection

from yigongti.domains.base.residents.api import MergeUndone, ResidentHandedOver, ResidentsMerged, cluster
from yigongti.kernel import clock
from yigongti.kernel.events import subscribe
from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("resident_id", pa.int64(), nullable=False),
        pa.field("managing_id", pa.int64()),
        pa.field("source_id", pa.int64(), nullable=False),
        pa.field("institution_id", pa.int64()),
        pa.field("institution_name", pa.string(), nullable=False),
        pa.field("inside_county", pa.bool_(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("setting", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("total_fen", pa.int64()),
        pa.field("fund_fen", pa.int64()),
        pa.field("self_paid_fen", pa.int64()),
        pa.field("insurance_kind", pa.string(), nullable=False),
        pa.field("tcm", pa.bool_()),
    ]
)

_SELECT = """
    WITH RECURSIVE chain AS (
        SELECT id, merged_into_id FROM residents_resident WHERE merged_into_id IS NOT NULL
        UNION ALL
        SELECT chain.id, further.merged_into_id
        FROM chain JOIN residents_resident further ON further.id = chain.merged_into_id
        WHERE further.merged_into_id IS NOT NULL
    ), merged AS (
        SELECT chain.id, whole.id AS whole_id, whole.managing_institution_id{whole}
        FROM chain JOIN residents_resident whole ON whole.id = chain.merged_into_id AND whole.merged_into_id IS NULL
    ){then}
    SELECT fact.id, sender.place, fact.happened_on, coalesce(merged.whole_id, fact.resident_id),
           coalesce({home}merged.managing_institution_id, resident.managing_institution_id),
           fact.source_id, fact.institution_id,
           coalesce(nullif(institution.short_name, ''), institution.name, fact.institution_name),
           fact.inside_county, fact.tier, fact.setting, fact.code,
           CASE WHEN fact.code_system LIKE 'icd10%%'
                THEN coalesce(substring(upper(fact.code) FROM '^[A-Z][0-9]{{2}}'), '') ELSE '' END,
           fact.total_fen, fact.fund_fen, fact.self_paid_fen, fact.insurance_kind, fact.tcm{more}
    FROM health_record_fact fact
    JOIN organisation_organisation sender ON sender.id = fact.source_id
    LEFT JOIN organisation_organisation institution ON institution.id = fact.institution_id
    LEFT JOIN residents_resident resident ON resident.id = fact.resident_id
    LEFT JOIN merged ON merged.id = fact.resident_id{detail}
    WHERE fact.happened_on >= %(start)s AND fact.happened_on < %(end)s
      AND fact.kind = '{kind}' AND fact.superseded_by IS NULL
    ORDER BY fact.happened_on, fact.id
"""
"""Reads the directory and the master index by their tables: a month is joined where it lies, not row by row."""

CLAIM_SCHEMA = pa.schema(
    [
        *SCHEMA,
        pa.field("record_no", pa.string(), nullable=False),
        pa.field("recorded_on", pa.date32(), nullable=False),
        pa.field("service_start", pa.date32(), nullable=False),
        pa.field("service_end", pa.date32()),
        pa.field("department", pa.string(), nullable=False),
        pa.field("insured_division", pa.string(), nullable=False),
        pa.field("reverses", pa.string(), nullable=False),
        pa.field("critical_illness_fen", pa.int64()),
        pa.field("medical_aid_fen", pa.int64()),
        pa.field("certificate_no", pa.string(), nullable=False),
        pa.field("payment_method", pa.string(), nullable=False),
        pa.field("sex", pa.string(), nullable=False),
        pa.field("age_years", pa.int32()),
        pa.field("age_days", pa.int32()),
        pa.field("birth_weight_g", pa.int32()),
        pa.field("other_diagnoses", pa.string(), nullable=False),
        pa.field("procedures", pa.string(), nullable=False),
        pa.field("discharge_way", pa.string(), nullable=False),
        pa.field("died", pa.bool_()),
        pa.field("cancelled", pa.bool_(), nullable=False),
        pa.field("visits", pa.int32(), nullable=False),
        pa.field("self_expense_fen", pa.int64()),
    ]
)
"""What a claim says beyond that, as the settlement list has it.

``reverses``: the ``record_no`` of the claim of the same source that this one takes back, with amounts below zero.
Whoever looked after the person, and ``service_start``, are then those of that claim.
``fund_fen`` is the pooled fund alone: critical illness insurance and medical aid stand beside it. ``insured_division``
"" is here. Age is of ``service_start``, in days only below one year; both, and the sex, are the master index's
where the claim doesn't say. ``cancelled``: wholly taken back, the fund's part too, or what took it back. ``visits``: 1
for a claim that is neither cancelled nor takes back a part of another, else 0. Money that moved is summed over all
rows, what care cost over the rows that are not cancelled, visits and stays over this.
``self_expense_fen``: what lies outside the insurance list.
"""

_CLAIM_COLUMNS = """,
           fact.record_no, (fact.recorded_at AT TIME ZONE 'Asia/Shanghai')::date,
           CASE WHEN coalesce(sheet.reverses, '') = '' THEN served.start_on
                ELSE coalesce(taken.began_on, taken.settled_on, served.start_on) END,
           left(sheet.ended_at, 10)::date, fact.department,
           coalesce(sheet.insured_division, ''), coalesce(sheet.reverses, ''),
           sheet.critical_illness_fen, sheet.medical_aid_fen,
           coalesce(sheet.certificate_no, ''), coalesce(sheet.payment_method, ''),
           CASE WHEN person.sex IN ('1', '2') THEN person.sex ELSE '' END,
           coalesce(
               sheet.age_years,
               CASE WHEN sheet.age_days IS NOT NULL THEN sheet.age_days / 365
                    WHEN served.start_on >= person.birth_date
                    THEN date_part('year', age(served.start_on, person.birth_date))::int END
           ),
           CASE WHEN sheet.age_days IS NOT NULL THEN sheet.age_days
                WHEN coalesce(sheet.age_years, 0) = 0 AND person.born_to_the_day
                     AND served.start_on >= person.birth_date
                     AND served.start_on < person.birth_date + interval '1 year'
                THEN served.start_on - person.birth_date END,
           sheet.birth_weight_g, coalesce(sheet.other_diagnoses, ''), coalesce(sheet.procedures, ''),
           coalesce(sheet.discharge_way, ''), coalesce(sheet.died, nullif(sheet.discharge_way, '') = '5'),
           coalesce(taken.wholly, false),
           CASE WHEN coalesce(sheet.reverses, '') <> '' OR taken.wholly THEN 0 ELSE 1 END,
           sheet.self_expense_fen"""

_CLAIM_DETAIL = """
    CROSS JOIN LATERAL jsonb_to_record(coalesce(fact.detail, '{}')) AS sheet(
        started_at text, ended_at text, insured_division text, reverses text, critical_illness_fen bigint,
        medical_aid_fen bigint, certificate_no text, payment_method text, age_years int, age_days int,
        birth_weight_g int, other_diagnoses text, procedures text, discharge_way text, died boolean,
        self_expense_fen bigint
    )
    CROSS JOIN LATERAL (SELECT coalesce(left(sheet.started_at, 10)::date, fact.happened_on) AS start_on) AS served
    CROSS JOIN LATERAL (
        SELECT CASE WHEN merged.id IS NULL THEN resident.sex ELSE merged.sex END AS sex,
               CASE WHEN merged.id IS NULL THEN resident.birth_date ELSE merged.birth_date END AS birth_date,
               CASE WHEN merged.id IS NULL THEN resident.birth_precision ELSE merged.birth_precision END = 3
               AS born_to_the_day
    ) AS person
    LEFT JOIN (
        SELECT back.source_id, back.record_no,
               whole.total_fen + back.total_fen <= 0 AND whole.fund_fen + back.fund_fen <= 0 AS wholly,
               whole.happened_on AS settled_on, left(whole.detail ->> 'started_at', 10)::date AS began_on
        FROM (
            SELECT source_id, detail ->> 'reverses' AS record_no, sum(total_fen) AS total_fen, sum(fund_fen) AS fund_fen
            FROM health_record_fact
            WHERE kind = 'claim' AND (detail ->> 'reverses') IS NOT NULL AND superseded_by IS NULL
            GROUP BY 1, 2
        ) AS back
        JOIN health_record_fact whole ON whole.kind = 'claim' AND whole.superseded_by IS NULL
             AND whole.source_id = back.source_id AND whole.record_no = back.record_no
    ) AS taken ON taken.source_id = fact.source_id
        AND taken.record_no = coalesce(nullif(sheet.reverses, ''), fact.record_no)"""
_WHOLE = ", whole.sex, whole.birth_date, whole.birth_precision"

# Who looked after somebody until when, of those who were ever handed on: before the first change the earliest known,
# after the last whoever does today. The new one has them from the day of the change on. What takes a claim back is of
# whoever had the person when that claim was settled.
_THEN = """, moved AS (
        SELECT pgh_obj_id AS id, managing_institution_id, until_on,
               lag(until_on, 1, '-infinity') OVER (PARTITION BY pgh_obj_id ORDER BY until_at, pgh_id) AS since_on
        FROM residents_managedbefore
        CROSS JOIN LATERAL (
            SELECT pgh_created_at AS until_at, (pgh_created_at AT TIME ZONE 'Asia/Shanghai')::date AS until_on
        ) AS changed
    )"""
_MOVED = """
    CROSS JOIN LATERAL (
        SELECT CASE WHEN coalesce(sheet.reverses, '') = '' THEN fact.happened_on
                    ELSE coalesce(taken.settled_on, fact.happened_on) END AS day
    ) AS home_on
    LEFT JOIN moved ON moved.id = coalesce(merged.whole_id, fact.resident_id)
        AND home_on.day >= moved.since_on AND home_on.day < moved.until_on"""

CLAIMS = register_dataset(
    Dataset(
        "claims",
        CLAIM_SCHEMA,
        _SELECT.format(
            kind="claim",
            more=_CLAIM_COLUMNS,
            detail=_CLAIM_DETAIL + _MOVED,
            whole=_WHOLE,
            then=_THEN,
            home="moved.managing_institution_id, ",
        ),
    )
)
ENCOUNTERS = register_dataset(
    Dataset("encounters", SCHEMA, _SELECT.format(kind="encounter", more="", detail="", whole="", then="", home=""))
)


_PUBLISHED = {"claim": CLAIMS, "encounter": ENCOUNTERS}


def mark_changed(kind: str, months: Iterable[date]) -> None:
    """Have these months of a kind of fact published again, in the transaction that changed them."""
    if kind in _PUBLISHED:
        mark_stale(_PUBLISHED[kind].name, months)


def mark_residents_changed(resident_ids: Iterable[int]) -> None:
    """Have the months published again in which these residents have facts: who they are, or who looks after them, may
    have changed."""
    for kind, months in _months(resident_ids).items():
        mark_changed(kind, months)


def _months(resident_ids: Iterable[int]) -> dict[str, list[date]]:
    """The months in which residents have facts of each published kind."""
    ids = sorted(set(resident_ids))
    found: dict[str, list[date]] = {kind: [] for kind in _PUBLISHED}
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT kind, date_trunc('month', happened_on)::date FROM health_record_fact"
                " WHERE resident_id = ANY(%s) AND kind = ANY(%s) AND superseded_by IS NULL",
                [ids, list(_PUBLISHED)],
            )
            for kind, month in cursor.fetchall():
                found[kind].append(month)
    return found


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    mark_residents_changed(cluster(event.absorbed_id))


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    mark_residents_changed(cluster(event.absorbed_id))


@subscribe(ResidentHandedOver, within=True)
def _handed_over(event: ResidentHandedOver) -> None:
    """Claims settled before stay where they were."""
    months = _months(cluster(event.resident_id))
    this = clock.month_of(clock.today())
    mark_changed("claim", [month for month in months.pop("claim") if month >= this])
    for kind, others in months.items():
        mark_changed(kind, others)
