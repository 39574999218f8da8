"""How long a relation opens a record."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

TREATMENT_RELATION_MONTHS = parameter(
    "record.treatment_relation_months", _("就诊后多久内可查阅档案"), kind=int, unit="months"
)
BREAK_GLASS_HOURS = parameter("record.break_glass_hours", _("紧急查阅一次有效多久"), kind=int, unit="hours")
