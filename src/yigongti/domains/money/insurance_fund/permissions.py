"""Who may do what with the fund's year. The insurance body prepares; a second person, there or at the guidance centre,
approves; those who run the consortium and its members read."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare(
    "insurance_fund.view",
    _("查看医保基金年度"),
    to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR},
)
PREPARE = declare("insurance_fund.prepare", _("编制预算、办理预付和清算"), to={Role.INSURANCE_OFFICER})
APPROVE = declare("insurance_fund.approve", _("审批预算和清算"), to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER})
TRY = declare(
    "insurance_fund.try",
    _("测算不同规则下的结果"),
    to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER, Role.DIRECTOR},
)
CLAIMS = declare(
    "insurance_fund.claims",
    _("查看金额下的结算单"),
    to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR},
)

declare_act("insurance_fund.inputs", _("填写预算资料"))
declare_act("insurance_fund.accept_finding", _("说明核对问题"))
declare_act("insurance_fund.save_scenario", _("保存测算方案"))
declare_act("insurance_fund.export", _("导出清算表"))
declare_act("insurance_fund.rerun", _("复算已关闭年度"))
declare_act("insurance_fund.look_at_claims", _("查看金额下的结算单"))
