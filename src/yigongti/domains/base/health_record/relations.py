"""Why somebody may read a resident's record: treatment, contract, duty, or an emergency they stand up for.

Promises that no record is read without one of them (Personal Information Protection Law art. 6, 28: only as far as a
purpose needs; 医疗机构病历管理规定 art. 15–16: those who treat, and those whose duty it is).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record.models import BreakGlass, Fact, FactKind
from yigongti.domains.base.health_record.permissions import VIEW
from yigongti.domains.base.health_record.policy import TREATMENT_RELATION_MONTHS
from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible

LABELS: dict[str, str | Promise] = {
    "treatment": _("诊疗关系"),
    "contract": _("签约服务"),
    "duty": _("管理职责"),
    "break_glass": _("紧急查阅"),
    "system": _("系统"),
    "self": _("本人"),
    "guardian": _("代办人"),
}


class NoRelation(NotVisible):
    """The actor may read records, but has no relation to this resident: a break-glass reason would open it."""


@dataclass(frozen=True)
class Relation:
    """Why the record is open, and until when where that is limited."""

    kind: str
    until: datetime | None = None

    @property
    def label(self) -> str:
        return str(LABELS[self.kind])


Finder = Callable[[Actor, tuple[int, ...]], Relation | None]
_finders: list[Finder] = []


def register_relation(finder: Finder, **labels: str | Promise) -> None:
    """A domain above adds a relation of its own (a family-doctor contract): from actor and the resident's ids.

    ``labels``: what the kinds of relation it gives are called.
    """
    LABELS.update(labels)
    if finder not in _finders:
        _finders.append(finder)


def relation(actor: Actor, resident_id: int) -> Relation | None:
    """The relation that opens a resident's record to the actor now; None without one. Raises Forbidden for those who
    may read no record at all, NotVisible for a resident who doesn't exist."""
    return _relation(actor, residents.cluster(resident_id))


def _relation(actor: Actor, cluster: tuple[int, ...]) -> Relation | None:
    if not cluster:
        raise NotVisible
    if actor.everything:
        return Relation("system")
    if actor.is_resident:  # one's own record, or that of somebody one acts for (PIPL art. 44–45)
        return Relation(residents.signed_by(actor.name) or "self") if cluster[0] in actor.residents else None
    actor.require(VIEW)
    scope = actor.organisations(VIEW)
    if _treats(cluster, scope):
        return Relation("treatment")
    for finder in _finders:
        if found := finder(actor, cluster):
            return found
    [standing] = residents.cards(cluster[:1]).values()
    if standing.managing_institution_id in scope:  # who manages an entry merged into it only claims the person
        return Relation("duty")
    return _broken_glass(actor, cluster)


def require_relation(actor: Actor, resident_id: int) -> Relation:
    """As ``relation``. Raises NoRelation instead of None."""
    return require_relation_to(actor, residents.cluster(resident_id))


def require_relation_to(actor: Actor, cluster: tuple[int, ...]) -> Relation:
    """As ``require_relation``, for who has asked already which entries are the person (``residents.cluster``)."""
    found = _relation(actor, cluster)
    if found is None:
        raise NoRelation
    return found


def _treats(cluster: tuple[int, ...], scope: frozenset[int]) -> bool:
    """Whether the resident was seen, within the months policy allows, by an institution the actor works for."""
    months = TREATMENT_RELATION_MONTHS.at().value
    return (
        Fact.objects.unscoped("asks whether there is a relation at all")
        .filter(
            resident_id__in=cluster,
            kind=FactKind.ENCOUNTER,
            institution_id__in=scope,
            happened_on__gte=months_before(clock.today(), months),
            superseded_by=None,
        )
        .exists()
    )


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or that month's last day."""
    first = day.replace(day=1)
    for _month in range(months):
        first = clock.month_of(date.fromordinal(first.toordinal() - 1))
    last = date.fromordinal(clock.next_month(first).toordinal() - 1)
    return min(first.replace(day=min(day.day, last.day)), last)


def _broken_glass(actor: Actor, cluster: tuple[int, ...]) -> Relation | None:
    if actor.id is None:
        return None
    opening = (
        BreakGlass.objects.filter(actor_id=actor.id, resident_id__in=cluster, expires_at__gt=clock.now())
        .order_by("-expires_at")
        .first()
    )
    return Relation("break_glass", opening.expires_at) if opening else None
