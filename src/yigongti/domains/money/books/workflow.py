"""A voucher by hand, a budget and additions to the chart, as tables: one prepares, another approves.

    草稿 → 待审核 → 已记账                    (up to the approval limit)
    草稿 → 待审核 → 待审批 → 已记账              (above it: the director or the guidance centre approves too)
    草稿 → 待对方确认 → 待审核 → …              (a dealing that stands in another member's book as well)

What is not right goes back to the draft with a reason. A posted voucher is never changed: it is reversed by another.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.books.permissions import APPROVE, APPROVE_CHART, APPROVE_LARGE, CHART, CONFIRM, KEEP
from yigongti.kernel.workflow.api import Ask, Step, Workflow, effects_of

if TYPE_CHECKING:
    from yigongti.domains.money.books.models import Voucher

HERE, THERE = "organisation_id", "other_organisation_id"
HANDS = ("opened_by_id", "edited_by_id", "prepared_by_id")
REASON = Ask("reason", _("理由"))


@dataclass(frozen=True)
class SecondPersonsStep(Step):
    """A step that nobody takes who ever wrote in the draft, however often it was saved by others since."""

    def hands(self, case: Any) -> list[int]:
        return sorted({*super().hands(case), *case.editor_ids})


_effect = effects_of("yigongti.domains.money.books")


def _large(case: "Voucher") -> bool:
    return case.large


def _small(case: "Voucher") -> bool:
    return not case.large


def _alone(case: "Voucher") -> bool:
    return case.other_book_id is None


def _dealing(case: "Voucher") -> bool:
    return case.other_book_id is not None


VOUCHER = Workflow(
    name="books.voucher",
    label=_("凭证"),
    states={
        "draft": _("草稿"),
        "offered": _("待对方确认"),
        "submitted": _("待审核"),
        "checked": _("待审批"),
        "posted": _("已记账"),
        "discarded": _("已作废"),
    },
    initial="draft",
    final={"posted", "discarded"},
    steps=(
        Step("submit", _("提交审核"), ("draft",), "submitted", by=KEEP, at=HERE, when=_alone,
             effect=_effect("reviewing", "submit")),
        Step("offer", _("请对方确认"), ("draft",), "offered", by=KEEP, at=HERE, when=_dealing,
             effect=_effect("reviewing", "offer")),
        SecondPersonsStep(
            "confirm", _("对方确认"), ("offered",), "submitted", by=CONFIRM, at=THERE, apart_from=HANDS, when=_dealing,
            effect=_effect("reviewing", "confirm"),
        ),
        SecondPersonsStep(
            "approve", _("审核并记账"), ("submitted",), "posted", by=APPROVE, at=HERE, apart_from=HANDS, when=_small,
            effect=_effect("reviewing", "approve"),
        ),
        SecondPersonsStep(
            "check", _("审核"), ("submitted",), "checked", by=APPROVE, at=HERE, apart_from=HANDS, when=_large,
            effect=_effect("reviewing", "check"),
        ),
        SecondPersonsStep(
            "countersign", _("审批并记账"), ("checked",), "posted", by=APPROVE_LARGE, at=HERE,
            apart_from=(*HANDS, "approved_by_id"), effect=_effect("reviewing", "countersign"),
        ),
        Step("decline", _("不确认"), ("offered", "submitted", "checked"), "draft", by=CONFIRM, at=THERE, asks=(REASON,),
             when=_dealing, plain=True, quiet=True, effect=_effect("reviewing", "unapprove")),
        Step("give_back", _("退回修改"), ("submitted",), "draft", by=APPROVE, at=HERE, asks=(REASON,), plain=True,
             quiet=True, effect=_effect("reviewing", "unapprove")),
        Step("refuse", _("不同意"), ("checked",), "draft", by=APPROVE_LARGE, at=HERE, asks=(REASON,), plain=True,
             quiet=True, effect=_effect("reviewing", "unapprove")),
        Step("take_back", _("撤回"), ("offered", "submitted"), "draft", by=KEEP, at=HERE, plain=True, quiet=True,
             effect=_effect("reviewing", "unapprove")),
        Step("discard", _("作废"), ("draft",), "discarded", by=KEEP, at=HERE, plain=True, quiet=True),
    ),
)  # fmt: skip

BUDGET = Workflow(
    name="books.budget",
    label=_("预算"),
    states={"draft": _("草稿"), "submitted": _("待审核"), "approved": _("已批准"), "discarded": _("已作废")},
    initial="draft",
    final={"approved", "discarded"},
    steps=(
        Step("submit", _("提交审核"), ("draft",), "submitted", by=KEEP, at=HERE, effect=_effect("budgets", "submit")),
        SecondPersonsStep(
            "approve", _("批准"), ("submitted",), "approved", by=APPROVE, at=HERE, apart_from=HANDS,
            effect=_effect("budgets", "approve"),
        ),
        Step("give_back", _("退回修改"), ("submitted",), "draft", by=APPROVE, at=HERE, asks=(REASON,), plain=True,
             quiet=True),
        Step("discard", _("作废"), ("draft",), "discarded", by=KEEP, at=HERE, plain=True, quiet=True),
    ),
)  # fmt: skip

CHART_PROPOSAL = Workflow(
    name="books.chart",
    label=_("增加会计科目"),
    states={"proposed": _("待批准"), "approved": _("已批准"), "refused": _("未批准"), "withdrawn": _("已撤回")},
    initial="proposed",
    final={"approved", "refused", "withdrawn"},
    steps=(
        Step("approve", _("批准"), ("proposed",), "approved", by=APPROVE_CHART, at=HERE, apart_from="opened_by_id",
             effect=_effect("charts", "approve")),
        Step("refuse", _("不批准"), ("proposed",), "refused", by=APPROVE_CHART, at=HERE, asks=(REASON,), plain=True,
             quiet=True),
        Step("withdraw", _("撤回"), ("proposed",), "withdrawn", by=CHART, plain=True, quiet=True,
             effect=_effect("charts", "withdraw")),
    ),
)  # fmt: skip
