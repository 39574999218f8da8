"""One year of one fund, as a table: each line is a step, who takes it, from and to.

    编制预算 → 待审批 → 已批准 → 执行中 (按月预付、季度评估) → 清算待审批 → 已清算（冻结）→ 已办结

The insurance body prepares, and a second person approves. Approval of the clearing freezes the year: from then on no
figure of it changes; what comes later goes to the next year.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.insurance_fund.permissions import APPROVE, PREPARE
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, Workflow, effects_of
from yigongti.kernel.workflow.table import Choices

if TYPE_CHECKING:
    from yigongti.domains.money.insurance_fund.models import FundYear

PAYER = "payer_id"


_effect = effects_of("yigongti.domains.money.insurance_fund")


def _holders(case: "FundYear") -> Choices:
    return tuple((str(row.organisation_id), row.name) for row in case.holders())


def _months(case: "FundYear") -> Choices:
    return tuple((str(month), str(month)) for month in range(1, 13) if month not in case.paid_months)


def _months_left(case: "FundYear") -> bool:
    return len(case.paid_months) < 12


def _takers(case: "FundYear") -> Choices:
    """What may become of an overspend that is carried forward and that no later year of its holder takes."""
    from yigongti.domains.money.insurance_fund.services import carrying

    if case.overspend_choice != "carry_forward":
        return ()
    over = tuple((key, f"{row.name}（{row.year.year}）") for key, row in carrying.takers(case).items())
    return ((carrying.BORNE, _("办结时由本单位自行承担")), *over)


class SecondPerson(Step):
    """A step for somebody who had no hand at all in what it approves (``FundYear.hand_ids``)."""

    def hands(self, case: CaseModel) -> list[int]:
        return sorted({*super().hands(case), *getattr(case, "hand_ids", ())})


QUARTERS: Choices = tuple((str(n), str(n)) for n in range(1, 5))
OVERSPEND_CHOICES: Choices = (
    ("record_only", _("只记录，不向成员单位扣款")),
    ("share_by_formula", _("按服务量在成员单位间分担")),
    ("carry_forward", _("结转到下一年度")),
)
REASON = Ask("reason", _("理由"))
SEEN = Ask(
    "seen", _("已逐项看过核对结果和未经确认的政策值"), kind="yes_no",
    hint=_("未经确认的政策值由您认可后用于本年度"),
)  # fmt: skip

# fmt: off
FUND_YEAR = Workflow(
    name="insurance_fund.year",
    label=_("医保基金年度"),
    states={
        "drafting": _("编制预算"),
        "proposed": _("预算待审批"),
        "approved": _("预算已批准，待签协议"),
        "running": _("执行中"),
        "clearing": _("清算待审批"),
        "cleared": _("已清算，账目冻结"),
        "settled": _("已办结"),
    },
    initial="drafting",
    final={"settled"},
    steps=[
        Step("propose", _("提交预算"), ("drafting",), "proposed", by=PREPARE, at=PAYER,
             effect=_effect("budgeting", "propose")),
        SecondPerson("approve_budget", _("批准预算"), ("proposed",), "approved", by=APPROVE, at=PAYER,
             apart_from="prepared_by_id", asks=(SEEN,), effect=_effect("budgeting", "approve")),
        Step("return_budget", _("退回预算"), ("proposed",), "drafting", by=APPROVE, at=PAYER,
             apart_from="prepared_by_id", asks=(REASON,), effect=_effect("budgeting", "return_"), plain=True),
        Step("sign", _("登记协议"), ("approved",), "running", by=PREPARE, at=PAYER,
             asks=(Ask("agreement_no", _("协议编号"), hint=_("牵头医院代表全体成员单位签订的协议")),
                   Ask("agreed_on", _("签订日期"), kind="date")),
             effect=_effect("running", "sign")),
        Step("pay_month", _("拨付一个月预付金"), ("running",), "running", by=PREPARE, at=PAYER, when=_months_left,
             asks=(Ask("month", _("月份"), kind="choice", choices=_months),
                   Ask("on", _("拨付日期"), kind="date")), quiet=True,
             effect=_effect("running", "pay_month"), plain=True),
        Step("settle_month", _("办理下一个月的结算"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             when=lambda case: case.next_to_settle is not None,
             asks=(Ask("on", _("入账日期"), kind="date",
                       hint=_("各成员单位当月的基金收入入账，并冲减预付金；迟到和冲销的结算单计入办理的当月")),),
             effect=_effect("monthly", "settle_month"), plain=True),
        Step("assess", _("登记季度评估"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             asks=(Ask("holder", _("预算单位"), kind="choice", choices=_holders),
                   Ask("quarter", _("季度"), kind="choice", choices=QUARTERS),
                   Ask("score", _("得分"), kind="number")),
             effect=_effect("running", "assess"), plain=True),
        Step("score", _("登记年度考核"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             asks=(Ask("holder", _("预算单位"), kind="choice", choices=_holders),
                   Ask("score", _("年度得分"), kind="number"),
                   Ask("reasonable_yuan", _("认定的合理超支（元）"), kind="number", required=False,
                       hint=_("规则要求评估认定时填写"))),
             effect=_effect("running", "score"), plain=True),
        Step("adjust", _("调整额度"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             asks=(Ask("holder", _("预算单位"), kind="choice", choices=_holders),
                   Ask("yuan", _("调整金额（元）"), kind="number", hint=_("调减填负数")),
                   Ask("reason", _("依据"), hint=_("重大疫情、政策调整等；写明文件"))),
             effect=_effect("running", "adjust"), plain=True),
        Step("take_late", _("接收以前年度迟到的结算单"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             effect=_effect("correcting", "take_late"), plain=True),
        Step("take_findings", _("计入已核实的扣减"), ("running",), "running", by=PREPARE, at=PAYER, quiet=True,
             effect=_effect("correcting", "take_findings"), plain=True),
        Step("prepare_clearing", _("提交年终清算"), ("running",), "clearing", by=PREPARE, at=PAYER,
             asks=(Ask("overspend", _("超支怎样处理"), kind="choice", choices=OVERSPEND_CHOICES, required=False,
                       hint=_("有预算单位超支时必须选择；平台不会自动扣款")),),
             effect=_effect("closing", "prepare")),
        SecondPerson("approve_clearing", _("批准清算并冻结"), ("clearing",), "cleared", by=APPROVE, at=PAYER,
             apart_from="cleared_by_id", asks=(SEEN,), effect=_effect("closing", "approve")),
        Step("return_clearing", _("退回清算"), ("clearing",), "running", by=APPROVE, at=PAYER,
             apart_from="cleared_by_id", asks=(REASON,), effect=_effect("closing", "return_"), plain=True),
        Step("settle", _("返还保证金并分配结余"), ("cleared",), "settled", by=PREPARE, at=PAYER,
             asks=(Ask("on", _("入账日期"), kind="date"),
                   Ask("carry_to", _("没有年度承接的超支结转"), kind="choice", choices=_takers, required=False,
                       hint=_("超支结转而以后没有年度承接的单位才需要选择"))),
             effect=_effect("settling", "settle")),
    ],
)
# fmt: on

FROZEN = ("cleared", "settled")
"""States in which the figures are those of the closing."""
