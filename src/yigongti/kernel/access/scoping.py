"""Rows that belong to an organisation can't be read without saying who reads them.

Promises: a query on a ScopedModel that was neither narrowed by ``visible_to(actor, permission)`` nor
released by ``unscoped("why")`` raises UnscopedQuery before it reaches the database, whatever way it is
evaluated (iteration, count, exists, aggregate, update, delete, a sub-query).
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import sql

from yigongti.kernel.access.actors import Actor, Permission


class UnscopedQuery(RuntimeError):
    """Somebody wrote a query without saying for whom."""


class _GuardedQuery(sql.Query):
    released = False

    def chain(self, klass: type[sql.Query] | None = None) -> sql.Query:
        if klass is not None:
            self.check_released()
        return super().chain(klass)

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self.check_released()
        return super().get_compiler(*args, **kwargs)

    def get_aggregation(self, *args: Any, **kwargs: Any) -> Any:
        self.check_released()
        return super().get_aggregation(*args, **kwargs)

    def check_released(self) -> None:
        if not self.released:
            raise UnscopedQuery(
                f"{self.model}: say who reads with visible_to(actor, permission), or why nobody does "
                "with unscoped(reason)"
            )


def _guard(rows: models.QuerySet[Any]) -> _GuardedQuery:
    assert isinstance(rows.query, _GuardedQuery)
    return rows.query


class ScopedQuerySet(models.QuerySet[Any]):
    """A query set that refuses to run until it knows its reader."""

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model, query or _GuardedQuery(model), using, hints)

    def visible_to(self, actor: Actor, permission: Permission) -> Self:
        """Only rows of organisations where the actor holds the permission (none at all, if nowhere)."""
        found = self._release()
        if actor.everything:
            return found
        fields = self.model.scope_fields()
        visible = actor.organisations(permission)
        condition = models.Q()
        for name in fields:
            condition |= models.Q(**{f"{name}__in": sorted(visible)})
        return found.filter(condition)

    def unscoped(self, reason: str) -> Self:
        """All rows; ``reason`` says in the code why no reader is named."""
        if not reason:
            raise ValueError("say why the query has no reader")
        return self._release()

    def _release(self) -> Self:
        found = self.all()
        _guard(found).released = True
        return found

    def _raw_delete(self, using: Any) -> Any:
        _guard(self).check_released()  # Django swaps the query's class here, past the guard
        return super()._raw_delete(using)

    # Writing one's own new rows needs no scope; the service that does it has checked the permission.
    def create(self, **values: Any) -> Any:
        return models.QuerySet.create(self._release(), **values)

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        return models.QuerySet.bulk_create(self._release(), *args, **kwargs)


class ScopedModel(models.Model):
    """A row that belongs to one or several organisations: ``scope_field`` names the column(s)."""

    scope_field: ClassVar[str | tuple[str, ...]]

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def scope_fields(cls) -> tuple[str, ...]:
        fields = cls.scope_field
        return (fields,) if isinstance(fields, str) else fields
