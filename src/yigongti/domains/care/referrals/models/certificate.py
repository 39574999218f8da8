"""Certificates of referral out of the county (县域外转诊证明), with what insurance clearing asks for."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.referrals.models.referral import Referral
from yigongti.kernel.access.api import ScopedModel


class CertificateSeries(models.Model):
    """The last number given in a place and year: locked while the next is given, so no number is left out."""

    place = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "year"], name="referrals_one_series")]


class Certificate(ScopedModel):
    """One certificate. ``valid_until`` is the last day it holds. Never changed but by being revoked."""

    scope_field = ("origin_id", "issuer_id")

    place = models.CharField(_("地区"), max_length=40)
    year = models.PositiveSmallIntegerField(_("年度"))
    serial = models.PositiveIntegerField(_("序号"))
    number = models.CharField(_("编号"), max_length=40, unique=True)
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="certificate")
    resident_id = models.BigIntegerField(_("患者"))
    name_masked = models.CharField(_("姓名"), max_length=40)
    origin_id = models.BigIntegerField(_("转出机构"))
    origin_name = models.CharField(_("转出机构"), max_length=120)
    issuer_id = models.BigIntegerField(_("签发机构"))
    issuer_name = models.CharField(_("签发机构"), max_length=120)
    issued_by_name = models.CharField(_("签发人"), max_length=100)
    issued_at = models.DateTimeField(_("签发时间"))
    destination_name = models.CharField(_("转入机构"), max_length=120)
    destination_region = models.CharField(_("就医地"), max_length=60, blank=True, default="")
    insured_division = models.CharField(_("参保地区划"), max_length=12, blank=True, default="")
    inpatient = models.BooleanField(_("住院"))
    emergency = models.BooleanField(_("急诊"))
    diagnosis_code = models.CharField(_("诊断编码"), max_length=20)
    diagnosis = models.CharField(_("诊断"), max_length=200)
    valid_from = models.DateField(_("有效期起"))
    valid_until = models.DateField(_("有效期止"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True)
    revoked_reason = models.CharField(_("撤销原因"), max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "year", "serial"], name="referrals_certificate_serial"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="referrals_certificate_holds_a_day"
            ),
        ]
        indexes = [models.Index(fields=["resident_id", "valid_from"], name="referrals_certificate_of")]

    def __str__(self) -> str:
        return self.number

    def holds_on(self, day: date) -> bool:
        return self.revoked_at is None and self.valid_from <= day <= self.valid_until
