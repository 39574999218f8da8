"""Follow-ups, as far as the reader's institutions do them or asked for them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.domains.care.follow_up.permissions import VIEW
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible

WAITING = ("open", "late")


def follow_ups(actor: Actor) -> "QuerySet[FollowUp]":
    """All the reader may see."""
    found: QuerySet[FollowUp] = FollowUp.objects.visible_to(actor, VIEW)
    return found


def waiting(actor: Actor) -> "QuerySet[FollowUp]":
    """What is to be done by the reader's own institutions, the highest risk first, then the most pressing."""
    rows = follow_ups(actor).filter(state__in=WAITING)
    if not actor.everything:
        rows = rows.filter(institution_id__in=actor.organisations(VIEW))
    return rows.order_by("-risk", "due_on", "pk")


def follow_up(actor: Actor, pk: int) -> FollowUp:
    """One of them. Raises NotVisible."""
    found = follow_ups(actor).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def waiting_of(resident_id: int, actor: Actor) -> list[FollowUp]:
    """What waits to be done for one person at the reader's institutions."""
    return list(waiting(actor).filter(resident_id__in=residents.cluster(resident_id)))


@dataclass(frozen=True)
class Figures:
    """Follow-ups due in a period at one institution: how many, and how many of them were done, and done in time."""

    institution_id: int
    due: int
    done: int
    in_time: int
    overdue: int


def figures(actor: Actor, *, since: date, until: date) -> list[Figures]:
    """By institution, of follow-ups due between two days (both included); those dropped are left out."""
    rows = (
        follow_ups(actor)
        .filter(due_on__range=(since, until))
        .exclude(state="dropped")
        .values("institution_id")
        .annotate(
            due=Count("pk"),
            done=Count("pk", filter=Q(state="done")),
            in_time=Count("pk", filter=Q(state="done", done_on__lte=F("due_on"))),
            overdue=Count("pk", filter=Q(state__in=WAITING, due_on__lt=clock.today())),
        )
        .order_by("institution_id")
    )
    return [Figures(**row) for row in rows]
