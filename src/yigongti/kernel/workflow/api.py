"""Cases, for everybody above."""

from yigongti.kernel.workflow.deadlines import take_due
from yigongti.kernel.workflow.handing_over import assign, case_of, colleagues
from yigongti.kernel.workflow.models import CaseModel
from yigongti.kernel.workflow.selectors import HistoryLine, InboxItem, InHand, assigned, history, inbox, open_steps
from yigongti.kernel.workflow.services import (
    StepRefused,
    StepTaken,
    again_after_deadlock,
    may_take,
    open_case,
    take_step,
)
from yigongti.kernel.workflow.table import Ask, Step, Workflow, effects_of, workflows

__all__ = [
    "Ask",
    "CaseModel",
    "HistoryLine",
    "InHand",
    "InboxItem",
    "Step",
    "StepRefused",
    "StepTaken",
    "Workflow",
    "again_after_deadlock",
    "assign",
    "assigned",
    "case_of",
    "colleagues",
    "effects_of",
    "history",
    "inbox",
    "may_take",
    "open_case",
    "open_steps",
    "take_due",
    "take_step",
    "workflows",
]
