"""What is published for measuring, by the month of the clinic's day: bookings, and the places released early."""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from django.db import connection

from yigongti.kernel.lake.api import Dataset, mark_stale, register_dataset

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("resident_id", pa.int64(), nullable=False),
        pa.field("managing_id", pa.int64()),
        pa.field("source_id", pa.int64()),
        pa.field("institution_id", pa.int64(), nullable=False),
        pa.field("institution_name", pa.string(), nullable=False),
        pa.field("inside_county", pa.bool_(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("setting", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("department", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("expert", pa.bool_(), nullable=False),
        pa.field("pool", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("early", pa.bool_(), nullable=False),
        pa.field("no_show", pa.bool_(), nullable=False),
        pa.field("referred", pa.bool_(), nullable=False),
    ]
)

_SELECT = """
    SELECT booking.id, institution.place, booking.day, booking.resident_id, resident.managing_institution_id,
        coalesce(booking.booked_by_id, booking.institution_id), booking.institution_id,
        coalesce(nullif(institution.short_name, ''), institution.name), true, coalesce(tier.tier, ''), 'appointment',
        '', '', booking.department, schedule.kind, schedule.expert, slot.pool, booking.state, booking.early,
        booking.state = 'no_show', booking.referral_id IS NOT NULL
    FROM appointments_appointment booking
    JOIN appointments_slot slot ON slot.id = booking.slot_id
    JOIN appointments_session session ON session.id = slot.session_id
    JOIN appointments_schedule schedule ON schedule.id = session.schedule_id
    JOIN organisation_organisation institution ON institution.id = booking.institution_id
    LEFT JOIN organisation_tierperiod tier ON tier.organisation_id = booking.institution_id
        AND tier.starts_on <= booking.day AND (tier.ends_on IS NULL OR tier.ends_on > booking.day)
    LEFT JOIN residents_resident resident ON resident.id = booking.resident_id
    WHERE booking.day >= %(start)s AND booking.day < %(end)s
    ORDER BY booking.day, booking.id
"""
"""Reads the directory and the master index by their tables, as health_record does: a month is joined where it lies."""

BOOKINGS = register_dataset(Dataset("appointments", SCHEMA, _SELECT))

EARLY_SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("happened_on", pa.date32(), nullable=False),
        pa.field("managing_id", pa.int64()),
        pa.field("source_id", pa.int64(), nullable=False),
        pa.field("institution_id", pa.int64(), nullable=False),
        pa.field("institution_name", pa.string(), nullable=False),
        pa.field("department", pa.string(), nullable=False),
        pa.field("expert", pa.bool_(), nullable=False),
        pa.field("places", pa.int64(), nullable=False),
        pa.field("used", pa.int64(), nullable=False),
    ]
)

EARLY_PLACES = register_dataset(
    Dataset(
        "early_places",
        EARLY_SCHEMA,
        """
        SELECT slot.id, institution.place, session.day, NULL, session.institution_id, session.institution_id,
            coalesce(nullif(institution.short_name, ''), institution.name), schedule.department, schedule.expert,
            slot.quota, count(booking.id)
        FROM appointments_slot slot
        JOIN appointments_session session ON session.id = slot.session_id
        JOIN appointments_schedule schedule ON schedule.id = session.schedule_id
        JOIN organisation_organisation institution ON institution.id = session.institution_id
        LEFT JOIN appointments_appointment booking ON booking.slot_id = slot.id AND booking.early
            AND booking.state IN ('booked', 'checked_in', 'done', 'no_show')
        WHERE session.day >= %(start)s AND session.day < %(end)s AND slot.pool = 'early' AND slot.is_open
        GROUP BY slot.id, institution.id, session.id, schedule.id
        ORDER BY session.day, slot.id
        """,
        follows=("appointments",),
    )
)
"""One row per time of a clinic: how many places were kept for family doctors, and how many of them they took."""


def mark_places_changed(days: Iterable[date]) -> None:
    """Have the months of these days published again, in the transaction that opened, changed or closed their slots."""
    mark_stale(EARLY_PLACES.name, days)


def mark_changed(days: Iterable[date]) -> None:
    """Have the months of these days published again, in the transaction that changed a booking of theirs."""
    mark_stale(BOOKINGS.name, days, soon=False)


def mark_residents_changed(resident_ids: Iterable[int]) -> None:
    """Have the months published again in which these residents are booked."""
    ids = sorted(set(resident_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', day)::date FROM appointments_appointment WHERE resident_id = ANY(%s)",
            [ids],
        )
        months = [row[0] for row in cursor.fetchall()]
    if months:
        mark_changed(months)
