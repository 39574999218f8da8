"""What is published for measuring: referrals by the month they were sent; discharges, with whether they were sent down.

As in health_record: ``resident_id`` is the person (the entry a merged one finally stands for), ``managing_id`` who
looks after them today, ``institution_id`` whose record it is (a referral's receiver; a stay's hospital), ``source_id``
who sent it. ``minutes_to_answer`` is null without an answer; ``followed_up_within`` null where none
is due yet.
``sent_down``: a down-referral (or the return of an up-referral) of the same person by the same hospital, as many days
before or after the discharge as policy said on that day.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from django.db import connection

from yigongti.domains.base.residents.api import MergeUndone, ResidentHandedOver, ResidentsMerged, cluster
from yigongti.kernel import clock
from yigongti.kernel.events import subscribe
from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

if TYPE_CHECKING:
    from yigongti.domains.care.referrals.models import Referral

_SAME = (
    ("id", pa.int64(), False),
    ("place", pa.string(), False),
    ("happened_on", pa.date32(), False),
    ("resident_id", pa.int64(), False),
    ("managing_id", pa.int64(), True),
    ("source_id", pa.int64(), False),
    ("institution_id", pa.int64(), True),
    ("institution_name", pa.string(), False),
    ("inside_county", pa.bool_(), False),
    ("tier", pa.string(), False),
    ("setting", pa.string(), False),
    ("code", pa.string(), False),
    ("category", pa.string(), False),
)


def _schema(*more: tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=nullable) for name, kind, nullable in (*_SAME, *more)])


REFERRALS_SCHEMA = _schema(
    ("direction", pa.string(), False),
    ("urgent", pa.bool_(), False),
    ("reach", pa.string(), False),
    ("state", pa.string(), False),
    ("answered", pa.bool_(), False),
    ("minutes_to_answer", pa.int64(), True),
    ("answered_within", pa.bool_(), True),
    ("accepted", pa.bool_(), False),
    ("arrived", pa.bool_(), False),
    ("returned", pa.bool_(), False),
    ("followed_up", pa.bool_(), False),
    ("followed_up_within", pa.bool_(), True),
)
DISCHARGES_SCHEMA = _schema(
    ("discharged_on", pa.date32(), False),
    ("total_fen", pa.int64(), True),
    ("fund_fen", pa.int64(), True),
    ("self_paid_fen", pa.int64(), True),
    ("insurance_kind", pa.string(), False),
    ("tcm", pa.bool_(), True),
    ("sent_down", pa.bool_(), False),
)

_MERGED = """
    WITH RECURSIVE chain AS (
        SELECT id, merged_into_id FROM residents_resident WHERE merged_into_id IS NOT NULL
        UNION ALL
        SELECT chain.id, further.merged_into_id
        FROM chain JOIN residents_resident further ON further.id = chain.merged_into_id
        WHERE further.merged_into_id IS NOT NULL
    ), merged AS (
        SELECT chain.id, whole.id AS whole_id, whole.managing_institution_id
        FROM chain JOIN residents_resident whole ON whole.id = chain.merged_into_id AND whole.merged_into_id IS NULL
    )
