"""Coefficients of institutions: a table for a year, worked out from the year before, decided by two people."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg.workflow import COEFFICIENTS
from yigongti.kernel.workflow.api import CaseModel


class CoefficientTable(CaseModel):
    """In force from ``starts_on`` to the end of ``year`` once approved, or until a later one of the year begins.

    ``since`` … ``until``: the settlements it was worked out from; ``width``, ``step``, ``most``: the rule then.
    """

    workflow = COEFFICIENTS
    scope_field = "payer_id"

    place = models.CharField(max_length=40)
    payer_id = models.BigIntegerField()
    year = models.PositiveSmallIntegerField(gettext_lazy("年度"))
    starts_on = models.DateField(gettext_lazy("生效日期"))
    since = models.DateField()
    until = models.DateField()
    width = models.DecimalField(max_digits=9, decimal_places=4)
    step = models.DecimalField(max_digits=9, decimal_places=4)
    most = models.DecimalField(max_digits=9, decimal_places=4)
    least_cases = models.IntegerField()
    approved_by_id = models.BigIntegerField(null=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)

    class Meta(CaseModel.Meta):
        verbose_name = gettext_lazy("机构系数表")
        constraints = [
            models.UniqueConstraint("place", "year", name="drg_one_proposed", condition=Q(state="proposed")),
            models.CheckConstraint(
                name="drg_coefficients_two_persons",
                condition=Q(approved_by_id__isnull=True) | ~Q(approved_by_id=F("opened_by_id")),
            ),
            models.CheckConstraint(name="drg_coefficients_in_year", condition=Q(starts_on__year=F("year"))),
        ]

    @property
    def title(self) -> str:
        return _("%(year)s 年机构系数") % {"year": self.year}

    def get_absolute_url(self) -> str:
        return reverse("drg:coefficients_of", args=[self.pk])

    def __str__(self) -> str:
        return f"coefficients:{self.pk}"


class Coefficient(models.Model):
    """One institution's line, never changed. CMI = ``weight_e4`` ÷ 10,000 ÷ ``cases``; the level's alike.

    ``level_coefficient``: what the level alone would give; ``few``: too few cases for an own one.
    """

    table = models.ForeignKey(CoefficientTable, models.PROTECT, related_name="lines")
    institution_id = models.BigIntegerField()
    institution_name = models.CharField(max_length=200)
    level = models.CharField(max_length=20)
    cases = models.BigIntegerField()
    weight_e4 = models.BigIntegerField()
    level_cases = models.BigIntegerField()
    level_weight_e4 = models.BigIntegerField()
    level_coefficient = models.DecimalField(max_digits=9, decimal_places=4)
    coefficient = models.DecimalField(max_digits=9, decimal_places=4)
    few = models.BooleanField(default=False)

    class Meta:
        verbose_name = gettext_lazy("机构系数")
        constraints = [
            models.UniqueConstraint("table", "institution_id", name="drg_coefficient_once"),
            models.CheckConstraint(name="drg_coefficient_above_nothing", condition=Q(coefficient__gt=0)),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.institution_name} {self.coefficient}"
