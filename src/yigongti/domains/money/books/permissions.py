"""Who may do what with books. A finance officer keeps the books of all members under him (单独设账、集中核算)."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("books.view", _("查看本单位账簿"), to={Role.FINANCE_OFFICER, Role.DIRECTOR})
KEEP = declare("books.keep", _("记账、结账"), to={Role.FINANCE_OFFICER})
APPROVE = declare("books.approve", _("审核凭证和预算"), to={Role.FINANCE_OFFICER})
CONFIRM = declare("books.confirm", _("确认对方单位发起的内部往来"), to={Role.FINANCE_OFFICER})
APPROVE_LARGE = declare("books.approve_large", _("审批大额凭证"), to={Role.DIRECTOR, Role.GUIDANCE_OFFICER})
CONSOLIDATED = declare(
    "books.consolidated", _("查看合并报表"),
    to={Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER},
)  # fmt: skip
CHART = declare("books.chart", _("提出增加会计科目"), to={Role.FINANCE_OFFICER, Role.GUIDANCE_OFFICER})
APPROVE_CHART = declare("books.approve_chart", _("批准增加会计科目"), to={Role.FINANCE_OFFICER, Role.GUIDANCE_OFFICER})
POST = declare("books.post", _("按模板记账"), to={Role.FINANCE_OFFICER, Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER})

declare_act("books.draft_voucher", _("填制凭证"))
declare_act("books.draft_from_template", _("按模板填制凭证"))
declare_act("books.draft_reversal", _("填制冲销凭证"))
declare_act("books.draft_year_close", _("填制年终结转凭证"))
declare_act("books.draft_budget", _("编制预算"))
declare_act("books.import_chart", _("增加会计科目"))
declare_act("books.close_month", _("月份结账"))
declare_act("books.export", _("导出账簿"))
