"""The templates: what happens to a member's money, each a small table of account, side and amount.

An amount that is left out is nothing; a line of nothing is not posted. A template whose accounts are internal names the
other book; ``mirror`` is the template of that other side, posted with it by ``post_pair``.

``hand``: the group under which finance officers find it on the page for vouchers from a template. Without one it is
posted by a domain that knows of the event itself (the fund's year) and is not offered: by hand it would stand twice.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CASH, PREPAYMENT, INTERNAL_OWED_TO_US, INTERNAL_OWED = "1002", "230502", "121809", "230709"
FROM_FUND, DEPOSIT, CLEARING, TO_REPAY = "121202", "121204", "121205", "230702"
OUTPATIENT, INPATIENT, DIFFERENCE = "41010101", "41010102", "41010103"
NOT_YET_EARNED, DEPOSIT_RETURNED = "230503", "41010105"
DAILY, FUND, SUBSIDY, MEMBERS, OTHERS = "daily", "fund", "subsidy", "members", "others"

GROUPS: dict[str, str | Promise] = {
    DAILY: _("日常收支"),
    FUND: _("医保资金"),
    SUBSIDY: _("财政补助资金"),
    MEMBERS: _("成员单位之间"),
    OTHERS: _("与其他医共体、县外医院"),
}

# What amounts are called, for people who enter or read them.
AMOUNTS: dict[str, str | Promise] = {
    "basic": _("基本补助"),
    "deducted": _("审核扣款"),
    "equipment": _("设备购置等项目补助"),
    "essential_medicine": _("基本药物补助"),
    "fee": _("服务费"),
    "from_others": _("其他医共体应付的部分"),
    "from_prepayment": _("由预付金抵付"),
    "held": _("代管的补助"),
    "inpatient": _("住院"),
    "inpatient_owed": _("住院（病人欠费）"),
    "left": _("余额"),
    "materials": _("卫生材料"),
    "medicines": _("药品"),
    "netted": _("相抵金额"),
    "not_returned": _("不返还的部分"),
    "other": _("其他商品和服务"),
    "outpatient": _("门急诊"),
    "outpatient_owed": _("门急诊（病人欠费）"),
    "overspend": _("超支金额"),
    "owed": _("应付金额"),
    "paid": _("收付金额"),
    "prepayment": _("预付金"),
    "project": _("项目补助"),
    "public_health": _("基本公共卫生补助"),
    "returned": _("返还的部分"),
    "share": _("分得或分担的金额"),
    "staff": _("人员费用"),
    "surplus": _("结余"),
    "used": _("列支金额"),
    "withheld": _("预留金额"),
}


@dataclass(frozen=True)
class Template:
    """``debits`` and ``credits``: pairs of account code and amount name; ``hand``: its group, where people use it."""

    name: str
    label: str | Promise
    debits: tuple[tuple[str, str], ...]
    credits: tuple[tuple[str, str], ...]
    internal: bool = False
    mirror: str = ""
    hand: str = ""

    @property
    def amounts(self) -> frozenset[str]:
        """The names of the amounts it takes."""
        return frozenset(name for _code, name in self.debits + self.credits)


TEMPLATES: dict[str, Template] = {}


def _template(
    name: str,
    label: str | Promise,
    debits: tuple[tuple[str, str], ...],
    credits: tuple[tuple[str, str], ...],
    *,
    mirror: str = "",
    internal: bool = False,
    hand: str = "",
) -> None:
    TEMPLATES[name] = Template(name, label, debits, credits, internal or bool(mirror), mirror, hand)


def by_hand() -> dict[str, list[Template]]:
    """The templates finance officers use themselves, by group."""
    return {group: [one for one in TEMPLATES.values() if one.hand == group] for group in GROUPS}


# -- the fund's prepayment: the fund pays the lead hospital, which passes members' parts on -----------------------
_template(
    "fund_prepayment_received", _("收到医保预付金"), ((CASH, "prepayment"),), ((PREPAYMENT, "prepayment"),)
)  # fmt: skip
_template(
    "fund_prepayment_passed_on", _("向成员单位拨付医保预付金"),
    ((INTERNAL_OWED_TO_US, "prepayment"),), ((CASH, "prepayment"),),
    mirror="fund_prepayment_received_from_lead", hand=FUND,
)  # fmt: skip
_template(
    "fund_prepayment_received_from_lead", _("收到牵头医院转来的医保预付金"),
    ((CASH, "prepayment"),), ((INTERNAL_OWED, "prepayment"),),
    mirror="fund_prepayment_passed_on", hand=FUND,
)  # fmt: skip

# -- claims: earned when the service is settled, set off against the prepayment at the month's settlement ----------
_template(
    "claims_receivable", _("确认应收医保基金结算款"),
    ((FROM_FUND, "outpatient"), (FROM_FUND, "inpatient")), ((OUTPATIENT, "outpatient"), (INPATIENT, "inpatient")),
)  # fmt: skip
_template(
    "fund_settled_month", _("医保月度结算"),
    ((PREPAYMENT, "from_prepayment"), (CASH, "paid"), (DIFFERENCE, "deducted")),
    ((FROM_FUND, "from_prepayment"), (FROM_FUND, "paid"), (FROM_FUND, "deducted")),
)  # fmt: skip
_template(  # what the fund pays beyond the prepayment; what it does not accept lessens the income
    "fund_payment_received", _("收到医保基金结算款"),
    ((CASH, "paid"), (DIFFERENCE, "deducted")), ((FROM_FUND, "paid"), (FROM_FUND, "deducted")), hand=FUND,
)  # fmt: skip
_template(  # where the lead keeps the prepayment: it owes its members what the fund has settled for their services
    "fund_settled_month_owed_by_lead", _("牵头医院应付的医保月度结算款"),
    ((INTERNAL_OWED_TO_US, "from_prepayment"), (INTERNAL_OWED_TO_US, "from_others")),
    ((FROM_FUND, "from_prepayment"), (FROM_FUND, "from_others")),
    mirror="fund_settled_month_owed_to_member",
)  # fmt: skip
_template(
    "fund_settled_month_owed_to_member", _("应付成员单位的医保月度结算款"),
    ((PREPAYMENT, "from_prepayment"), (FROM_FUND, "from_others")),
    ((INTERNAL_OWED, "from_prepayment"), (INTERNAL_OWED, "from_others")),
    mirror="fund_settled_month_owed_by_lead",
)  # fmt: skip

_template(  # when the year is closed: more was taken back of a member than it earned since
    "claims_taken_back", _("冲回医保基金收入"),
    ((OUTPATIENT, "outpatient"), (INPATIENT, "inpatient")), ((FROM_FUND, "outpatient"), (FROM_FUND, "inpatient")),
)  # fmt: skip
_template(
    "fund_settled_month_taken_back", _("冲回医保月度结算"),
    ((FROM_FUND, "from_prepayment"),), ((PREPAYMENT, "from_prepayment"),),
)  # fmt: skip
_template(
    "fund_settled_month_back_to_lead", _("冲回牵头医院应付的医保月度结算款"),
    ((FROM_FUND, "from_prepayment"), (FROM_FUND, "from_others")),
    ((INTERNAL_OWED_TO_US, "from_prepayment"), (INTERNAL_OWED_TO_US, "from_others")),
    mirror="fund_settled_month_back_from_member",
)  # fmt: skip
_template(
    "fund_settled_month_back_from_member", _("冲回应付成员单位的医保月度结算款"),
    ((INTERNAL_OWED, "from_prepayment"), (INTERNAL_OWED, "from_others")),
    ((PREPAYMENT, "from_prepayment"), (FROM_FUND, "from_others")),
    mirror="fund_settled_month_back_to_lead",
)  # fmt: skip
_template(  # where members had the prepayment: what is left of it comes together in the lead's book, either way round
    "prepayment_gathered", _("归集成员单位的医保预付金余额"),
    ((PREPAYMENT, "prepayment"),), ((INTERNAL_OWED, "prepayment"),),
    mirror="prepayment_gathered_from_member",
)  # fmt: skip
_template(
    "prepayment_gathered_from_member", _("接收成员单位的医保预付金余额"),
    ((INTERNAL_OWED_TO_US, "prepayment"),), ((PREPAYMENT, "prepayment"),),
    mirror="prepayment_gathered",
)  # fmt: skip

# -- the quality deposit --------------------------------------------------------------------------------------------
_template("quality_deposit_withheld", _("预留质量保证金"), ((DEPOSIT, "withheld"),), ((NOT_YET_EARNED, "withheld"),))
_template(  # earned when it comes back: the deposit stands outside what services are paid from
    "quality_deposit_returned", _("返还质量保证金"),
    ((CASH, "returned"), (NOT_YET_EARNED, "returned"), (NOT_YET_EARNED, "not_returned")),
    ((DEPOSIT, "returned"), (DEPOSIT, "not_returned"), (DEPOSIT_RETURNED, "returned")),
)  # fmt: skip

# -- the year's clearing --------------------------------------------------------------------------------------------
_template("clearing_surplus", _("年度清算结余留用"), ((CLEARING, "surplus"),), (("41010104", "surplus"),))
_template(
    "clearing_received", _("收到年度清算款"),
    ((CASH, "paid"), (PREPAYMENT, "from_prepayment")), ((CLEARING, "paid"), (CLEARING, "from_prepayment")),
)  # fmt: skip
_template("clearing_overspend", _("年度清算超支负担"), (("500106", "overspend"),), ((TO_REPAY, "overspend"),))
_template(  # what the prepayment came to beyond use and surplus, or was short of them
    "prepayment_to_repay", _("预付金结余应退回"), ((PREPAYMENT, "left"),), ((TO_REPAY, "left"),)
)  # fmt: skip
_template(
    "prepayment_made_up", _("补足医保预付金"),
    ((TO_REPAY, "netted"), (CASH, "paid")), ((PREPAYMENT, "netted"), (PREPAYMENT, "paid")),
)  # fmt: skip
_template("clearing_repaid", _("退回年度清算款"), ((TO_REPAY, "paid"),), ((CASH, "paid"),), hand=FUND)
_template("clearing_netted", _("应收与应付清算款相抵"), ((TO_REPAY, "netted"),), ((CLEARING, "netted"),), hand=FUND)
_template(
    "surplus_distributed", _("向成员单位分配结余"), (("500109", "share"),), ((INTERNAL_OWED, "share"),),
    mirror="surplus_received",
)  # fmt: skip
_template(
    "surplus_received", _("分得结余"), ((INTERNAL_OWED_TO_US, "share"),), (("410109", "share"),),
    mirror="surplus_distributed",
)  # fmt: skip
_template(
    "overspend_shared", _("分担超支"), (("500109", "share"),), ((INTERNAL_OWED, "share"),), mirror="overspend_recovered"
)  # fmt: skip
_template(
    "overspend_recovered", _("成员单位分担超支"), ((INTERNAL_OWED_TO_US, "share"),), (("410109", "share"),),
    mirror="overspend_shared",
)  # fmt: skip

# -- insured of one consortium (or area) treated in another ---------------------------------------------------------
_template(
    "cross_consortium_owed", _("参保人在其他医共体就医应付款"), ((PREPAYMENT, "owed"),), (("230703", "owed"),),
    mirror="cross_consortium_due",
)  # fmt: skip
_template(
    "cross_consortium_due", _("为其他医共体参保人服务应收款"), (("121206", "owed"),), ((FROM_FUND, "owed"),),
    mirror="cross_consortium_owed",
)  # fmt: skip
_template(
    "cross_consortium_paid", _("支付跨医共体结算款"), (("230703", "paid"),), ((CASH, "paid"),),
    mirror="cross_consortium_received", hand=OTHERS,
)  # fmt: skip
_template(
    "cross_consortium_received", _("收到跨医共体结算款"), ((CASH, "paid"),), (("121206", "paid"),),
    mirror="cross_consortium_paid", hand=OTHERS,
)  # fmt: skip
_template(  # more was taken back of what was owed than came
    "cross_consortium_taken_back", _("冲回其他医共体参保人就医款"), ((FROM_FUND, "owed"),), (("230703", "owed"),),
    mirror="cross_consortium_taken_back_due",
)  # fmt: skip
_template(
    "cross_consortium_taken_back_due", _("冲回参保人在其他医共体就医款"), (("121206", "owed"),),
    ((PREPAYMENT, "owed"),),
    mirror="cross_consortium_taken_back",
)  # fmt: skip
_template("used_elsewhere", _("参保人在县域外就医由预算列支"), ((PREPAYMENT, "used"),), ((TO_REPAY, "used"),))
_template(
    "used_elsewhere_taken_back", _("冲回参保人在县域外就医列支"), ((TO_REPAY, "used"),), ((PREPAYMENT, "used"),)
)  # fmt: skip
_template(  # where the lead settles with hospitals elsewhere itself
    "used_elsewhere_by_lead", _("应付参保人在外就医的医保费用"), ((PREPAYMENT, "used"),), (("2302", "used"),)
)  # fmt: skip
_template(
    "used_elsewhere_by_lead_taken_back", _("冲回应付参保人在外就医的医保费用"),
    (("2302", "used"),), ((PREPAYMENT, "used"),),
)  # fmt: skip
_template(
    "used_elsewhere_paid", _("支付参保人在外就医的医保费用"), (("2302", "paid"),), ((CASH, "paid"),), hand=OTHERS
)  # fmt: skip

# -- money between members ------------------------------------------------------------------------------------------
_template(
    "internal_paid", _("支付医共体内部往来款"), ((INTERNAL_OWED, "paid"),), ((CASH, "paid"),),
    mirror="internal_received", hand=MEMBERS,
)  # fmt: skip
_template(
    "internal_received", _("收到医共体内部往来款"), ((CASH, "paid"),), ((INTERNAL_OWED_TO_US, "paid"),),
    mirror="internal_paid", hand=MEMBERS,
)  # fmt: skip
_template(
    "internal_service_provided", _("为成员单位提供服务"), ((INTERNAL_OWED_TO_US, "fee"),), (("410109", "fee"),),
    mirror="internal_service_used", hand=MEMBERS,
)  # fmt: skip
_template(  # what each owes the other is set off; the same in both books
    "internal_netted", _("医共体内部应收与应付相抵"), ((INTERNAL_OWED, "netted"),), ((INTERNAL_OWED_TO_US, "netted"),),
    mirror="internal_netted", hand=MEMBERS,
)  # fmt: skip
_template(
    "internal_service_used", _("使用成员单位的服务"), (("500109", "fee"),), ((INTERNAL_OWED, "fee"),),
    mirror="internal_service_provided", hand=MEMBERS,
)  # fmt: skip

# -- subsidies: paid to the member itself, or to the lead hospital for all (Wuhua 六（六）18) ------------------------
_template(
    "subsidy_received", _("收到财政补助"),
    ((CASH, "basic"), (CASH, "project"), (CASH, "public_health"), (CASH, "essential_medicine")),
    (("400101", "basic"), ("400102", "project"), ("400103", "public_health"), ("400104", "essential_medicine")),
    hand=SUBSIDY,
)  # fmt: skip
_template("subsidy_held", _("收到代管的财政补助"), ((CASH, "held"),), (("230704", "held"),), hand=SUBSIDY)
_template("subsidy_passed_on", _("拨付代管的财政补助"), (("230704", "held"),), ((CASH, "held"),), hand=SUBSIDY)

# What is held for all is allotted to members by their work and results; who was allotted what stays in the dealings.
_template(
    "subsidy_allotted", _("向成员单位分配代管的财政补助"),
    (("230704", "public_health"), ("230704", "essential_medicine"), ("230704", "equipment")),
    ((INTERNAL_OWED, "public_health"), (INTERNAL_OWED, "essential_medicine"), (INTERNAL_OWED, "equipment")),
    mirror="subsidy_share_received", hand=SUBSIDY,
)  # fmt: skip
_template(
    "subsidy_share_received", _("分得财政补助"),
    (
        (INTERNAL_OWED_TO_US, "public_health"), (INTERNAL_OWED_TO_US, "essential_medicine"),
        (INTERNAL_OWED_TO_US, "equipment"),
    ),
    (("400103", "public_health"), ("400104", "essential_medicine"), ("400102", "equipment")),
    mirror="subsidy_allotted", hand=SUBSIDY,
)  # fmt: skip

# -- daily business -------------------------------------------------------------------------------------------------
_template(
    "service_income", _("医疗服务收款"),
    ((CASH, "outpatient"), (CASH, "inpatient"), ("121203", "outpatient_owed"), ("121203", "inpatient_owed")),
    (
        (OUTPATIENT, "outpatient"), (INPATIENT, "inpatient"), (OUTPATIENT, "outpatient_owed"),
        (INPATIENT, "inpatient_owed"),
    ),
    hand=DAILY,
)  # fmt: skip
_template(
    "patient_debt_collected", _("收回病人欠费"), ((CASH, "paid"),), (("121203", "paid"),), hand=DAILY
)  # fmt: skip
_template(
    "expense_paid", _("支付费用"),
    (("500101", "staff"), ("500102", "medicines"), ("500103", "materials"), ("500104", "other")),
    ((CASH, "staff"), (CASH, "medicines"), (CASH, "materials"), (CASH, "other")),
    hand=DAILY,
)  # fmt: skip
