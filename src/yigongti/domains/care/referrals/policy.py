"""How long things may wait in a referral, what needs approval, and when somebody must be seen at once."""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import choice, parameter, several

REACHES = {"inside": _("医共体内"), "between": _("医共体之间"), "outside": _("县域外")}

ANSWER_URGENT = parameter("referrals.answer_urgent", _("紧急转诊多久内答复"), kind=timedelta)
ANSWER_ORDINARY_WORKING_DAYS = parameter(
    "referrals.answer_ordinary_working_days", _("普通转诊几个工作日内答复"), kind=int, unit="days"
)
NEEDS_APPROVAL = parameter("referrals.needs_approval", _("须经审批的转诊"), kind=several(**REACHES))
APPROVED_BY = parameter(
    "referrals.approved_by",
    _("转诊由谁审批"),
    kind=choice(
        lead_hospital=_("转出机构所在片区的牵头医院"),
        guidance_centre=_("医共体建设指导中心"),
        insurance_body=_("医疗保障机构"),
    ),
)
APPROVAL_WORKING_DAYS = parameter("referrals.approval_working_days", _("几个工作日内审批"), kind=int, unit="days")
APPROVAL_URGENT = parameter("referrals.approval_urgent", _("紧急转诊多久内审批"), kind=timedelta)
ARRIVE_DAYS = parameter("referrals.arrive_days", _("约定日期过后几天仍未到诊算未到"), kind=int, unit="days")
ARRIVE_AT_ONCE = parameter("referrals.arrive_at_once", _("随到随诊的患者多久内应到"), kind=timedelta)
TREAT_DAYS = parameter("referrals.treat_days", _("到诊后几天内转回或办结"), kind=int, unit="days")
CONTACT_DAYS = parameter("referrals.contact_days", _("患者未到，转出机构几天内联系"), kind=int, unit="days")
FOLLOW_UP_DAYS = parameter("referrals.follow_up_days", _("转回或下转后几天内随访"), kind=int, unit="days")
CLOSE_DAYS = parameter("referrals.close_days", _("随访后几天自动办结"), kind=int, unit="days")
ACCESS_DAYS = parameter("referrals.access_days", _("转诊结束后接诊机构还可查阅档案几天"), kind=int, unit="days")
CERTIFICATE_DAYS = parameter("referrals.certificate_days", _("县域外转诊证明有效几天"), kind=int, unit="days")
ABOVE_THE_CATALOGUE = parameter(
    "referrals.above_the_catalogue",
    _("本机构目录内能收治的病种上转时"),
    kind=choice(inform=_("提示即可"), reason=_("须写明理由")),
)
SENT_DOWN_BEFORE_DAYS = parameter(
    "referrals.sent_down_before_days", _("出院前几天内下转算出院下转"), kind=int, unit="days"
)
SENT_DOWN_AFTER_DAYS = parameter(
    "referrals.sent_down_after_days", _("出院后几天内下转算出院下转"), kind=int, unit="days"
)

URGENT_SYSTOLIC = parameter("referrals.urgent_systolic", _("收缩压达到多少须紧急转诊"), kind=int, unit="mmHg")
URGENT_DIASTOLIC = parameter("referrals.urgent_diastolic", _("舒张压达到多少须紧急转诊"), kind=int, unit="mmHg")
URGENT_GLUCOSE_HIGH = parameter(
    "referrals.urgent_glucose_high", _("血糖达到多少须紧急转诊"), kind=Decimal, unit="mmol/L"
)
URGENT_GLUCOSE_LOW = parameter("referrals.urgent_glucose_low", _("血糖低到多少须紧急转诊"), kind=Decimal, unit="mmol/L")
URGENT_PULSE = parameter("referrals.urgent_pulse", _("心率持续超过多少（次/分）须紧急转诊"), kind=int)
URGENT_TEMPERATURE = parameter("referrals.urgent_temperature", _("体温超过多少（℃）须紧急转诊"), kind=Decimal)
