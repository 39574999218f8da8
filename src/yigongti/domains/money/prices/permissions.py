"""Prices are public: all staff read them. The insurance body prepares an adjustment, a second person approves it."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import EVERYONE, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("prices.view", _("查看医疗服务价格"), to=EVERYONE)
FOLLOW = declare(
    "prices.follow", _("查看价格调整方案"),
    to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR},
)  # fmt: skip
PREPARE = declare("prices.prepare", _("编制价格调整方案"), to={Role.INSURANCE_OFFICER})
APPROVE = declare("prices.approve", _("批准价格调整方案"), to={Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER})

declare_act("prices.draft", _("编制价格调整方案"))
declare_act("prices.redraft", _("修改价格调整方案"))
declare_act("prices.take_usage", _("导入服务量"))