"""

_LOCAL = "(%s AT TIME ZONE 'Asia/Shanghai')::date"

_REFERRALS = f"""
    {_MERGED}
    SELECT r.id, r.place, {_LOCAL.replace("%s", "r.sent_at")}, coalesce(merged.whole_id, r.resident_id),
           coalesce(merged.managing_institution_id, resident.managing_institution_id),
           r.origin_id, r.receiver_id,
           coalesce(nullif(receiver.short_name, ''), receiver.name, r.receiver_name),
           r.reach <> 'outside', coalesce(tier.tier, CASE WHEN r.reach = 'outside' THEN 'outside' ELSE '' END),
           CASE WHEN r.inpatient THEN 'inpatient' ELSE 'outpatient' END, r.diagnosis_code,
           coalesce(substring(upper(r.diagnosis_code) FROM '^[A-Z][0-9]{{2}}'), ''),
           r.direction, r.urgency = 'urgent', r.reach, r.state,
           r.answered_at IS NOT NULL,
           (extract(epoch FROM r.answered_at - r.sent_at) / 60)::bigint,
           CASE WHEN r.answered_at IS NOT NULL AND r.first_answer_by IS NOT NULL THEN r.answered_at <= r.first_answer_by
                WHEN r.state = 'expired' THEN false END,
           r.accepted_at IS NOT NULL, r.arrived_at IS NOT NULL, r.returned_at IS NOT NULL,
           r.followed_up_on IS NOT NULL,
           CASE WHEN r.followed_up_on IS NOT NULL THEN r.followed_up_on <= r.follow_up_by
                WHEN r.follow_up_by < CURRENT_DATE THEN false END
    FROM referrals_referral r
    LEFT JOIN organisation_organisation receiver ON receiver.id = r.receiver_id
    LEFT JOIN organisation_tierperiod tier ON tier.organisation_id = r.receiver_id
        AND tier.starts_on <= {_LOCAL.replace("%s", "r.sent_at")}
        AND (tier.ends_on IS NULL OR tier.ends_on > {_LOCAL.replace("%s", "r.sent_at")})
    LEFT JOIN residents_resident resident ON resident.id = r.resident_id
    LEFT JOIN merged ON merged.id = r.resident_id
    WHERE r.sent_at >= (%(start)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND r.sent_at < (%(end)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
    ORDER BY r.sent_at, r.id
"""  # noqa: S608 (constants of this file)

_DISCHARGES = f"""
    {_MERGED}
    , down AS (
        SELECT r.sent_down_by_id, coalesce(merged.whole_id, r.resident_id) AS whole_id,
               r.discharges_from, r.discharges_until
        FROM referrals_referral r LEFT JOIN merged ON merged.id = r.resident_id
        WHERE r.sent_down_by_id IS NOT NULL
    )
    SELECT fact.id, sender.place, fact.happened_on, coalesce(merged.whole_id, fact.resident_id),
           coalesce(merged.managing_institution_id, resident.managing_institution_id),
           fact.source_id, fact.institution_id,
           coalesce(nullif(institution.short_name, ''), institution.name, fact.institution_name),
           fact.inside_county, fact.tier, fact.setting, fact.code,
           CASE WHEN fact.code_system LIKE 'icd10%%'
                THEN coalesce(substring(upper(fact.code) FROM '^[A-Z][0-9]{{2}}'), '') ELSE '' END,
           {_LOCAL.replace("%s", "fact.ended_at")},
           fact.total_fen, fact.fund_fen, fact.self_paid_fen, fact.insurance_kind, fact.tcm,
           EXISTS (
               SELECT 1 FROM down
               WHERE down.sent_down_by_id = fact.institution_id
                 AND down.whole_id = coalesce(merged.whole_id, fact.resident_id)
                 AND {_LOCAL.replace("%s", "fact.ended_at")} BETWEEN down.discharges_from AND down.discharges_until
           )
    FROM health_record_fact fact
    JOIN organisation_organisation sender ON sender.id = fact.source_id
    LEFT JOIN organisation_organisation institution ON institution.id = fact.institution_id
    LEFT JOIN residents_resident resident ON resident.id = fact.resident_id
    LEFT JOIN merged ON merged.id = fact.resident_id
    WHERE fact.happened_on >= %(start)s AND fact.happened_on < %(end)s
      AND fact.kind = 'encounter' AND fact.setting = 'inpatient' AND fact.ended_at IS NOT NULL
      AND fact.superseded_by IS NULL
    ORDER BY fact.happened_on, fact.id
"""  # noqa: S608 (constants of this file)

REFERRALS = register_dataset(Dataset("referrals", REFERRALS_SCHEMA, _REFERRALS))
DISCHARGES = register_dataset(Dataset("discharges", DISCHARGES_SCHEMA, _DISCHARGES, follows=("encounters",)))

LONGEST_STAY = timedelta(days=366)


def mark_changed(case: "Referral") -> None:
    """Have published again, in the transaction that changed a referral, its month and those of the stays it counts for.

    A stay of more than a year is passed over: its month is published again with the next change of its own.
    """
    if case.sent_at is not None:
        mark_stale(REFERRALS.name, [case.sent_at.astimezone(clock.ZONE).date()])
    if case.sent_down_by_id is not None and case.discharges_from and case.discharges_until:
        mark_stale(DISCHARGES.name, _stays(case, case.discharges_from, case.discharges_until))


def _stays(case: "Referral", since: date, until: date) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', happened_on)::date FROM health_record_fact"
            " WHERE resident_id = ANY(%s) AND kind = 'encounter' AND setting = 'inpatient' AND institution_id = %s"
            " AND happened_on BETWEEN %s AND %s AND superseded_by IS NULL",
            [list(cluster(case.resident_id)), case.sent_down_by_id, since - LONGEST_STAY, until],
        )
        return [row[0] for row in cursor.fetchall()]


def _mark_residents(resident_ids: tuple[int, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', sent_at AT TIME ZONE 'Asia/Shanghai')::date FROM referrals_referral"
            " WHERE resident_id = ANY(%s) AND sent_at IS NOT NULL",
            [list(resident_ids)],
        )
        mark_stale(REFERRALS.name, [row[0] for row in cursor.fetchall()])


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    _mark_residents(cluster(event.absorbed_id))


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    _mark_residents((*cluster(event.absorbed_id), *cluster(event.kept_id)))


@subscribe(ResidentHandedOver, within=True)
def _handed_over(event: ResidentHandedOver) -> None:
    _mark_residents(cluster(event.resident_id))
