"""What is written from the table of columns: templates to fill in, the file of refused rows, the tables of the docs."""

import csv
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import xlsxwriter

from yigongti.interop.files.headers import CODE_HEADER, REASON_HEADER, REASON_HEADER_ENGLISH, ROW_HEADER
from yigongti.kernel.intake.api import Column, Extract, Kind, RefusedLine, extracts

NOTES_SHEET = "填写说明"

KINDS = {
    Kind.TEXT: ("文本", "text"),
    Kind.DAY: ("日期", "date"),
    Kind.MOMENT: ("日期和时间", "date and time"),
    Kind.MONEY: ("金额（元）", "amount in yuan"),
    Kind.WHOLE: ("整数", "whole number"),
    Kind.FLAG: ("1 / 0", "1 / 0"),
    Kind.CHOICE: ("代码", "code"),
}


def choices_in_words(column: Column) -> str:
    """``1 男、2 女``: each code with its first spelling."""
    return "、".join(" ".join((code, *spellings[:1])) for code, spellings in column.choices.items())


def csv_template(extract: Extract) -> bytes:
    """The header, with the byte order mark that makes Excel read it as UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.label for column in extract.columns)
    return out.getvalue().encode("utf-8-sig")


def xlsx_template(extract: Extract) -> bytes:
    """A sheet to fill in, all of it formatted as text so that long numbers stay whole, and a sheet that explains it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#DCE9F9", "border": 1})
        must = book.add_format({"num_format": "@", "bold": True, "bg_color": "#FBE3C0", "border": 1})
        sheet = book.add_worksheet(str(extract.label))
        for i, column in enumerate(extract.columns):
            sheet.set_column(i, i, max(12, 2 * len(column.label) + 2), text)
            sheet.write_string(0, i, column.label, must if column.required else head)
            if column.kind is Kind.CHOICE:
                sheet.write_comment(0, i, choices_in_words(column))
        sheet.freeze_panes(1, 0)
        notes = book.add_worksheet(NOTES_SHEET)
        notes.set_column(0, 6, 24)
        rows = [("列名", "英文列名", "类型", "必填", "取值", "说明", "例子")]
        rows += [
            (
                c.label,
                c.name,
                KINDS[c.kind][0],
                "是" if c.required else "",
                choices_in_words(c),
                str(c.note),
                c.example,
            )
            for c in extract.columns
        ]
        for r, cells in enumerate(rows):
            for i, cell in enumerate(cells):
                notes.write_string(r, i, cell, head if r == 0 else text)
    return out.getvalue()


def _row(line: RefusedLine, headers: Sequence[str]) -> list[str]:
    return [
        *(line.original.get(header, "") for header in headers),
        f"{line.place} {line.row_no}".strip(),
        " ".join(line.codes),
        "".join(line.sentences),
        " ".join(line.sentences_in_english),
    ]


def _header(headers: Sequence[str]) -> list[str]:
    return [*headers, ROW_HEADER, CODE_HEADER, REASON_HEADER, REASON_HEADER_ENGLISH]


def _without_reasons(headers: Sequence[str]) -> list[str]:
    return [h for h in headers if h not in (ROW_HEADER, CODE_HEADER, REASON_HEADER, REASON_HEADER_ENGLISH)]


def refused_csv(lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
    """The refused rows as they were sent, then where they stood and why they were refused."""
    path = folder / f"refused-{secrets.token_hex(8)}.csv"
    (columns,) = (_without_reasons(h) for h in headers.values())
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_header(columns))
        writer.writerows(_row(line, columns) for line in lines)
    return path


def refused_xlsx(lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
    """The same as a workbook with one sheet per table; every cell is text, so nothing in it is computed."""
    path = folder / f"refused-{secrets.token_hex(8)}.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        text = book.add_format({"num_format": "@"})
        sheets: dict[str, tuple[xlsxwriter.worksheet.Worksheet, list[str]]] = {}
        written: dict[str, int] = {}
        for line in lines:
            if line.extract not in sheets:
                columns = _without_reasons(headers[line.extract])
                sheet = book.add_worksheet(str(extracts()[line.extract].label))
                sheets[line.extract], written[line.extract] = (sheet, columns), 1
                for i, header in enumerate(_header(columns)):
                    sheet.write_string(0, i, header, text)
            sheet, columns = sheets[line.extract]
            for i, cell in enumerate(_row(line, columns)):
                sheet.write_string(written[line.extract], i, cell, text)
            written[line.extract] += 1
    return path
