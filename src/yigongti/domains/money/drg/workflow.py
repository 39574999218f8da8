"""What two people decide here, as tables: a special review of one case, a year's coefficients of institutions.

special review 特例单议:  已申请 → 评审中 (experts heard) → 待确认 → 已同意 / 不予同意   (a second person confirms)
                          └ 已撤回 by the hospital        └ 退回评审
A claim that is corrected or taken back lets what is under way lapse; a decision already made lapses beside its
state (``SpecialReview.lapsed_at``), since what was decided stays as it was decided.

coefficients 机构系数:     待批准 → 已批准 / 不予批准                                   (a second person approves)
"""

from functools import partial
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.drg.permissions import (
    COEFFICIENT_APPROVE,
    SPECIAL_APPLY,
    SPECIAL_CONFIRM,
    SPECIAL_REVIEW,
)
from yigongti.kernel.workflow.api import Ask, Step, Workflow, effects_of

if TYPE_CHECKING:
    from datetime import datetime

    from yigongti.domains.money.drg.models import SpecialReview


class Outcome(TextChoices):
    """What a special review comes to."""

    BY_ITEM = "by_item", _("按项目付费（实际费用）")
    ADJUSTED = "adjusted", _("调整支付标准")
    REFUSED = "refused", _("不予同意")


_effects = effects_of("yigongti.domains.money.drg")
_effect = partial(_effects, "special")


def _granting(case: "SpecialReview") -> bool:
    return case.outcome in (Outcome.BY_ITEM, Outcome.ADJUSTED)


def _refusing(case: "SpecialReview") -> bool:
    return case.outcome == Outcome.REFUSED


def _lapsed_at(case: "SpecialReview") -> "datetime | None":
    return case.lapsed_at


REASON = Ask("reason", _("理由"))
PAYER, INSTITUTION = "payer_id", "institution_id"
APPLICANT = "opened_by_id"

# fmt: off
SPECIAL = Workflow(
    name="drg.special",
    label=_("特例单议"),
    states={
        "applied": _("已申请"),
        "hearing": _("评审中"),
        "proposed": _("待确认"),
        "granted": _("已同意"),
        "refused": _("不予同意"),
        "withdrawn": _("已撤回"),
        "lapsed": _("已失效"),
    },
    initial="applied",
    final={"granted", "refused", "withdrawn", "lapsed"},
    steps=[
        Step("hear", _("记录专家意见"), ("applied", "hearing"), "hearing", by=SPECIAL_REVIEW, at=PAYER,
             apart_from=APPLICANT,
             asks=(Ask("heard_on", _("评审日期"), kind="date"),
                   Ask("experts", _("评审专家"), hint=_("姓名和单位，一行一位")),
                   Ask("opinion", _("专家意见"))),
             effect=_effect("hear")),
        Step("decide", _("提出决定"), ("hearing",), "proposed", by=SPECIAL_REVIEW, at=PAYER, apart_from=APPLICANT,
             asks=(Ask("outcome", _("决定"), kind="choice", choices=tuple(Outcome.choices)),
                   Ask("standard_yuan", _("调整后的支付标准（元）"), kind="number", required=False,
                       hint=_("只在调整支付标准时填写")),
                   REASON),
             effect=_effect("decide")),
        Step("grant", _("确认同意"), ("proposed",), "granted", by=SPECIAL_CONFIRM, at=PAYER, when=_granting,
             apart_from=(APPLICANT, "decided_by_id"), effect=_effect("grant")),
        Step("refuse", _("确认不予同意"), ("proposed",), "refused", by=SPECIAL_CONFIRM, at=PAYER, when=_refusing,
             apart_from=(APPLICANT, "decided_by_id"), effect=_effect("refuse")),
        Step("send_back", _("退回评审"), ("proposed",), "hearing", by=SPECIAL_CONFIRM, at=PAYER,
             apart_from=(APPLICANT, "decided_by_id"), asks=(REASON,), effect=_effect("send_back"), plain=True),
        Step("withdraw", _("撤回申请"), ("applied", "hearing"), "withdrawn", by=SPECIAL_APPLY, at=INSTITUTION,
             asks=(REASON,), effect=_effect("withdraw"), plain=True, quiet=True),
        Step("lapse", _("结算有变化，失效"), ("applied", "hearing", "proposed"), "lapsed", by=None, due=_lapsed_at,
             effect=_effect("lapse"), quiet=True),
    ],
)

COEFFICIENTS = Workflow(
    name="drg.coefficients",
    label=_("机构系数"),
    states={
        "proposed": _("待批准"),
        "approved": _("已批准"),
        "rejected": _("不予批准"),
    },
    initial="proposed",
    final={"approved", "rejected"},
    steps=[
        Step("approve", _("批准"), ("proposed",), "approved", by=COEFFICIENT_APPROVE, at=PAYER,
             apart_from=APPLICANT, effect=_effects("coefficients", "approve")),
        Step("reject", _("不批准"), ("proposed",), "rejected", by=COEFFICIENT_APPROVE, at=PAYER,
             apart_from=APPLICANT, asks=(REASON,), effect=_effects("coefficients", "reject"), plain=True),
    ],
)
# fmt: on
