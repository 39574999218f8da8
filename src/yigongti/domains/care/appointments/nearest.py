"""The nearest free places, for whoever comes too late.

When a popular clinic opens, thousands are refused within seconds. What is free in a department is read once a second
and the nearest places are picked from that. A place named here may be gone a moment later; booking it then says so.
"""

import time
from collections.abc import Iterable

from django.db.models import F, QuerySet

from yigongti.domains.care.appointments.models import SessionState, Slot
from yigongti.domains.care.appointments.release import Rights, bookable
from yigongti.domains.care.appointments.views import SlotView, slot_views
from yigongti.kernel import clock

MOST = 3
KEPT_SECONDS = 1.0
_LIMIT = 512
Group = tuple[int, str, str, Rights]
_kept: dict[Group, tuple[float, tuple[SlotView, ...]]] = {}


def free(view: SlotView, rights: Rights) -> tuple[SlotView, ...]:
    """The free places nearest in time, of the same department: those of the same doctor or device first."""
    return pick(view, candidates(view, rights))


def candidates(view: SlotView, rights: Rights) -> tuple[SlotView, ...]:
    """What was free in the slot's department within the last second; the same object while it is kept."""
    group = (view.institution_id, view.kind, view.department, rights)
    asked = time.monotonic()
    known = _kept.get(group)
    if known is not None and asked - known[0] < KEPT_SECONDS:
        return known[1]
    if len(_kept) >= _LIMIT:
        _kept.clear()
    found = tuple(_equal(view, rights))
    _kept[group] = (asked, found)
    return found


def pick(view: SlotView, found: Iterable[SlotView], most: int = MOST) -> tuple[SlotView, ...]:
    """Of free places the nearest to a slot; without those of the slot itself."""
    others = (one for one in found if one.id != view.id)
    return tuple(
        sorted(
            others,
            key=lambda one: (
                one.schedule_id != view.schedule_id,
                abs(one.starts_at - view.starts_at),
                one.starts_at,
                one.id,
            ),
        )[:most]
    )


def equal_places(view: SlotView, rights: Rights, *, most: int = 60) -> tuple[SlotView, ...]:
    """Free places of the same kind in the same department and institution at this moment, the nearest first; without
    any, those of the same department elsewhere (a referral's holds nowhere else)."""
    return pick(view, _equal(view, rights), most)


def _equal(view: SlotView, rights: Rights, most: int = 100) -> list[SlotView]:
    now = clock.now()
    rows = (
        Slot.objects.select_related("session__schedule")
        .filter(bookable(rights, now), is_open=True, booked__lt=F("quota"), starts_at__gt=now)
        .filter(session__state=SessionState.PUBLISHED, session__schedule__kind=view.kind)
        .filter(session__schedule__department=view.department)
    )
    here = rows.filter(session__institution_id=view.institution_id)
    found = _around(here, view, most)
    if rights.referral is not None:
        return slot_views(found)
    return slot_views(found or _around(rows.exclude(session__institution_id=view.institution_id), view, most))


def _around(rows: QuerySet[Slot], view: SlotView, most: int) -> list[Slot]:
    """The rows nearest in time on either side."""
    after = rows.filter(starts_at__gte=view.starts_at).order_by("starts_at", "pk")[:most]
    before = rows.filter(starts_at__lt=view.starts_at).order_by("-starts_at", "-pk")[:most]
    return [*after, *before]
