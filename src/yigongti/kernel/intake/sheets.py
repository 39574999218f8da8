"""A small table sent on a page (a chart, a budget, a price list): read whole, judged by line by whoever asked.

Unlike an extract it is not kept as a receipt with outcomes: what is good of it is taken in one transaction, or none.
"""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import xlsxwriter
from django.utils.translation import gettext as _
from openpyxl import load_workbook

LARGEST = 5 * 1024 * 1024
LARGEST_UNPACKED = 50 * 1024 * 1024
MOST_LINES = 20_000
MOST_YUAN = Decimal(10) ** 13
MOST = Decimal(10) ** 15
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, TypeError, AttributeError, OSError, EOFError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
_NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]*)?([eE][+-]?[0-9]{1,2})?")


class SheetRefused(ValueError):
    """The file as a whole can't be read; ``str()`` says why."""


@dataclass(frozen=True)
class BadLine:
    """A line that can't be taken, with the reason; ``text`` is what stood there."""

    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class Row:
    """A line of the file by its number there; ``said`` has every known column, "" where nothing stands."""

    number: int
    said: Mapping[str, str]

    @property
    def text(self) -> str:
        return "，".join(cell for cell in self.said.values() if cell)[:120]


def read(
    data: bytes, headers: Mapping[str, Sequence[str]], required: Sequence[str], *, one_of: Sequence[str] = ()
) -> list[Row]:
    """The lines of a CSV or XLSX file below its header. ``headers``: column name to what its head may say, the first
    being what people are told; other columns are passed over. ``one_of``: columns of which one must be there. Raises
    SheetRefused."""
    if not data:
        raise SheetRefused(_("文件是空的。"))
    if len(data) > LARGEST:
        raise SheetRefused(_("文件太大，最多 5 MB。"))
    lines = _sheet(data) if data.startswith(b"PK") else _text(data)
    header = next(lines, None)
    if header is None:
        raise SheetRefused(_("文件里没有内容。"))
    columns = _columns(header[1], headers, required, one_of)
    rows: list[Row] = []
    for number, cells in lines:
        if len(rows) >= MOST_LINES:
            raise SheetRefused(_("行数太多，最多 %(most)d 行。") % {"most": MOST_LINES})
        said = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
        if any(said.values()):
            rows.append(Row(number, {name: said.get(name, "") for name in headers}))
    if not rows:
        raise SheetRefused(_("文件里只有表头，没有内容。"))
    return rows


def template(title: str, headers: Mapping[str, Sequence[str]], examples: Sequence[Sequence[str]]) -> bytes:
    """An empty workbook with the columns and some lines to show how."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.write_row(0, 0, [labels[0] for labels in headers.values()], book.add_format({"bold": True}))
        for number, example in enumerate(examples, 1):
            for column, text in enumerate(example):
                sheet.write_string(number, column, text)
        sheet.set_column(0, len(headers) - 1, 20)
    return out.getvalue()


def number_of(text: str) -> Decimal:
    """A number as typed: digits, commas between thousands, a point, an exponent as spreadsheets write it. Raises
    ValueError with words for people: no number, or beyond all sense."""
    said = unicodedata.normalize("NFKC", text[:41]).strip()
    if len(text) > 40 or not _NUMBER.fullmatch(said) or abs(number := Decimal(said.replace(",", ""))) > MOST:
        raise ValueError(_("“%(text)s”不是数字") % {"text": text[:40]})
    return number


def fen_of(text: str) -> int:
    """An amount in yuan as typed ("1,234.50") in fen. Raises ValueError with words for people: no number, more than two
    decimals, too large."""
    try:
        amount = number_of(unicodedata.normalize("NFKC", text.strip()[:42]).removeprefix("¥"))
    except ValueError:
        raise ValueError(_("“%(text)s”不是金额") % {"text": text[:40]}) from None
    if abs(amount) > MOST_YUAN:
        raise ValueError(_("“%(text)s”不是金额") % {"text": text[:40]})
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise ValueError(_("“%(text)s”小于一分钱的部分记不了账") % {"text": text[:40]})
    return int(fen)


def _columns(
    cells: list[str], headers: Mapping[str, Sequence[str]], required: Sequence[str], one_of: Sequence[str]
) -> dict[str, int]:
    known = {label.casefold(): name for name, labels in headers.items() for label in (*labels, name)}
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        name = known.get(cell.strip().casefold())
        if name is None:
            continue
        if name in found:
            raise SheetRefused(_("有两列都是“%(column)s”。") % {"column": headers[name][0]})
        found[name] = at
    missing = [headers[name][0] for name in required if name not in found]
    if one_of and not found.keys() & set(one_of):
        missing.append(" / ".join(headers[name][0] for name in one_of))
    if missing:
        raise SheetRefused(_("缺少列：%(columns)s") % {"columns": "、".join(missing)})
    return found


def _text(data: bytes) -> Iterator[tuple[int, list[str]]]:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(_("旧的 .xls 格式不能读，请另存为 .xlsx 或 CSV。"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetRefused(_("文件的文字编码认不出来，请另存为 UTF-8 的 CSV。"))
    if "\0" in text:
        raise SheetRefused(_("这不是表格文件。"))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise SheetRefused(_("第 %(line)d 行读不出来。") % {"line": reader.line_num}) from error


def _sheet(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """A damaged file shows anywhere: its parts are read as the lines are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                raise SheetRefused(_("文件展开后太大。"))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            for number, cells in enumerate(book.worksheets[0].iter_rows(), 1):
                texts = [_cell(cell.value, cell.number_format) for cell in cells]
                if any(texts):
                    yield number, texts
        finally:
            book.close()
    except UNREADABLE as error:
        if isinstance(error, SheetRefused):
            raise
        raise SheetRefused(_("这不是 Excel 文件，或者文件已损坏。")) from error


def _cell(value: object, number_format: str | None) -> str:
    """What a cell shows: a share that is formatted as percent with its sign, a number with the digits Excel keeps."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(value if isinstance(value, int) else f"{value:.15g}")
        if "%" in (number_format or ""):
            return f"{_plain(number * 100)}%"
        return _plain(number)
    return str(value).replace("\0", "").strip()


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
