"""The hot path: when a clinic opens, most of thousands come too late, and hear so after one statement.

Whether a slot is full is no secret, so nobody need be known to be told. What is told is put together once a second.
"""

import time
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import get_language

from yigongti.domains.care.appointments import nearest
from yigongti.domains.care.appointments.models import Schedule, Session, Slot
from yigongti.domains.care.appointments.refusals import SlotTaken
from yigongti.domains.care.appointments.release import Rights
from yigongti.domains.care.appointments.views import SlotView, slot_views

_MODELS = (Slot, Session, Schedule)
_NAMES = [[field.attname for field in model._meta.concrete_fields] for model in _MODELS]
_COLUMNS = ", ".join(
    f"{alias}.{field.column}"
    for alias, model in zip(("slot", "session", "schedule"), _MODELS, strict=True)
    for field in model._meta.concrete_fields
)
_READ = f"""
    SELECT {_COLUMNS} FROM appointments_slot slot
    JOIN appointments_session session ON session.id = slot.session_id
    JOIN appointments_schedule schedule ON schedule.id = session.schedule_id
    WHERE slot.id = %s
"""  # noqa: S608  (columns of the models)


def read_slot(slot_id: int) -> Slot | None:
    """A slot with its session and schedule, as ``select_related`` gives it, without composing the SQL each time."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [slot_id])
        row = cursor.fetchone()
    if row is None:
        return None
    first, second = len(_NAMES[0]), len(_NAMES[0]) + len(_NAMES[1])
    slot = Slot.from_db("default", _NAMES[0], row[:first])
    slot.session = Session.from_db("default", _NAMES[1], row[first:second])
    slot.session.schedule = Schedule.from_db("default", _NAMES[2], row[second:])
    return slot


_FULL = "SELECT 1 FROM appointments_slot WHERE id = %s AND booked >= quota AND is_open"
_TAKE = "UPDATE appointments_slot SET booked = booked + 1 WHERE id = %s AND booked < quota AND is_open"
_LIMIT = 4_096
_VIEW_SECONDS = 60.0


def take(slot_id: int) -> bool:
    """Take a place, in the caller's transaction; False where somebody was faster, or the clinic was stopped.

    Whoever gets there first holds the slot until his transaction ends; the next one then reads what is left.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [slot_id])
        return cursor.rowcount == 1


@dataclass
class Taken:
    """A refusal, and what programs read of it: put together when first asked for."""

    refusal: SlotTaken
    body: bytes = b""


_said: dict[tuple[int, str], tuple[tuple[SlotView, ...], Taken]] = {}
_views: dict[int, tuple[float, SlotView]] = {}


def taken(slot_id: int) -> Taken | None:
    """The refusal of a slot that is full; None where there may be a place, or the slot is none."""
    with connection.cursor() as cursor:
        cursor.execute(_FULL, [slot_id])
        if cursor.fetchone() is None:
            return None
    view = _view(slot_id)
    if view is None:
        return None
    near = nearest.candidates(view, Rights())
    key = (slot_id, get_language() or "")
    known = _said.get(key)
    if known is not None and known[0] is near:
        return known[1]
    refusal = Taken(SlotTaken(view, nearest.pick(view, near)))
    if len(_said) >= _LIMIT:
        _said.clear()
    _said[key] = (near, refusal)
    return refusal


def _view(slot_id: int) -> SlotView | None:
    """What a slot is called, which hardly changes: looked up once a minute."""
    now = time.monotonic()
    known = _views.get(slot_id)
    if known is not None and now - known[0] < _VIEW_SECONDS:
        return known[1]
    slot = read_slot(slot_id)
    if slot is None:
        return None
    if len(_views) >= _LIMIT:
        _views.clear()
    _views[slot_id] = (now, slot_views([slot])[0])
    return _views[slot_id][1]
