"""Statements and vouchers as an XLSX workbook. Amounts are yuan; the sums are the platform's, not formulas."""

import io
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from yigongti.domains.money.books import statements
from yigongti.domains.money.books.services.closing import last_day
from yigongti.domains.money.books.statements import Node, Section
from yigongti.kernel import clock
from yigongti.kernel.ledger import api as ledger
from yigongti.kernel.ledger.api import BookView

Cells = Sequence[object]


class _Book:
    """A workbook being written: text as text, integers of fen as yuan."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.file = xlsxwriter.Workbook(self.out, {"in_memory": True, "strings_to_formulas": False})
        self.bold = self.file.add_format({"bold": True, "text_wrap": True})
        self.yuan = self.file.add_format({"num_format": "#,##0.00"})

    def sheet(self, title: str, heading: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        sheet: Any = self.file.add_worksheet(title[:31])
        sheet.write_string(0, 0, heading, self.bold)
        sheet.write_row(1, 0, columns, self.bold)
        for number, row in enumerate(rows, 2):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell / 100, self.yuan)
                else:
                    sheet.write_string(number, column, str(cell))
        sheet.freeze_panes(2, 0)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 34)
        sheet.set_column(2, max(len(columns), 3), 18)

    def bytes(self) -> bytes:
        self.file.close()
        return self.out.getvalue()


def one_book(book: BookView, since: date, until: date, *, by: str) -> bytes:
    """A member's statements and vouchers from one month to another. ``by``: who exports, written on each sheet."""
    file = _Book()
    heading = _("%(name)s　%(since)s – %(until)s　导出人：%(by)s　%(today)s") % {
        "name": book.name, "since": f"{since:%Y-%m}", "until": f"{until:%Y-%m}", "by": by,
        "today": clock.today().isoformat(),
    }  # fmt: skip
    trial = statements.trial_balance(book, since, until)
    file.sheet(
        _("科目余额表"), heading,
        [_("科目编码"), _("科目"), _("级别"), _("期初余额"), _("借方"), _("贷方"), _("期末余额")],
        [*(_cells(node) for node in trial.nodes), ("", _("合计"), _("合计"), *_sum(trial.nodes))],
    )  # fmt: skip
    income = statements.income_statement([book], since, until)
    file.sheet(
        _("收入费用表"), heading, [_("科目编码"), _("项目"), _("级别"), _("本期"), _("本年累计")],
        [*_section(income.income), *_section(income.expense), ("", _("盈余"), _("合计"), *income.surplus)],
    )  # fmt: skip
    sheet = statements.balance_sheet([book], until)
    file.sheet(
        _("资产负债表"), heading, [_("科目编码"), _("项目"), _("级别"), _("年初"), _("期末")],
        [*_section(sheet.assets), *_section(sheet.liabilities), *_section(sheet.net_assets),
         ("", _("尚未结转的盈余"), _("合计"), *sheet.result),
         ("", _("负债和净资产合计"), _("合计"), *sheet.right)],
    )  # fmt: skip
    file.sheet(
        _("凭证"), heading,
        [_("凭证号"), _("摘要"), _("日期"), _("科目编码"), _("科目"), _("借方"), _("贷方"), _("来源")],
        _vouchers(book, since, until),
    )  # fmt: skip
    return file.bytes()


def several(books: Sequence[BookView], title: str, until: date, *, by: str, open_to: Collection[int]) -> bytes:
    """Members' books as one: by account with the elimination, figures and dealings of the members whose books are
    open to the reader."""
    file = _Book()
    whole = statements.consolidated(books, until)
    heading = f"{title}　{until:%Y-%m}　{by}　{clock.today().isoformat()}"
    file.sheet(
        _("各成员单位"), heading,
        [_("序号"), _("单位"), _("收入"), _("费用"), _("盈余"), _("资产"), _("负债"), _("净资产")],
        (
            (str(number), one.book.name, one.income_fen, one.expense_fen, one.surplus_fen, one.assets_fen,
             one.liabilities_fen, one.net_fen)
            for number, one in enumerate((one for one in whole.members if one.book.id in open_to), 1)
        ),
    )  # fmt: skip
    rows: list[Cells] = [cells for section in whole.sections.values() for cells in _section(section)]
    rows.append(("", _("本年盈余"), _("合计"), *whole.surplus))
    rows.append(("", _("尚未结转的盈余"), _("合计"), *whole.result))
    rows.append(("", _("两本账不一致的内部往来"), _("合计"), 0, 0, whole.left_over_fen))
    rows.append(("", _("各对单位往来不一致金额之和"), _("合计"), 0, 0, whole.disagreement_fen))
    columns = [_("科目编码"), _("项目"), _("级别"), _("各单位合计"), _("抵销"), _("合并后")]
    file.sheet(_("合并报表"), heading, columns, rows)
    file.sheet(
        _("内部往来"), heading,
        [_("序号"), _("单位"), _("对方"), _("账上对对方的往来"), _("对方账上的往来"), _("差额"), _("本年内部收支差额")],
        (
            (str(number), pair.name, pair.other_name, pair.owed_fen, pair.other_owed_fen, pair.owed_difference_fen,
             pair.year_difference_fen)
            for number, pair in enumerate((p for p in whole.pairs if {p.book_id, p.other_id} & set(open_to)), 1)
        ),
    )  # fmt: skip
    return file.bytes()


def _section(section: Section) -> list[Cells]:
    return [
        *(_cells(node) for node in section.nodes),
        ("", _("%(kind)s合计") % {"kind": section.label}, _("合计"), *section.total),
    ]


def _cells(node: Node) -> Cells:
    """A line says whether it is an account of its own or the sum of those below it: the former add up to the total."""
    return (node.code, "　" * node.depth + node.name, _("明细") if node.leaf else _("汇总"), *node.values)


def _sum(nodes: Iterable[Node]) -> Cells:
    return [sum(column) for column in zip(*(node.values for node in nodes if node.leaf), strict=True)]


def _vouchers(book: BookView, since: date, until: date) -> Iterable[Cells]:
    month = clock.month_of(since)
    while month <= until:
        for entry in ledger.entries([book.id], month, last_day(month)):
            for line in entry.lines:
                yield (entry.number, entry.summary, entry.on.isoformat(), line.account, line.account_name,
                       line.debit_fen, line.credit_fen, entry.source)  # fmt: skip
        month = clock.next_month(month)
