"""The nearest free places, for whoever comes too late.

When a popular clinic opens, thousands are refused within seconds, and all of them get the same answer: it is kept for
a second. A place named here may be gone a moment later; booking it then says so again.
"""

import time

from django.db.models import F

from yigongti.domains.care.appointments.models import SessionState, Slot
from yigongti.domains.care.appointments.release import Rights, bookable
from yigongti.domains.care.appointments.views import SlotView, slot_views
from yigongti.kernel import clock

MOST = 3
KEPT_SECONDS = 1.0
_LIMIT = 512
_kept: dict[tuple[int, Rights], tuple[float, tuple[SlotView, ...]]] = {}


def free(slot: Slot, rights: Rights) -> tuple[SlotView, ...]:
    """The free places nearest in time, of the same department: those of the same doctor or device first."""
    key = (slot.pk, rights)
    asked = time.monotonic()
    known = _kept.get(key)
    if known is not None and asked - known[0] < KEPT_SECONDS:
        return known[1]
    if len(_kept) >= _LIMIT:
        _kept.clear()
    found = tuple(slot_views(equal_places(slot, rights)[:MOST]))
    _kept[key] = (asked, found)
    return found


def equal_places(slot: Slot, rights: Rights, *, most: int = 200) -> list[Slot]:
    """Free places of the same kind in the same department and institution, the nearest first, the same doctor's before
    others'; without any, those of the same department elsewhere."""
    now = clock.now()
    schedule = slot.session.schedule
    rows = (
        Slot.objects.select_related("session__schedule")
        .filter(bookable(rights, now), is_open=True, booked__lt=F("quota"), starts_at__gt=now)
        .filter(session__state=SessionState.PUBLISHED, session__schedule__kind=schedule.kind)
        .filter(session__schedule__department=schedule.department)
        .exclude(pk=slot.pk)
        .order_by("starts_at", "pk")
    )
    here = list(rows.filter(session__institution_id=slot.session.institution_id)[:most])
    found = here or list(rows.exclude(session__institution_id=slot.session.institution_id)[:most])
    return sorted(
        found,
        key=lambda one: (
            one.session.schedule_id != schedule.pk,
            abs(one.starts_at - slot.starts_at),
            one.starts_at,
            one.pk,
        ),
    )
