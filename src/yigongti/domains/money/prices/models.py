"""Service items, their prices from day to day, and the adjustments that set them.

A price holds from its day until the item's next one for the same tier; without an amount the item is no longer charged.
"""

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.prices.workflow import ADJUSTMENT
from yigongti.kernel.ledger.rules import NEVER_EMPTIED
from yigongti.kernel.workflow.api import CaseModel

TIERS = ("tertiary", "secondary", "primary", "village")
TIER_LABELS = {
    "tertiary": _("三级"), "secondary": _("二级"), "primary": _("一级（基层）"), "village": _("村级")
}  # fmt: skip


def only_in_draft(name: str) -> pgtrigger.Trigger:
    """Lines and quantities change while the adjustment is a draft: what is approved is what was submitted."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF EXISTS (
                SELECT 1 FROM prices_adjustment WHERE id IN (NEW.adjustment_id, OLD.adjustment_id) AND state <> 'draft'
            ) THEN
                RAISE EXCEPTION 'it changes only while it is a draft' USING ERRCODE = '23514';
            END IF;
            RETURN coalesce(NEW, OLD);
        """,
    )


AS_SUBMITTED = pgtrigger.Trigger(
    name="as_submitted",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF OLD.state <> 'draft' AND (
            NEW.organisation_id, NEW.place, NEW.name, NEW.document, NEW.clause, NEW.starts_on, NEW.opened_by_id,
            NEW.editor_ids, NEW.prepared_by_id, NEW.measured, NEW.before_fen, NEW.after_fen
        ) IS DISTINCT FROM (
            OLD.organisation_id, OLD.place, OLD.name, OLD.document, OLD.clause, OLD.starts_on, OLD.opened_by_id,
            OLD.editor_ids, OLD.prepared_by_id, OLD.measured, OLD.before_fen, OLD.after_fen
        ) THEN
            RAISE EXCEPTION 'it changes only while it is a draft' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)


BY_STEP_ALONE = pgtrigger.Trigger(
    name="by_step_alone",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF OLD.state <> 'draft' AND current_setting('yigongti.step', true) IS DISTINCT FROM TG_TABLE_NAME THEN
            RAISE EXCEPTION 'what has been submitted changes only by a step' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)


class Adjustment(CaseModel):
    """Prices to be set from a day on, by a document: the first list of a place as well as any change."""

    workflow = ADJUSTMENT
    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField()  # who prepares it
    place = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    document = models.CharField(max_length=200)
    clause = models.CharField(max_length=80, blank=True, default="")
    starts_on = models.DateField()
    editor_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # of the prices or the quantities
    prepared_by_id = models.BigIntegerField(null=True)
    approved_by_id = models.BigIntegerField(null=True)
    measured = models.BooleanField(default=False)  # the effect was worked out from quantities when it was submitted
    before_fen = models.BigIntegerField(null=True)
    after_fen = models.BigIntegerField(null=True)

    class Meta(CaseModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=["place", "state"], name="prices_adjustment_state")]
        triggers: ClassVar[list[Any]] = [
            *CaseModel.Meta.triggers, AS_SUBMITTED, BY_STEP_ALONE, NEVER_EMPTIED,
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),  # it is discarded instead
        ]  # fmt: skip

    @property
    def title(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("prices:adjustment", args=[self.pk])


class AdjustmentLine(models.Model):
    """What one item costs at one tier before and after, in fen; ``after_fen`` null: no longer charged."""

    adjustment = models.ForeignKey(Adjustment, models.CASCADE, related_name="lines")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    tier = models.CharField(max_length=10)
    before_fen = models.BigIntegerField(null=True)
    after_fen = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["adjustment", "code", "tier"], name="prices_line_once"),
            models.CheckConstraint(name="prices_line_tier", condition=Q(tier__in=TIERS)),
            models.CheckConstraint(
                name="prices_line_amounts",
                condition=(Q(after_fen__isnull=True) | Q(after_fen__gte=0)),
            ),
        ]
        triggers: ClassVar[list[Any]] = [only_in_draft("in_draft"), NEVER_EMPTIED]


class Usage(models.Model):
    """How often an institution charged an item in the period the effect is worked out on, as uploaded with it."""

    adjustment = models.ForeignKey(Adjustment, models.CASCADE, related_name="usage")
    institution_id = models.BigIntegerField()
    code = models.CharField(max_length=40)
    quantity = models.DecimalField(max_digits=14, decimal_places=2)
    fund_percent = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["adjustment", "institution_id", "code"], name="prices_usage_once"),
            models.CheckConstraint(
                name="prices_usage_sense", condition=Q(quantity__gte=0, fund_percent__gte=0, fund_percent__lte=100)
            ),
        ]
        triggers: ClassVar[list[Any]] = [only_in_draft("in_draft"), NEVER_EMPTIED]


class Price(models.Model):
    """What an item costs at a tier from a day on, in fen (null: not charged any more). Never changed."""

    place = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40, blank=True, default="")
    tier = models.CharField(max_length=10)
    fen = models.BigIntegerField(null=True)
    starts_on = models.DateField()
    adjustment = models.ForeignKey(Adjustment, models.PROTECT, related_name="prices")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["place", "code", "tier", "starts_on"], name="prices_price_from")
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="for_ever", operation=pgtrigger.Update | pgtrigger.Delete),
            NEVER_EMPTIED,
        ]
