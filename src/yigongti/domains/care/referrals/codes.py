"""The small code lists of a referral: direction, reach, urgency, reasons, why not accepted, how taken in."""

from django.db import models
from django.utils.translation import gettext_lazy


class Direction(models.TextChoices):
    """Towards a higher tier, a lower one, or the same."""

    UP = "up", gettext_lazy("上转")
    DOWN = "down", gettext_lazy("下转")
    SIDEWAYS = "sideways", gettext_lazy("平转")


class Reach(models.TextChoices):
    """How far: each has rules of its own (Xuchang 三（八）)."""

    INSIDE = "inside", gettext_lazy("医共体内")
    BETWEEN = "between", gettext_lazy("医共体之间")
    OUTSIDE = "outside", gettext_lazy("县域外")


class Urgency(models.TextChoices):
    URGENT = "urgent", gettext_lazy("紧急")
    ORDINARY = "ordinary", gettext_lazy("普通")


class Reason(models.TextChoices):
    """Why a patient is referred: the lists of the national guidelines for hypertension and diabetes in short.

    高血压、糖尿病分级诊疗服务技术方案 and 国家基层高血压防治管理指南 (2017): first-visit and follow-up up-referral;
    county to township; township to village.
    """

    EMERGENCY = "emergency", gettext_lazy("急危重症")
    DIAGNOSIS = "diagnosis", gettext_lazy("诊断不明，需进一步检查")
    UNCONTROLLED = "uncontrolled", gettext_lazy("规范治疗后控制不满意")
    COMPLICATION = "complication", gettext_lazy("出现新的并发症或原有并发症加重")
    ADVERSE = "adverse_reaction", gettext_lazy("药物不良反应难以处理")
    SPECIAL_GROUP = "special_group", gettext_lazy("妊娠、哺乳、儿童等特殊人群")
    BEYOND = "beyond_capacity", gettext_lazy("超出本机构诊疗能力")
    TCM = "tcm", gettext_lazy("需要中医药诊疗")
    STABLE = "stable", gettext_lazy("诊断明确、病情稳定，可在基层治疗")
    REHABILITATION = "rehabilitation", gettext_lazy("康复、护理")
    LONG_TERM = "long_term", gettext_lazy("慢性病长期管理")
    PALLIATIVE = "palliative", gettext_lazy("安宁疗护")
    SPECIALIST = "specialist", gettext_lazy("专科专病更适合对方诊治")
    OTHER = "other", gettext_lazy("其他")


UP_REASONS = (
    Reason.EMERGENCY, Reason.DIAGNOSIS, Reason.UNCONTROLLED, Reason.COMPLICATION, Reason.ADVERSE, Reason.SPECIAL_GROUP,
    Reason.BEYOND, Reason.TCM, Reason.OTHER,
)  # fmt: skip
DOWN_REASONS = (Reason.STABLE, Reason.REHABILITATION, Reason.LONG_TERM, Reason.PALLIATIVE, Reason.TCM, Reason.OTHER)
SIDEWAYS_REASONS = (Reason.SPECIALIST, Reason.REHABILITATION, Reason.TCM, Reason.PALLIATIVE, Reason.OTHER)


class DeclineCode(models.TextChoices):
    NO_CAPACITY = "no_capacity", gettext_lazy("没有床位或号源")
    NO_SERVICE = "no_service", gettext_lazy("没有相应科室或技术")
    TREAT_THERE = "treat_there", gettext_lazy("转出机构可以诊治")
    HIGHER = "higher", gettext_lazy("应转往更高级别或专科医院")
    NOT_MET = "not_met", gettext_lazy("不符合转诊标准")
    INCOMPLETE = "incomplete", gettext_lazy("资料不全")
    OTHER = "other", gettext_lazy("其他")


class Way(models.TextChoices):
    """How the receiver takes a patient in."""

    SLOT = "slot", gettext_lazy("预留号源")
    BED = "bed", gettext_lazy("预留床位")
    AT_ONCE = "at_once", gettext_lazy("随到随诊")
