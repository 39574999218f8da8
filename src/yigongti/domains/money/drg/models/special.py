"""Special reviews: a case the hospital asks to have paid otherwise than by its group."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.drg.formulas import Bill
from yigongti.domains.money.drg.reasons import SpecialReason
from yigongti.domains.money.drg.workflow import SPECIAL, Outcome
from yigongti.kernel.workflow.api import CaseModel

LIVE = Q(lapsed_at__isnull=True) & ~Q(state__in=("withdrawn", "lapsed"))
"""What counts against the share that may ask, and keeps a claim from being asked for twice."""


class SpecialReview(CaseModel):
    """One application for one claim, with the case's figures as they were when it was made (fen, days).

    ``basis``: the group and the stays paid together then; ``lapsed_at``: when the claim no longer stood as applied for.
    ``opinions``: [{"on", "experts", "opinion", "by"}], in the order they were heard. ``decided_fen``: what the case is
    worth by the decision, of which the fund's part follows by the rule of payment.
    """

    workflow = SPECIAL
    scope_field: ClassVar[tuple[str, ...]] = ("institution_id", "payer_id")

    place = models.CharField(max_length=40)
    claim_id = models.BigIntegerField()
    record_no = models.CharField(gettext_lazy("结算单号"), max_length=140)
    settled_on = models.DateField(gettext_lazy("结算日期"))
    payer_id = models.BigIntegerField()
    institution_id = models.BigIntegerField()
    institution_name = models.CharField(gettext_lazy("机构"), max_length=200)
    department = models.CharField(gettext_lazy("科室"), max_length=100, blank=True, default="")
    resident_id = models.BigIntegerField()
    basis = models.CharField(max_length=500)
    drg = models.CharField(gettext_lazy("病组"), max_length=20)
    kind = models.CharField(max_length=20)
    stay_days = models.IntegerField()
    total_fen = models.BigIntegerField()
    patient_fen = models.BigIntegerField()
    standard_fen = models.BigIntegerField()
    whole_fen = models.BigIntegerField()
    payment_fen = models.BigIntegerField()
    reason = models.CharField(gettext_lazy("申请理由"), max_length=20, choices=SpecialReason.choices)
    explanation = models.TextField(gettext_lazy("说明"))
    statement = models.TextField(gettext_lazy("科室意见"))

    opinions = models.JSONField(default=list)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    outcome = models.CharField(
        gettext_lazy("决定"), max_length=20, choices=Outcome.choices, blank=True, default="", editable=False
    )
    decided_fen = models.BigIntegerField(null=True, editable=False)
    decision = models.TextField(gettext_lazy("决定的理由"), blank=True, default="")
    confirmed_by_id = models.BigIntegerField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    lapsed_at = models.DateTimeField(null=True, editable=False)
    lapse_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta(CaseModel.Meta):
        verbose_name = gettext_lazy("特例单议")
        constraints = [
            models.UniqueConstraint("claim_id", name="drg_special_once", condition=LIVE),
            models.CheckConstraint(
                name="drg_special_two_persons",
                condition=Q(confirmed_by_id__isnull=True)
                | (~Q(confirmed_by_id=F("decided_by_id")) & ~Q(confirmed_by_id=F("opened_by_id"))),
            ),
            models.CheckConstraint(
                name="drg_special_amount",
                condition=~Q(state="granted") | Q(decided_fen__gt=0, confirmed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index("institution_id", "settled_on", name="drg_special_of_year"),
            models.Index("settled_on", name="drg_special_by_day"),
        ]

    @property
    def title(self) -> str:
        """Without a name: it stands in inboxes and notices."""
        return _("特例单议：%(where)s，%(drg)s，结算于 %(on)s") % {
            "where": self.institution_name, "drg": self.drg, "on": self.settled_on,
        }  # fmt: skip

    def is_of(self, bill: Bill) -> bool:
        """Whether a case still costs what it did when this was applied for."""
        return (self.total_fen, self.patient_fen) == (bill.total_fen, bill.patient_fen)

    @property
    def in_force(self) -> bool:
        """Whether the decision holds: the case is paid by it where the group does not pay as much."""
        return self.state == "granted" and self.lapsed_at is None

    @property
    def standing_label(self) -> str:
        """The state for lists: a decision that lapsed is no decision any more."""
        return str(SPECIAL.states["lapsed"]) if self.lapsed_at is not None else self.state_label

    def get_absolute_url(self) -> str:
        return reverse("drg:special", args=[self.pk])

    def __str__(self) -> str:
        return f"special:{self.pk}"
