"""Catalogues of what each tier treats (病种收治目录): dated editions of a document, lines of ICD-10 ranges.

The edition in force on a day is the one of the place that began last; where the place has none, the national default.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

TIERS = ("village", "primary", "secondary", "tertiary")
TIER_LABELS = {
    "village": _("村级"), "primary": _("一级（基层）"), "secondary": _("二级"), "tertiary": _("三级")
}  # fmt: skip


class CatalogueEdition(models.Model):
    """One edition: what a document says from a day on. Immutable once taken; a mistake is mended by a new edition."""

    place = models.CharField(_("地区"), max_length=40)
    name = models.CharField(_("名称"), max_length=120)
    document = models.CharField(_("依据文件"), max_length=200)
    clause = models.CharField(_("条款"), max_length=80, blank=True, default="")
    evidence = models.CharField(_("证据"), max_length=10, blank=True, default="")
    starts_on = models.DateField(_("起始日期"))
    file_name = models.CharField(_("文件"), max_length=200)
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField(_("导入时间"))
    taken_by_id = models.BigIntegerField(null=True)
    taken_by_name = models.CharField(_("导入人"), max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "starts_on"], name="referrals_one_edition_a_day"),
        ]

    def __str__(self) -> str:
        return self.name


class CatalogueLine(models.Model):
    """Codes from ``first`` to ``last`` (beginnings of ICD-10 codes, both included) are treated at a tier and above,
    or by one institution. ``number`` is the line of the file."""

    edition = models.ForeignKey(CatalogueEdition, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(_("行"))
    first = models.CharField(_("起始编码"), max_length=12)
    last = models.CharField(_("截止编码"), max_length=12)
    name = models.CharField(_("病种"), max_length=120)
    tier = models.CharField(_("收治层级"), max_length=10, blank=True, default="")
    institution_id = models.BigIntegerField(_("收治机构"), null=True)
    condition = models.CharField(_("收治条件"), max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["edition", "first"], name="referrals_line_first")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(tier="") & Q(institution_id__isnull=False))
                | (Q(tier__in=TIERS) & Q(institution_id__isnull=True)),
                name="referrals_line_tier_or_institution",
            ),
        ]

    def __str__(self) -> str:
        return self.name
