"""Who follows up: the clinicians and coordinators of the institution that was asked to."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, MANAGERS, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("follow_up.view", _("查看随访"), to=CLINICIANS | MANAGERS | {Role.COORDINATOR})
FOLLOW_UP = declare("follow_up.follow_up", _("随访居民"), to=CLINICIANS | {Role.COORDINATOR})

declare_act("follow_up.list", _("查看随访清单"))
