"""Why a row cannot be taken for a person, as reasons of intake (a code in the receipt, a sentence when shown)."""

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents.formulas import Fault
from yigongti.kernel.intake.api import declare_reason

NO_IDENTITY = declare_reason("no_identity", _("既没有姓名，也没有任何号码，无法知道是谁。"))
UNKNOWN_PATIENT = declare_reason(
    "unknown_patient", _("只有患者编号，而这个编号以前没有发送过。请先发送该患者的姓名等资料。")
)
NUMBERS_DISAGREE = declare_reason("numbers_disagree", _("患者编号与证件号码指向不同的人。请核对后只保留正确的号码。"))
PATIENT_OF_ANOTHER = declare_reason(
    "patient_of_another", _("这个患者编号以前属于另一位姓名不同的人。请核对患者编号和姓名。")
)
BIRTH_DATE_DIFFERS = declare_reason("birth_date_differs", _("出生日期与身份证号码不一致。"))
SEX_DIFFERS = declare_reason("sex_differs", _("性别与身份证号码不一致。"))
MANAGED_ELSEWHERE = declare_reason(
    "managed_elsewhere", _("该居民由另一家机构管理。资料已保存，管理机构未变，已请原机构确认是否移交。")
)
POSSIBLY_KNOWN = declare_reason("possibly_known", _("可能与已有的居民是同一人，已交人工核对。"))

FAULTS = {
    Fault.LENGTH: declare_reason(Fault.LENGTH.value, _("身份证号码应为 18 位。")),
    Fault.CHARACTERS: declare_reason(Fault.CHARACTERS.value, _("身份证号码只能是数字，末位可以是 X。")),
    Fault.REGION: declare_reason(Fault.REGION.value, _("身份证号码开头的地区代码不存在。")),
    Fault.BIRTH_DATE: declare_reason(Fault.BIRTH_DATE.value, _("身份证号码中的出生日期不存在，或不合情理。")),
    Fault.CHECK: declare_reason(Fault.CHECK.value, _("身份证号码的校验码不对，请核对号码。")),
}
