"""CSV: UTF-8 or GB18030, comma, semicolon or tab, read in blocks that never hold more than a few megabytes."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yigongti.interop.files import templates
from yigongti.interop.files.headers import Layout, hinted, recognise
from yigongti.interop.files.tables import Conflicts, headers_of, part_of, positions
from yigongti.interop.files.text import BLOCK, LONGEST_ROW, TextFile, examine
from yigongti.kernel.intake.api import ROW, Chunk, Extract, FileRefused, Incoming, RefusedLine, Token, extracts

SEPARATORS = (",", "\t", ";", "|")
LONGEST_HEADER = 64 * 1024
MOST_COLUMNS = 400
CHUNK_BYTES = BLOCK  # some 30,000 rows a transaction

csv.field_size_limit(LONGEST_ROW)  # what is too long is refused as a row, not by an error in the middle


class CsvReader:
    """One table. The first pass, when it is opened, checks encoding and quotes of the whole file and finds rows
    that carry the same number but differ; a kill later repeats that pass and goes on behind the last stored block."""

    needs_no_database = True

    def __init__(self, incoming: Incoming) -> None:
        self._file: TextFile = examine(incoming.path)
        self._separator, headers, self._first, self._first_row = self._header()
        hint = incoming.extract or hinted(incoming.name, extracts())
        layout = recognise(headers, hint=hint)
        assert layout is not None
        self._layout: Layout = layout
        self.headers: Mapping[str, Sequence[str]] = {layout.extract.name: headers}
        self.notes: list[tuple[str, Mapping[str, str]]] = []
        if layout.unused:
            self.notes.append(("unused_columns", {"columns": "、".join(layout.unused)}))
        self._conflicting = self._first_pass()

    def _header(self) -> tuple[str, tuple[str, ...], int, int]:
        """Separator, headers, offset and number of the first row (blank lines before the header are passed over)."""
        offset = self._file.start
        for block in self._file.blocks(size=LONGEST_HEADER):
            for line in block.text.splitlines(keepends=True):
                if line.strip():
                    text = line.decode()
                    separator = max(SEPARATORS, key=text.count)
                    break
            else:
                continue
            rows = csv.reader(io.StringIO(block.text.decode(), newline=""), delimiter=separator)
            for number, row in enumerate(rows, start=1):
                if headers := headers_of(row):
                    if len(headers) > MOST_COLUMNS:
                        raise FileRefused("too_many_columns", count=len(headers), limit=MOST_COLUMNS)
                    return separator, headers, self._behind(offset, rows.line_num), number + 1
        raise FileRefused("empty_file")

    def _behind(self, offset: int, lines: int) -> int:
        with self._file.path.open("rb") as stream:
            stream.seek(offset)
            head = stream.read(4 * LONGEST_HEADER)
        newline = b"\n" if b"\n" in head else b"\r"
        end = 0
        for _line in range(lines):
            end = head.find(newline, end) + 1
            if end == 0:
                return self._file.size
        return offset + end

    def _first_pass(self) -> frozenset[int]:
        conflicts = Conflicts(self._layout)
        rows = 0
        for block in self._file.blocks(self._first):
            raw = self._raw(block.text, 0, only=conflicts.key_positions)
            rows += raw.height
            conflicts.look_at_keys(raw)
        if rows == 0:
            raise FileRefused("no_rows")
        if conflicts.repeated():
            for block in self._file.blocks(self._first):
                conflicts.look_at_contents(self._raw(block.text, 0))
        return conflicts.found()

    def chunks(self, after: Token | None = None) -> Iterator[Chunk]:
        offset, row = (int(after["offset"]), int(after["row"])) if after else (self._first, self._first_row)
        for block in self._file.blocks(offset, size=getattr(settings, "INTAKE_BLOCK_BYTES", CHUNK_BYTES)):
            raw = self._raw(block.text, row)
            row += raw.height
            part = part_of(self._layout, raw, conflicting=self._conflicting)
            yield Chunk(
                (part,),
                {"offset": block.next_offset, "row": row},
                block.next_offset / self._file.size,
            )

    def _raw(self, text: bytes, first_row: int, only: list[str] | None = None) -> pl.DataFrame:
        """A block as text columns (all, or ``only`` some), numbered from ``first_row``; what stands right of the header
        is in OVERFLOW."""
        names = positions(len(self._layout.headers))
        try:
            return pl.read_csv(
                io.BytesIO(text),
                has_header=False,
                columns=[int(name[1:]) for name in only] if only else None,
                separator=self._separator,
                schema=dict.fromkeys(names, pl.String()),
                missing_columns="insert",
                extra_columns="ignore",
                row_index_name=ROW,
                row_index_offset=first_row,
            )
        except pl.exceptions.PolarsError:
            return self._raw_leniently(text, first_row, names)

    def _raw_leniently(self, text: bytes, first_row: int, names: list[str]) -> pl.DataFrame:
        """The same for a block with quotes in the middle of a value, which are then part of the value."""
        lines: list[list[str | None]] = []
        reader = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=self._separator, strict=False)
        try:
            for cells in reader:
                width = len(names)
                lines.append([cells[i] if i < len(cells) and cells[i] else None for i in range(width)])
        except csv.Error:
            raise FileRefused("broken_quotes", line=first_row + len(lines)) from None
        frame = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String()), orient="row")
        return frame.with_row_index(ROW, offset=first_row)


class CsvFormat:
    """Comma-separated tables."""

    name = "csv"
    label = _("CSV 表格")
    suffixes = (".csv", ".txt", ".tsv")

    def recognises(self, incoming: Incoming) -> bool:
        return Path(incoming.name).suffix.lower() in self.suffixes

    def open(self, incoming: Incoming) -> CsvReader:
        return CsvReader(incoming)

    def template(self, extract: Extract) -> tuple[str, bytes]:
        return f"{extract.name}.csv", templates.csv_template(extract)

    def refused_file(self, lines: Iterator[RefusedLine], headers: Mapping[str, Sequence[str]], folder: Path) -> Path:
        return templates.refused_csv(lines, headers, folder)
