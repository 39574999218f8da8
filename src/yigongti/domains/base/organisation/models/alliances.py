"""Groups across the tree: specialist alliances (专科联盟), city alliances (医联体)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation.models.tree import (
    Organisation,
    ends_after_start,
    one_at_a_time,
    tracked,
)


@tracked
class Alliance(models.Model):
    """A named group of organisations that work together without standing under one another."""

    class Kind(models.TextChoices):
        SPECIALIST = "specialist", _("专科联盟")
        CITY = "city", _("医联体")

    place = models.CharField(_("地区"), max_length=40)
    key = models.SlugField(_("标识"), max_length=60, db_index=False)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=120)
    covers = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("服务范围")
    )
    document = models.CharField(_("依据文件"), max_length=60, blank=True, default="")
    clause = models.CharField(_("条款"), max_length=60, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "key"], name="organisation_alliance_key")]

    def __str__(self) -> str:
        return self.name


@tracked
class AllianceMember(models.Model):
    """An organisation takes part in an alliance for a period; ``lead`` marks who leads it."""

    alliance = models.ForeignKey(Alliance, models.CASCADE, related_name="members", verbose_name=_("联盟"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="alliances")
    lead = models.BooleanField(_("牵头"), default=False)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("终止日期"), null=True, blank=True)

    class Meta:
        constraints = [
            one_at_a_time("organisation_alliance_member_once", "alliance_id", "organisation_id"),
            ends_after_start("organisation_alliance_ends_after_start"),
        ]
