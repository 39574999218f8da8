"""Joining and leaving as cases; the state tables are in ``workflow.py``. Visible to their sides only."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation.models.tree import Organisation
from yigongti.domains.base.organisation.workflow import JOINING, LEAVING, OPEN
from yigongti.kernel.workflow.api import CaseModel

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _side(label: "StrOrPromise") -> models.ForeignKey[Organisation, Organisation]:
    return models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=label)


class MembershipCase(CaseModel):
    """What joining and leaving share: the five sides, and what the agreement says."""

    scope_field = (
        "applicant_id",
        "group_id",
        "lead_hospital_id",
        "local_authority_id",
        "guidance_centre_id",
        "working_group_id",
    )

    applicant = _side(gettext_lazy("申请单位"))
    group = _side(gettext_lazy("医共体或管理片区"))
    lead_hospital = _side(gettext_lazy("牵头医院"))
    local_authority = _side(gettext_lazy("属地党委政府"))
    guidance_centre = _side(gettext_lazy("指导中心"))
    working_group = _side(gettext_lazy("工作专班"))
    reason = models.TextField(gettext_lazy("申请理由"))
    applied_by_id = models.BigIntegerField(null=True, editable=False)
    signed_by_id = models.BigIntegerField(null=True, editable=False)
    agreement_number = models.CharField(gettext_lazy("协议编号"), max_length=80, blank=True, default="")
    effective_on = models.DateField(gettext_lazy("生效日期"), null=True, blank=True)

    class Meta(CaseModel.Meta):
        abstract = True


class Joining(MembershipCase):
    """An institution joins a management area, or a consortium without areas."""

    workflow = JOINING

    class Meta(MembershipCase.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["applicant"], condition=Q(state__in=OPEN), name="organisation_one_open_joining"
            )
        ]

    @property
    def title(self) -> str:
        return _("%(who)s申请加入%(group)s") % {"who": self.applicant, "group": self.group}

    def get_absolute_url(self) -> str:
        return reverse("organisation:joining", args=[self.pk])


class Leaving(MembershipCase):
    """A member leaves its management area or consortium and stands directly under its county or city again."""

    workflow = LEAVING

    class Meta(MembershipCase.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["applicant"], condition=Q(state__in=OPEN), name="organisation_one_open_leaving"
            )
        ]

    @property
    def title(self) -> str:
        return _("%(who)s申请退出%(group)s") % {"who": self.applicant, "group": self.group}

    def get_absolute_url(self) -> str:
        return reverse("organisation:leaving", args=[self.pk])
