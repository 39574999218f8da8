"""XLSX: every sheet that is one of the known tables. The header may stand below a title; other sheets are passed over.

Excel ends at 1,048,576 rows; the guard bounds what a workbook may inflate to, so one sheet is read whole and then
handed on in chunks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yigongti.interop.files import templates
from yigongti.interop.files.headers import Layout, hinted, recognise
from yigongti.interop.files.tables import Conflicts, headers_of, part_of, positions
from yigongti.interop.files.workbook import OLE, SheetFacts, guard, look_at_sheet, sheets
from yigongti.kernel.intake.api import (
    REFUSAL,
    ROW,
    Chunk,
    Extract,
    FileRefused,
    Incoming,
    RefusedLine,
    Token,
    extracts,
)

MOST_BYTES = 300 * 2**20
MOST_CELLS = 24_000_000
MOST_COLUMNS = 400
HEADER_WITHIN = 10
ROWS_PER_CHUNK = 30_000


@dataclass(frozen=True)
class _Sheet:
    name: str
    layout: Layout
    raw: pl.DataFrame
    faults: tuple[pl.DataFrame, ...]


class XlsxReader:
    """The tables of one workbook, in the order they are to be stored."""

    needs_no_database = True

    def __init__(self, incoming: Incoming) -> None:
        self._path = incoming.path
        guard(self._path, most_bytes=getattr(settings, "INTAKE_MOST_INFLATED_BYTES", MOST_BYTES))
        self.notes: list[tuple[str, Mapping[str, str]]] = []
        self._sheets = self._understand(incoming.extract or hinted(incoming.name, extracts()))
        self.headers: Mapping[str, Sequence[str]] = {
            sheet.layout.extract.name: sheet.layout.headers for sheet in self._sheets
        }
        self._rows = sum(sheet.raw.height for sheet in self._sheets)
        if self._rows == 0:
            raise FileRefused("no_rows")
        self._conflicting = {}
        for sheet in self._sheets:
            conflicts = Conflicts(sheet.layout)
            conflicts.look_at_keys(sheet.raw)
            if conflicts.repeated():
                conflicts.look_at_contents(sheet.raw)
            self._conflicting[sheet.name] = conflicts.found()

    def _understand(self, hint: str | None) -> list[_Sheet]:
        """The sheets that are tables. Raises FileRefused when none is, or when one is a table but wrong."""
        found: list[_Sheet] = []
        passed_over: list[str] = []
        entries = sheets(self._path)
        for name, entry in entries.items():
            facts = look_at_sheet(self._path, entry)
            if facts.columns > MOST_COLUMNS or facts.rows * max(facts.columns, 1) > MOST_CELLS:
                raise FileRefused("sheet_too_large", sheet=name, rows=facts.rows, columns=facts.columns)
            cells = self._cells(name)
            if cells.is_empty():
                continue
            sheet = _table_in(name, cells, facts, hint if len(entries) == 1 else hinted(name, extracts()))
            if sheet is None:
                passed_over += [name] * (name != templates.NOTES_SHEET)
            else:
                found.append(sheet)
        if hint is not None and len(found) > 1:
            found = [sheet for sheet in found if sheet.layout.extract.name == hint] or found
        if not found:
            raise FileRefused("unknown_extract" if passed_over else "empty_file")
        if len({sheet.layout.extract.name for sheet in found}) < len(found):
            raise FileRefused("same_table_twice", sheets="、".join(sheet.name for sheet in found))
        if passed_over:
            self.notes.append(("unused_sheets", {"sheets": "、".join(passed_over)}))
        for sheet in found:
            if sheet.layout.unused:
                self.notes.append(("unused_columns", {"columns": "、".join(sheet.layout.unused)}))
        return sorted(found, key=lambda sheet: (sheet.layout.extract.order, sheet.layout.extract.name))

    def _cells(self, sheet: str) -> pl.DataFrame:
        """A sheet as text from its first row on, without header. Raises FileRefused when it can't be read."""
        try:
            book = fastexcel.read_excel(str(self._path))
            return book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
        except fastexcel.FastExcelError as error:
            raise FileRefused("not_xlsx") from error
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # the Rust reader gave up; it isn't an Exception
                raise FileRefused("not_xlsx") from error
            raise

    def chunks(self, after: Token | None = None) -> Iterator[Chunk]:
        first, start = (int(after["sheet"]), int(after["row"])) if after else (0, 0)
        done = sum(sheet.raw.height for sheet in self._sheets[:first])
        for index in range(first, len(self._sheets)):
            sheet = self._sheets[index]
            raw = sheet.raw
            for begin in range(start if index == first else 0, raw.height, ROWS_PER_CHUNK):
                end = min(begin + ROWS_PER_CHUNK, raw.height)
                part = part_of(
                    sheet.layout,
                    raw.slice(begin, end - begin),
                    conflicting=self._conflicting[sheet.name],
                    faults=sheet.faults,
                    place=sheet.name,
                )
                yield Chunk((part,), {"sheet": index, "row": end}, (done + end) / self._rows)
            done += raw.height


