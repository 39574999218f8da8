"""Cases: the abstract row every domain's case extends, the history of steps, and what waits for whom."""

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from yigongti.kernel.access.api import ScopedModel

if TYPE_CHECKING:
    from yigongti.kernel.workflow.table import Workflow

# The database itself refuses a state that was not written by a step (services set the mark for one statement).
ONLY_BY_STEP = pgtrigger.Trigger(
    name="state_only_by_step",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF (TG_OP = 'INSERT' OR NEW.state IS DISTINCT FROM OLD.state)
           AND current_setting('yigongti.step', true) IS DISTINCT FROM TG_TABLE_NAME THEN
            RAISE EXCEPTION 'the state of % changes only by a step', TG_TABLE_NAME USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)


class CaseModel(ScopedModel):
    """A case. A subclass sets ``workflow`` and ``scope_field``, extends ``CaseModel.Meta``, and says ``title``."""

    workflow: ClassVar["Workflow"]

    state = models.CharField(max_length=40, editable=False)
    opened_at = models.DateTimeField(editable=False)
    opened_by_id = models.BigIntegerField(null=True, editable=False)
    entered_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        triggers: ClassVar[list[Any]] = [ONLY_BY_STEP]

    @property
    def title(self) -> str:
        """What the inbox calls the case."""
        raise NotImplementedError

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @property
    def state_label(self) -> str:
        return str(self.workflow.states[self.state])

    @property
    def is_open(self) -> bool:
        return self.state not in self.workflow.final

    @classmethod
    def of_workflow(cls, name: str) -> "type[CaseModel] | None":
        """The model whose cases follow the state table of this name."""
        if not cls._meta.abstract and cls.workflow.name == name:
            return cls
        return next((found for model in cls.__subclasses__() if (found := model.of_workflow(name))), None)


class History(models.Model):
    """A step that was taken. The first one is the opening (``step`` is empty)."""

    workflow = models.CharField(max_length=60)
    case_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    from_state = models.CharField(max_length=40)
    to_state = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=100)
    organisation_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    answers = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["workflow", "case_id", "number"], name="workflow_history_place")
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]


BY_THE_PLATFORM = ""


class Waiting(models.Model):
    """A step that can be taken now, and who may: rewritten with every step, so an inbox is one query.

    ``permission`` is ``BY_THE_PLATFORM`` for a step that nobody takes but the platform, at ``due_at``.
    """

    workflow = models.CharField(max_length=60)
    case_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    permission = models.CharField(max_length=80)
    organisation_id = models.BigIntegerField(null=True)
    resident_id = models.BigIntegerField(null=True)  # whom the case is about, where it is about a resident
    title = models.CharField(max_length=200)
    address = models.CharField(max_length=200)
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    apart_from = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # accounts who may not take it

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["workflow", "case_id", "step"], name="workflow_waiting_once")
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["organisation_id", "permission", "due_at"], name="workflow_waiting_inbox"),
            models.Index(
                fields=["due_at"], condition=models.Q(permission=BY_THE_PLATFORM), name="workflow_waiting_due"
            ),
        ]


class Assignment(models.Model):
    """Who of those who may has a case in hand. Handing it over writes a line into the case's history."""

    workflow = models.CharField(max_length=60)
    case_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    account_name = models.CharField(max_length=100)
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["workflow", "case_id"], name="workflow_assignment_once")
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["account_id"], name="workflow_assignment_of")]
