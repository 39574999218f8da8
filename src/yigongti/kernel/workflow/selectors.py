"""What waits for somebody, what may be done with a case, and what was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.models import BY_THE_PLATFORM, Assignment, CaseModel, History, Waiting
from yigongti.kernel.workflow.services import may_take
from yigongti.kernel.workflow.table import Step, Text, workflows


@dataclass(frozen=True)
class InboxItem:
    """A case that waits for the actor, with the steps open to him. ``due_at`` is None when nothing presses,
    ``resident_id`` when it is about no resident."""

    workflow: str
    workflow_label: Text
    case_id: int
    resident_id: int | None
    title: str
    address: str
    steps: tuple[Text, ...]
    since: datetime
    due_at: datetime | None

    @property
    def overdue(self) -> bool:
        return self.due_at is not None and self.due_at < clock.now()


def inbox(actor: Actor, limit: int = 200, *, of: Iterable[str] | None = None) -> list[InboxItem]:
    """Cases in which the actor may take a step now, the most pressing first; ``of``: only these workflows."""
    waiting = Waiting.objects.exclude(permission=BY_THE_PLATFORM)
    if of is not None:
        waiting = waiting.filter(workflow__in=list(of))
    if not actor.everything:
        # Permissions held at the same places are asked for together: a handful of conditions, not one per permission.
        held: dict[frozenset[int], list[str]] = {}
        for permission in {step.by for table in workflows().values() for step in table.steps if step.by}:
            if actor.roles & permission.to:
                held.setdefault(actor.organisations(permission), []).append(permission.name)
        condition = Q(pk__in=[])
        for places, names in held.items():
            condition |= Q(permission__in=names) & (Q(organisation_id__in=places) | Q(organisation_id=None))
        waiting = waiting.filter(condition)
    if actor.id is not None:
        waiting = waiting.exclude(apart_from__contains=[actor.id])
    rows: dict[tuple[str, int], list[Waiting]] = {}
    for row in waiting.order_by("due_at", "since", "pk")[: limit * 4]:
        rows.setdefault((row.workflow, row.case_id), []).append(row)
    known = workflows()
    items = [
        InboxItem(
            workflow=name,
            workflow_label=known[name].label,
            case_id=case_id,
            resident_id=found[0].resident_id,
            title=found[0].title,
            address=found[0].address,
            steps=tuple(s.label for s in known[name].steps if s.name in {row.step for row in found}),
            since=found[0].since,
            due_at=found[0].due_at,
        )
        for (name, case_id), found in rows.items()
        if name in known
    ]
    return items[:limit]


def open_steps(case: CaseModel, actor: Actor) -> list[Step]:
    """The steps the actor may take with the case as it stands."""
    return [step for step in case.workflow.steps_from(case.state) if may_take(case, step, actor)]


HANDED_OVER = "hand_over"
_HAND_OVER_WORDS: dict[str, Text] = {"to": _("经办人"), "note": _("说明")}


@dataclass(frozen=True)
class InHand:
    """Who has a case in hand, since when, and what was said when it was handed over."""

    account_id: int
    name: str
    at: datetime
    note: str


def assigned(workflow: str, case_ids: Iterable[int]) -> dict[int, InHand]:
    """Who has which of these cases in hand; cases in nobody's hand are left out."""
    ids = list(case_ids)
    found = Assignment.objects.filter(workflow=workflow, case_id__in=ids) if ids else ()
    return {row.case_id: InHand(row.account_id, row.account_name, row.at, row.note) for row in found}


@dataclass(frozen=True)
class HistoryLine:
    """One line of a case's history, ready for the timeline component."""

    at: datetime
    label: Text
    state: Text
    actor_name: str
    organisation_id: int | None
    answers: tuple[tuple[Text, Any], ...]


def history(case: CaseModel) -> list[HistoryLine]:
    """Everything that was done with a case, oldest first."""
    table = case.workflow
    labels = {step.name: step.label for step in table.steps} | {HANDED_OVER: _("交给")}
    lines = []
    for row in History.objects.filter(workflow=table.name, case_id=case.pk).order_by("number"):
        step = next((s for s in table.steps if s.name == row.step), None)
        asks = {ask.name: ask for ask in step.asks} if step else {}
        lines.append(
            HistoryLine(
                at=row.at,
                label=labels.get(row.step, table.label),
                state=table.states.get(row.to_state, row.to_state),
                actor_name=row.actor_name,
                organisation_id=row.organisation_id,
                answers=tuple(
                    (asks[k].label, asks[k].said(v)) if k in asks else (_HAND_OVER_WORDS.get(k, k), v)
                    for k, v in row.answers.items()
                    if v not in (None, "")
                ),
            )
        )
    return lines
