"""Menu entries of the appointments domain."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments.permissions import BOOK, RECEIVE, VIEW
from yigongti.kernel.ui.navigation import Group, NavItem, register

register(NavItem(_("预约"), "appointments:bookings", VIEW, Group.WORK, order=30, icon="calendar"))
register(NavItem(_("签到台"), "appointments:desk", RECEIVE, Group.WORK, order=32, icon="scan"))
register(NavItem(_("一周号源"), "appointments:week", VIEW, Group.WORK, order=34, icon="clock"))
register(NavItem(_("出诊安排"), "appointments:schedules", VIEW, Group.CONSORTIUM, order=40, icon="calendar"))
residents.register_action(
    residents.Action(
        "appointments",
        _("预约"),
        lambda resident_id: f"{reverse('appointments:new')}?resident={resident_id}",
        BOOK,
        icon="calendar",
        order=20,
    )
)
