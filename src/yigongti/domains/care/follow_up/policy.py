"""By when somebody is followed up, and what makes a resident's risk."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

URGENT_DAYS = parameter("follow_up.urgent_referral_days", _("紧急转诊后多少天内主动随访"), kind=int, unit="days")
DISCHARGE_DAYS = parameter("follow_up.discharge_days", _("出院后多少天内随访"), kind=int, unit="days")
DISCHARGE_LOOK_BACK_DAYS = parameter(
    "follow_up.discharge_look_back_days", _("多少天内出院的患者列入随访"), kind=int, unit="days"
)

HIGH_SYSTOLIC = parameter("follow_up.high_systolic", _("高风险：收缩压达到"), kind=int, unit="mmHg")
HIGH_DIASTOLIC = parameter("follow_up.high_diastolic", _("高风险：舒张压达到"), kind=int, unit="mmHg")
HIGH_GLUCOSE = parameter("follow_up.high_glucose", _("高风险：空腹血糖达到"), kind=Decimal, unit="mmol/L")
RAISED_SYSTOLIC = parameter("follow_up.raised_systolic", _("中风险：收缩压达到"), kind=int, unit="mmHg")
RAISED_DIASTOLIC = parameter("follow_up.raised_diastolic", _("中风险：舒张压达到"), kind=int, unit="mmHg")
RAISED_GLUCOSE = parameter("follow_up.raised_glucose", _("中风险：空腹血糖达到"), kind=Decimal, unit="mmol/L")
