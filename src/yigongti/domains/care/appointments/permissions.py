"""Who may do what with clinics and bookings. That there is a clinic, and how full it is, all who may book can see."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, MANAGERS, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("appointments.view", _("查看预约"), to=CLINICIANS | MANAGERS | {Role.COORDINATOR})
BOOK = declare("appointments.book", _("为居民预约"), to=CLINICIANS | {Role.COORDINATOR})
BOOK_HERE = declare("appointments.book_here", _("为到本机构就诊的任何居民预约"), to={Role.COORDINATOR})
BOOK_EARLY = declare("appointments.book_early", _("以家庭医生身份预约提前开放的号源"), to=CLINICIANS)
KEEP = declare("appointments.keep", _("维护出诊安排、发布号源、停诊"), to={Role.COORDINATOR, Role.DIRECTOR})
RECEIVE = declare("appointments.receive", _("签到和接诊"), to=CLINICIANS | {Role.COORDINATOR})

declare_act("appointments.keep_schedule", _("维护出诊安排"))
declare_act("appointments.keep_pattern", _("维护每周出诊时间"))
declare_act("appointments.remove_pattern", _("删除每周出诊时间"))
declare_act("appointments.except_day", _("登记个别日期的出诊变化"))
declare_act("appointments.remove_exception", _("删除个别日期的出诊变化"))
declare_act("appointments.publish", _("发布号源"))
declare_act("appointments.draft", _("拟定出诊计划"))
declare_act("appointments.delete_session", _("删除出诊"))
declare_act("appointments.stop", _("停诊"))
declare_act("appointments.substitute", _("替诊"))
declare_act("appointments.add_places", _("加号"))
declare_act("appointments.open_desk", _("查看候诊名单"))
declare_act("appointments.list", _("查看预约清单"))
declare_act("appointments.open_booking", _("查看一个预约"))
declare_act("appointments.choose", _("为居民选择预约时间"))
declare_act("appointments.open_session", _("查看一个门诊的预约"))
