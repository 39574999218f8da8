"""A place's own accounts beside those the platform ships (data/chart.csv), and the cases by which they come in."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from yigongti.domains.money.books.workflow import CHART_PROPOSAL
from yigongti.kernel.ledger.api import AccountKind, AccountSpec
from yigongti.kernel.ledger.rules import NEVER_EMPTIED
from yigongti.kernel.workflow.api import CaseModel


class ChartProposal(CaseModel):
    """Accounts somebody would add to the place's chart; in the books once another has approved them.

    ``accounts``: lists of code, name, kind, and whether dealings between members stand in it.
    """

    workflow = CHART_PROPOSAL
    scope_field = "organisation_id"

    organisation_id = models.BigIntegerField()  # the place's topmost: who approves is appointed to all of it
    place = models.CharField(max_length=40)
    document = models.CharField(max_length=200)
    accounts = models.JSONField()
    approved_by_id = models.BigIntegerField(null=True)

    class Meta(CaseModel.Meta):
        triggers: ClassVar[list[Any]] = [
            *CaseModel.Meta.triggers,
            pgtrigger.Protect(
                name="as_proposed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("organisation_id", "place", "document", "accounts", "opened_by_id"),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            NEVER_EMPTIED,
        ]

    @property
    def specs(self) -> list[AccountSpec]:
        """The accounts as they would be opened."""
        return [AccountSpec(code, name, AccountKind(kind), internal) for code, name, kind, internal in self.accounts]

    @property
    def title(self) -> str:
        codes = "、".join(f"{spec.code} {spec.name}" for spec in self.specs[:3])
        return _("增加会计科目：%(codes)s（共%(n)d个）") % {"codes": codes, "n": len(self.accounts)}

    def get_absolute_url(self) -> str:
        return reverse("books:chart_proposal", args=[self.pk])


class ChartAccount(models.Model):
    """An account all books of a place have besides the platform's."""

    place = models.CharField(max_length=40)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    internal = models.BooleanField(default=False)
    document = models.CharField(max_length=200, blank=True, default="")
    proposal = models.ForeignKey(ChartProposal, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["place", "code"], name="books_chart_code")]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="for_ever", operation=pgtrigger.Update | pgtrigger.Delete),
            NEVER_EMPTIED,
        ]
