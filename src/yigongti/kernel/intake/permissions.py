"""Who may send records in, and who may see what became of them."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.audit.acts import declare_act

RECEIVE = declare("intake.receive", _("发送数据文件"), to={Role.DATA_OFFICER, Role.INSURANCE_OFFICER})
VIEW = declare(
    "intake.view",
    _("查看接收回执"),
    to={Role.DATA_OFFICER, Role.INSURANCE_OFFICER, Role.GUIDANCE_OFFICER, Role.AUDITOR},
)
"""A receipt counts; the refused rows themselves are the sender's (RECEIVE)."""

declare_act("intake.receive_again", _("再次收到同一个文件"))
declare_act("intake.store", _("把文件中的记录入库"))
declare_act("intake.download_refused", _("下载被退回的行"))
