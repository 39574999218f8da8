"""Handing a case from one person to another: who has it in hand is said, and stays in its history."""

from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, ScopedQuerySet, actor_by_id
from yigongti.kernel.audit.acts import declare_act
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.models import Assignment, CaseModel, History
from yigongti.kernel.workflow.selectors import HANDED_OVER
from yigongti.kernel.workflow.services import StepRefused, may_take, subject_of

C = TypeVar("C", bound=CaseModel)


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
