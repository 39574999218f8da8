"""What a place decides about its measures: the targets, and which contacts count as a visit."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter, several

IN_COUNTY_VISIT_TARGET = parameter(
    "indicators.in_county_visit_rate.target", _("县域内就诊率目标"), kind=Decimal, unit="%"
)
IN_COUNTY_ADMISSION_TARGET = parameter(
    "indicators.in_county_admission_rate.target", _("县域内住院率目标"), kind=Decimal, unit="%"
)
GRASSROOTS_TARGET = parameter(
    "indicators.grassroots_visit_share.target", _("基层诊疗量占比目标"), kind=Decimal, unit="%"
)
FUND_SHARE_TARGET = parameter(
    "indicators.fund_share_in_county.target", _("医保基金县域内支出占比目标"), kind=Decimal, unit="%"
)
VISIT_SETTINGS = parameter(
    "indicators.visit_settings",
    _("计入诊疗人次的就诊类别"),
    kind=several(
        outpatient=_("门诊"),
        emergency=_("急诊"),
        inpatient=_("住院"),
        home=_("上门"),
        remote=_("远程"),
    ),
)
THIN_FEED = parameter("indicators.thin_feed_percent", _("某月数据少于平常的多少时提示可能没有报全"), kind=int, unit="%")
