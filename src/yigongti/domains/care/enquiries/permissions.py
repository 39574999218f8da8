"""Who answers residents' questions at an institution, who asks on a resident's behalf, who sees how long it takes."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, MANAGERS, Role, declare
from yigongti.kernel.audit.acts import declare_act

ANSWER = declare("enquiries.answer", _("答复居民咨询"), to=CLINICIANS | {Role.COORDINATOR})
ON_BEHALF = declare("enquiries.on_behalf", _("代居民提出或撤回咨询"), to={Role.COORDINATOR})
FIGURES = declare("enquiries.figures", _("查看咨询答复情况"), to=MANAGERS | {Role.COORDINATOR})

declare_act("enquiries.view", _("查看居民咨询"))
declare_act("enquiries.list", _("在咨询清单中看到"))
declare_act("enquiries.read_own", _("查看自己的咨询"))
