"""Opening a case and taking a step: the only two places where a state is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, ScopedQuerySet
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import Event, emit
from yigongti.kernel.workflow.models import BY_THE_PLATFORM, CaseModel, History, Waiting
from yigongti.kernel.workflow.table import Answers, Step

C = TypeVar("C", bound=CaseModel)
R = TypeVar("R")
DEADLOCK = "40P01"


class StepRefused(Exception):
    """The step can't be taken; ``str()`` says why, in words for whoever tried. Nothing has changed."""


@dataclass(frozen=True)
class StepTaken(Event):
    """A case moved on (``step`` is empty when it was opened)."""

    workflow: str
    case_id: int
    step: str
    from_state: str
    to_state: str
    actor_id: int | None


def open_case(
    case: C, *, actor: Actor, answers: dict[str, Any] | None = None, effect: Callable[[], None] | None = None
) -> C:
    """Store a new case in its initial state, with its first line of history. The caller has checked the permission.

    ``effect`` runs in the same transaction when all but the trail is written: what many want at once is locked there,
    as late as can be. What it raises undoes everything.
    """
    with transaction.atomic():
        now = clock.now()
        case.state = case.workflow.initial
        case.opened_at = case.entered_at = now
        case.opened_by_id = actor.id
        with _marked(case):
            case.save(force_insert=True)
        _note_due(case)
        _write_history(case, "", "", actor, answers or {}, number=1)
        _note_waiting(case)
        if effect is not None:
            effect()
        record(actor=actor, act=f"{case.workflow.name}.open", subject=subject_of(case))
        emit(StepTaken(case.workflow.name, case.pk, "", "", case.state, actor.id))
    return case


def take_step(case: C, name: str, *, actor: Actor, answers: Answers | None = None, seen: datetime | None = None) -> C:
    """Take a step in one transaction: row locked, side and state checked; state, history, audit, inbox written.

    ``seen``: since when the case had stood as the actor looked at it (its ``entered_at``); a step on what has become
    another meanwhile is refused. Returns the case as it is now. Raises StepRefused, and then nothing has changed but
    the audit trail, which says who tried.
    """
    try:
        return again_after_deadlock(lambda: _taken(case, name, actor, answers or {}, seen))
    except StepRefused as refusal:
        record(
            actor=actor,
            act=f"{case.workflow.name}.{name}"[:80],
            subject=subject_of(case),
            outcome="refused",
            detail={"why": str(refusal)},
        )
        raise


def again_after_deadlock(attempt: Callable[[], R]) -> R:
    """Run a whole transaction, once more where the database has broken it off because two acts waited for each other:
    the other one is through then. Inside somebody else's transaction only he can begin anew."""
    try:
        return attempt()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != DEADLOCK or connection.in_atomic_block:
            raise
    return attempt()


def _taken(case: C, name: str, actor: Actor, answers: Answers, seen: datetime | None) -> C:
    with transaction.atomic():
        return _take(case, name, actor, answers, seen)


def may_take(case: CaseModel, step: Step, actor: Actor) -> bool:
    """Whether the actor is the rightful side for a step, whatever the case's state."""
    if not step.fits(case):
        return False
    if actor.is_resident:
        return step.own is not None and getattr(case, step.own) in actor.residents
    if step.barred(case, actor.id):
        return False
    if step.by is None:
        return actor.everything
    return actor.may(step.by, getattr(case, step.at) if step.at else None)


