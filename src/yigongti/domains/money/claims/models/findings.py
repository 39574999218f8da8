"""Findings of fund supervision: what a screen saw, once, with every state its facts were in; and the runs."""

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.claims.workflow import FINDING, Dismissal
from yigongti.kernel.workflow.api import CaseModel


class Finding(CaseModel):
    """One thing a screen found. ``key`` names the same thing when it is found again; ``digest`` is what its facts were
    when it was last seen. ``changed_at``: the facts changed after somebody had taken it up; ``gone_at``: a later run
    over the same days did not find it any more. ``proposed_digest``: the facts the proposal was made on.
    """

    workflow = FINDING
    scope_field = "payer_id"

    place = models.CharField(max_length=40)
    screen = models.CharField(gettext_lazy("筛查规则"), max_length=40)
    key = models.CharField(max_length=300)
    payer_id = models.BigIntegerField(gettext_lazy("医保部门"))
    institution_id = models.BigIntegerField(gettext_lazy("机构"), null=True)
    institution_name = models.CharField(gettext_lazy("机构名称"), max_length=120, blank=True, default="")
    resident_id = models.BigIntegerField(gettext_lazy("参保人"))
    amount_fen = models.BigIntegerField(gettext_lazy("存疑金额"))
    risk = models.SmallIntegerField(gettext_lazy("风险"))
    first_on = models.DateField(gettext_lazy("起"))
    last_on = models.DateField(gettext_lazy("止"))
    found_on = models.DateField(gettext_lazy("结算日期"))
    settled_last = models.DateField()
    claims = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)
    seen_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)

    reviewer_id = models.BigIntegerField(null=True, editable=False)
    question = models.TextField(gettext_lazy("要说明什么"), blank=True, default="")
    asked_at = models.DateTimeField(null=True, editable=False)
    answer_by = models.DateTimeField(gettext_lazy("说明期限"), null=True, editable=False)
    answer = models.TextField(gettext_lazy("机构说明"), blank=True, default="")
    answered_at = models.DateTimeField(null=True, editable=False)
    proposed_by_id = models.BigIntegerField(null=True, editable=False)
    proposed_fen = models.BigIntegerField(gettext_lazy("认定金额"), null=True)
    proposed_digest = models.CharField(max_length=32, blank=True, default="")
    conclusion = models.TextField(gettext_lazy("认定意见"), blank=True, default="")
    confirmed_by_id = models.BigIntegerField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_fen = models.BigIntegerField(gettext_lazy("认定金额"), null=True)
    dismissal = models.CharField(
        gettext_lazy("排除原因"), max_length=20, choices=Dismissal.choices, blank=True, default=""
    )
    dismissal_note = models.TextField(blank=True, default="")

    class Meta(CaseModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["place", "screen", "key"], name="claims_finding_once"),
            models.CheckConstraint(condition=Q(risk__gte=1, risk__lte=100), name="claims_finding_risk"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="claims_finding_amount"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_fen__isnull=False, confirmed_at__isnull=False),
                name="claims_finding_confirmed_amount",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by_id__isnull=True) | ~Q(confirmed_by_id=models.F("proposed_by_id")),
                name="claims_finding_two_persons",
            ),
        ]
        indexes = [
            models.Index(fields=["payer_id", "state", "-risk", "-amount_fen"], name="claims_finding_list"),
            models.Index(fields=["institution_id", "state"], name="claims_finding_institution"),
            models.Index(fields=["confirmed_at"], condition=Q(state="confirmed"), name="claims_finding_confirmed"),
            GinIndex(fields=["claims"], opclasses=["jsonb_path_ops"], name="claims_finding_claims"),
            models.Index(fields=["screen", "found_on"], name="claims_finding_found"),
        ]

    def __str__(self) -> str:
        return f"finding:{self.pk}"

    @property
    def label(self) -> str:
        """What the rule that found it is called."""
        from yigongti.domains.money.claims.screens import screens

        screen = screens().get(self.screen)
        return str(screen.label) if screen else self.screen

    @property
    def title(self) -> str:
        """Without a name: it stands in inboxes and notices."""
        return _("%(what)s：%(where)s，%(first)s 至 %(last)s") % {
            "what": self.label, "where": self.institution_name or "–", "first": self.first_on, "last": self.last_on,
        }  # fmt: skip

    def get_absolute_url(self) -> str:
        return reverse("claims:finding", args=[self.pk])


class FindingVersion(models.Model):
    """The facts of a finding as one run saw them. Never changed."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    seen_at = models.DateTimeField()
    digest = models.CharField(max_length=32)
    amount_fen = models.BigIntegerField()
    risk = models.SmallIntegerField()
    claims = models.JSONField(default=list)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "number"], name="claims_finding_version")]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.finding_id}/{self.number}"


class Screening(models.Model):
    """One running of the screens over claims settled in a period (both days included)."""

    place = models.CharField(max_length=40)
    since = models.DateField(gettext_lazy("起"))
    until = models.DateField(gettext_lazy("止"))
    started_at = models.DateTimeField(gettext_lazy("开始时间"))
    finished_at = models.DateTimeField(gettext_lazy("完成时间"), null=True)
    started_by_id = models.BigIntegerField(null=True)
    started_by_name = models.CharField(max_length=100)
    counts = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["place", "-started_at"], name="claims_screening_newest")]

    def __str__(self) -> str:
        return f"screening:{self.pk}"
