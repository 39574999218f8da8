"""One table of facts, its keys, and the break-glass openings of records.

``Fact`` is a partitioned table with constraints and a trigger Django's migrations can't express: migration 0001 writes
it in SQL, services/months.py adds its months. ADR 0004 says why one table and not eight.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import ScopedModel


class FactKind(models.TextChoices):
    """What kind of thing happened."""

    ENCOUNTER = "encounter", _("就诊")
    CONDITION = "condition", _("诊断")
    OBSERVATION = "observation", _("检验测量")
    PROCEDURE = "procedure", _("手术操作")
    MEDICATION = "medication", _("用药")
    IMMUNISATION = "immunisation", _("预防接种")
    DOCUMENT = "document", _("文书")
    CLAIM = "claim", _("医保结算")


class Setting(models.TextChoices):
    """In what way care was given or paid for."""

    OUTPATIENT = "outpatient", _("门诊")
    EMERGENCY = "emergency", _("急诊")
    INPATIENT = "inpatient", _("住院")
    HOME = "home", _("上门")
    REMOTE = "remote", _("远程")
    PHARMACY = "pharmacy", _("药店")


class Tier(models.TextChoices):
    """The tier of the institution at the time; outside the county there is only "outside"."""

    TERTIARY = "tertiary", _("三级")
    SECONDARY = "secondary", _("二级")
    PRIMARY = "primary", _("一级（基层）")
    VILLAGE = "village", _("村级")
    OUTSIDE = "outside", _("县域外")


class InsuranceKind(models.TextChoices):
    """CV07.10.003 医疗保险类别代码."""

    EMPLOYEES = "01", _("职工医保")
    RESIDENTS = "02", _("居民医保")
    RURAL = "03", _("新农合")
    POVERTY = "04", _("贫困救助")
    COMMERCIAL = "05", _("商业保险")
    PUBLIC = "06", _("全公费")
    SELF_PAID = "07", _("全自费")
    OTHER_SOCIAL = "08", _("其他社会保险")
    OTHER = "99", _("其他")


class Fact(ScopedModel):
    """Something that happened to a resident, as one source reported it.

    Immutable: the database refuses to change or remove a fact. The one exception is ``superseded_by``, set once: the id
    of the fact that replaces this one, or its own id when it was withdrawn without replacement. What is true now is
    therefore always ``superseded_by IS NULL``.
    """

    scope_field = ("institution_id", "source_id")

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("类别"), max_length=12, choices=FactKind.choices)
    resident_id = models.BigIntegerField()
    happened_on = models.DateField(_("日期"))
    happened_at = models.DateTimeField(_("时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    source_id = models.BigIntegerField(_("来源机构"))
    institution_id = models.BigIntegerField(_("机构"), null=True)
    institution_name = models.CharField(_("机构名称"), max_length=120, default="")
    inside_county = models.BooleanField(_("县域内"))
    tier = models.CharField(_("机构等级"), max_length=10, choices=Tier.choices, default="")
    setting = models.CharField(_("就诊类别"), max_length=10, choices=Setting.choices, default="")
    department = models.CharField(_("科室"), max_length=100, default="")
    practitioner = models.CharField(_("医生"), max_length=100, default="")
    patient_no = models.CharField(_("患者编号"), max_length=64, default="")
    encounter_no = models.CharField(_("就诊流水号"), max_length=64, default="")
    code_system = models.CharField(_("编码体系"), max_length=40, default="")
    code = models.CharField(_("编码"), max_length=60, default="")
    display = models.CharField(_("名称"), max_length=500, default="")
    value = models.DecimalField(_("结果"), max_digits=20, decimal_places=6, null=True)
    value_text = models.CharField(_("结果"), max_length=500, default="")
    unit = models.CharField(_("单位"), max_length=40, default="")
    total_fen = models.BigIntegerField(_("总费用"), null=True)
    fund_fen = models.BigIntegerField(_("基金支付"), null=True)
    self_paid_fen = models.BigIntegerField(_("个人支付"), null=True)
    insurance_kind = models.CharField(_("参保类型"), max_length=2, default="")
    tcm = models.BooleanField(_("中医服务"), null=True)
    detail = models.JSONField(null=True)
    record_no = models.CharField(_("来源编号"), max_length=140)
    content_hash = models.UUIDField()
    batch_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(_("记录时间"))
    superseded_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "health_record_fact"

    def __str__(self) -> str:
        return f"fact:{self.pk}"


class FactKey(models.Model):
    """What a source calls a fact → the fact that now stands for it; unique over all months, which the facts can't be.

    ``content_hash`` is what the source last sent, so a correction made here isn't undone when the source repeats
    itself.
    """

    pk = models.CompositePrimaryKey("source_id", "kind", "record_no")
    source_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=FactKind.choices, db_collation="C")  # compared as bytes: 3× faster
    record_no = models.CharField(max_length=140, db_collation="C")
    fact_id = models.BigIntegerField()
    happened_on = models.DateField()
    content_hash = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.source_id}/{self.kind}/{self.record_no}"


class Correction(models.Model):
    """Why a fact was replaced or withdrawn by hand, and by whom."""

    fact_id = models.BigIntegerField(unique=True)
    replaced_by = models.BigIntegerField(null=True)
    resident_id = models.BigIntegerField()
    reason = models.CharField(_("更正理由"), max_length=500)
    made_by_id = models.BigIntegerField(null=True)
    made_by_name = models.CharField(max_length=100)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"correction of fact:{self.fact_id}"


class BreakGlass(models.Model):
    """A record opened without a treatment, contract or duty relation, for a stated reason and some hours."""

    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=100)
    organisation_id = models.BigIntegerField(null=True)
    resident_id = models.BigIntegerField()
    reason = models.CharField(_("理由"), max_length=500)
    opened_at = models.DateTimeField(_("开始时间"))
    expires_at = models.DateTimeField(_("到期时间"))

    class Meta:
        indexes = [
            models.Index(fields=["actor_id", "resident_id", "-expires_at"], name="break_glass_actor"),
            models.Index(fields=["resident_id", "-opened_at"], name="break_glass_resident"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="break_glass_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("opened_at")), name="break_glass_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"break-glass:{self.pk}"
