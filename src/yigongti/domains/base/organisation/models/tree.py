"""The dated tree. Periods are half-open: ``starts_on`` is the first day, ``ends_on`` the first day no longer.

The database itself keeps the tree a tree: one parent at a time (exclusion constraint, core GiST on ranges,
since btree_gist is not everywhere), parents of an allowed kind and of the same place, and no cycle on any day
(trigger, under a lock so that two moves at once cannot close a ring together).
"""

from typing import TypeVar

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)


def tracked(model: type[M]) -> type[M]:
    """Keep every version of a model's rows, removals too; who did it stands in the history's context."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


def new_tree_version(when: pgtrigger.When = pgtrigger.Before) -> pgtrigger.Trigger:
    """Every change of the table makes a new ``TreeVersion``, in its transaction.

    Before the change, so that two transactions wait for each other here and not crosswise at their rows.
    """
    return pgtrigger.Trigger(
        name="new_tree_version",
        level=pgtrigger.Statement,
        when=when,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=pgtrigger.Func(
            """
                    INSERT INTO organisation_treeversion (id, version) VALUES (1, gen_random_uuid())
                    ON CONFLICT (id) DO UPDATE SET version = excluded.version;
                    RETURN NULL;
                    """
        ),
    )


class Kind(models.TextChoices):
    """What an organisation is. The order is the order of pages: from the whole to the part."""

    CITY = "city", _("市")
    COUNTY = "county", _("县（市、区）")
    CONSORTIUM = "consortium", _("医共体")
    AREA = "management_area", _("管理片区")
    LEAD_HOSPITAL = "lead_hospital", _("牵头医院")
    HOSPITAL = "hospital", _("医院")
    TOWNSHIP_CENTRE = "township_health_centre", _("乡镇卫生院")
    COMMUNITY_CENTRE = "community_centre", _("社区卫生服务中心")
    COMMUNITY_STATION = "community_station", _("社区卫生服务站")
    VILLAGE_CLINIC = "village_clinic", _("村卫生室")
    PUBLIC_HEALTH = "public_health_body", _("公共卫生机构")
    GUIDANCE_CENTRE = "guidance_centre", _("医共体建设指导中心")
    INSURANCE_BODY = "insurance_body", _("医疗保障机构")
    GOVERNMENT = "government_body", _("党政机构")
    PRIVATE = "private", _("社会办医机构")
    ELDER_CARE = "elder_care", _("养老服务机构")
    DEPARTMENT = "department", _("科室")


class Tier(models.TextChoices):
    """The level of care (三级、二级、一级、村级). Grass-roots (基层) is primary and village."""

    TERTIARY = "tertiary", _("三级")
    SECONDARY = "secondary", _("二级")
    PRIMARY = "primary", _("一级（基层）")
    VILLAGE = "village", _("村级")


_REGIONS = (Kind.COUNTY, Kind.CITY)
_GROUPS = (Kind.AREA, Kind.CONSORTIUM, *_REGIONS)
_HOSPITALS = (Kind.LEAD_HOSPITAL, Kind.HOSPITAL)
_CENTRES = (Kind.TOWNSHIP_CENTRE, Kind.COMMUNITY_CENTRE)

INSTITUTION_KINDS = (
    *_HOSPITALS,
    *_CENTRES,
    Kind.COMMUNITY_STATION,
    Kind.VILLAGE_CLINIC,
    Kind.PUBLIC_HEALTH,
    Kind.GUIDANCE_CENTRE,
    Kind.INSURANCE_BODY,
    Kind.GOVERNMENT,
    Kind.PRIVATE,
    Kind.ELDER_CARE,
)

# Institutions that treat, prevent or care, without the bodies that steer, pay and guide.
HEALTH_KINDS = tuple(
    kind for kind in INSTITUTION_KINDS if kind not in (Kind.GUIDANCE_CENTRE, Kind.INSURANCE_BODY, Kind.GOVERNMENT)
)

# Who may stand directly under whom. A primary institution may become a branch of a hospital (Kunshan
# 三（三）: 推进机构整合), a village clinic or station belongs to a centre, a department to an institution.
ALLOWED_PARENTS: dict[Kind, tuple[Kind, ...]] = {
    Kind.CITY: (),
    Kind.COUNTY: (Kind.CITY,),
    Kind.CONSORTIUM: _REGIONS,
    Kind.AREA: (Kind.CONSORTIUM,),
    Kind.LEAD_HOSPITAL: _GROUPS,
    Kind.HOSPITAL: _GROUPS,
    Kind.TOWNSHIP_CENTRE: (*_GROUPS, *_HOSPITALS),
    Kind.COMMUNITY_CENTRE: (*_GROUPS, *_HOSPITALS),
    Kind.COMMUNITY_STATION: (*_GROUPS, *_HOSPITALS, *_CENTRES),
    Kind.VILLAGE_CLINIC: (*_GROUPS, *_HOSPITALS, *_CENTRES),
    Kind.PUBLIC_HEALTH: _GROUPS,
    Kind.GUIDANCE_CENTRE: (Kind.CONSORTIUM, *_REGIONS),
    Kind.INSURANCE_BODY: _REGIONS,
    Kind.GOVERNMENT: _REGIONS,
    Kind.PRIVATE: _GROUPS,
    Kind.ELDER_CARE: _GROUPS,
    Kind.DEPARTMENT: (*INSTITUTION_KINDS, Kind.DEPARTMENT),
}

_EDGES = ", ".join(f"('{child}', '{parent}')" for child, parents in ALLOWED_PARENTS.items() for parent in parents)


def period(start: str = "starts_on", end: str = "ends_on") -> Func:
    """The half-open date range of a row, as SQL."""
    return Func(F(start), F(end), Value("[)"), function="daterange")


def one_at_a_time(name: str, *columns: str) -> ExclusionConstraint:
    """No two rows of the same values in the given integer columns may overlap in time."""
    same = [(Func(F(c), F(c), Value("[]"), function="int8range"), "&&") for c in columns]
    return ExclusionConstraint(name=name, expressions=[*same, (period(), "&&")])


def ends_after_start(name: str) -> models.CheckConstraint:
    """A period is empty never: it ends after it starts, or not at all."""
    return models.CheckConstraint(condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name=name)


@tracked
class Organisation(models.Model):
    """One organisation of a place, from the city down to a department. Where it belongs is a Membership."""

    place = models.CharField(_("地区"), max_length=40)
    key = models.SlugField(_("标识"), max_length=60, db_index=False)
    kind = models.CharField(_("类别"), max_length=30, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=120)
    short_name = models.CharField(_("简称"), max_length=60, blank=True, default="")
    legal_person = models.BooleanField(_("独立法人"), default=False)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, blank=True, default="")
    division_code = models.CharField(_("行政区划代码"), max_length=12, blank=True, default="")
    towns = ArrayField(models.CharField(max_length=60), verbose_name=_("服务区镇"), default=list, blank=True)
    document = models.CharField(_("依据文件"), max_length=60, blank=True, default="")
    clause = models.CharField(_("条款"), max_length=60, blank=True, default="")
    opened_on = models.DateField(_("设立日期"), null=True, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "key"], name="organisation_key"),
            models.UniqueConstraint(fields=["place", "uscc"], condition=~Q(uscc=""), name="organisation_uscc"),
            models.CheckConstraint(
                condition=Q(uscc="") | Q(uscc__regex=r"^[0-9A-HJ-NP-RTUW-Y]{18}$"),
                name="organisation_uscc_form",
            ),
            models.CheckConstraint(
                condition=Q(division_code="") | Q(division_code__regex=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$"),
                name="organisation_division_form",
            ),
        ]
        triggers = [new_tree_version()]

    def __str__(self) -> str:
        return self.short_name or self.name


@tracked
class Name(models.Model):
    """Every name an organisation is found by, folded for comparison, with its pinyin initials."""

    class Use(models.TextChoices):
        OFFICIAL = "official", _("名称")
        SHORT = "short", _("简称")
        ALIAS = "alias", _("别名")
        FORMER = "former", _("曾用名")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names")
    use = models.CharField(_("用途"), max_length=10, choices=Use.choices)
    name = models.CharField(_("名称"), max_length=120)
    folded = models.CharField(max_length=120, db_index=True)
    initials = models.CharField(max_length=120, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "folded"], name="organisation_name_once")]

    def __str__(self) -> str:
        return self.name


@tracked
class Identifier(models.Model):
    """A code an organisation has in somebody's system, besides its unified social credit code."""

    class System(models.TextChoices):
        PRACTICE_LICENCE = "practice_licence", _("医疗机构执业许可证登记号")
        INSURANCE = "insurance", _("医保定点医药机构编码")
        LOCAL = "local", _("本地编码")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="identifiers")
    system = models.CharField(_("编码体系"), max_length=20, choices=System.choices)
    value = models.CharField(_("编码"), max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "value"], name="organisation_identifier_once")]

    def __str__(self) -> str:
        return self.value


