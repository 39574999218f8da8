"""Charge lines of settlements, as the payer sent them."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.codes import Category, PayClass
from yigongti.kernel.access.api import ScopedModel


class ChargeLine(ScopedModel):
    """One line of one settlement, keyed by payer, settlement and line number. What a payer says anew supersedes it; the
    database refuses any other change. ``unit_price`` in yuan. A line taken out of the bill has amount and quantity 0.
    """

    scope_field = "source_id"

    source_id = models.BigIntegerField()
    claim_no = models.CharField(_("结算单号"), max_length=64, db_collation="C")
    line_no = models.CharField(_("明细序号"), max_length=64, db_collation="C")
    item_code = models.CharField(_("项目编码"), max_length=60, default="", db_default="")
    item_name = models.CharField(_("项目名称"), max_length=200)
    category = models.CharField(_("费用类别"), max_length=12, choices=Category.choices)
    quantity = models.DecimalField(_("数量"), max_digits=14, decimal_places=4, null=True)
    unit_price = models.DecimalField(_("单价"), max_digits=14, decimal_places=4, null=True)
    amount_fen = models.BigIntegerField(_("金额"))
    charged_on = models.DateField(_("费用日期"))
    pay_class = models.CharField(_("费用等级"), max_length=1, choices=PayClass.choices, default="", db_default="")
    content_hash = models.UUIDField()
    batch_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(_("记录时间"))
    superseded_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "claim_no", "line_no"],
                condition=Q(superseded_by__isnull=True),
                name="claims_line_once",
            )
        ]
        indexes = [
            models.Index(fields=["charged_on"], condition=Q(superseded_by__isnull=True), name="claims_line_charged"),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="line_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.superseded_by IS NULL AND NEW.superseded_by IS NOT NULL THEN
                        OLD.superseded_by := NEW.superseded_by;
                        IF OLD IS NOT DISTINCT FROM NEW THEN
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'a charge line is never changed or removed: store one that supersedes it'
                        USING ERRCODE = '23514';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim_no}/{self.line_no}"
