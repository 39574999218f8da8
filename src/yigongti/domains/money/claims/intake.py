"""Registers the charge lines of settlements (费用明细): the payer's to send, as the settlements are (ADR 13)."""

import polars as pl
from django.utils.translation import gettext_lazy as _

from yigongti.domains.money.claims.codes import Category, PayClass
from yigongti.domains.money.claims.lake import mark_lines_changed
from yigongti.domains.money.claims.services.lines import prepare, store
from yigongti.kernel.intake.api import Check, Column, Extract, Kind, declare_reason, register_extract

NOT_A_NUMBER = declare_reason("not_a_number", _("“{column}”不是数字，或多于四位小数：{value}。"))
NEGATIVE_PRICE = declare_reason("negative_price", _("“{column}”是负数：{value}。退费请把数量和金额写成负数。"))

NUMBER = r"^[+-]?\d{1,9}(\.\d{1,4}0*)?$"

CATEGORIES = {
    "bed": ("床位费", "床位"),
    "consultation": ("诊察费", "诊察", "诊查费"),
    "examination": ("检查费", "检查"),
    "laboratory": ("化验费", "化验", "检验费"),
    "treatment": ("治疗费", "治疗"),
    "surgery": ("手术费", "手术"),
    "nursing": ("护理费", "护理"),
    "material": ("卫生材料费", "卫生材料", "材料费"),
    "western": ("西药费", "西药"),
    "herbal": ("中药饮片费", "中药饮片", "中草药费"),
    "patent": ("中成药费", "中成药"),
    "general": ("一般诊疗费", "一般诊疗"),
    "registration": ("挂号费", "挂号"),
    "other": ("其他费", "其他"),
}
PAY_CLASSES = {"1": ("甲类", "甲"), "2": ("乙类", "乙"), "3": ("自费", "丙类", "丙"), "9": ("其他",)}
assert CATEGORIES.keys() == set(Category) and PAY_CLASSES.keys() == set(PayClass)

COLUMNS = (
    Column("claim_no", "结算单号", required=True, key=True, aliases=("结算流水号",), longest=64, example="S2025000001"),
    Column("line_no", "明细序号", required=True, key=True, aliases=("费用明细号",), longest=64, example="1"),
    Column("item_code", "项目编码", aliases=("医保目录编码",), longest=60, example="110200005"),
    Column("item_name", "项目名称", required=True, longest=200, example="住院诊查费"),
    Column("category", "费用类别", Kind.CHOICE, required=True, choices=CATEGORIES, example="诊察费"),
    Column("quantity", "数量", longest=20, note=_("最多四位小数；退费为负数"), example="1"),
    Column("unit_price_yuan", "单价", longest=20, note=_("元，最多四位小数"), example="20.00"),
    Column("amount_yuan", "金额", Kind.MONEY, required=True, may_be_negative=True,
           note=_("元；退费为负数；明细作废时金额和数量填 0"), example="20.00"),
    Column("charged_on", "费用日期", Kind.DAY, required=True, aliases=("收费日期",), example="2025-03-02"),
    Column("pay_class", "费用等级", Kind.CHOICE, aliases=("收费项目等级",), choices=PAY_CLASSES, example="甲类"),
)  # fmt: skip


def _no_number(name: str) -> pl.Expr:
    return ~pl.col(name).str.contains(NUMBER)


register_extract(
    Extract(
        "claim_items",
        _("费用明细"),
        COLUMNS,
        store,
        checks=(
            Check(NOT_A_NUMBER, "quantity", lambda: _no_number("quantity")),
            Check(NOT_A_NUMBER, "unit_price_yuan", lambda: _no_number("unit_price_yuan")),
            Check(NEGATIVE_PRICE, "unit_price_yuan", lambda: pl.col("unit_price_yuan").str.starts_with("-")),
        ),
        prepare=prepare,
        finished=mark_lines_changed,
        order=35,
        note=_("每笔结算的收费明细；只由医保部门报送。"),
    )
)
