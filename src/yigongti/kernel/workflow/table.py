"""The state table: what a doctor can read, and what the machine obeys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.text import format_lazy

from yigongti.kernel.access.api import Actor, Permission
from yigongti.kernel.audit.acts import name_act

if TYPE_CHECKING:
    from yigongti.kernel.workflow.models import CaseModel

Text = str | Promise
Answers = Mapping[str, Any]
Effect = Callable[["CaseModel", Actor, Answers], None]


@dataclass(frozen=True)
class Ask:
    """Something whoever takes the step must say. ``kind``: text, date, choice or yes_no."""

    name: str
    label: Text
    kind: str = "text"
    required: bool = True
    choices: tuple[tuple[str, Text], ...] = ()
    hint: Text = ""

    def read(self, answer: Any) -> Any:
        """The answer as it is kept (JSON). Raises ValueError when it is not an answer to this."""
        answer = answer.strip() if isinstance(answer, str) else answer
        if answer is None or answer == "":
            if self.required:
                raise ValueError(self.name)
            return None
        if self.kind == "date":
            return (answer if isinstance(answer, date) else date.fromisoformat(str(answer))).isoformat()
        if self.kind == "yes_no":
            return answer in (True, "true", "1", "yes", "on")
        if self.kind == "choice" and str(answer) not in {key for key, _ in self.choices}:
            raise ValueError(self.name)
        return str(answer)

    def said(self, kept: Any) -> Any:
        """A kept answer as people read it: a choice by its label."""
        return dict(self.choices).get(kept, kept) if self.kind == "choice" else kept


@dataclass(frozen=True)
class Step:
    """One way on: from these states to that, by whoever holds ``by`` at the organisation in the column ``at``.

    ``within``: how long the step may wait, counted from when its state was entered; the nearest one is the
    case's deadline. ``effect`` runs in the step's transaction and may raise StepRefused.
    """

    name: str
    label: Text
    from_states: tuple[str, ...]
    to: str
    by: Permission
    at: str | None = None
    asks: tuple[Ask, ...] = ()
    within: timedelta | None = None
    effect: Effect | None = None
    plain: bool = False  # a lesser way out (decline, withdraw): shown without emphasis


@dataclass(frozen=True)
class Workflow:
    """A table of states and steps. Raises ValueError when it doesn't hang together."""

    name: str
    label: Text
    states: Mapping[str, Text]
    initial: str
    final: frozenset[str] | set[str]
    steps: tuple[Step, ...] | list[Step] = field(default=())

    def __post_init__(self) -> None:
        named = {self.initial, *self.final}
        for step in self.steps:
            named |= {step.to, *step.from_states}
            if set(step.from_states) & set(self.final):
                raise ValueError(f"{self.name}: step {step.name} leaves a final state")
        if unknown := named - self.states.keys():
            raise ValueError(f"{self.name}: unknown states {sorted(unknown)}")
        names = [step.name for step in self.steps]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.name}: a step is named twice")
        reached = {self.initial}
        while more := {s.to for s in self.steps if set(s.from_states) & reached} - reached:
            reached |= more
        if lost := self.states.keys() - reached:
            raise ValueError(f"{self.name}: nothing leads to {sorted(lost)}")
        stuck = [s for s in self.states if s not in self.final and not self.steps_from(s)]
        if stuck:
            raise ValueError(f"{self.name}: nothing leads on from {sorted(stuck)}")
        if _workflows.setdefault(self.name, self) is not self:
            raise ValueError(f"workflow {self.name} is defined twice")
        name_act(f"{self.name}.open", self.label)
        for step in self.steps:
            name_act(f"{self.name}.{step.name}", format_lazy("{}：{}", self.label, step.label))

    def step(self, name: str) -> Step:
        """The step of this name. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def steps_from(self, state: str) -> list[Step]:
        """Steps that lead on from a state, in the order of the table."""
        return [step for step in self.steps if state in step.from_states]

    def allowance(self, state: str) -> timedelta | None:
        """How long a case may stay in a state."""
        return min((s.within for s in self.steps_from(state) if s.within is not None), default=None)


_workflows: dict[str, Workflow] = {}


def workflows() -> dict[str, Workflow]:
    """All state tables by name."""
    return dict(_workflows)
