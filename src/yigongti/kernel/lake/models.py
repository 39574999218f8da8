"""Which file holds which month, and which months wait to be published again."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models


class Part(models.Model):
    """The published file of one month of one dataset. Switching the row switches what every reader sees."""

    dataset = models.CharField(max_length=60)
    month = models.DateField()
    file = models.CharField(max_length=120)
    rows = models.BigIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["dataset", "month"], name="lake_part_month")
        ]


class Stale(models.Model):
    """A month whose facts have changed since it was published. Written in the transaction of the change."""

    dataset = models.CharField(max_length=60)
    month = models.DateField()
    marked_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["dataset", "month"], name="lake_stale_month")]


class KeptFile(models.Model):
    """A month's file kept under a name for ever, and what it held (keeping.py)."""

    name = models.CharField(max_length=80)
    dataset = models.CharField(max_length=60)
    month = models.DateField()
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["name", "dataset", "month"], name="lake_kept_once")
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
