"""Opening a record in an emergency: for a stated reason, for some hours, and for the resident to see."""

from datetime import timedelta

from django.db import transaction

from yigongti.domains.base.health_record.models import BreakGlass
from yigongti.domains.base.health_record.permissions import VIEW
from yigongti.domains.base.health_record.policy import BREAK_GLASS_HOURS
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record

SHORTEST_REASON = 5


class ReasonTooShort(ValueError):
    """A reason that says nothing."""


@transaction.atomic
def break_glass(actor: Actor, resident_id: int, reason: str) -> BreakGlass:
    """Open a resident's record to the actor for the hours policy allows.

    Raises Forbidden for who may read no record, NotVisible for nobody's id, ReasonTooShort.
    """
    actor.require(VIEW)
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise ReasonTooShort(reason)
    whole = residents.whole(resident_id)
    if whole is None:
        raise NotVisible
    if actor.id is None:
        raise ValueError("an emergency has a person who stands up for it")
    now = clock.now()
    opening = BreakGlass.objects.create(
        actor_id=actor.id,
        actor_name=actor.name,
        organisation_id=actor.home_organisation_id,
        resident_id=whole,
        reason=reason[:500],
        opened_at=now,
        expires_at=now + timedelta(hours=BREAK_GLASS_HOURS.at().value),
    )
    record(
        actor=actor,
        act="health_record.break_glass",
        subject=f"resident:{whole}",
        resident_id=whole,
        detail={"reason": opening.reason, "until": opening.expires_at.isoformat()},
    )
    return opening
