"""When places open to whom, how much one person may hold, what days are worked: policies/*/appointments.yaml."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.api import parameter

PUBLISH_DAYS = parameter("appointments.publish_days", _("号源提前多少天生成并发布"), kind=int, unit="days")
PUBLIC_DAYS = parameter("appointments.public_days", _("普通号源提前多少天向公众开放"), kind=int, unit="days")
OPENING_TIME = parameter("appointments.opening_time", _("号源开放当天的钟点"), kind=str)

EARLY_PERCENT = parameter("appointments.early_percent", _("专家号源中提前向家庭医生开放的比例"), kind=int, unit="%")
EARLY_DAYS = parameter("appointments.early_days", _("比公众提前多少天向家庭医生开放"), kind=int, unit="days")
EARLY_BACK_DAYS = parameter(
    "appointments.early_back_days", _("提前号源在就诊前多少天转为公众号源"), kind=int, unit="days"
)
EARLY_BACK_TIME = parameter("appointments.early_back_time", _("提前号源转为公众号源的钟点"), kind=str)

GREEN_PERCENT = parameter(
    "appointments.green_percent", _("二、三级医院为转诊预留的绿色通道号源比例"), kind=int, unit="%"
)
GREEN_BACK_DAYS = parameter(
    "appointments.green_back_days", _("预留号源在就诊前多少天转为公众号源"), kind=int, unit="days"
)
GREEN_BACK_TIME = parameter("appointments.green_back_time", _("预留号源转为公众号源的钟点"), kind=str)

MOST_OPEN = parameter("appointments.most_open", _("一个人同时持有的未就诊预约上限"), kind=int, unit="times")
MOST_A_DAY = parameter("appointments.most_a_day", _("一个人同一天在同一机构同一科室的预约上限"), kind=int, unit="times")
PERIOD_DAYS = parameter("appointments.period_days", _("预约次数按多少天合计"), kind=int, unit="days")
MOST_A_PERIOD = parameter("appointments.most_a_period", _("一个人在合计期内的预约上限"), kind=int, unit="times")

GRACE_MINUTES = parameter("appointments.grace_minutes", _("号段结束后多久未签到算爽约"), kind=int, unit="minutes")
CLOSING_HOURS = parameter(
    "appointments.closing_hours", _("签到后多久未点就诊完成由平台自动办结"), kind=int, unit="hours"
)
NO_SHOWS = parameter("appointments.no_shows", _("爽约多少次后暂停预约"), kind=int, unit="times")
NO_SHOW_DAYS = parameter("appointments.no_show_days", _("爽约次数按多少天合计"), kind=int, unit="days")
BLOCK_DAYS = parameter("appointments.block_days", _("爽约后暂停预约多少天"), kind=int, unit="days")

DAYS_OFF = parameter("appointments.days_off", _("当年节假日放假安排"), kind=str)
MADE_UP_DAYS = parameter("appointments.made_up_days", _("当年调休上班日（按周几出诊）"), kind=str)
