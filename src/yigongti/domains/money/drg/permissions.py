"""Who sees figures and cases of groups, who looks up a case's group before it is settled, who keeps schemes."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

READERS = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}

FIGURES = declare("drg.figures", _("查看按病组付费统计和病例"), to=READERS)
"""Held over the institution that treated or the payer that settled."""
EXPORT = declare("drg.export", _("导出病例入组清单"), to={Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER})
TRY = declare("drg.try", _("试算在院病例的病组"), to={Role.DOCTOR})
SCHEME = declare("drg.scheme", _("查看分组方案"), to=READERS | {Role.DOCTOR})

declare_act("drg.list", _("查看病例入组清单"))
declare_act("drg.regrouped", _("对结算数据重新入组"))
