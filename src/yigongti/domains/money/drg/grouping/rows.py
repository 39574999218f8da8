"""A CSV file of cases as frames of text, in blocks of whole rows: no row is lost, and each is read the same way,
whatever stands beside it.

Rows of the header's shape are read by the thousand; those with odd quotes, too many or too few columns, or bytes that
are no text are taken out and read one by one.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.grouping.case import COLUMNS

BLOCK = 8 << 20
"""Bytes read at a time."""

LONGEST_ROW = 1 << 20
LINES_ASKED = 20_000
"""Lines by which the encoding of a file is decided."""

NEWLINE, RETURN, COMMA, QUOTE = b'\n\r,"'

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


class CasesRefused(ValueError):
    """The file is no file of cases; the words say what to do."""


def _as_nul(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\0", error.end


codecs.register_error("drg.nul", _as_nul)


class Reader:
    """Every column as text, named as in the header; null where a cell is empty.

    ``encoding``: "" as long as nothing beyond ASCII was met; then UTF-8, or GB18030 where most lines are none of it.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.encoding = ""
        self.old_line_ends = False
        self.rest = b""
        self.header = self._header()

    def _header(self) -> list[str]:
        start = self.source.read(BLOCK)
        if not start.strip():
            raise CasesRefused(_("文件是空的。"))
        if b"\n" not in start and b"\r" in start:
            self.old_line_ends = True
            start = start.replace(b"\r", b"\n")
        if start.startswith(codecs.BOM_UTF8):
            start, self.encoding = start.removeprefix(codecs.BOM_UTF8), "utf-8"
        self._decide(start[: start.rfind(b"\n") + 1] or start)
        line, _end, self.rest = start.partition(b"\n")
        try:
            names = next(csv.reader([line.decode(self.encoding or "utf-8", "replace").strip("\r")]), [])
        except csv.Error as error:
            raise CasesRefused(_("表头不是合格的CSV：{error}。").format(error=error)) from error
        names = [name.strip() for name in names]
        absent = [name for name in COLUMNS if name not in names]
        if absent:
            raise CasesRefused(
                _("缺少列：{absent}。表头应有：{columns}。").format(absent="、".join(absent), columns=",".join(COLUMNS))
            )
        if len(set(names)) < len(names):
            twice = "、".join(sorted({name for name in names if names.count(name) > 1}))
            raise CasesRefused(_("表头有重复的列：{twice}。").format(twice=twice))
        return names

    def _decide(self, block: bytes) -> None:
        """By the lines of the first block with a sign beyond ASCII: a few broken ones make a file of UTF-8 no other."""
        if self.encoding or block.isascii():
            return
        lines = [line for line in block.split(b"\n") if not line.isascii()][:LINES_ASKED]
        utf8, gb18030 = (sum(_is(line, name) for line in lines) for name in ("utf-8", "gb18030"))
        self.encoding = "utf-8" if utf8 >= gb18030 or utf8 * 2 >= len(lines) else "gb18030"

    def frames(self) -> Iterator[tuple[pl.DataFrame, Bools | None]]:
        """Frames of rows, and which of their rows could be read (None: all)."""
        while True:
            more = self.source.read(BLOCK)
            if self.old_line_ends:
                more = more.replace(b"\r", b"\n")
            block, self.rest = self.rest + more, b""
            if more:
                cut = _last_row_end(block)
                block, self.rest = block[:cut], block[cut:]
            if block.strip():
                frame, readable = self._frame(self._text(block))
                if len(frame):
                    yield frame, readable
            if not more:
                return

    def _text(self, block: bytes) -> bytes:
        """The block in UTF-8; a byte that is no text becomes NUL, which no row that can be read has."""
        if block.isascii():
            return block
        self._decide(block)
        if self.encoding == "utf-8" and _is(block, "utf-8"):
            return block
        return block.decode(self.encoding, "drg.nul").encode()

    def _frame(self, block: bytes) -> tuple[pl.DataFrame, Bools | None]:
        rows = None if b"\0" in block else _rows(block, len(self.header))
        if rows is not None:
            frame = self._parsed(block)
            if frame is not None and len(frame) == rows:
                return frame, None
        return self._mixed(block)

    def _parsed(self, block: bytes) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                io.BytesIO(block),
                has_header=False,
                new_columns=self.header,
                schema=dict.fromkeys(self.header, pl.String),
            )
        except pl.exceptions.PolarsError:
            return None

    def _mixed(self, block: bytes) -> tuple[pl.DataFrame, Bools]:
        """A block with rows that are not of the header's shape: the others are read as ever, those are marked."""
        lines, wide = _Lines(block), len(self.header)
        odd: list[tuple[int, list[str], bool]] = []
        plain = np.ones(len(lines), dtype=np.bool_)
        done = 0
        for line in np.flatnonzero(~lines.sound).tolist():
            if line >= done:
                cells, taken = lines.record(line, wide)
                odd.append((line, cells, len(cells) == wide and not lines.broken[line : line + taken].any()))
                done = line + taken
                plain[line:done] = False
        plain &= ~lines.empty
        good = plain & (lines.commas == wide - 1) & ~lines.broken
        odd += [(line, lines.cells(line), False) for line in np.flatnonzero(plain & ~good).tolist()]
        frame = self._parsed(lines.joined(good)) if good.any() else None
        if frame is None or len(frame) != good.sum():
            odd += [(line, lines.cells(line), True) for line in np.flatnonzero(good).tolist()]
            good[:] = False
            frame = pl.DataFrame(schema=dict.fromkeys(self.header, pl.String))
        cells_of = [_fitted(cells, wide) for _line, cells, _readable in odd]
        single = pl.DataFrame(cells_of, schema=dict.fromkeys(self.header, pl.String), orient="row")
        order = np.argsort(np.concatenate([np.flatnonzero(good), [line for line, _c, _r in odd]]), kind="stable")
        readable = np.array([True] * len(frame) + [readable for _l, _c, readable in odd], dtype=np.bool_)
        return pl.concat([frame, single])[order.astype(np.uint32)], readable[order]


