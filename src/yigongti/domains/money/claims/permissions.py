"""Who reads settlements, who reviews findings, who answers for an institution, who confirms as the second person."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

READERS = {Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER}

VIEW = declare("claims.view", _("查看医保结算"), to=READERS)
"""Held over the institution that treated, the one that looks after the person, or the payer."""
IDENTIFY = declare("claims.identify", _("在结算清单上看到姓名"), to={Role.INSURANCE_OFFICER})
EXPORT = declare("claims.export", _("导出医保结算清单"), to={Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER})
SCREEN = declare("claims.screen", _("运行基金监管筛查"), to={Role.INSURANCE_OFFICER})
FINDINGS = declare("claims.findings", _("查看基金监管线索"), to=READERS)
REVIEW = declare("claims.review", _("审核基金监管线索"), to={Role.INSURANCE_OFFICER})
CONFIRM = declare("claims.confirm", _("认定基金监管线索"), to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER})
ANSWER = declare("claims.answer", _("就基金监管线索作出说明"), to={Role.INSURANCE_OFFICER, Role.DIRECTOR})

declare_act("claims.read", _("查看结算清单"))
declare_act("claims.list", _("查看结算列表"))
declare_act("claims.finding_read", _("查看监管线索"))
declare_act("claims.finding_list", _("查看监管线索列表"))
declare_act("claims.screened", _("运行基金监管筛查"))
declare_act("claims.evidence", _("监管线索的事实有变化"))
