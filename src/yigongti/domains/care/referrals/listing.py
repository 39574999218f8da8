"""Referrals as lines of a list below a figure: short, names masked, for the managers of either side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.health_record.api import LIST, concerning
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.referrals.figures import minutes_to_answer
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.selectors import visible
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.audit.api import record


@dataclass(frozen=True)
class ReferralLine:
    """``address`` is "" for whoever may not open the referral itself; ``minutes`` until the first answer."""

    id: int
    sent_on: date
    resident_id: int
    resident: str
    direction_label: str
    urgent: bool
    origin: str
    receiver: str
    diagnosis_code: str
    diagnosis: str
    minutes: int | None
    state_label: str
    address: str


def rows_for(ids: Iterable[int], *, actor: Actor) -> list[ReferralLine]:
    """Sent referrals by id, in the order asked, as far as their origin, receiver or the institution that looks after
    the resident is the actor's. One audit line says whose were listed. Raises Forbidden.

    The ids come from a list already narrowed to the actor (a drill-down); what is outside is left out again here.
    """
    actor.require(LIST)
    wanted = list(ids)
    if not wanted:
        return []
    rows: ScopedQuerySet = Referral.objects.unscoped("narrowed to whom they concern")
    found: dict[int, Referral] = rows.filter(sent_at__isnull=False).in_bulk(wanted)
    own = concerning(actor, wanted, found, lambda row: (row.origin_id, row.receiver_id))
    names = organisation.names({i for row in own.rows for i in (row.origin_id, row.receiver_id) if i})
    opens = set(visible(actor).filter(pk__in=[row.pk for row in own.rows]).values_list("pk", flat=True))
    record(
        actor=actor,
        act="referrals.list",
        subject="referrals",
        resident_ids=own.resident_ids,
        detail={"referrals": len(own.rows)},
    )
    return [
        ReferralLine(
            id=row.pk,
            sent_on=(row.sent_at or row.opened_at).astimezone(clock.ZONE).date(),
            resident_id=row.resident_id,
            resident=own.name_of(row),
            direction_label=row.get_direction_display(),
            urgent=row.urgent,
            origin=names.get(row.origin_id, ""),
            receiver=names.get(row.receiver_id or 0, row.receiver_name),
            diagnosis_code=row.diagnosis_code,
            diagnosis=row.diagnosis,
            minutes=None if row.reach == "outside" else minutes_to_answer(row),
            state_label=row.state_label,
            address=row.get_absolute_url() if row.pk in opens else "",
        )
        for row in own.rows
    ]
