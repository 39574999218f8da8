"""Rows and database constraints."""

from typing import Any, ClassVar

from django.db import models

from yigongti.kernel.access.api import ScopedModel


class ${Name}(ScopedModel):
    """One entry of an organisation."""

    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField(db_index=True)
    title = models.CharField(max_length=200)
    written_by_id = models.BigIntegerField(null=True)
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="${name}_has_a_title", condition=~models.Q(title="")),
        ]

    def __str__(self) -> str:
        return self.title
