"""Steps the platform takes by itself when their moment has come: expiry, no-show, closing by itself.

Safe to run twice, to kill, and to run beside another: each step is a transaction of its own that looks at the state.
"""

import logging

from yigongti.kernel import clock
from yigongti.kernel.access.api import ScopedQuerySet, system_actor
from yigongti.kernel.workflow.models import BY_THE_PLATFORM, CaseModel, Waiting
from yigongti.kernel.workflow.services import StepRefused, take_step

log = logging.getLogger(__name__)
MOST_AT_ONCE = 5_000


def take_due() -> int:
    """Take every step of the platform's own whose moment has passed, the oldest first; returns how many were taken.

    One that fails keeps no other back; it is tried again next time.
    """
    due = Waiting.objects.filter(permission=BY_THE_PLATFORM, due_at__lte=clock.now()).order_by("due_at", "pk")
    taken = 0
    for name, case_id, step in list(due.values_list("workflow", "case_id", "step")[:MOST_AT_ONCE]):
        model = CaseModel.of_workflow(name)
        if model is None:
            continue
        rows: ScopedQuerySet = model.objects.unscoped("a deadline asks for no reader")
        case = rows.filter(pk=case_id).first()
        if case is None:
            continue
        try:
            take_step(case, step, actor=system_actor("deadline"))
            taken += 1
        except StepRefused as refused:
            log.info("%s:%s could not take %s: %s", name, case_id, step, refused)
        except Exception:
            log.exception("%s:%s could not take %s", name, case_id, step)
    return taken
