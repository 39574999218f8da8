"""Code systems, their dated editions, and the concepts of each edition.

Dates are half-open: an edition or a concept holds from ``starts_on`` (always, when empty) until the day before
``ends_on``. Nothing elsewhere points here with a foreign key: records keep code and edition as they were sent.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _


class CodeSystem(models.Model):
    """One table of codes, whatever its editions: ``key`` is the name the platform and the command line use."""

    class Kind(models.TextChoices):
        VALUE_SET = "value_set", _("值域代码")
        CLASSIFICATION = "classification", _("分类编码")
        OBSERVATIONS = "observations", _("观察项目")

    key = models.SlugField(max_length=40, unique=True)
    name = models.TextField()
    name_en = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    publisher = models.TextField(blank=True)
    oid = models.CharField(max_length=100, blank=True)
    uri = models.TextField(blank=True, help_text="The canonical address FHIR names this system by.")

    class Meta:
        ordering = ["kind", "key"]
        constraints = [
            models.UniqueConstraint(fields=["oid"], condition=~Q(oid=""), name="terminology_oid_once"),
            models.UniqueConstraint(fields=["uri"], condition=~Q(uri=""), name="terminology_uri_once"),
        ]

    def __str__(self) -> str:
        return self.key


class Edition(models.Model):
    """A version of a code system. At most one complete edition holds on any day; a partial one (our own subset of a
    list we may not ship) steps back wherever a complete one holds."""

    system = models.ForeignKey(CodeSystem, on_delete=models.PROTECT, related_name="editions")
    version = models.CharField(max_length=60)
    complete = models.BooleanField(default=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    source = models.TextField(blank=True, help_text="Document or file the codes come from.")
    evidence = models.CharField(max_length=12, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file it is now as.")
    concept_count = models.PositiveIntegerField(default=0)
    imported_at = models.DateTimeField()
    imported_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "version"], name="terminology_version_once"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="terminology_edition_holds_a_day",
            ),
            ExclusionConstraint(
                name="terminology_one_edition_a_day",
                expressions=[
                    (Func(F("system"), F("system"), Value("[]"), function="int8range"), "&&"),
                    (
                        Func(F("starts_on"), F("ends_on"), function="daterange", output_field=DateRangeField()),
                        "&&",
                    ),
                ],
                condition=Q(complete=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.version}"


class Concept(models.Model):
    """One code of one edition, with what look-up needs: folded text, pinyin initials, and the grams of both."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("启用")
        WITHDRAWN = "withdrawn", _("停用")

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="concepts")
    code = models.TextField()
    display = models.TextField()
    display_en = models.TextField(blank=True)
    parent_code = models.TextField(blank=True)
    unit = models.CharField(max_length=40, blank=True, help_text="The unit results are usually given in (UCUM).")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    folded = models.TextField()
    initials = models.TextField()
    grams = ArrayField(models.TextField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "code"], name="terminology_code_once"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="terminology_concept_holds_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["edition", "code"],
                opclasses=["int8_ops", "text_pattern_ops"],
                name="terminology_code_prefix",
            ),
            models.Index(fields=["edition", "parent_code"], condition=~Q(parent_code=""), name="terminology_children"),
            # fastupdate off: editions come in bulk and look-ups must not pay for a pending list
            GinIndex(fields=["grams"], fastupdate=False, name="terminology_grams"),
        ]

    def __str__(self) -> str:
        return self.code
