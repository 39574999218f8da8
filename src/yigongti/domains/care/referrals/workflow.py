"""A referral from draft to close, as a table: each line is a step, who takes it where, from and to.

    起草 → 已发出 → 已接收 → 已到诊 → 已诊治 → 已转回 → 已随访 → 办结          (up, sideways)
    起草 → 已发出 → 已接收 → 已到诊 → 已随访 → 办结                        (down: the care plan goes along)
    起草 → 待审批 → 已发证明 → 已随访 → 办结                             (out of the county)

What leaves the way: not accepted (with reason and advice; the origin redirects or arranges otherwise), overdue (the
platform's step: it goes up to the overseeing lead hospital and can still be answered), not come (back to the origin,
which contacts the patient), withdrawn. Steps that are ``quiet`` stay out of inboxes: they are taken from the
referral's own page, or by the patient's arrival. Deadlines are policy (``policy.py``), worked out in ``deadlines.py``.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from yigongti.domains.care.referrals import deadlines
from yigongti.domains.care.referrals.codes import DeclineCode, Way
from yigongti.domains.care.referrals.permissions import (
    ANSWER,
    APPROVE,
    ARRANGE,
    FOLLOW_UP,
    OVERSEE,
    RECEIVE,
    SEND,
    TREAT,
)
from yigongti.kernel.workflow.api import Ask, Step, Workflow, effects_of
from yigongti.kernel.workflow.table import Choices

if TYPE_CHECKING:
    from yigongti.domains.care.referrals.models import Referral

ORIGIN, RECEIVER, FOLLOWER, APPROVER, OVERSEER = (
    "origin_id", "receiver_id", "follow_up_id", "approver_id", "overseer_id"
)  # fmt: skip


_effect = effects_of("yigongti.domains.care.referrals")


def _receivers(case: "Referral") -> Choices:
    from yigongti.domains.care.referrals.services import routes

    return routes.choices(case.origin_id, case.direction, but=case.receiver_id)


# -- which referrals have which step ------------------------------------------------------------------------


def _inside(case: "Referral") -> bool:
    return not case.outside


def _outside(case: "Referral") -> bool:
    return case.outside


def _goes_at_once(case: "Referral") -> bool:
    return case.approver_id is None and not case.outside


def _asks_approval(case: "Referral") -> bool:
    return case.approver_id is not None


def _certified_at_once(case: "Referral") -> bool:
    return case.approver_id is None and case.outside


def _not_straight_down(case: "Referral") -> bool:
    return not case.straight_down


def _booking_moved(case: "Referral") -> bool:
    from yigongti.domains.care.referrals.services import answering

    return answering.moved_to() is not None


def _booking_lost(case: "Referral") -> bool:
    from yigongti.domains.care.referrals.services import answering

    return answering.losing()


def _to_follow_up(case: "Referral") -> bool:
    return case.state != "arrived" or case.straight_down


# -- what is asked --------------------------------------------------------------------------------------------

DUPLICATE = Ask(
    "duplicate_reason", _("仍要转诊的理由"), required=False, hint=_("仅在该患者已有同一病种或同一原因的转诊时填写")
)
TAKE_IN = (
    Ask("way", _("接收方式"), kind="choice", choices=tuple(Way.choices)),
    Ask("slot", _("号源编号"), required=False, hint=_("预留号源时填写，请在“接收”页面选择")),
    Ask("ward", _("病区和床位"), required=False, hint=_("预留床位时填写")),
    Ask("on", _("入院日期"), kind="date", required=False, hint=_("预留床位时填写")),
    Ask("instructions", _("到诊须知"), required=False, hint=_("请患者带什么、到哪里找谁")),
)
DECLINE = (
    Ask("code", _("不接收原因"), kind="choice", choices=tuple(DeclineCode.choices)),
    Ask("advice", _("处理建议"), hint=_("建议转出机构怎么办")),
)
REASON = Ask("reason", _("理由"))
RETURN = (
    Ask("conclusion", _("诊治情况"), required=False),
    Ask("care_plan", _("后续治疗方案")),
    Ask("medicines", _("用药"), hint=_("药名、剂量、用法；没有用药请写“无”")),
    Ask("next_checks", _("复查安排"), hint=_("查什么、多久查一次")),
    Ask("next_check_on", _("下次复查日期"), kind="date", required=False),
)

IN_APPROVAL = ("approval", "approval_late")
WITHDRAWABLE = ("draft", "approval", "approval_late", "sent", "expired", "accepted", "not_arrived", "certified")

# fmt: off
REFERRAL = Workflow(
    name="referrals.referral",
    label=_("转诊"),
    states={
        "draft": _("草稿"),
        "approval": _("待审批"),
        "approval_late": _("超时未审批，已督办"),
        "sent": _("已发出，待答复"),
        "expired": _("超时未答复，已督办"),
        "accepted": _("已接收，待到诊"),
        "not_arrived": _("未按时到诊"),
        "arrived": _("已到诊"),
        "treated": _("已诊治"),
        "returned": _("已转回，待随访"),
        "certified": _("已发县域外转诊证明"),
        "followed_up": _("已随访"),
        "declined": _("未接收，待转出机构处理"),
        "closed": _("已办结"),
        "redirected": _("已改转其他机构"),
        "withdrawn": _("已撤回"),
    },
    initial="draft",
    final={"closed", "redirected", "withdrawn"},
    steps=[
        # the origin
        Step("send", _("发出"), ("draft",), "sent", by=SEND, at=ORIGIN, when=_goes_at_once,
             asks=(DUPLICATE,), effect=_effect("sending", "send")),
        Step("submit", _("提交审批"), ("draft",), "approval", by=SEND, at=ORIGIN, when=_asks_approval,
             asks=(DUPLICATE,), effect=_effect("sending", "submit")),
        Step("certify", _("开具县域外转诊证明"), ("draft",), "certified", by=SEND, at=ORIGIN, when=_certified_at_once,
             asks=(DUPLICATE,), effect=_effect("sending", "certify")),
        # the lead hospital (or whom the plan names)
        Step("approve", _("同意转诊"), IN_APPROVAL, "sent", by=APPROVE, at=APPROVER, when=_inside,
             due=deadlines.approval_by, effect=_effect("sending", "approve")),
        Step("approve_outside", _("同意转诊并签发证明"), IN_APPROVAL, "certified", by=APPROVE, at=APPROVER,
             when=_outside, due=deadlines.approval_by, effect=_effect("sending", "approve_outside")),
        Step("refuse", _("不同意转诊"), IN_APPROVAL, "declined", by=APPROVE, at=APPROVER, asks=DECLINE,
             effect=_effect("answering", "decline"), plain=True),
        Step("approval_late", _("审批超时督办"), ("approval",), "approval_late", by=None, due=deadlines.approval_by,
             effect=_effect("sending", "approval_late")),
        # the receiver answers
        Step("accept", _("接收"), ("sent", "expired", "not_arrived"), "accepted", by=ANSWER, at=RECEIVER,
             asks=TAKE_IN, due=deadlines.answer_by, effect=_effect("answering", "accept")),
        Step("decline", _("不接收"), ("sent", "expired"), "declined", by=ANSWER, at=RECEIVER, asks=DECLINE,
             effect=_effect("answering", "decline"), plain=True),
        Step("expire", _("超时督办"), ("sent",), "expired", by=None, due=deadlines.answer_by,
             effect=_effect("answering", "expire")),
        Step("reschedule", _("改约"), ("accepted",), "accepted", by=ANSWER, at=RECEIVER, asks=TAKE_IN,
             due=deadlines.reschedule_by, effect=_effect("answering", "reschedule"), plain=True),
        Step("move_booking", _("患者改约"), ("accepted",), "accepted", by=ANSWER, at=RECEIVER, when=_booking_moved,
             quiet=True, asks=(Ask("slot", _("改到")),), effect=_effect("answering", "move_booking")),
        Step("lose_booking", _("预约取消，待改约"), ("accepted",), "accepted", by=ANSWER, at=RECEIVER,
             when=_booking_lost, quiet=True, effect=_effect("answering", "booking_lost")),
        # the patient comes, or not
        Step("arrive", _("登记到诊"), ("accepted", "not_arrived"), "arrived", by=RECEIVE, at=RECEIVER, quiet=True,
             effect=_effect("treating", "arrive")),
        Step("undo_arrival", _("撤销到诊"), ("arrived",), "accepted", by=RECEIVE, at=RECEIVER, when=_not_straight_down,
             quiet=True, asks=(REASON,), effect=_effect("treating", "undo_arrival"), plain=True),
        Step("miss", _("未按时到诊"), ("accepted",), "not_arrived", by=None, due=deadlines.arrive_by,
             effect=_effect("treating", "miss")),
        # the receiver treats and sends back
        Step("treat", _("登记诊治"), ("arrived",), "treated", by=TREAT, at=RECEIVER, when=_not_straight_down,
             asks=(Ask("conclusion", _("诊治情况")),), due=deadlines.treat_by, effect=_effect("treating", "treat"),
             plain=True),
        Step("return", _("转回并交代后续治疗"), ("arrived", "treated"), "returned", by=TREAT, at=RECEIVER,
             when=_not_straight_down, asks=RETURN, due=deadlines.treat_by, effect=_effect("treating", "return_")),
        Step("end_here", _("就此结束，不转回"), ("arrived", "treated"), "closed", by=TREAT, at=RECEIVER,
             when=_not_straight_down, asks=(REASON,), effect=_effect("ending", "end_here"), plain=True),
        # who follows up
        Step("follow_up", _("登记随访"), ("arrived", "returned", "certified"), "followed_up", by=FOLLOW_UP, at=FOLLOWER,
             when=_to_follow_up, due=deadlines.follow_up_by,
             asks=(Ask("note", _("随访情况")), Ask("done_on", _("随访日期"), kind="date")),
             effect=_effect("ending", "follow_up")),
        Step("close", _("办结"), ("followed_up",), "closed", by=FOLLOW_UP, at=FOLLOWER, quiet=True,
             effect=_effect("ending", "close")),
        Step("close_itself", _("自动办结"), ("followed_up",), "closed", by=None, due=deadlines.close_at,
             effect=_effect("ending", "close")),
        # ways out
        Step("redirect", _("改转其他机构"), ("declined", "expired"), "redirected", by=ARRANGE, at=ORIGIN, when=_inside,
             asks=(Ask("receiver", _("改转到"), kind="choice", choices=_receivers),
                   Ask("department", _("转入科室"), required=False)),
             effect=_effect("redirecting", "redirect"), plain=True),
        Step("redirect_for_origin", _("督办改转其他机构"), ("expired",), "redirected", by=OVERSEE, at=OVERSEER,
             when=_inside,
             asks=(Ask("receiver", _("改转到"), kind="choice", choices=_receivers),
                   Ask("department", _("转入科室"), required=False)),
             effect=_effect("redirecting", "redirect"), plain=True),
        Step("arrange_otherwise", _("不再转诊，另行安排"), ("declined",), "closed", by=ARRANGE, at=ORIGIN,
             due=deadlines.arrange_by, asks=(Ask("reason", _("怎样安排"), hint=_("本机构治疗、患者自行就医等")),),
             effect=_effect("ending", "arrange_otherwise"), plain=True),
        Step("ask_again", _("已联系患者，请对方重新安排"), ("not_arrived",), "sent", by=ARRANGE, at=ORIGIN,
             due=deadlines.contact_by, asks=(Ask("note", _("联系情况")),), effect=_effect("sending", "ask_again")),
        Step("withdraw", _("撤回"), WITHDRAWABLE, "withdrawn", by=ARRANGE, at=ORIGIN, quiet=True,
             asks=(REASON,), effect=_effect("ending", "withdraw"), plain=True),
        Step("revoke", _("撤销证明"), ("certified",), "withdrawn", by=APPROVE, at=APPROVER, quiet=True, asks=(REASON,),
             effect=_effect("ending", "withdraw"), plain=True),
    ],
)
# fmt: on

ANSWERABLE = ("sent", "expired")
WITH_THE_RECEIVER = ("accepted", "not_arrived", "arrived", "treated", "returned", "followed_up")
"""States in which the receiver may read the resident's record."""
UNDER_WAY = (
    "approval", "approval_late", "sent", "expired", "accepted", "not_arrived", "arrived", "treated", "returned",
    "certified",
)  # fmt: skip
"""States in which another referral for the same would be a duplicate."""