@tracked
class TierPeriod(models.Model):
    """The tier an institution has in a period: a measure of 2025 counts it as what it was in 2025.

    ``evidence`` is the tag in the place's file; one that begins with R- is a default to be confirmed.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="tiers")
    tier = models.CharField(_("等级"), max_length=10, choices=Tier.choices)
    evidence = models.CharField(_("证据"), max_length=10, blank=True, default="")
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("终止日期"), null=True, blank=True)

    class Meta:
        constraints = [
            one_at_a_time("organisation_one_tier_at_a_time", "organisation_id"),
            ends_after_start("organisation_tier_ends_after_start"),
        ]
        triggers = [new_tree_version()]


@tracked
class Membership(models.Model):
    """An organisation stands directly under a parent from ``starts_on`` until the day before ``ends_on``."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    parent = models.ForeignKey(Organisation, models.PROTECT, related_name="members", verbose_name=_("上级机构"))
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("终止日期"), null=True, blank=True)
    reason = models.CharField(_("依据"), max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            one_at_a_time("organisation_one_parent_at_a_time", "organisation_id"),
            ends_after_start("organisation_membership_ends_after_start"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="keeps_a_tree",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=pgtrigger.Func(
                    f"""
                    PERFORM pg_advisory_xact_lock(hashtextextended('organisation.tree', 0));
                    IF NOT EXISTS (
                        SELECT 1 FROM organisation_organisation child
                        JOIN organisation_organisation parent ON parent.id = NEW.parent_id
                        WHERE child.id = NEW.organisation_id AND child.place = parent.place
                          AND (child.kind, parent.kind) IN (VALUES {_EDGES})
                    ) THEN
                        RAISE EXCEPTION 'this kind may not stand under that one'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_allowed_parent';
                    END IF;
                    IF EXISTS (
                        WITH RECURSIVE above(id, span) AS (
                            SELECT NEW.parent_id, daterange(NEW.starts_on, NEW.ends_on, '[)')
                            UNION
                            SELECT m.parent_id, a.span * daterange(m.starts_on, m.ends_on, '[)')
                            FROM above a JOIN organisation_membership m
                              ON m.organisation_id = a.id AND m.id <> NEW.id
                             AND a.span && daterange(m.starts_on, m.ends_on, '[)')
                            WHERE a.id <> NEW.organisation_id
                        )
                        SELECT 1 FROM above WHERE id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'an organisation may not stand under itself'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_no_cycle';
                    END IF;
                    RETURN NEW;
                    """  # noqa: S608 (the edges are constants of this file)
                ),
            ),
            new_tree_version(pgtrigger.After),
        ]


@tracked
class Leadership(models.Model):
    """A hospital leads a consortium or a management area for a period; several may lead together."""

    group = models.ForeignKey(Organisation, models.PROTECT, related_name="leads", verbose_name=_("医共体或管理片区"))
    hospital = models.ForeignKey(Organisation, models.PROTECT, related_name="leads_groups", verbose_name=_("牵头医院"))
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("终止日期"), null=True, blank=True)

    class Meta:
        constraints = [
            one_at_a_time("organisation_leads_once", "group_id", "hospital_id"),
            ends_after_start("organisation_leadership_ends_after_start"),
        ]
        triggers = [new_tree_version()]


class TreeVersion(models.Model):
    """One row that changes with each change of the tree or of what stands in it (names, tiers, leaders), in its
    transaction: what caches are checked against.

    A random value and not a counter, because a counter rolled back would be handed out twice.
    """

    id = models.SmallIntegerField(primary_key=True)
    version = models.UUIDField()


class LoadedEntry(models.Model):
    """What a place's organisation file said of an organisation or alliance when it was last loaded."""

    place = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=60)
    entry = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "kind", "key"], name="organisation_loaded_once")]