def _take(case: C, name: str, actor: Actor, answers: Answers, seen: datetime | None = None) -> C:
    rows: ScopedQuerySet = type(case).objects.unscoped("the step checks the side")
    locked: C = rows.select_for_update().get(pk=case.pk)
    try:
        step = locked.workflow.step(name)
    except KeyError:
        raise StepRefused(_("没有这个步骤。")) from None
    if not may_take(locked, step, actor):
        if step.barred(locked, actor.id):
            raise StepRefused(_("“%(step)s”须由另一人办理：前一步是您自己经手的。") % {"step": step.label})
        raise StepRefused(_("“%(step)s”不由您办理。") % {"step": step.label})
    if locked.state not in step.from_states:
        raise StepRefused(
            _("现在的状态是“%(state)s”，不能“%(step)s”。可能别人刚刚办理过，请刷新页面。")
            % {"state": locked.state_label, "step": step.label}
        )
    if seen is not None and seen != locked.entered_at:
        raise StepRefused(_("您打开这个页面以后，这件事又办过一步。现在显示的是最新内容，请核对后再办理。"))
    if step.by is None and not actor.is_resident and ((due := step.due_at(locked)) is None or due > clock.now()):
        raise StepRefused(_("“%(step)s”的时间还没有到。") % {"step": step.label})
    given = {}
    for ask in step.asks:
        try:
            given[ask.name] = ask.read(answers.get(ask.name), locked)
        except ValueError:
            raise StepRefused(_("请填写“%(ask)s”。") % {"ask": ask.label}) from None
    said = {ask.name: ask.kept(given[ask.name], locked) for ask in step.asks}
    before = locked.state
    if step.effect is not None:
        step.effect(locked, actor, given)
    locked.state = step.to
    locked.entered_at = clock.now()
    locked.due_at = locked.workflow.due_at(locked)
    with _marked(locked):
        locked.save()
    _write_history(locked, step.name, before, actor, said)
    _rewrite_waiting(locked)
    record(
        actor=actor,
        act=f"{locked.workflow.name}.{step.name}"[:80],
        subject=subject_of(locked),
        detail={"from": before, "to": step.to},
    )
    emit(StepTaken(locked.workflow.name, locked.pk, step.name, before, step.to, actor.id))
    return locked


def subject_of(case: CaseModel) -> str:
    """How the audit trail names a case."""
    return f"{case.workflow.name}:{case.pk}"


def _note_due(case: CaseModel) -> None:
    """A deadline may follow from what is stored with the case, so it is worked out once the case is.

    One that was known before, and stored with the case, is not stored again.
    """
    known, case.due_at = case.due_at, case.workflow.due_at(case)
    if case.due_at != known:
        rows: ScopedQuerySet = type(case).objects.unscoped("the case has just been opened")
        rows.filter(pk=case.pk).update(due_at=case.due_at)


@contextmanager
def _marked(case: CaseModel) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yigongti.step', %s, true)", [case._meta.db_table])
        yield
        cursor.execute("SELECT set_config('yigongti.step', '', true)")


def _write_history(
    case: CaseModel, step: str, before: str, actor: Actor, answers: Answers, *, number: int | None = None
) -> None:
    if number is None:
        number = History.objects.filter(workflow=case.workflow.name, case_id=case.pk).count() + 1
    History.objects.create(
        workflow=case.workflow.name,
        case_id=case.pk,
        number=number,
        step=step,
        from_state=before,
        to_state=case.state,
        actor_id=actor.id,
        actor_name=actor.name,
        organisation_id=actor.home_organisation_id,
        at=case.entered_at,
        answers=dict(answers),
    )


def _rewrite_waiting(case: CaseModel) -> None:
    Waiting.objects.filter(workflow=case.workflow.name, case_id=case.pk).delete()
    _note_waiting(case)


def _note_waiting(case: CaseModel) -> None:
    with translation.override(settings.LANGUAGE_CODE):  # others read it than who took the step
        title = case.title[:200]
    Waiting.objects.bulk_create(
        Waiting(
            workflow=case.workflow.name,
            case_id=case.pk,
            step=step.name,
            permission=step.by.name if step.by else BY_THE_PLATFORM,
            organisation_id=getattr(case, step.at) if step.at else None,
            resident_id=getattr(case, "resident_id", None),
            title=title,
            address=case.get_absolute_url(),
            since=case.entered_at,
            due_at=step.due_at(case) or (case.due_at if step.by else None),
            apart_from=step.hands(case),
        )
        for step in case.workflow.open_to(case)
        if not step.quiet
    )
