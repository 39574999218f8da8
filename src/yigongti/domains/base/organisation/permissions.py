"""Who may do what with organisations. The directory is open to all staff; changing it is not.

Joining and leaving have five sides, each with its own permission, held at that side's organisation: the applicant,
the lead hospital, the local government and party committee, the guidance centre and the working group.
"""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import EVERYONE, Role, declare
from yigongti.kernel.audit.acts import declare_act

VIEW = declare("organisation.view", _("查看机构"), to=EVERYONE)
EDIT = declare("organisation.edit", _("维护机构资料"), to={Role.GUIDANCE_OFFICER, Role.SYSTEM_ADMIN})
KEEP_DOCUMENTS = declare(
    "organisation.keep_documents", _("登记章程和权责清单"), to={Role.DIRECTOR, Role.GUIDANCE_OFFICER}
)

VIEW_CASES = declare("organisation.view_cases", _("查看加入和退出事项"), to={Role.DIRECTOR, Role.GUIDANCE_OFFICER})
APPLY = declare("organisation.apply", _("代表本机构申请加入或退出、签署协议"), to={Role.DIRECTOR})
ANSWER_AS_LEAD = declare("organisation.answer_as_lead", _("代表牵头医院答复、签署协议"), to={Role.DIRECTOR})
APPROVE_LOCALLY = declare(
    "organisation.approve_locally", _("登记属地党委政府的意见"), to={Role.DIRECTOR, Role.GUIDANCE_OFFICER}
)
APPROVE_AS_GUIDANCE_CENTRE = declare(
    "organisation.approve_as_guidance_centre", _("医共体建设指导中心审批"), to={Role.GUIDANCE_OFFICER}
)
RECORD_MEETING = declare("organisation.record_meeting", _("登记工作专班会议结果"), to={Role.GUIDANCE_OFFICER})

declare_act("organisation.load", _("按方案录入机构"))
declare_act("organisation.enter", _("录入机构"))
declare_act("organisation.move", _("调整上级机构"))
declare_act("organisation.record_document", _("登记章程或权责清单"))
declare_act("organisation.found_alliance", _("组建联盟"))
declare_act("organisation.join_alliance", _("参加联盟"))
declare_act("organisation.leave_alliance", _("退出联盟"))
