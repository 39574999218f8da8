"""Who may do what with a referral. Each permission is held at one side's institution, so nobody acts for another side.

Whoever starts a referral needs a relation to the resident as well (health_record). A coordinator of a receiving desk
answers, marks arrival and follows up; only those who treat start, treat and write a care plan.
"""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare
from yigongti.kernel.audit.acts import declare_act

DESK = CLINICIANS | {Role.COORDINATOR}

VIEW = declare("referrals.view", _("查看转诊"), to=DESK | {Role.DIRECTOR, Role.INSURANCE_OFFICER})
READ_SUMMARY = declare("referrals.read_summary", _("查看转诊病情摘要"), to=DESK)
SEND = declare("referrals.send", _("发起转诊"), to=CLINICIANS)
ARRANGE = declare("referrals.arrange", _("撤回或改转本机构发出的转诊"), to=DESK)
ANSWER = declare("referrals.answer", _("答复转来的患者"), to=DESK)
RECEIVE = declare("referrals.receive", _("登记转来的患者到诊"), to=DESK)
TREAT = declare("referrals.treat", _("登记诊治和下转意见"), to=CLINICIANS)
FOLLOW_UP = declare("referrals.follow_up", _("随访转回的患者"), to=DESK)
APPROVE = declare(
    "referrals.approve", _("审批转诊、签发转诊证明"), to={Role.COORDINATOR, Role.DIRECTOR, Role.INSURANCE_OFFICER}
)
OVERSEE = declare("referrals.oversee", _("督办超时未答复的转诊"), to={Role.COORDINATOR, Role.DIRECTOR})
EXPORT = declare("referrals.export", _("导出转诊清单"), to={Role.COORDINATOR, Role.DIRECTOR})
FIGURES = declare(
    "referrals.figures", _("查看转诊统计"), to={Role.COORDINATOR, Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.DOCTOR}
)
CATALOGUE = declare(
    "referrals.catalogue",
    _("查看病种收治目录"),
    to=DESK | {Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.DATA_OFFICER, Role.INSURANCE_OFFICER},
)
KEEP_CATALOGUE = declare("referrals.keep_catalogue", _("导入病种收治目录"), to={Role.DIRECTOR, Role.GUIDANCE_OFFICER})

declare_act("referrals.read", _("查看转诊单"))
declare_act("referrals.list", _("查看指标下的转诊清单"))
declare_act("referrals.browse", _("查看转诊列表"))
declare_act("referrals.certificates", _("查看转诊证明列表"))
declare_act("referrals.summarise", _("选取转诊病情摘要"))
declare_act("referrals.take_catalogue", _("导入病种收治目录"))
declare_act("referrals.certificate_pdf", _("打印转诊证明"))
declare_act("referrals.certificate_checked", _("核验转诊证明"))
declare_act("referrals.referral.open", _("起草转诊"))
