"""Reading the trail. Who may is decided by the pages above; what is here carries no content of records."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from yigongti.kernel import clock
from yigongti.kernel.audit.models import Line


@dataclass(frozen=True)
class LineView:
    at: datetime
    actor_name: str
    organisation_id: int | None
    act: str
    subject: str
    outcome: str
    detail: dict[str, Any]


def lines(
    *,
    organisation_ids: frozenset[int] | None = None,
    of_nobody: bool = False,
    act: str = "",
    actor_name: str = "",
    subject: str = "",
    outcome: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Line]:
    """Lines, newest first; ``organisation_ids`` None means all; ``of_nobody`` adds those of no organisation (a failed
    sign-in under an unknown name, the system's own); ``until`` is the last day included."""
    found = Line.objects.order_by("-at", "-id")
    if organisation_ids is not None:
        nobodys = Q(organisation_id=None) if of_nobody else Q()
        found = found.filter(Q(organisation_id__in=organisation_ids) | nobodys)
    if act:
        found = found.filter(act__startswith=act)
    if actor_name:
        found = found.filter(actor_name__contains=actor_name)
    if subject:
        found = found.filter(subject=subject)
    if outcome:
        found = found.filter(outcome=outcome)
    if since:
        found = found.filter(at__gte=clock.midnight(since))
    if until:
        found = found.filter(at__lt=clock.midnight(date.fromordinal(until.toordinal() + 1)))
    return found


def who_looked(resident_ids: list[int], limit: int = 200) -> list[LineView]:
    """Every look at a resident's record, in lists too, newest first (PIPL art. 44–45: the resident may know)."""
    alone = Line.objects.filter(resident_id__in=resident_ids).order_by("-at", "-id")[:limit]
    listed = Line.objects.filter(~Q(resident_ids=[]), resident_ids__overlap=resident_ids)
    both = [*alone, *listed.order_by("-at", "-id")[:limit]]
    found = sorted(both, key=lambda line: (line.at, line.pk), reverse=True)[:limit]
    return [
        LineView(row.at, row.actor_name, row.organisation_id, row.act, row.subject, row.outcome, row.detail)
        for row in found
    ]
