"""A finding from screen to decision, as a table. Nothing is deducted here: a confirmed amount is offered to clearing.

    新线索 → 审核中 → 待机构说明 → 机构已说明 → 待认定 → 已认定        (the second person confirms)
                   └→ 已排除 (with a coded reason)    └→ 退回审核

What a screen found is no guilt: somebody takes it up, may ask the institution, and proposes; somebody else confirms.
"""

from functools import partial
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.permissions import ANSWER, CONFIRM, REVIEW
from yigongti.kernel.workflow.api import Ask, Step, Workflow, effects_of

if TYPE_CHECKING:
    from datetime import datetime

    from yigongti.domains.money.claims.models import Finding


class Dismissal(TextChoices):
    """Why a finding is none."""

    PLANNED = "planned", _("按疗程或计划再次住院")
    DIFFERENT = "different", _("病情不同或有新发疾病")
    TREATED = "treated", _("病程记录表明确有诊疗")
    ALLOWED = "allowed", _("收费符合价格政策")
    DATA = "data", _("数据有误，已由报送方更正")
    PERSON = "person", _("不是同一人")
    CLEARED = "cleared", _("已冲销或退费")
    OTHER = "other", _("其他")


_effect = partial(effects_of("yigongti.domains.money.claims"), "deciding")


def _has_institution(case: "Finding") -> bool:
    return case.institution_id is not None


def _answer_by(case: "Finding") -> "datetime | None":
    return case.answer_by


REASON = Ask("reason", _("理由"))
PAYER, INSTITUTION = "payer_id", "institution_id"

# fmt: off
FINDING = Workflow(
    name="claims.finding",
    label=_("基金监管线索"),
    states={
        "open": _("新线索"),
        "reviewing": _("审核中"),
        "asked": _("待机构说明"),
        "unanswered": _("逾期未说明"),
        "answered": _("机构已说明"),
        "proposed": _("待认定"),
        "confirmed": _("已认定"),
        "dismissed": _("已排除"),
    },
    initial="open",
    final={"confirmed", "dismissed"},
    steps=[
        Step("take_up", _("开始审核"), ("open",), "reviewing", by=REVIEW, at=PAYER, quiet=True,
             effect=_effect("take_up")),
        Step("ask", _("请机构说明"), ("reviewing", "answered"), "asked", by=REVIEW, at=PAYER, when=_has_institution,
             asks=(Ask("question", _("要说明什么")),), effect=_effect("ask")),
        Step("answer", _("作出说明"), ("asked", "unanswered"), "answered", by=ANSWER, at=INSTITUTION,
             when=_has_institution, asks=(Ask("answer", _("说明")),), due=_answer_by, effect=_effect("answer")),
        Step("expire", _("逾期未说明"), ("asked",), "unanswered", by=None, due=_answer_by, effect=_effect("expire")),
        Step("propose", _("提出认定"), ("reviewing", "answered", "unanswered"), "proposed", by=REVIEW, at=PAYER,
             asks=(Ask("amount_yuan", _("认定金额（元）"), kind="number", hint=_("不超过存疑金额")),
                   Ask("conclusion", _("认定意见"))),
             effect=_effect("propose")),
        Step("confirm", _("认定"), ("proposed",), "confirmed", by=CONFIRM, at=PAYER, apart_from="proposed_by_id",
             effect=_effect("confirm")),
        Step("send_back", _("退回审核"), ("proposed",), "reviewing", by=CONFIRM, at=PAYER,
             apart_from="proposed_by_id", asks=(REASON,), effect=_effect("send_back"), plain=True),
        Step("dismiss", _("排除"), ("reviewing", "answered", "unanswered"), "dismissed", by=REVIEW, at=PAYER,
             asks=(Ask("code", _("排除原因"), kind="choice", choices=tuple(Dismissal.choices)),
                   Ask("note", _("说明"), required=False)),
             effect=_effect("dismiss"), plain=True),
    ],
)
# fmt: on

DECIDED = ("confirmed", "dismissed")
