"""The fund's year, who takes part in it with what, what was decided on the way, and the closing that never changes."""

from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.money.insurance_fund.inputs import EMPLOYEES, FORM, RESIDENTS
from yigongti.domains.money.insurance_fund.workflow import FROZEN, FUND_YEAR
from yigongti.kernel.access.api import Actor, ScopedModel
from yigongti.kernel.workflow.api import CaseModel

MOST_FEN = 10**15  # ten thousand thousand million yuan: beyond any county's fund

NEVER_CHANGED = pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


class FundKind(models.TextChoices):
    RESIDENTS = RESIDENTS, gettext_lazy("城乡居民")
    EMPLOYEES = EMPLOYEES, gettext_lazy("职工")


class FundYear(CaseModel):
    """One year of one fund of a place. ``rules`` are the policy values read for it; frozen once the budget is approved.

    ``prepared_by_id`` proposed the budget, ``cleared_by_id`` the clearing, ``hand_ids`` entered, scored, adjusted or
    accepted something on the way: none of them may approve. ``put_forward``: the digest of what was put before the
    second person, who approves that and nothing else.
    """

    workflow = FUND_YEAR
    scope_field = "payer_id"

    place = models.CharField(max_length=40)
    year = models.SmallIntegerField(gettext_lazy("年度"))
    fund_kind = models.CharField(gettext_lazy("基金"), max_length=12, choices=FundKind.choices)
    payer = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", verbose_name=gettext_lazy("医保机构")
    )
    individual_fen = models.BigIntegerField(gettext_lazy("个人缴费"), default=0)
    subsidy_fen = models.BigIntegerField(gettext_lazy("财政补助"), default=0)
    given_fen = models.BigIntegerField(gettext_lazy("下达的基金总额"), null=True)
    rules = models.JSONField(null=True, editable=False)
    prepared_by_id = models.BigIntegerField(null=True, editable=False)
    cleared_by_id = models.BigIntegerField(null=True, editable=False)
    hand_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    put_forward = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    agreement_no = models.CharField(gettext_lazy("协议编号"), max_length=100, blank=True)
    agreed_on = models.DateField(gettext_lazy("签订日期"), null=True)
    paid_months = ArrayField(models.PositiveSmallIntegerField(), default=list, editable=False)
    overspend_choice = models.CharField(max_length=20, blank=True)

    class Meta(CaseModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["place", "year", "fund_kind"], name="insurance_fund_year_once"),
            models.CheckConstraint(
                condition=Q(individual_fen__gte=0, subsidy_fen__gte=0) & (Q(given_fen=None) | Q(given_fen__gte=0)),
                name="insurance_fund_money_in_not_negative",
            ),
        ]

    @property
    def title(self) -> str:
        return _("%(year)s年度%(fund)s医保基金") % {"year": self.year, "fund": self.get_fund_kind_display()}

    def get_absolute_url(self) -> str:
        return reverse("insurance_fund:year", args=[self.pk])

    @property
    def frozen(self) -> bool:
        return self.state in FROZEN

    def lend_hand(self, actor: Actor) -> None:
        """Remember that the account had a hand in the year's figures. The caller saves."""
        if actor.id is not None and actor.id not in self.hand_ids:
            self.hand_ids = sorted([*self.hand_ids, actor.id])

    @property
    def next_to_settle(self) -> int | None:
        """The month whose claims are to be booked next; None when all twelve are."""
        done = Paid.objects.filter(year=self, what="settled", nth__lte=12).count()
        return done + 1 if done < 12 else None

    def holders(self) -> "list[Participant]":
        rows = Participant.objects.unscoped("of a year the reader has")
        return list(rows.filter(year=self, holder=None).order_by("pk"))

    def members(self) -> "list[Participant]":
        rows = Participant.objects.unscoped("of a year the reader has")
        return list(rows.filter(year=self, holder__isnull=False).select_related("holder").order_by("holder_id", "pk"))


class Participant(ScopedModel):
    """A holder of a budget (``holder`` None), or a member of one, in a year.

    ``persons``: the insured a member looks after (a holder's: theirs together), ``source`` index (counted) or entered.
    ``points`` are a member's, ``score`` and what stands between them a holder's.
    """

    scope_field = "organisation_id"

    year = models.ForeignKey(FundYear, on_delete=models.CASCADE, related_name="participants")
    organisation_id = models.BigIntegerField()
    holder = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="members")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    tier = models.CharField(max_length=12, blank=True)
    persons = models.IntegerField(gettext_lazy("参保人数"), null=True)
    source = models.CharField(max_length=10, default="index")
    factor = models.DecimalField(gettext_lazy("风险系数"), max_digits=7, decimal_places=4, default=1)
    growth = models.DecimalField(gettext_lazy("增长"), max_digits=7, decimal_places=3, default=0)
    last_budget_fen = models.BigIntegerField(gettext_lazy("上年额度"), null=True)
    lead_id = models.BigIntegerField(null=True)
    score = models.DecimalField(gettext_lazy("年度得分"), max_digits=6, decimal_places=2, null=True)
    points = models.DecimalField(gettext_lazy("考核得分"), max_digits=8, decimal_places=2, null=True)
    reasonable_fen = models.BigIntegerField(gettext_lazy("认定的合理超支"), null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["year", "organisation_id", "holder"],
                name="insurance_fund_once_per_holder",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(persons=None) | Q(persons__gte=0), name="insurance_fund_persons"),
        ]

    def __str__(self) -> str:
        return self.name