def _table_in(name: str, cells: pl.DataFrame, facts: SheetFacts, hint: str | None) -> _Sheet | None:
    """The sheet, if one of its first rows is the header of a table; titles above it are passed over."""
    refusal: FileRefused | None = None
    for number, values in enumerate(cells.head(HEADER_WITHIN).iter_rows(), start=1):
        headers = headers_of(values)
        if len(headers) < 2:
            continue
        try:
            layout = recognise(headers, hint=hint, strict=False)
        except FileRefused as error:
            refusal = refusal or error
            continue
        if layout is not None:
            return _Sheet(
                name, layout, _below(cells, number, len(headers)), tuple(_faults(facts, number, cells.height))
            )
    if refusal is not None:
        raise refusal
    return None


def _below(cells: pl.DataFrame, header_row: int, width: int) -> pl.DataFrame:
    """The rows under the header, numbered as in the sheet; what stands right of the header is run together."""
    names = positions(width)
    right = cells.columns[width:]
    overflow = pl.concat_str(right, ignore_nulls=True) if right else pl.lit(None, pl.String())
    return (
        cells.with_row_index(ROW, offset=1)
        .slice(header_row)
        .select(
            ROW,
            *(pl.col(column).alias(name) for column, name in zip(cells.columns, names[:-1], strict=False)),
            overflow.alias(names[-1]),
        )
    )


def _faults(facts: SheetFacts, header_row: int, rows: int) -> Iterator[pl.DataFrame]:
    """Refusals for rows below the header with a formula or with a part in a merged cell."""
    if 0 in facts.formulas:
        raise FileRefused("formula_somewhere")
    found = [(row, "formula_cell", None, cell) for row, cell in facts.formulas.items() if row > header_row]
    found += [(row, "merged_cell", None, area) for row, area in _covered(facts.merged, header_row, rows)]
    if found:
        yield pl.DataFrame(found, schema=REFUSAL, orient="row")


def _covered(merged: Sequence[tuple[int, int, str]], header_row: int, rows: int) -> Iterator[tuple[int, str]]:
    """Rows below the header that a merged range covers, each with the range that began last; in time that grows with
    the rows, whatever a hostile file claims."""
    begun = np.zeros(rows + 2, np.int64)
    open_at = np.zeros(rows + 2, np.int64)
    ranges = sorted(merged)
    for number, (first, last, _area) in enumerate(ranges, start=1):
        top, bottom = max(first, header_row + 1), min(last, rows)
        if top <= bottom:
            begun[top] = number
            open_at[top] += 1
            open_at[bottom + 1] -= 1
    latest = np.maximum.accumulate(begun)
    for row in np.flatnonzero(np.cumsum(open_at) > 0).tolist():
        yield row, ranges[latest[row] - 1][2]


class XlsxFormat:
    """Workbooks of Excel, WPS and LibreOffice."""

    name = "xlsx"
    label = _("XLSX 工作簿")
    suffixes = (".xlsx",)

    def recognises(self, incoming: Incoming) -> bool:
        suffix = Path(incoming.name).suffix.lower()
        return suffix in (".xlsx", ".xlsm", ".xls", ".et") or (
            suffix not in (".csv", ".txt", ".tsv", ".json") and incoming.head(8) == OLE
        )

    def open(self, incoming: Incoming) -> XlsxReader:
        return XlsxReader(incoming)

    def template(self, extract: Extract) -> tuple[str, bytes]:
        return f"{extract.name}.xlsx", templates.xlsx_template(extract)

    def refused_file(self, lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
        return templates.refused_xlsx(lines, headers, folder)
