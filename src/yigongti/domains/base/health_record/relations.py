"""Why somebody may read a resident's record: treatment, duty, or a break-glass opening; and opening it in an emergency.

PIPL art. 28 (health data are sensitive: a specific purpose and necessity), art. 45 (the person may know who looked).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record.models import BreakGlass, Fact
from yigongti.domains.base.health_record.permissions import BREAK_GLASS, VIEW
from yigongti.domains.base.health_record.policy import BREAK_GLASS_HOURS, TREATMENT_MONTHS
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record

SHORTEST_REASON = 6


class Relation(StrEnum):
    """What opens a record."""

    SYSTEM = "system"
    DUTY = "duty"
    TREATMENT = "treatment"
    BREAK_GLASS = "break_glass"

    @property
    def label(self) -> str:
        return {
            "system": _("系统处理"),
            "duty": _("负责管理该居民"),
            "treatment": _("正在或最近为其诊治"),
            "break_glass": _("紧急查阅"),
        }[self.value]


@dataclass(frozen=True)
class Opening:
    """A break-glass opening that still holds, or why a record is open; ``until`` where it ends."""

    relation: Relation
    until: date | None = None
    reason: str = ""


class NoRelation(Exception):
    """The actor may look after records, but has nothing to do with this resident. The page offers break-glass."""


def opening(resident_id: int, actor: Actor) -> Opening | None:
    """Why the actor may read this resident's record now; None when nothing opens it.

    Duty: the institution that looks after the resident is in the actor's scope. Treatment: the resident had an
    encounter there within the place's ``record.treatment_relation_months``. Break-glass: opened by the actor.
    """
    if actor.everything:
        return Opening(Relation.SYSTEM)
    scope = actor.organisations(VIEW)
    ids = residents.cluster(resident_id)
    if not scope or not ids:
        return None
    managing = {card.managing_institution_id for card in residents.cards(ids).values()}
    if managing & scope:
        return Opening(Relation.DUTY)
    since = _months_ago(clock.today(), TREATMENT_MONTHS.at().value)
    treated = Fact.objects.unscoped("the relation is what is asked").filter(
        resident_id__in=ids,
        happened_on__gte=since,
        kind="encounter",
        institution_id__in=scope,
        superseded_by=None,
    )
    if treated.exists():
        return Opening(Relation.TREATMENT)
    broken = (
        BreakGlass.objects.filter(actor_id=actor.id, resident_id__in=ids, expires_at__gt=clock.now())
        .order_by("-expires_at")
        .first()
    )
    return Opening(Relation.BREAK_GLASS, broken.expires_at, broken.reason) if broken else None


def require_relation(resident_id: int, actor: Actor) -> Opening:
    """Raises Forbidden for a role that reads no records, NotVisible for no such resident, NoRelation otherwise."""
    actor.require(VIEW)
    if residents.whole(resident_id) is None:
        raise NotVisible
    found = opening(resident_id, actor)
    if found is None:
        raise NoRelation
    return found


@transaction.atomic
def break_glass(resident_id: int, reason: str, *, actor: Actor) -> BreakGlass:
    """Open a record without a relation, for the place's ``record.break_glass_hours``.

    The reason is stored, audited and shown to the resident. Raises Forbidden, NotVisible, or ValueError for a
    reason too short to mean anything.
    """
    actor.require(BREAK_GLASS)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValueError("reason")
    whole = residents.whole(resident_id)
    if whole is None:
        raise NotVisible
    now = clock.now()
    made = BreakGlass.objects.create(
        actor_id=actor.id,
        actor_name=actor.name,
        organisation_id=actor.home_organisation_id,
        resident_id=whole,
        reason=reason,
        opened_at=now,
        expires_at=now + timedelta(hours=BREAK_GLASS_HOURS.at().value),
    )
    record(
        actor=actor,
        act="health_record.break_glass",
        subject=f"resident:{whole}",
        resident_id=whole,
        detail={"reason": reason},
    )
    return made


def _months_ago(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, 28))
