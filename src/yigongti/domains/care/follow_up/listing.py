"""Follow-ups as lines of a list below a figure: short, names masked, for the managers of the institutions concerned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.health_record.api import LIST, concerning
from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.care.follow_up.models import FollowUp
from yigongti.domains.care.follow_up.selectors import follow_ups
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.audit.api import record


@dataclass(frozen=True)
class FollowUpLine:
    """``address`` is "" for whoever may not open the follow-up itself."""

    id: int
    due_on: date
    done_on: date | None
    resident_id: int
    resident: str
    reason_label: str
    institution: str
    asked_by: str
    state_label: str
    address: str


def rows_for(ids: Iterable[int], *, actor: Actor) -> list[FollowUpLine]:
    """Follow-ups by id, in the order asked, as far as the institution that does them, that asked for them or that looks
    after the resident is the actor's. One audit line says whose were listed. Raises Forbidden.

    The ids come from a list already narrowed to the actor (a drill-down); what is outside is left out again here.
    """
    actor.require(LIST)
    wanted = list(ids)
    if not wanted:
        return []
    rows: ScopedQuerySet = FollowUp.objects.unscoped("narrowed to whom they concern")
    found: dict[int, FollowUp] = rows.in_bulk(wanted)
    own = concerning(actor, wanted, found, lambda row: (row.institution_id, row.asked_by_id))
    names = organisation.names({i for row in own.rows for i in (row.institution_id, row.asked_by_id) if i})
    opens = set(follow_ups(actor).filter(pk__in=[row.pk for row in own.rows]).values_list("pk", flat=True))
    record(
        actor=actor,
        act="follow_up.list",
        subject="follow-ups",
        resident_ids=own.resident_ids,
        detail={"follow_ups": len(own.rows)},
    )
    return [
        FollowUpLine(
            id=row.pk,
            due_on=row.due_on,
            done_on=row.done_on,
            resident_id=row.resident_id,
            resident=own.name_of(row),
            reason_label=row.get_reason_display(),
            institution=names.get(row.institution_id, ""),
            asked_by=names.get(row.asked_by_id or 0, ""),
            state_label=row.state_label,
            address=row.get_absolute_url() if row.pk in opens else "",
        )
        for row in own.rows
    ]
