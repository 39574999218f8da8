"""What grouping found for each claim: one row stands, those it replaced are kept; which months were grouped."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import ScopedModel


class GroupedClaim(ScopedModel):
    """A claim as grouped at a time. ``claim_id`` is the claim's id in the lake; fen, days; weight × 10,000.

    ``stands``: the newest result of a claim that still stands itself. The claim itself is never changed.
    ``merged_into``: the claim of another stay with which this one is paid (readmission); ``special_id``: the special
    review whose decision is the payment.
    """

    scope_field: ClassVar[tuple[str, ...]] = ("institution_id", "source_id")

    claim_id = models.BigIntegerField()
    record_no = models.CharField(max_length=140, blank=True, default="")
    place = models.CharField(max_length=40)
    settled_on = models.DateField()
    service_start = models.DateField(null=True)
    service_end = models.DateField(null=True)
    source_id = models.BigIntegerField()
    institution_id = models.BigIntegerField(null=True)
    institution_name = models.CharField(max_length=200)
    managing_id = models.BigIntegerField(null=True)
    resident_id = models.BigIntegerField()
    inside_county = models.BooleanField()
    tier = models.CharField(max_length=20, blank=True)
    department = models.CharField(max_length=100, blank=True)
    insurance_kind = models.CharField(max_length=10, blank=True)
    code = models.CharField(max_length=40, blank=True)
    scheme = models.CharField(max_length=80)
    mdc = models.CharField(max_length=10, blank=True)
    adrg = models.CharField(max_length=20, blank=True)
    drg = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=60)
    outlier = models.CharField(max_length=20)
    low_risk = models.BooleanField()
    weight_e4 = models.BigIntegerField()
    standard_fen = models.BigIntegerField()
    whole_fen = models.BigIntegerField()
    payment_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    fund_fen = models.BigIntegerField()
    patient_fen = models.BigIntegerField()
    stay_days = models.IntegerField()
    merged_into = models.BigIntegerField(null=True)
    special_id = models.BigIntegerField(null=True)
    died = models.BooleanField(null=True)
    grouped_at = models.DateTimeField()
    stands = models.BooleanField(default=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("病例入组结果")
        constraints = [
            models.UniqueConstraint("claim_id", name="drg_one_stands", condition=Q(stands=True)),
            models.CheckConstraint(
                name="drg_replaced_says_when", condition=Q(stands=True) ^ Q(replaced_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index("settled_on", "id", name="drg_by_day"),
            models.Index("claim_id", name="drg_by_claim"),
            models.Index("institution_id", "drg", "settled_on", name="drg_by_institution", condition=Q(stands=True)),
            models.Index("resident_id", "institution_id", name="drg_by_person", condition=Q(stands=True)),
            models.Index("merged_into", name="drg_by_carrier", condition=Q(stands=True, merged_into__isnull=False)),
        ]


class GroupedMonth(models.Model):
    """A month of claims that was grouped: from which published file, by which scheme and rules."""

    place = models.CharField(max_length=40)
    month = models.DateField()
    file = models.CharField(max_length=200)
    scheme = models.CharField(max_length=80, blank=True)
    rules = models.CharField(max_length=64)
    cases = models.IntegerField()
    grouped_at = models.DateTimeField()

    class Meta:
        verbose_name = _("已入组月份")
        constraints = [models.UniqueConstraint("place", "month", name="drg_one_a_month")]
