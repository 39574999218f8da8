"""Exports of a list as CSV or XLSX: streamed, marked with who made them when, in the audit trail."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import xlsxwriter
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yigongti.kernel import clock
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui import words

if TYPE_CHECKING:
    from yigongti.kernel.ui.listing import Column, Listing

XLSX_ROWS = 200_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(listing: "Listing", form: str) -> HttpResponseBase:
    """The list as a file. More rows than a spreadsheet bears come back to the page with advice to take the CSV."""
    request = listing.request
    count = listing.rows.count() if isinstance(listing.rows, QuerySet) else len(listing.rows)
    if form == "xlsx" and count > XLSX_ROWS:
        messages.error(request, _("行数太多，Excel 文件放不下。请缩小筛选范围，或导出 CSV。"))
        return HttpResponseRedirect(listing.query())
    actor = request.actor  # type: ignore[attr-defined]
    record(
        actor=actor, act="list.export", subject=f"list:{listing.name}",
        detail={"rows": count, "format": form, "filters": listing.described},
    )  # fmt: skip
    mark = watermark(actor.name, count, listing.described)
    name = f"{listing.title}_{clock.now():%Y%m%d-%H%M}.{form}"
    response: HttpResponseBase
    if form == "csv":
        response = StreamingHttpResponse(_csv(listing, mark), content_type="text/csv; charset=utf-8")
    else:
        response = FileResponse(
            _xlsx(listing, mark),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def watermark(who: str, count: int, filters: str) -> list[str]:
    """The lines that say where a file came from."""
    return [
        _("导出人：%(who)s") % {"who": who},
        _("导出时间：%(at)s") % {"at": words.moment(clock.now())},
        ngettext("共 %(n)d 行", "共 %(n)d 行", count) % {"n": count},
        _("筛选条件：%(filters)s") % {"filters": filters},
        _("含个人信息的，请按规定保管，用完删除。"),
    ]


def safe_text(text: str) -> str:
    """Text that a spreadsheet will not run: a leading sign of a formula is quoted, unless it is a plain number."""
    if (
        text.startswith(_FORMULA)
        and not text.replace(",", "").replace("%", "").lstrip("+-").replace(".", "", 1).isdecimal()
    ):
        return f"'{text}"
    return text


class _Line:
    """What csv.writer writes into: gives the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(listing: "Listing", mark: list[str]) -> Iterator[str]:
    columns = listing.export_columns
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([str(column.label) for column in columns])
    for row in listing.export_rows():
        yield writer.writerow([safe_text(_plain(column, row)) for column in columns])
    yield writer.writerow([])
    for line in mark:
        yield writer.writerow([line])


def _plain(column: "Column", row: Any) -> str:
    """Figures without thousands separators, so that they can be added up."""
    value = column.of(row)
    if value is None:
        return ""
    if column.kind == "yuan":
        return f"{Decimal(value) / 100:.2f}"
    if column.kind == "due":
        return words.moment(value) if isinstance(value, datetime) else words.day(value)
    return str(value) if column.kind in {"number", "share"} else column.text(row)


def _xlsx(listing: "Listing", mark: list[str]) -> Any:
    target = tempfile.TemporaryFile()  # noqa: SIM115  FileResponse closes it
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "remove_timezone": True})
    head = book.add_format({"bold": True, "bg_color": "#E5F2F0", "bottom": 1})
    formats = {
        "yuan": book.add_format({"num_format": "#,##0.00"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "number": book.add_format({"num_format": "#,##0.##"}),
    }
    sheet = book.add_worksheet(listing.title[:31].translate(str.maketrans("[]:*?/\\", "       ")) or "1")
    sheet.freeze_panes(1, 0)
    sheet.set_footer(f"&L{mark[0]}　{mark[1]}&R&P / &N")
    columns = listing.export_columns
    for i, column in enumerate(columns):
        label = str(column.label)
        sheet.set_column(i, i, max(10, min(40, len(label) * 2 + 4)))
        sheet.write_string(0, i, label, head)
    for line, row in enumerate(listing.export_rows(), start=1):
        for i, column in enumerate(columns):
            value = column.of(row)
            if value is None:
                continue
            if column.kind in formats and isinstance(value, int | float | Decimal):
                sheet.write_number(line, i, value / 100 if column.kind == "yuan" else value, formats[column.kind])
            elif column.kind == "due" and isinstance(value, date):
                sheet.write_string(line, i, _plain(column, row))
            else:
                sheet.write_string(line, i, column.text(row)[:32_767])
    about = book.add_worksheet(_("导出说明"))
    about.set_column(0, 0, 60)
    for line, text in enumerate(mark):
        about.write_string(line, 0, text)
    book.close()
    target.seek(0)
    return target
