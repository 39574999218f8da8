"""Who sees figures and cases of groups, who looks up a case's group before it is settled, who keeps schemes; who asks
for a special review and who decides it; who fixes the coefficients of institutions."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

READERS = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}

FIGURES = declare("drg.figures", _("查看按病组付费统计和病例"), to=READERS)
"""Held over the institution that treated or the payer that settled."""
EXPORT = declare("drg.export", _("导出病例入组清单"), to={Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER})
TRY = declare("drg.try", _("试算在院病例的病组"), to={Role.DOCTOR})
SCHEME = declare("drg.scheme", _("查看分组方案"), to=READERS | {Role.DOCTOR})

SPECIAL = declare("drg.special", _("查看特例单议"), to=READERS)
SPECIAL_APPLY = declare("drg.special_apply", _("申请和撤回特例单议"), to={Role.INSURANCE_OFFICER, Role.DIRECTOR})
"""Held over the institution that treated."""
SPECIAL_REVIEW = declare("drg.special_review", _("评审特例单议"), to={Role.INSURANCE_OFFICER})
"""This and the next are held over the payer: an institution's own insurance officer does not decide."""
SPECIAL_CONFIRM = declare(
    "drg.special_confirm", _("确认特例单议的决定"), to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER}
)
COEFFICIENT_PROPOSE = declare("drg.coefficient_propose", _("提出机构系数"), to={Role.INSURANCE_OFFICER})
COEFFICIENT_APPROVE = declare(
    "drg.coefficient_approve", _("批准机构系数"), to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER}
)

declare_act("drg.list", _("查看病例入组清单"))
declare_act("drg.regrouped", _("对结算数据重新入组"))
declare_act("drg.special_list", _("查看特例单议清单"))
declare_act("drg.special_read", _("查看特例单议"))
declare_act("drg.special_lapsed", _("特例单议的决定失效"))
