"""Why a case may be reviewed specially, and why a review lapses."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SpecialReason(TextChoices):
    """What a hospital may give as its reason; policy says which of them hold at a place."""

    HIGH_COST = "high_cost", _("费用极高")
    LONG_STAY = "long_stay", _("住院时间长")
    COMPLEX = "complex", _("复杂危重或多学科联合诊疗")
    NEW_TECHNOLOGY = "new_technology", _("使用新药、新耗材或新技术")


class Lapse(TextChoices):
    """What has become of the claim."""

    GONE = "gone", _("结算已被更正、冲销或撤回")
    REGROUPED = "regrouped", _("病例的入组或合并情况有变化")
    COST = "cost", _("结算的一部分已被冲销，费用有变化")
