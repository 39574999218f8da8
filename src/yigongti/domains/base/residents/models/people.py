"""Persons, the numbers they are known by, and whom they live with."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import ScopedModel
from yigongti.kernel.privacy.api import EncryptedText

BIRTH_PRECISION = {0: _("不详"), 1: _("只知年份"), 2: _("只知年月"), 3: _("年月日")}


class Sex(models.TextChoices):
    """GB/T 2261.1."""

    UNKNOWN = "0", _("未知")
    MALE = "1", _("男")
    FEMALE = "2", _("女")
    NOT_STATED = "9", _("未说明")


class IdentifierKind(models.TextChoices):
    """Documents by CV02.01.101 (身份证件类别代码), then cards, then numbers that hold inside one institution."""

    ID_CARD = "01", _("居民身份证")
    HOUSEHOLD_BOOK = "02", _("居民户口簿")
    PASSPORT = "03", _("护照")
    OFFICER = "04", _("军官证")
    DRIVING_LICENCE = "05", _("驾驶证")
    HONG_KONG_MACAO = "06", _("港澳居民来往内地通行证")
    TAIWAN = "07", _("台湾居民来往内地通行证")
    OTHER = "99", _("其他证件")
    CARD = "card", _("医保卡或健康卡")
    PATIENT = "patient", _("患者编号")


DOCUMENTS = tuple(kind for kind in IdentifierKind if kind.value.isdigit())


# Updates and removals are kept, additions are not: the row itself says who added it, and bulk loading stays fast. So
# the first version of a row isn't kept; who managed somebody until when is, each time somebody else does from then on.
@pghistory.track(
    pghistory.UpdateEvent(
        "managed",
        row=pghistory.Old,
        trigger_name="managed_before",
        condition=pgtrigger.Q(old__managing_institution__isnull=False)
        & pgtrigger.Q(old__managing_institution__df=pgtrigger.F("new__managing_institution")),
    ),
    fields=["managing_institution"],
    obj_field=pghistory.ObjForeignKey(related_name="managed_before"),
    model_name="ManagedBefore",
)
@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Resident(ScopedModel):
    """A person of the master index. One that was merged points to the one it was merged into and stays as it was."""

    scope_field = "managing_institution_id"

    name = models.CharField(_("姓名"), max_length=100, blank=True)
    name_key = models.CharField(max_length=100, blank=True, editable=False)  # names.fold(name)
    pinyin = models.CharField(max_length=300, blank=True, editable=False)
    initials = models.CharField(max_length=100, blank=True, editable=False)
    surname_sound = models.CharField(max_length=100, blank=True, editable=False)
    name_grams = ArrayField(models.TextField(), default=list, editable=False)
    sex = models.CharField(_("性别"), max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    birth_precision = models.SmallIntegerField(default=0, choices=list(BIRTH_PRECISION.items()))
    address = EncryptedText(_("住址"), null=True, blank=True, context="residents.address")
    address_blind = models.BinaryField(null=True, editable=False)
    insurance_kind = models.CharField(_("参保类型"), max_length=2, blank=True)
    managing_institution = models.ForeignKey(
        "organisation.Organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("管理机构"),
    )
    deceased_on = models.DateField(_("死亡日期"), null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    # Newborns and unknown persons have no number of their own; this one is the platform's and says so (T…).
    temporary_no = models.CharField(_("临时编号"), max_length=40, null=True, blank=True)
    mother = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("母亲")
    )
    birth_order = models.SmallIntegerField(_("胎次序号"), null=True, blank=True)

    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)  # account; the system has none
    source = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    batch_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("居民")
        indexes = [
            models.Index(
                fields=["pinyin", "birth_date"],
                name="resident_pinyin_born",
                opclasses=["varchar_pattern_ops", "date_ops"],
            ),
            models.Index(fields=["birth_date", "surname_sound"], name="resident_born_surname"),
            models.Index(fields=["initials"], name="resident_initials", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="resident_merged"),
            GinIndex(fields=["name_grams"], name="resident_name_grams"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="resident_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(birth_date__isnull=True, birth_precision=0)
                | Q(birth_date__isnull=False, birth_precision__gt=0),
                name="resident_birth_precision",
            ),
            models.UniqueConstraint(
                fields=["mother", "birth_date", "birth_order"],
                condition=Q(mother__isnull=False),
                name="resident_one_child_per_birth_order",
            ),
            models.UniqueConstraint(
                fields=["temporary_no"],
                condition=Q(temporary_no__isnull=False),
                name="resident_temporary_no_once",
            ),
        ]

    def __str__(self) -> str:
        return f"resident:{self.pk}"


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Identifier(models.Model):
    """One number of a person. Among active ones a number names one person: per kind, and per source if it has one."""

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(_("号码种类"), max_length=10, choices=IdentifierKind.choices)
    source = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    value = EncryptedText(_("号码"), context="residents.identifier")
    blind = models.BinaryField(editable=False)  # blind_index(kind, value): the kind is part of it
    active = models.BooleanField(_("有效"), default=True)
    ended_on = models.DateField(_("失效日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("号码")
        constraints = [
            models.UniqueConstraint(
                fields=["blind"], condition=Q(active=True, source__isnull=True), name="identifier_one_person"
            ),
            models.UniqueConstraint(
                fields=["blind", "source"],
                condition=Q(active=True, source__isnull=False),
                name="identifier_one_person_at_source",
            ),
            models.CheckConstraint(
                condition=Q(active=True, ended_on__isnull=True) | Q(active=False), name="identifier_active_or_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"identifier:{self.pk}"


class Phone(models.Model):
    """A phone somebody can be reached under; families share them.

    ``vouched``: whether it signs in – somebody who knows the person face to face, or the institution that manages
    them, said that it is theirs (docs/adr/0018). ``source`` said it first.
    """

    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="phones")
    value = EncryptedText(_("电话"), context="residents.phone")
    blind = models.BinaryField(editable=False)
    source = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    vouched = models.BooleanField(_("可用于登录"), default=False, db_default=False)

    class Meta:
        verbose_name = _("电话")
        constraints = [models.UniqueConstraint(fields=["blind", "resident"], name="phone_once_per_resident")]

    def __str__(self) -> str:
        return f"phone:{self.pk}"


class Household(models.Model):
    """People under one household number of one register (户)."""

    source = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    number = models.CharField(_("户号"), max_length=64)

    class Meta:
        verbose_name = _("家庭")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "number"], name="household_number_at_source", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"household:{self.pk}"


class Membership(models.Model):
    """A person's place in a household, for a time (``ends_on`` is the first day no longer)."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="memberships")
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_name="memberships")
    relation = models.CharField(_("与户主关系"), max_length=40, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("家庭成员")
        constraints = [
            models.UniqueConstraint(
                fields=["resident", "household"], condition=Q(ends_on__isnull=True), name="member_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="member_period"
            ),
        ]

    def __str__(self) -> str:
        return f"membership:{self.pk}"
