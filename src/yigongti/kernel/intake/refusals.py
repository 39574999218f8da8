"""Why a file or a row was refused, in words for people. A reason is a code; its sentence is made when it is shown."""

from collections.abc import Mapping
from contextlib import nullcontext

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

REFUSAL = {"row_no": pl.UInt32(), "code": pl.String(), "column": pl.String(), "value": pl.String()}
"""Schema of a frame of refused rows: one line per fault; ``column`` is the extract's column name, ``value`` what stood
there (null where the value would repeat personal data without need)."""

REASONS: dict[str, str | Promise] = {
    # files
    "empty_file": _("文件是空的，没有可以接收的内容。"),
    "no_rows": _("文件只有表头，没有数据行。"),
    "too_large": _("文件有 {size}，超过上限 {limit}。请按月份或按类别拆分后再发送。"),
    "wrong_encoding": _("文件不是 UTF-8 也不是 GB18030 编码（第 {line} 行无法识别）。请另存为“CSV UTF-8”后再发送。"),
    "not_text": _("文件内容不是文本表格。请发送 CSV、XLSX 或 FHIR（JSON）文件。"),
    "unknown_format": _("不认识这种文件：{name}。可以发送 CSV、XLSX 或 FHIR（JSON）文件。"),
    "unknown_extract": _("看不出这是哪一类数据：表头与任何一种数据表都不相符。请下载模板对照。"),
    "unknown_extract_name": _("没有名为“{name}”的数据表。"),
    "missing_column": _("“{extract}”缺少必需的列：{columns}。"),
    "duplicate_column": _("列“{column}”出现了不止一次。"),
    "too_many_merged_cells": _("合并的单元格超过 {limit} 处。请取消合并后再发送。"),
    "too_many_columns": _("表头有 {count} 列，超过上限 {limit} 列。"),
    "row_too_long": _("第 {line} 行太长，不像是表格。"),
    "broken_quotes": _("引号不配对：第 {line} 行开始的引号一直没有结束。"),
    "not_xlsx": _("文件损坏，或者不是真正的 XLSX 文件。请在表格软件中另存为 XLSX 后再发送。"),
    "old_excel": _("这是旧版或加密的 Excel 文件。请去掉密码，另存为 XLSX 或 CSV 后再发送。"),
    "zip_bomb": _("XLSX 文件解压后超过 {limit}，为安全起见不予打开。"),
    "sheet_too_large": _("工作表“{sheet}”的范围太大（{rows} 行 × {columns} 列）。请删除数据之外的空行空列。"),
    "same_table_twice": _("多个工作表是同一类数据：{sheets}。请合并成一个工作表。"),
    "formula_somewhere": _("工作表里有公式，但看不出在哪个单元格。请全部改成数值后再发送。"),
    "unknown_source": _("不认识发送机构“{name}”。"),
    "stopped": _("处理中多次出错（{error}），已停止。已存入的行保留；请联系管理员后重新发送同一文件。"),
    "upload_lost": _("收到的文件已不在磁盘上，请重新发送。"),
    # rows
    "required": _("“{column}”不能为空。"),
    "not_a_day": _("“{column}”不是日期：{value}。请写成 2025-03-01。"),
    "not_a_moment": _("“{column}”不是时间：{value}。请写成 2025-03-01 08:30:00。"),
    "not_money": _("“{column}”不是金额，或多于两位小数：{value}。"),
    "negative_money": _("“{column}”是负数：{value}。退费请用原单号发送更正后的记录。"),
    "not_whole": _("“{column}”不是整数：{value}。"),
    "not_flag": _("“{column}”应为 1 或 0：{value}。"),
    "not_choice": _("“{column}”不在允许的取值之内：{value}。"),
    "too_long": _("“{column}”太长。"),
    "control_character": _("“{column}”里有不可见的控制字符。"),
    "future": _("“{column}”在将来：{value}。"),
    "too_early": _("“{column}”早于 1900 年：{value}。"),
    "formula": _("“{column}”是公式。请改成数值后再发送。"),
    "formula_cell": _("单元格 {value} 是公式。请改成数值后再发送。"),
    "merged_cell": _("这一行在合并的单元格（{value}）里。请取消合并后再发送。"),
    "ragged": _("这一行的列比表头多。请检查引号和分隔符。"),
    "same_number": _("同一文件里有多行的编号相同而内容不同。请只保留正确的一行。"),
    # notes on a receipt
    "unused_columns": _("没有用到的列：{columns}。"),
    "unused_sheets": _("没有用到的工作表：{sheets}。"),
    "not_stored": _("没有存入：{value}"),
}


def declare_reason(code: str, sentence: str | Promise) -> str:
    """Add a domain's own reason. ``{column}`` and ``{value}`` are filled in when shown. Raises ValueError if taken."""
    if REASONS.setdefault(code, sentence) is not sentence:
        raise ValueError(f"reason {code} is declared twice")
    return code


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def explain(code: str, details: Mapping[str, object], language: str | None = None) -> str:
    """The sentence for a reason, in the active language or the one named."""
    with override(language) if language else nullcontext():
        sentence = str(REASONS.get(code, gettext("未说明的原因")))
    return sentence.format_map(_Blank(details))


class FileRefused(Exception):
    """The whole file cannot be taken; nothing of it is stored. ``str()`` is the sentence for people."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = {name: str(value) for name, value in details.items()}

    def __str__(self) -> str:
        return explain(self.code, self.details)
