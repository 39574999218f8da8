"""Handing a case from one person to another: who has it in hand is said, and stays in its history."""

from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible, ScopedQuerySet, actor_by_id, holders, names_of
from yigongti.kernel.audit.acts import declare_act
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.models import Assignment, CaseModel, History
from yigongti.kernel.workflow.selectors import HANDED_OVER
from yigongti.kernel.workflow.services import StepRefused, may_take, subject_of

C = TypeVar("C", bound=CaseModel)


def case_of(workflow: str, case_id: int, *, actor: Actor) -> CaseModel:
    """A case in which the actor may take a step now. Raises NotVisible for any other."""
    model = CaseModel.of_workflow(workflow)
    rows: ScopedQuerySet | None = model.objects.unscoped("the steps check the side") if model else None
    case: CaseModel | None = rows.filter(pk=case_id).first() if rows is not None else None
    if case is None or not any(may_take(case, step, actor) for step in case.workflow.open_to(case)):
        raise NotVisible
    return case


def colleagues(case: CaseModel) -> list[tuple[int, str]]:
    """Everybody who may take a step that is open now, as (account, name), by name."""
    found: set[int] = set()
    for step in case.workflow.open_to(case):
        if step.by is not None and step.at is not None and (at := getattr(case, step.at)) is not None:
            found.update(holders(step.by, at))
    return sorted(names_of(found).items(), key=lambda one: (one[1], one[0]))


def assign(case: C, account_id: int, *, actor: Actor, note: str = "") -> C:
    """Put a case into somebody's hands: one's own, or a colleague's. Both must be able to take a step that is open.

    Raises StepRefused, and then nothing has changed.
    """
    with transaction.atomic():
        rows: ScopedQuerySet = type(case).objects.unscoped("the steps check the side")
        locked: C = rows.select_for_update().get(pk=case.pk)
        colleague = actor if actor.id == account_id else actor_by_id(account_id)
        for one in (actor, colleague):
            if not any(may_take(locked, step, one) for step in locked.workflow.open_to(locked)):
                raise StepRefused(_("这件事现在不能由%(name)s办理。") % {"name": one.name})
        now = clock.now()
        Assignment.objects.update_or_create(
            workflow=locked.workflow.name,
            case_id=locked.pk,
            defaults={"account_id": account_id, "account_name": colleague.name, "at": now, "note": note.strip()[:500]},
        )
        History.objects.create(
            workflow=locked.workflow.name,
            case_id=locked.pk,
            number=History.objects.filter(workflow=locked.workflow.name, case_id=locked.pk).count() + 1,
            step=HANDED_OVER,
            from_state=locked.state,
            to_state=locked.state,
            actor_id=actor.id,
            actor_name=actor.name,
            organisation_id=actor.home_organisation_id,
            at=now,
            answers={"to": colleague.name, "note": note.strip()[:500]},
        )
        record(actor=actor, act="workflow.assign", subject=subject_of(locked), detail={"to": account_id})
    return locked


declare_act("workflow.assign", gettext_lazy("交办"))
