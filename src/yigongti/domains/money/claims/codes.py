"""Value sets of charge lines and claims, as the settlement list (医疗保障基金结算清单) has them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Category(TextChoices):
    """The fourteen charge categories of the settlement list, in its order."""

    BED = "bed", _("床位费")
    CONSULTATION = "consultation", _("诊察费")
    EXAMINATION = "examination", _("检查费")
    LABORATORY = "laboratory", _("化验费")
    TREATMENT = "treatment", _("治疗费")
    SURGERY = "surgery", _("手术费")
    NURSING = "nursing", _("护理费")
    MATERIAL = "material", _("卫生材料费")
    WESTERN_MEDICINE = "western", _("西药费")
    HERBAL_PIECES = "herbal", _("中药饮片费")
    PATENT_MEDICINE = "patent", _("中成药费")
    GENERAL = "general", _("一般诊疗费")
    REGISTRATION = "registration", _("挂号费")
    OTHER = "other", _("其他费")


class PayClass(TextChoices):
    """How far the insurance list covers an item."""

    FULL = "1", _("甲类")
    PARTLY = "2", _("乙类")
    OWN = "3", _("自费")
    OTHER = "9", _("其他")


class PaymentMethod(TextChoices):
    """How the fund pays for the care."""

    ITEM = "item", _("按项目")
    DISEASE = "disease", _("单病种")
    DRG = "drg", "DRG"
    DIP = "dip", _("按病种分值（DIP）")
    BED_DAY = "bed_day", _("按床日")
    PER_HEAD = "per_head", _("按人头")


class DischargeWay(TextChoices):
    """离院方式."""

    ADVISED = "1", _("医嘱离院")
    TRANSFERRED = "2", _("医嘱转院")
    DOWN = "3", _("医嘱转社区或卫生院")
    UNADVISED = "4", _("非医嘱离院")
    DIED = "5", _("死亡")
    OTHER = "9", _("其他")


class AdmissionWay(TextChoices):
    """入院途径."""

    EMERGENCY = "1", _("急诊")
    OUTPATIENT = "2", _("门诊")
    TRANSFERRED = "3", _("其他医疗机构转入")
    OTHER = "9", _("其他")


class AdmissionCondition(TextChoices):
    """入院病情 of a diagnosis."""

    PRESENT = "1", _("有")
    UNDETERMINED = "2", _("临床未确定")
    UNKNOWN = "3", _("情况不明")
    ABSENT = "4", _("无")
