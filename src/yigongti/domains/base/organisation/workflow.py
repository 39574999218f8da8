"""Joining and leaving a management area, as Kunshan's plan 二（二）1 lays it down: intention with the lead hospital;
the local government and party committee approve; the guidance centre approves; the working group's meeting passes;
the agreement is signed by both. Leaving goes the same way back (the plan: 成员单位可根据实际动态调整).

Each line below is one way on: its name, who takes it at whose organisation, from which state to which, and what
must be said. No plan sets a time limit for a step, so none presses.
"""

from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.organisation.permissions import (
    ANSWER_AS_LEAD,
    APPLY,
    APPROVE_AS_GUIDANCE_CENTRE,
    APPROVE_LOCALLY,
    RECORD_MEETING,
)
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, Workflow
from yigongti.kernel.workflow.table import Answers

if TYPE_CHECKING:
    from yigongti.domains.base.organisation.models import MembershipCase

APPLICANT, LEAD, LOCAL = "applicant_id", "lead_hospital_id", "local_authority_id"
CENTRE, GROUP = "guidance_centre_id", "working_group_id"

REASON = Ask("reason", _("理由"))
REMARK = Ask("remark", _("意见"), required=False)
LOCAL_PAPER = (
    Ask("paper", _("批复文号"), hint=_("属地党委政府批准文件的文号或会议纪要编号")),
    Ask("decided_on", _("批准日期"), kind="date"),
)
MEETING = (
    Ask("meeting", _("会议名称或纪要编号")),
    Ask("held_on", _("会议日期"), kind="date"),
)
AGREEMENT = Ask("agreement_number", _("协议编号"))


# The rooms below import the models, and the models this table: so the effects are looked up when they run.


def _check_two_sides(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.base.organisation.services import cases

    cases.check_two_sides(cast("MembershipCase", case), actor)


def _note_agreement(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.base.organisation.services import cases

    cases.note_agreement(cast("MembershipCase", case), actor, answers)


def _begin_membership(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.base.organisation.services import cases

    cases.begin_membership(cast("MembershipCase", case), actor)


def _end_membership(case: CaseModel, actor: Actor, answers: Answers) -> None:
    from yigongti.domains.base.organisation.services import cases

    cases.end_membership(cast("MembershipCase", case), actor)


STATES = {
    "intention": _("已提出，待牵头医院答复"),
    "local_approval": _("待属地党委政府批准"),
    "guidance_approval": _("待指导中心批准"),
    "meeting": _("待工作专班会议审议"),
    "signing": _("会议通过，待申请单位签署协议"),
    "countersigning": _("待牵头医院签署协议"),
    "refused": _("未通过"),
    "withdrawn": _("已撤回"),
}
OPEN = ("intention", "local_approval", "guidance_approval", "meeting", "signing", "countersigning")

# fmt: off
JOINING = Workflow(
    name="organisation.joining",
    label=_("加入医共体"),
    states={**STATES, "joined": _("已加入")},
    initial="intention",
    final={"joined", "refused", "withdrawn"},
    steps=[
        Step("agree_intention", _("同意合作意向"), ("intention",), "local_approval",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REMARK,), effect=_check_two_sides),
        Step("decline_intention", _("不同意合作意向"), ("intention",), "refused",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REASON,), effect=_check_two_sides, plain=True),
        Step("approve_locally", _("属地党委政府批准"), ("local_approval",), "guidance_approval",
             by=APPROVE_LOCALLY, at=LOCAL, asks=LOCAL_PAPER),
        Step("refuse_locally", _("属地党委政府不批准"), ("local_approval",), "refused",
             by=APPROVE_LOCALLY, at=LOCAL, asks=(REASON,), plain=True),
        Step("approve", _("指导中心批准"), ("guidance_approval",), "meeting",
             by=APPROVE_AS_GUIDANCE_CENTRE, at=CENTRE, asks=(REMARK,)),
        Step("refuse", _("指导中心不批准"), ("guidance_approval",), "refused",
             by=APPROVE_AS_GUIDANCE_CENTRE, at=CENTRE, asks=(REASON,), plain=True),
        Step("pass_meeting", _("会议审议通过"), ("meeting",), "signing",
             by=RECORD_MEETING, at=GROUP, asks=MEETING),
        Step("fail_meeting", _("会议审议未通过"), ("meeting",), "refused",
             by=RECORD_MEETING, at=GROUP, asks=(*MEETING, REASON), plain=True),
        Step("sign", _("签署加入协议"), ("signing",), "countersigning",
             by=APPLY, at=APPLICANT, effect=_note_agreement,
             asks=(AGREEMENT, Ask("effective_on", _("加入日期"), kind="date", hint=_("协议约定的生效日期")))),
        Step("countersign", _("牵头医院签署加入协议"), ("countersigning",), "joined",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REMARK,), effect=_begin_membership),
        Step("decline_signing", _("牵头医院不签署"), ("countersigning",), "refused",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REASON,), effect=_check_two_sides, plain=True),
        Step("withdraw", _("撤回申请"), OPEN, "withdrawn",
             by=APPLY, at=APPLICANT, asks=(REASON,), plain=True),
    ],
)

