"""Charters (章程), powers-and-duties lists (权责清单) and agreements, in versions that are never edited."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation.models.tree import Organisation


class Document(models.Model):
    """One governing document of an organisation. What it says stands in its versions."""

    class Kind(models.TextChoices):
        CHARTER = "charter", _("章程")
        POWERS_LIST = "powers_list", _("权责清单")
        AGREEMENT = "agreement", _("合作协议")
        RULES = "rules", _("管理制度")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="documents")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    title = models.CharField(_("标题"), max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "title"], name="organisation_document_title")]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(models.Model):
    """A version as adopted: its sections, or a file with its SHA-256, or both.

    ``sections`` is a list of ``{"heading": str, "text": str}``.
    """

    document = models.ForeignKey(Document, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("版次"))
    sections = models.JSONField(default=list)
    file_name = models.CharField(_("文件"), max_length=200, blank=True, default="")
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    file_size = models.PositiveIntegerField(default=0)
    adopted_by = models.CharField(_("通过机构"), max_length=120)
    adopted_on = models.DateField(_("通过日期"))
    in_force_from = models.DateField(_("施行日期"))
    note = models.CharField(_("修订说明"), max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by_id = models.BigIntegerField(null=True)
    recorded_by = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="organisation_document_version"),
            models.CheckConstraint(
                condition=~models.Q(sections=[]) | ~models.Q(file_sha256=""),
                name="organisation_document_says_something",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_edited", operation=pgtrigger.Update | pgtrigger.Delete),
        ]
