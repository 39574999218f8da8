"""The state table: what a doctor can read, and what the machine obeys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.text import format_lazy

from yigongti.kernel.access.api import Actor, Permission
from yigongti.kernel.audit.acts import name_act

if TYPE_CHECKING:
    from yigongti.kernel.workflow.models import CaseModel

Text = str | Promise
Answers = Mapping[str, Any]
Effect = Callable[[Any, Actor, Answers], None]
Choices = tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Ask:
    """Something whoever takes the step must say. ``kind``: text, date, number, choice or yes_no.

    ``choices`` may be worked out from the case: the free slots of a clinic, the wards of a hospital.
    """

    name: str
    label: Text
    kind: str = "text"
    required: bool = True
    choices: Choices | Callable[[Any], Choices] = ()
    hint: Text = ""

    def offered(self, case: "CaseModel | None") -> Choices:
        """What there is to choose from, for this case."""
        return self.choices(case) if callable(self.choices) else self.choices

    def read(self, answer: Any, case: "CaseModel | None" = None) -> Any:
        """The answer as it is kept (JSON). Raises ValueError when it is not an answer to this."""
        answer = answer.strip() if isinstance(answer, str) else answer
        if answer is None or answer == "":
            if self.required:
                raise ValueError(self.name)
            return None
        if "\0" in str(answer):
            raise ValueError(self.name)  # no text the database keeps
        if self.kind == "date":
            return (answer if isinstance(answer, date) else date.fromisoformat(str(answer))).isoformat()
        if self.kind == "yes_no":
            return answer in (True, "true", "1", "yes", "on")
        if self.kind == "number":
            return _number(answer)
        if self.kind == "choice" and str(answer) not in dict(self.offered(case)):
            raise ValueError(self.name)
        return str(answer)

    def kept(self, answer: Any, case: "CaseModel") -> Any:
        """An answer as the history keeps it: what was on offer that day is kept in words."""
        return str(dict(self.offered(case)).get(answer, answer)) if answer and callable(self.choices) else answer

    def said(self, kept: Any) -> Any:
        """A kept answer as people read it: a choice by its label."""
        return kept if callable(self.choices) else dict(self.choices).get(kept, kept)


LONGEST_NUMBER = 30
GREATEST, LEAST = 14, -18
"""A number somebody answers has at most so many digits, the first of them standing for a power of 10 between these:
whatever is read here, ``money.fen`` takes; nobody means more, and what is worked out from more overflows."""


def _number(answer: Any) -> str:
    try:
        number = Decimal(str(answer))
    except InvalidOperation:
        raise ValueError(answer) from None
    if not number.is_finite() or not LEAST <= number.adjusted() <= GREATEST:
        raise ValueError(answer)
    if len(number.as_tuple().digits) > LONGEST_NUMBER:
        raise ValueError(answer)
    return str(number)


def effects_of(package: str) -> Callable[[str, str], Effect]:
    """Effects of a domain's steps by room and name: ``effects_of("…books")("closing", "close")`` is ``close`` of
    ``…books.services.closing``, looked up when the step is taken, because services import models, and models the table.
    """

    def effect(room: str, name: str) -> Effect:
        def run(case: Any, actor: Actor, answers: Answers) -> None:
            getattr(import_module(f"{package}.services.{room}"), name)(case, actor, answers)

        return run

    return effect


@dataclass(frozen=True)
class Step:
    """One way on: from these states to that, by whoever holds ``by`` at the organisation in the column ``at``.

    ``within``: how long the step may wait, counted from when its state was entered; ``due`` instead works the moment
    out from the case. The nearest one is the case's deadline. Without ``by`` the platform itself takes the step when
    that moment has come. ``own``: the column of the resident who may take it too. ``when``: the cases that have the
    step at all. ``apart_from``: columns with accounts who may not take it themselves, so that a second person does.
    ``effect`` runs in the step's transaction and may raise StepRefused.
    """

    name: str
    label: Text
    from_states: tuple[str, ...]
    to: str
    by: Permission | None
    at: str | None = None
    own: str | None = None
    asks: tuple[Ask, ...] = ()
    within: timedelta | None = None
    due: Callable[[Any], datetime | None] | None = None
    when: Callable[[Any], bool] | None = None
    apart_from: str | tuple[str, ...] = ()
    effect: Effect | None = None
    plain: bool = False  # a lesser way out (decline, withdraw): shown without emphasis
    quiet: bool = False  # offered on the case's page, kept out of inboxes: a desk has a list of its own for these

    def due_at(self, case: "CaseModel") -> datetime | None:
        """The moment by which the step should be taken, if there is one."""
        if self.due is not None:
            return self.due(case)
        return case.entered_at + self.within if self.within is not None else None

    def hands(self, case: "CaseModel") -> list[int]:
        """Accounts that have had a hand in this case and may therefore not take the step."""
        columns = (self.apart_from,) if isinstance(self.apart_from, str) else self.apart_from
        return sorted({account for name in columns if (account := getattr(case, name)) is not None})

    def barred(self, case: "CaseModel", account_id: int | None) -> bool:
        """Whether the step needs somebody else. What the platform does by itself, nobody's act, is no second person."""
        return bool(self.apart_from) and (account_id is None or account_id in self.hands(case))

    def fits(self, case: "CaseModel") -> bool:
        """Whether a case of this sort has the step at all."""
        return self.when is None or self.when(case)


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
            if step.by is None and step.within is None and step.due is None:
                raise ValueError(f"{self.name}: nobody takes step {step.name}, and it never falls due")
            if step.by is None and step.apart_from:
                raise ValueError(f"{self.name}: nobody takes step {step.name}, so nobody can be kept from it")
            if step.within is not None and step.due is not None:
                raise ValueError(f"{self.name}: step {step.name} has two deadlines")
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

    def open_to(self, case: "CaseModel") -> list[Step]:
        """Steps that lead on from where a case stands, of those it has, whoever may take them."""
        return [step for step in self.steps_from(case.state) if step.fits(case)]

    def due_at(self, case: "CaseModel") -> datetime | None:
        """By when something has to happen to a case."""
        return min((moment for step in self.open_to(case) if (moment := step.due_at(case))), default=None)


_workflows: dict[str, Workflow] = {}


def workflows() -> dict[str, Workflow]:
    """All state tables by name."""
    return dict(_workflows)
