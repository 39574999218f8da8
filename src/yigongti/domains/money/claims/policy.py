"""When a claim is late, what needs a referral and what it costs to have none; and where each screen draws its line."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.policy_kinds import ChargedAsKind, WordsKind
from yigongti.kernel.policy.api import choice, parameter, several

SETTINGS = {"inpatient": _("住院"), "outpatient": _("门诊"), "emergency": _("急诊")}

LATE_DAYS = parameter("claims.late_days", _("结算月份结束后多久到达算迟到"), kind=int, unit="days")
CERTIFICATE_SETTINGS = parameter(
    "claims.certificate_settings", _("哪些县域外就医须有转诊证明"), kind=several(**SETTINGS)
)
WITHOUT_REFERRAL = parameter(
    "claims.without_referral",
    _("未经转诊到县域外就医怎样降低报销"),
    kind=choice(
        points=_("报销比例降低若干个百分点"),
        factor=_("报销金额按比例降低"),
        same=_("不降低"),
    ),
)
WITHOUT_REFERRAL_PERCENT = parameter(
    "claims.without_referral_percent", _("未经转诊降低多少（百分点或百分比）"), kind=Decimal, unit="%"
)

# -- screens: articles 15 and 38 of the regulation on the use of the fund
READMISSION_DAYS = parameter(
    "claims.split_admission.days", _("出院后几天内因同类疾病再次住院，按分解住院筛查"), kind=int, unit="days"
)
BED_SHARE = parameter(
    "claims.hanging_bed.idle_percent", _("住院期间没有诊疗收费的天数达到多少，按挂床筛查"), kind=Decimal, unit="%"
)
BED_LEAST_DAYS = parameter("claims.hanging_bed.least_days", _("至少住院几天才按挂床筛查"), kind=int, unit="days")
REPEAT_LEAST_FEN = parameter("claims.repeat_charge.least_fen", _("重复收费合计不到多少不列出"), kind=int, unit="fen")
ONCE_A_DAY = parameter(
    "claims.repeat_charge.once_a_day",
    _("哪些类别的同一项目一天只应收一次"),
    kind=several(
        bed=_("床位费"), consultation=_("诊察费"), nursing=_("护理费"), examination=_("检查费"),
        registration=_("挂号费"), general=_("一般诊疗费"),
    ),
)  # fmt: skip
OVER_LEAST_FEN = parameter("claims.over_standard.least_fen", _("超标准收费合计不到多少不列出"), kind=int, unit="fen")
PLANNED = parameter(
    "claims.split_admission.planned", _("按疗程住院的疾病类目，不按分解住院筛查（以竖线分隔）"), kind=str
)
CARE = parameter(
    "claims.hanging_bed.care",
    _("住院当天有哪些类别的收费，说明有诊疗"),
    kind=several(
        nursing=_("护理费"), examination=_("检查费"), laboratory=_("化验费"), treatment=_("治疗费"),
        surgery=_("手术费"), western=_("西药费"), herbal=_("中药饮片费"), patent=_("中成药费"),
        bed=_("床位费"), consultation=_("诊察费"), material=_("卫生材料费"), general=_("一般诊疗费"),
        registration=_("挂号费"), other=_("其他费"),
    ),
)  # fmt: skip
CHARGED_AS = parameter("claims.swapped_item.charged_as", _("项目编码开头与可以收取的费用类别"), kind=ChargedAsKind())
NOT_FOR_MEN = parameter(
    "claims.swapped_item.not_for_men", _("项目名称中哪些字样不应出现在男性的收费中"), kind=WordsKind()
)
NOT_FOR_WOMEN = parameter(
    "claims.swapped_item.not_for_women", _("项目名称中哪些字样不应出现在女性的收费中"), kind=WordsKind()
)
FOR_CHILDREN = parameter("claims.swapped_item.for_children", _("项目名称中哪些字样只适用于儿童"), kind=WordsKind())
SEX_AND_AGE = parameter("claims.swapped_item.child_years", _("几周岁以上不应有儿科项目"), kind=int, unit="years")
ANSWER_DAYS = parameter("claims.answer_days", _("机构应在几天内就监管线索作出说明"), kind=int, unit="days")
