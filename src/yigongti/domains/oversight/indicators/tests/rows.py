"""Referrals, follow-ups, clinics and bookings put straight into their tables: measures are tested on what is stored.

Columns that must be filled and that a test does not care about get the nothing of their type.
"""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.db import connection

from yigongti.kernel import clock

NOTHING = {"boolean": False, "integer": 0, "smallint": 0, "bigint": 0, "jsonb": "{}", "date": date(2000, 1, 1)}
_people = count(1_000_000)


def store(table: str, **values: Any) -> int:
    """Insert a row; returns its id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
            " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'",
            [table],
        )
        row = {}
        for column, kind in cursor.fetchall():
            row[column] = clock.now() if kind.startswith("timestamp") else NOTHING.get(kind, "")
        row |= values
        cursor.execute("SELECT set_config('yigongti.step', %s, true)", [table])
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", list(row.values()))
        [made] = cursor.fetchone()
        cursor.execute("SELECT set_config('yigongti.step', '', true)")
    return int(made)


def at(day: date, hour: int = 8, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=clock.ZONE)


def referral(
    origin: int,
    receiver: int | None,
    sent_at: datetime,
    *,
    minutes: int | None = None,
    accepted: bool = True,
    returned: bool = False,
    code: str = "I10.x00",
    **values: Any,
) -> int:
    """A sent referral; ``minutes``: after how many it was answered, if it was."""
    answered_at = None if minutes is None else sent_at + timedelta(minutes=minutes)
    row = {
        "place": "kunshan",
        "resident_id": next(_people),
        "direction": "up",
        "reach": "inside" if receiver else "outside",
        "urgency": "ordinary",
        "origin_id": origin,
        "receiver_id": receiver,
        "receiver_name": "省人民医院",
        "follow_up_id": origin,
        "diagnosis_code": code,
        "category": code[:3],
        "diagnosis": "某病",
        "sent_at": sent_at,
        "answered_at": answered_at,
        "accepted_at": answered_at if accepted else None,
        "returned_at": answered_at if returned else None,
        "state": "sent" if minutes is None else "accepted",
    }
    return store("referrals_referral", **{**row, **values})


def follow_up(institution: int, due_on: date, *, done_on: date | None = None, **values: Any) -> int:
    row = {
        "resident_id": next(_people),
        "institution_id": institution,
        "reason": "urgent",
        "due_on": due_on,
        "done_on": done_on,
        "state": "done" if done_on else "late",
    }
    return store("follow_up_followup", **{**row, **values})


def slot(
    institution: int, day: date, *, pool: str = "early", quota: int = 4, expert: bool = True, **values: Any
) -> int:
    """A slot of a clinic of its own, at eight."""
    schedule = store(
        "appointments_schedule", institution_id=institution, kind="doctor", department="心内科", expert=expert,
        doctor=f"医生{next(_people)}",
    )  # fmt: skip
    session = store(
        "appointments_session", schedule_id=schedule, institution_id=institution, day=day, starts_at=at(day),
        ends_at=at(day, 12), slot_minutes=240, quota=quota, state="published",
    )  # fmt: skip
    row = {"session_id": session, "pool": pool, "quota": quota, "is_open": True, "starts_at": at(day)}
    return store("appointments_slot", **{**row, "ends_at": at(day, 12), "booked": 0, **values})


def booking(slot_id: int, institution: int, day: date, state: str, *, early: bool = False, **values: Any) -> int:
    row = {
        "slot_id": slot_id,
        "resident_id": next(_people),
        "institution_id": institution,
        "department": "心内科",
        "day": day,
        "starts_at": at(day),
        "ends_at": at(day, 12),
        "state": state,
        "early": early,
    }
    return store("appointments_appointment", **{**row, **values})


def catalogue(*lines: tuple[str, str, str], since: date = date(2020, 1, 1)) -> None:
    """What each tier treats: (first, last, tier)."""
    edition = store("referrals_catalogueedition", place="kunshan", starts_on=since, name="病种目录")
    for number, (first, last, tier) in enumerate(lines, 1):
        store("referrals_catalogueline", edition_id=edition, number=number, first=first, last=last, tier=tier)


def leads(group: int, hospital: int) -> None:
    store("organisation_leadership", group_id=group, hospital_id=hospital, starts_on=date(2000, 1, 1))
