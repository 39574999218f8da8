"""Figures are for those who answer for them; the records below are for those whose institution they come from."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare

VIEW = declare(
    "indicators.view",
    _("查看监测指标"),
    to={Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DATA_OFFICER},
)
VIEW_RECORDS = declare(
    "indicators.view_records",
    _("查看指标下的明细记录"),
    to={Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER, Role.DATA_OFFICER},
)