LEAVING = Workflow(
    name="organisation.leaving",
    label=_("退出医共体"),
    states={**STATES, "left": _("已退出")},
    initial="intention",
    final={"left", "refused", "withdrawn"},
    steps=[
        Step("agree_intention", _("同意退出意向"), ("intention",), "local_approval",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REMARK,), effect=_check_two_sides),
        Step("decline_intention", _("不同意退出意向"), ("intention",), "refused",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REASON,), effect=_check_two_sides, plain=True),
        Step("approve_locally", _("属地党委政府批准"), ("local_approval",), "guidance_approval",
             by=APPROVE_LOCALLY, at=LOCAL, asks=LOCAL_PAPER),
        Step("refuse_locally", _("属地党委政府不批准"), ("local_approval",), "refused",
             by=APPROVE_LOCALLY, at=LOCAL, asks=(REASON,), plain=True),
        Step("approve", _("指导中心批准"), ("guidance_approval",), "meeting",
             by=APPROVE_AS_GUIDANCE_CENTRE, at=CENTRE,
             asks=(Ask("settled", _("人员、财务、医保基金往来是否已商定清算办法"), kind="yes_no"), REMARK)),
        Step("refuse", _("指导中心不批准"), ("guidance_approval",), "refused",
             by=APPROVE_AS_GUIDANCE_CENTRE, at=CENTRE, asks=(REASON,), plain=True),
        Step("pass_meeting", _("会议审议通过"), ("meeting",), "signing",
             by=RECORD_MEETING, at=GROUP, asks=MEETING),
        Step("fail_meeting", _("会议审议未通过"), ("meeting",), "refused",
             by=RECORD_MEETING, at=GROUP, asks=(*MEETING, REASON), plain=True),
        Step("sign", _("签署退出协议"), ("signing",), "countersigning",
             by=APPLY, at=APPLICANT, effect=_note_agreement,
             asks=(AGREEMENT, Ask("effective_on", _("退出日期"), kind="date",
                                  hint=_("从这一天起不再是成员单位")))),
        Step("countersign", _("牵头医院签署退出协议"), ("countersigning",), "left",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REMARK,), effect=_end_membership),
        Step("decline_signing", _("牵头医院不签署"), ("countersigning",), "refused",
             by=ANSWER_AS_LEAD, at=LEAD, asks=(REASON,), effect=_check_two_sides, plain=True),
        Step("withdraw", _("撤回申请"), OPEN, "withdrawn",
             by=APPLY, at=APPLICANT, asks=(REASON,), plain=True),
    ],
)
# fmt: on
