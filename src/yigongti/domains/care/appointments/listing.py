"""Bookings and early places as lines of a list below a figure: short, names masked, for the managers concerned."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from yigongti.domains.base.health_record.api import LIST, concerning
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.appointments.models import Appointment, Slot
from yigongti.domains.care.appointments.permissions import VIEW
from yigongti.domains.care.appointments.views import WITH_SLOT, slot_views
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.audit.api import record


@dataclass(frozen=True)
class AppointmentLine:
    """``address`` is "" for whoever may not open the booking itself."""

    id: int
    when: str
    resident_id: int
    resident: str
    institution: str
    who: str
    pool_label: str
    booked_by: str
    state_label: str
    address: str


@dataclass(frozen=True)
class EarlyPlaces:
    """The early places of one time of a clinic: how many, and who took them. Names nobody."""

    slot_id: int
    when: str
    institution: str
    who: str
    places: int
    used: int
    taken_by_others: int


def rows_for(ids: Iterable[int], *, actor: Actor) -> list[AppointmentLine]:
    """Bookings by id, in the order asked, as far as the clinic, the institution that booked or that looks after the
    resident is the actor's. One audit line says whose were listed. Raises Forbidden.

    The ids come from a list already narrowed to the actor (a drill-down); what is outside is left out again here.
    """
    actor.require(LIST)
    wanted = list(ids)
    if not wanted:
        return []
    rows: ScopedQuerySet = Appointment.objects.unscoped("narrowed to whom they concern")
    found: dict[int, Appointment] = rows.select_related(*WITH_SLOT).in_bulk(wanted)
    own = concerning(actor, wanted, found, lambda row: (row.institution_id, row.booked_by_id))
    names = organisation.names({row.booked_by_id for row in own.rows if row.booked_by_id})
    seen = Appointment.objects.visible_to(actor, VIEW).filter(pk__in=[row.pk for row in own.rows])
    opens = set(seen.values_list("pk", flat=True))
    record(
        actor=actor,
        act="appointments.list",
        subject="appointments",
        resident_ids=own.resident_ids,
        detail={"appointments": len(own.rows)},
    )
    return [
        AppointmentLine(
            id=row.pk,
            when=slot.when,
            resident_id=row.resident_id,
            resident=own.name_of(row),
            institution=slot.institution,
            who=slot.who,
            pool_label=slot.pool_label,
            booked_by=names.get(row.booked_by_id or 0, ""),
            state_label=row.state_label,
            address=row.get_absolute_url() if row.pk in opens else "",
        )
        for row, slot in zip(own.rows, slot_views(row.slot for row in own.rows), strict=True)
    ]


def early_places(slot_ids: Iterable[int], *, actor: Actor) -> list[EarlyPlaces]:
    """Slots of the early pool by id, in the order asked, of the actor's institutions. Raises Forbidden."""
    actor.require(LIST)
    wanted = list(slot_ids)
    taken = Q(appointments__state__in=("booked", "checked_in", "done", "no_show"))
    rows: Any = (
        Slot.objects.filter(pk__in=wanted, pool="early")
        .select_related("session__schedule")
        .annotate(
            used=Count("appointments", filter=taken & Q(appointments__early=True)),
            others=Count("appointments", filter=taken & Q(appointments__early=False)),
        )
    )
    scope = None if actor.everything else actor.organisations(LIST)
    found = {row.pk: row for row in rows if scope is None or row.session.institution_id in scope}
    own = [found[pk] for pk in wanted if pk in found]
    return [
        EarlyPlaces(slot.id, slot.when, slot.institution, slot.who, slot.quota, row.used, row.others)
        for row, slot in zip(own, slot_views(own), strict=True)
    ]
