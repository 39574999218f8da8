"""Notices are one's own; what went out is looked at by whoever runs the platform."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare

SEE_OUTBOX = declare("notices.see_outbox", _("查看发出的短信"), to={Role.SYSTEM_ADMIN})
