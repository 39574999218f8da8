"""Reads: the clauses of a plan with what carries each out; the parameters of a place with their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.plan_ledger.permissions import VIEW
from yigongti.domains.oversight.plan_ledger.references import Reference, find
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.policy import api as policy
from yigongti.kernel.policy.api import Ask, Body, Clause, Organisation, Parameter, Unnamed, Value


class State(StrEnum):
    """How far the system carries something out."""

    MISSING = "missing"
    PARTLY = "partly"
    DONE = "done"
    OUTSIDE = "outside"

    @property
    def label(self) -> str:
        return str(_LABELS[self])

    @property
    def colour(self) -> str:
        """The kind of tag it is shown as."""
        return {"missing": "bad", "partly": "attention", "done": "good", "outside": ""}[self.value]


_LABELS = {
    State.MISSING: _("系统中缺"),
    State.PARTLY: _("部分支撑"),
    State.DONE: _("有系统支撑"),
    State.OUTSIDE: _("不属系统工作"),
}


@dataclass(frozen=True)
class AskView:
    """One thing a clause asks for, as it stands."""

    ask: Ask
    references: tuple[Reference, ...]
    due: date | None

    @property
    def state(self) -> State:
        """Done: everything named is there and something carries it out. Partly: some of it, or only a value is kept."""
        if self.ask.outside_system:
            return State.OUTSIDE
        there = [reference for reference in self.references if reference.there]
        if not there:
            return State.MISSING
        whole = len(there) == len(self.references) and any(reference.works for reference in there)
        return State.DONE if whole else State.PARTLY

    @property
    def overdue(self) -> bool:
        """The plan's day has passed and the system does not carry it out."""
        late = self.due is not None and self.due < clock.today()
        return late and self.state in (State.MISSING, State.PARTLY)


@dataclass(frozen=True)
class ClauseView:
    """A clause as it stands."""

    clause: Clause
    asks: tuple[AskView, ...]

    @property
    def number(self) -> str:
        return self.clause.number

    @cached_property
    def state(self) -> State:
        """Over what the system is asked for: all done, all missing, or in between."""
        states = {ask.state for ask in self.asks} - {State.OUTSIDE}
        if not states:
            return State.OUTSIDE
        return states.pop() if len(states) == 1 else State.PARTLY

    @cached_property
    def due(self) -> date | None:
        """The day to look at: the first that passed with something open, else the next, else the last."""
        days = sorted(ask.due for ask in self.asks if ask.due)
        late = sorted(ask.due for ask in self.asks if ask.due and ask.overdue)
        ahead = [day for day in days if day >= clock.today()]
        return next(iter([*late, *ahead, *reversed(days)]), None)

    @cached_property
    def overdue(self) -> bool:
        return any(ask.overdue for ask in self.asks)

    @property
    def leads(self) -> tuple[Body, ...]:
        return self.clause.leads

    @property
    def responsible(self) -> tuple[Body, ...]:
        return self.clause.responsible


@dataclass(frozen=True)
class Counts:
    """How many clauses stand how."""

    clauses: int
    done: int
    partly: int
    missing: int
    outside: int
    overdue: int


def ledger(actor: Actor, place: str) -> tuple[ClauseView, ...]:
    """Every clause of a place's plan in its order. Raises Forbidden."""
    actor.require(VIEW)
    return tuple(_view(clause, place, actor) for clause in policy.clauses(place))


def clause(actor: Actor, place: str, number: str) -> ClauseView | None:
    """One clause, or None. Raises Forbidden."""
    return next((view for view in ledger(actor, place) if view.number == number), None)


def _view(clause: Clause, place: str, actor: Actor) -> ClauseView:
    return ClauseView(
        clause,
        tuple(
            AskView(ask, tuple(find(text, place, actor) for text in ask.carried_out_by), ask.due or clause.due)
            for ask in clause.asks
        ),
    )


def counts(views: Sequence[ClauseView]) -> Counts:
    """The figures above the list."""
    states = [view.state for view in views]
    return Counts(
        clauses=len(states),
        done=states.count(State.DONE),
        partly=states.count(State.PARTLY),
        missing=states.count(State.MISSING),
        outside=states.count(State.OUTSIDE),
        overdue=sum(view.overdue for view in views),
    )


def cites(value: Value[Any], document: str, number: str) -> bool:
    """Whether a value rests on a clause of a document."""
    return value.document.key == document and number in value.clause.split("；")


def values_of_clause(clause: Clause) -> tuple[Value[Any], ...]:
    """Every value of the place that rests on a clause, whenever in force."""
    return tuple(
        value
        for parameter in policy.parameters()
        for value in policy.history(parameter.name, clause.place)
        if cites(value, clause.document.key, clause.number)
    )


def organisations_of_clause(clause: Clause) -> tuple[Organisation, ...]:
    """The organisations the clause names."""
    plan = policy.organisations(clause.place)
    if plan is None or plan.document != clause.document:
        return ()
    return tuple(o for o in plan.organisations if clause.number in o.clause.split("；"))


def unnamed_of_clause(clause: Clause) -> tuple[Unnamed, ...]:
    """The bodies the clause counts or mentions without naming them."""
    plan = policy.organisations(clause.place)
    if plan is None or plan.document != clause.document:
        return ()
    return tuple(u for u in plan.unnamed if clause.number in u.clause.split("；"))


@dataclass(frozen=True)
class ParameterView:
    """A parameter at a place on a day: the value in force, or that there is none."""

    parameter: Parameter[Any]
    value: Value[Any] | None
    changes: int

    @property
    def name(self) -> str:
        return self.parameter.name

    @property
    def label(self) -> str:
        return str(self.parameter.label)

    @property
    def gap(self) -> bool:
        """Code needs it and the place has no value: what rests on it is not computed."""
        return self.value is None and self.parameter.used

    @property
    def unconfirmed(self) -> bool:
        return self.value is not None and not self.value.confirmed

    def holds(self, text: str) -> bool:
        """Whether the text occurs in the name, the label, the value, or the citation, whatever its case."""
        value = self.value
        words = [self.name, self.label, *([str(value), value.citation] if value else [])]
        return any(text.casefold() in word.casefold() for word in words)


def parameters(actor: Actor, place: str, day: date) -> tuple[ParameterView, ...]:
    """Every parameter that has ever had a value at the place or is used by code, by subject. Raises Forbidden."""
    actor.require(VIEW)
    views = []
    for parameter in policy.parameters():
        history = policy.history(parameter.name, place)
        if history or parameter.used:
            value = policy.find(parameter.name, place, day)
            views.append(ParameterView(parameter, value, len(history)))
    return tuple(views)