class PastYear(models.Model):
    """What a past year of a holder was: fund payments and services for its insured."""

    holder = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="past")
    year = models.SmallIntegerField()
    payments_fen = models.BigIntegerField()
    services = models.BigIntegerField()
    source = models.CharField(max_length=10)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["holder", "year"], name="insurance_fund_past_once")
        ]

    def __str__(self) -> str:
        return f"{self.holder_id}:{self.year}"


class Quarter(models.Model):
    """A holder's score for a quarter; the latest one counts."""

    holder = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="quarters")
    number = models.PositiveSmallIntegerField()
    score = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["holder", "number"], name="insurance_fund_quarter_once")
        ]

    def __str__(self) -> str:
        return f"{self.holder_id}:{self.number}"


class Change(models.Model):
    """An adjustment of a holder's amount. ``source``: manual, carried (an overspend of an earlier year; ``whose_id``:
    the holder it was)."""

    holder = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="changes")
    fen = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    source = models.CharField(max_length=10)
    of_year = models.ForeignKey(FundYear, on_delete=models.PROTECT, null=True, related_name="+")
    whose_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"change:{self.pk}"


class Accepted(models.Model):
    """A finding of the checks that was looked into: it stands in the way no more, as long as its rows are the same."""

    year = models.ForeignKey(FundYear, on_delete=models.CASCADE, related_name="accepted")
    check_name = models.CharField(max_length=40)
    rows_digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["year", "check_name", "rows_digest"], name="insurance_fund_accepted_once")
        ]

    def __str__(self) -> str:
        return self.check_name


class Closing(models.Model):
    """A closed year: rules, inputs, sums and statement as they were, the name its claims are kept under, and the digest
    over all of it. The database refuses any change. ``form``: by which version of the arithmetic (``computing.FORMS``).
    """

    year = models.OneToOneField(FundYear, on_delete=models.PROTECT, related_name="closing")
    form = models.PositiveSmallIntegerField(default=FORM, db_default=1)
    kept_name = models.CharField(max_length=80)
    kept_digest = models.CharField(max_length=64)
    scope = models.JSONField()
    rules = models.JSONField()
    inputs = models.JSONField()
    sums = models.JSONField()
    statement = models.JSONField()
    findings = models.JSONField()
    digest = models.CharField(max_length=64)
    closed_at = models.DateTimeField()
    closed_by_id = models.BigIntegerField(null=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.kept_name


class Correction(models.Model):
    """What a claim of a year changed by after that year was closed, or was found to be paid wrongly: taken as use into
    ``into``, an open year. Never changed: what changes once more is the next one, of the difference alone.

    ``cause``: late (came, changed or went after closing) or finding (confirmed by two people, ``finding_id``). The
    claim is named by its payer and number; ``home_id`` to ``referred`` are its cell in the sums of ``of_year``,
    ``stay`` that it was one. Amounts are what it adds to use: of one withdrawn or taken back they are below zero.
    """

    LATE, FINDING = "late", "finding"

    into = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="corrections")
    of_year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="corrected_by")
    cause = models.CharField(max_length=10)
    source_id = models.BigIntegerField()
    record_no = models.CharField(max_length=64)
    claim_id = models.BigIntegerField()
    finding_id = models.BigIntegerField(null=True)
    happened_on = models.DateField()
    home_id = models.BigIntegerField()
    treated_id = models.BigIntegerField(null=True)
    institution_id = models.BigIntegerField(null=True)
    institution_name = models.CharField(max_length=200)
    where = models.CharField(max_length=20)
    month = models.DateField()
    referred = models.BooleanField(null=True)
    stay = models.BooleanField()
    services = models.IntegerField()
    fund_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    missed_fen = models.BigIntegerField(default=0)
    taken_at = models.DateTimeField()
    taken_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["of_year", "source_id", "record_no"], name="insurance_fund_corrected_claim")
        ]
        triggers: ClassVar[list[Any]] = [NEVER_CHANGED]

    def __str__(self) -> str:
        return self.record_no


class Paid(models.Model):
    """Something paid out once for ever: a month's prepayment, a deposit, a holder's distribution."""

    year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="paid")
    what = models.CharField(max_length=20)
    holder_id = models.BigIntegerField()
    nth = models.PositiveSmallIntegerField(default=0)
    fen = models.BigIntegerField()
    on = models.DateField()
    vouchers = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["year", "what", "holder_id", "nth"], name="insurance_fund_paid_once")
        ]
        triggers: ClassVar[list[Any]] = [NEVER_CHANGED]

    def __str__(self) -> str:
        return f"{self.what}:{self.holder_id}:{self.nth}"


class Scenario(models.Model):
    """A what-if that somebody wanted to keep: other values, and each holder's and member's result then."""

    year = models.ForeignKey(FundYear, on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(gettext_lazy("名称"), max_length=100)
    changes = models.JSONField()
    results = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by_id = models.BigIntegerField(null=True)
    saved_by_name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["year", "name"], name="insurance_fund_scenario_name")
        ]

    def __str__(self) -> str:
        return self.name
