"""Reading a table of codes: CSV (UTF-8 or GB18030) or XLSX, row by row, with the headers people use.

Reads in constant memory. What is wrong with the file as a whole is a FileRefused; rows are judged by the importer.
"""

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl import load_workbook

from yigongti.kernel.intake.api import FileRefused

LARGEST = 200 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024

HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("code", "编码", "代码", "值", "诊断编码", "诊断代码", "疾病编码", "疾病代码", "手术编码",
             "手术操作编码", "手术操作代码", "loinc_num"),
    "name": ("name", "display", "名称", "值含义", "诊断名称", "疾病名称", "手术名称", "手术操作名称", "中文名称"),
    "name_en": ("name_en", "display_en", "英文名称", "long_common_name"),
    "parent": ("parent", "parent_code", "上级编码", "上级代码", "父级编码"),
    "unit": ("unit", "单位", "example_ucum_units"),
    "starts_on": ("starts_on", "valid_from", "启用日期", "生效日期"),
    "ends_on": ("ends_on", "valid_to", "停用日期", "失效日期"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row as text: ``number`` counts as the sender does (the header is 1)."""

    number: int
    cells: dict[str, str]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a table of codes, blank ones left out. Raises FileRefused."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("empty_file")
    if size > LARGEST:
        raise FileRefused("too_large", size=f"{size >> 20} MB", limit=f"{LARGEST >> 20} MB")
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(b"PK"):
        lines = _sheet(path)
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("old_excel")
    else:
        lines = _text(path)
    yield from _with_headers(lines)


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise FileRefused("unreadable", detail=f"{reader.line_num}: {error}") from error


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding) as stream:
                line = 0
                for line, text in enumerate(stream, 1):  # noqa: B007
                    if "\0" in text:
                        raise FileRefused("not_text")
            return encoding
        except UnicodeDecodeError:
            continue
    raise FileRefused("wrong_encoding", line=line + 1)


def _sheet(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                raise FileRefused("zip_bomb", limit=f"{LARGEST_UNPACKED >> 30} GB")
        book = load_workbook(path, read_only=True, data_only=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileRefused("not_xlsx") from error
    try:
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            texts = ["" if cell is None else _as_text(cell) for cell in cells]
            if any(texts):
                yield number, texts
    finally:
        book.close()


def _as_text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _with_headers(lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    known = {label.casefold(): name for name, labels in HEADERS.items() for label in labels}
    first = next(lines, None)
    if first is None:
        raise FileRefused("empty_file")
    columns = [known.get(label.strip().casefold(), "") for label in first[1]]
    for name in ("code", "name"):
        if name not in columns:
            raise FileRefused("missing_column", extract="编码表", columns=" / ".join(HEADERS[name][:2]))
    for name in HEADERS:
        if columns.count(name) > 1:
            raise FileRefused("duplicate_column", column=HEADERS[name][1])
    empty = True
    for number, cells in lines:
        empty = False
        yield Row(number, {c: cell.strip() for c, cell in zip(columns, cells, strict=False) if c})
    if empty:
        raise FileRefused("no_rows")