def _is(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _fitted(cells: list[str], wide: int) -> list[str | None]:
    """As many cells as the header has: what is too much stands in the last one."""
    if len(cells) > wide:
        cells = [*cells[: wide - 1], ",".join(cells[wide - 1 :])]
    return [cell.replace("\0", "\ufffd") or None for cell in cells] + [None] * (wide - len(cells))


def _rows(block: bytes, wide: int) -> int | None:
    """How many rows a block has, where all have the header's columns and every quote opens or closes a field."""
    data = np.frombuffer(block, dtype=np.uint8)
    newlines, commas = data == NEWLINE, data == COMMA
    quotes = np.flatnonzero(data == QUOTE) if b'"' in block else np.zeros(0, dtype=np.intp)
    if len(quotes) % 2 or not _paired(data, quotes):
        return None
    if (quotes[1::2] - quotes[0::2] == 1).all():  # nothing stands in quotes
        rows = int(np.count_nonzero(newlines)) + (not block.endswith(b"\n"))
        return rows if int(np.count_nonzero(commas)) == rows * (wide - 1) else None  # one row long: the parser says so
    outside = np.cumsum(data == QUOTE, dtype=np.uint8) % 2 == 0  # an even number of quotes before; 256 is even too
    ends = np.flatnonzero(newlines & outside)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    before = np.searchsorted(np.flatnonzero(commas & outside), ends)
    return len(ends) if (np.diff(before, prepend=0) == wide - 1).all() else None


def _paired(data: npt.NDArray[np.uint8], quotes: Places) -> bool:
    """Whether every first quote stands at the beginning of a field and every second one at its end, or both inside."""
    if len(quotes) % 2:
        return False
    if not len(quotes):
        return True
    before, after = _sign(data, quotes[0::2] - 1), _sign(data, quotes[1::2] + 1)
    returned = (after == RETURN) & (_sign(data, quotes[1::2] + 2) == NEWLINE)
    at_ends = [(signs == NEWLINE) | (signs == COMMA) | (signs == QUOTE) for signs in (before, after)]
    return bool(at_ends[0].all() and (at_ends[1] | returned).all())


def _sign(data: npt.NDArray[np.uint8], places: Places) -> npt.NDArray[np.uint8]:
    """What stands at some places; a newline before the beginning and behind the end."""
    found = data[np.clip(places, 0, len(data) - 1)]
    found[(places < 0) | (places >= len(data))] = NEWLINE
    return found


class _Lines:
    """The lines of a block, and what stands in each."""

    def __init__(self, block: bytes) -> None:
        self.block = block
        self._data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(self._data == NEWLINE) + 1
        self.ends = ends if block.endswith(b"\n") else np.append(ends, len(block))
        self.starts = np.concatenate([[0], self.ends[:-1]])

    @cached_property
    def broken(self) -> Bools:
        """With a byte that is no text."""
        return self.holding(0)

    @cached_property
    def sound(self) -> Bools:
        """Without quotes, or with none but such as open and close its own fields: a row by itself, where one begins."""
        quotes = np.flatnonzero(self._data == QUOTE)
        counts = np.diff(np.searchsorted(quotes, self.ends), prepend=0)
        owners = np.repeat(np.arange(len(self)), counts)
        closing = (np.arange(len(quotes)) - (np.cumsum(counts) - counts)[owners]) % 2 == 1
        beside = _sign(self._data, np.where(closing, quotes + 1, quotes - 1))
        fits = (beside == NEWLINE) | (beside == COMMA) | (beside == QUOTE)
        fits |= closing & (beside == RETURN) & (_sign(self._data, quotes + 2) == NEWLINE)
        found: Bools = counts % 2 == 0
        found[owners[~fits]] = False
        return found

    @cached_property
    def commas(self) -> Places:
        """How many separate the cells of each line; those in quotes do not."""
        places = np.flatnonzero(self._data == COMMA)
        counts = np.diff(np.searchsorted(places, self.ends), prepend=0)
        if b'"' not in self.block:
            return counts
        parity = np.cumsum(self._data == QUOTE, dtype=np.uint8)
        before = np.where(self.starts > 0, parity[self.starts - 1], 0).astype(np.uint8)
        owners = np.repeat(np.arange(len(self)), counts)
        return np.bincount(owners[(parity[places] - before[owners]) % 2 == 0], minlength=len(self))

    def cells(self, line: int) -> list[str]:
        """The cells of a sound line."""
        text = self.text(line)
        try:
            return next(csv.reader([text]), []) if '"' in text else text.split(",")
        except csv.Error:  # a carriage return outside quotes
            return text.split(",")

    @cached_property
    def empty(self) -> Bools:
        """Nothing but a line end."""
        lengths = self.ends - self.starts
        lengths -= self._data[self.ends - 1] == NEWLINE
        lengths -= (lengths == 1) & (self._data[self.starts] == RETURN)
        found: Bools = lengths == 0
        return found

    def __len__(self) -> int:
        return len(self.ends)

    def counts(self, sign: int) -> Places:
        places = np.flatnonzero(self._data == sign)
        return np.diff(np.searchsorted(places, self.ends), prepend=0)

    def holding(self, sign: int) -> Bools:
        found: Bools = self.counts(sign) > 0
        return found

    def text(self, line: int) -> str:
        return self.block[self.starts[line] : self.ends[line]].decode().rstrip("\r\n")

    def joined(self, which: Bools) -> bytes:
        """The bytes of some lines."""
        edges = np.flatnonzero(np.diff(which.astype(np.int8), prepend=0, append=0))
        return b"".join(
            self.block[self.starts[first] : self.ends[after - 1]]
            for first, after in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
        )

    def taken(self, line: int) -> int:
        """How many lines the row takes that begins in a line with a quote; 0 where its quotes are open at the end."""
        places = range(line, len(self))
        texts = (self.block[self.starts[n] : self.ends[n]].decode("latin-1") for n in places)
        reader = csv.reader(texts, strict=True)
        try:
            next(reader)
        except csv.Error:
            return 0 if reader.line_num == len(places) else 1
        return reader.line_num

    def record(self, line: int, wide: int) -> tuple[list[str], int]:
        """The row that begins in a line with a quote, and how many lines it takes. One over several lines with a wrong
        number of columns, or with text after a closing quote, began with a quote nobody closed: that line is a row by
        itself, its quotes being ordinary characters, so that a stray quote takes no other row with it.
        """
        places = range(line, len(self))
        reader = csv.reader((self.block[self.starts[n] : self.ends[n]].decode() for n in places), strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            return self.text(line).split(","), 1
        if reader.line_num > 1 and len(cells) != wide:
            return self.text(line).split(","), 1
        return cells, reader.line_num


def _last_row_end(block: bytes) -> int:
    """Where the last whole row of a block ends; 0 without any."""
    end = block.rfind(b"\n") + 1
    if not end or b'"' not in block:
        return end if end or len(block) <= LONGEST_ROW else len(block)
    cut = _outside_quotes(block, end)
    data = np.frombuffer(block, dtype=np.uint8, count=cut)
    if cut and _paired(data, np.flatnonzero(data == QUOTE)):
        return cut
    lines = _Lines(block[:end])  # a stray quote: row by row
    done = 0
    for line in np.flatnonzero(~lines.sound).tolist():
        if line < done:
            continue
        taken = lines.taken(line)
        if taken == 0 and len(block) - int(lines.starts[line]) <= LONGEST_ROW:
            return int(lines.starts[line])  # it may end in the next block
        done = line + max(taken, 1)
    return end


def _outside_quotes(block: bytes, end: int) -> int:
    """The last line end up to here with an even number of quotes before it."""
    inside = block.count(b'"', 0, end) % 2 == 1
    while inside:
        before = block.rfind(b"\n", 0, end - 1) + 1
        if not before:
            return 0
        inside ^= block.count(b'"', before, end) % 2 == 1
        end = before
    return end
