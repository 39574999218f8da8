"""The bytes of a CSV file: which encoding, whether all of it is sound, and blocks that end where a row ends.

The whole file is looked at before its first row is stored: a file that breaks off in the middle of a character on
its last line is refused as a whole, not half stored.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from yigongti.kernel.intake.api import FileRefused

BLOCK = 4 * 1024 * 1024
LONGEST_ROW = 4 * BLOCK
_CHINESE_TO_BE_SURE = 6
_CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Block:
    """Whole rows as UTF-8, and the offset in the file where the next block begins."""

    text: bytes
    next_offset: int


@dataclass(frozen=True)
class TextFile:
    """A file that proved to be text throughout. ``start`` is the offset behind the byte order mark."""

    path: Path
    encoding: str
    start: int
    size: int

    def blocks(self, offset: int | None = None, size: int = BLOCK) -> Iterator[Block]:
        """Blocks of whole rows from an offset that an earlier block named (from the start without).

        A row ends at a line end outside quotes. In GB18030 as in UTF-8 the bytes of quotes and line ends occur in
        no longer character, so the cuts can be made before decoding. Raises FileRefused for a quote never closed.
        """
        at = self.start if offset is None else offset
        with self.path.open("rb") as stream:
            stream.seek(at)
            rest = b""
            while piece := stream.read(size):
                rest += piece
                if stream.tell() >= self.size and rest.count(b'"') % 2 == 0:
                    break  # the last row may have no line end: it belongs to this block, not to one of its own
                end = _end_of_last_row(rest)
                if end == 0 and len(rest) > LONGEST_ROW:
                    code = "broken_quotes" if b"\n" in rest else "row_too_long"
                    raise FileRefused(code, line=self._line_at(at))
                if end:
                    at += end
                    yield Block(self._utf8(rest[:end]), at)
                    rest = rest[end:]
        if rest.count(b'"') % 2:
            raise FileRefused("broken_quotes", line=self._line_at(at))
        if rest:
            yield Block(self._utf8(rest), at + len(rest))

    def _utf8(self, piece: bytes) -> bytes:
        if self.encoding != "utf-8":
            piece = piece.decode(self.encoding).encode()
        if b"\r" in piece and b"\n" not in piece:
            piece = piece.replace(b"\r", b"\n")
        return piece

    def _line_at(self, offset: int) -> int:
        """The line on which an offset lies, counted from 1."""
        with self.path.open("rb") as stream:
            line, left = 1, offset
            while left > 0 and (piece := stream.read(min(BLOCK, left))):
                line += piece.count(b"\n")
                left -= len(piece)
        return line


def _end_of_last_row(piece: bytes) -> int:
    """Length of the part of a piece (which begins with a row) that is whole rows; 0 if there is no whole row."""
    newline = b"\n" if b"\n" in piece else b"\r"
    end = piece.rfind(newline) + 1
    quotes = piece.count(b'"', 0, end)
    while end > 0 and quotes % 2:
        before = piece.rfind(newline, 0, end - 1) + 1
        quotes -= piece.count(b'"', before, end)
        end = before
    return end


def examine(path: Path) -> TextFile:
    """Find the encoding by decoding all of the file, strictly. Raises FileRefused.

    UTF-8 (with or without byte order mark), else GB18030. A file that is UTF-8 with Chinese characters up to a broken
    byte is refused and not read as GB18030, which would accept it and turn every name into nonsense.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        mark = stream.read(3)
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused("wrong_encoding", line=1)
    start = len(codecs.BOM_UTF8) if mark == codecs.BOM_UTF8 else 0
    if _is_utf8(path, start):
        return TextFile(path, "utf-8", start, size)
    utf8 = _decodes(path, "utf-8", start)
    if start or utf8.chinese >= _CHINESE_TO_BE_SURE:
        raise FileRefused("wrong_encoding", line=utf8.line)
    gb = _decodes(path, "gb18030", start)
    if not gb.sound:
        raise FileRefused("wrong_encoding", line=max(utf8.line, gb.line))
    return TextFile(path, "gb18030", start, size)


def _is_utf8(path: Path, start: int) -> bool:
    """Whether all of the file is UTF-8 and text, without saying where it isn't (which takes ten times as long)."""
    rest = b""
    with path.open("rb") as stream:
        stream.seek(start)
        while piece := stream.read(BLOCK):
            end = piece.rfind(b"\n") + 1  # no longer character holds this byte
            if b"\0" in piece or (end and not _sound(rest + piece[:end])):
                return False
            rest = piece[end:] if end else rest + piece
    return _sound(rest)


def _sound(text: bytes) -> bool:
    try:
        pl.Series([text], dtype=pl.Binary()).cast(pl.String())
    except pl.exceptions.ComputeError:
        return False
    return True


@dataclass
class _Decoding:
    sound: bool = True
    line: int = 1
    chinese: int = 0


def _decodes(path: Path, encoding: str, start: int) -> _Decoding:
    """Whether all of the file is of the encoding; else the line of the first fault and how many Chinese
    characters (up to a few) came before it."""
    found = _Decoding()
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        stream.seek(start)
        while True:
            piece = stream.read(BLOCK)
            if b"\0" in piece:
                raise FileRefused("not_text")
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                found.sound = False
                found.line += error.object.count(b"\n", 0, error.start)
                found.chinese += _count_chinese(error.object[: error.start].decode(encoding, "ignore"))
                return found
            if not piece:
                return found
            found.line += piece.count(b"\n")
            if found.chinese < _CHINESE_TO_BE_SURE and not text.isascii():
                found.chinese += _count_chinese(text[:100_000])


def _count_chinese(text: str) -> int:
    """How many Chinese characters there are; no further than needed to be sure."""
    return sum(1 for _ in islice(_CHINESE.finditer(text), _CHINESE_TO_BE_SURE))
