"""A price adjustment as a table: one prepares it with its effect, another approves; from its day it is in force.

草稿 → 待批准 → 已批准
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.prices.permissions import APPROVE, PREPARE
from yigongti.kernel.workflow.api import Ask, Step, Workflow, effects_of

if TYPE_CHECKING:
    from yigongti.domains.money.prices.models import Adjustment


HANDS = ("opened_by_id", "prepared_by_id")


@dataclass(frozen=True)
class SecondPersonsStep(Step):
    """A step that nobody takes who wrote the prices, or brought the quantities they are measured on."""

    def hands(self, case: Any) -> list[int]:
        return sorted({*super().hands(case), *case.editor_ids})


_effect = partial(effects_of("yigongti.domains.money.prices"), "adjusting")


def _measured(case: "Adjustment") -> bool:
    return case.measured


def _unmeasured(case: "Adjustment") -> bool:
    return not case.measured


ADJUSTMENT = Workflow(
    name="prices.adjustment",
    label=_("价格调整"),
    states={"draft": _("草稿"), "submitted": _("待批准"), "approved": _("已批准"), "discarded": _("已作废")},
    initial="draft",
    final={"approved", "discarded"},
    steps=(
        Step("submit", _("提交批准"), ("draft",), "submitted", by=PREPARE, effect=_effect("submit")),
        SecondPersonsStep(
            "approve", _("批准"), ("submitted",), "approved", by=APPROVE, apart_from=HANDS, when=_measured,
            effect=_effect("approve"),
        ),
        SecondPersonsStep(
            "approve_unmeasured", _("批准（另行测算）"), ("submitted",), "approved", by=APPROVE,
            apart_from=HANDS, when=_unmeasured, effect=_effect("approve"),
            asks=(Ask("measured_elsewhere", _("总量控制的测算依据")),),
        ),
        Step("give_back", _("退回修改"), ("submitted",), "draft", by=APPROVE, asks=(Ask("reason", _("理由")),),
             plain=True, quiet=True),
        Step("discard", _("作废"), ("draft",), "discarded", by=PREPARE, plain=True, quiet=True),
    ),
)  # fmt: skip
