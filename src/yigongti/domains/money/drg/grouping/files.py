"""Grouping a CSV file of cases into another: in pieces, so that memory does not grow with the file; no row is lost.

A row that can't be read or grouped stands in the output with its reason. The output appears whole or not at all.
"""

import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import polars as pl
from django.utils.translation import gettext as _

from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS, Case
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder, unmapped_code
from yigongti.domains.money.drg.grouping.reasons import UNMAPPED, Reason, Status, sentence
from yigongti.domains.money.drg.grouping.repeats import Repeats

ADDED = ("mdc", "adrg", "drg", "status", "reason")
BLOCK = 8 << 20
"""Bytes read at a time."""

LONGEST_ROW = 1 << 20

Progress = Callable[[int, int, int], None]
"""Called with rows done, bytes done, bytes in all."""


class CasesRefused(ValueError):
    """The file is no file of cases; the words say what to do."""


@dataclass
class Done:
    """What became of a file. ``repeated``: case ids that stand in more than one row (the first twenty) and how many."""

    rows: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    repeated: list[str] = field(default_factory=list)
    repeated_in_all: int = 0


def group_file(path: Path, out: Path, compiled: Compiled, progress: Progress | None = None) -> Done:
    """Group every row of ``path`` into ``out``. Raises CasesRefused when the header is not that of cases."""
    done, encoder = Done(), Encoder(compiled)
    size = path.stat().st_size
    draft = out.with_name(f".{out.name}.{uuid4().hex[:8]}.draft")
    try:
        with path.open("rb") as source, draft.open("wb") as target, Repeats(draft.with_suffix(".ids")) as repeats:
            reader = _Reader(source)
            kept = [name for name in reader.header if name not in ADDED]
            _write_header(target, kept)
            for frame, readable in reader.frames():
                added = _group(frame, readable, encoder, compiled, done)
                frame.select(kept).with_columns(added).write_csv(target, include_header=False)
                repeats.add(frame["case_id"])
                if progress is not None:
                    progress(done.rows, source.tell(), size)
            target.flush()
            os.fsync(target.fileno())
            if repeats.found():
                _name_repeated(path, repeats, done)
        draft.replace(out)
        _sync(out.parent)
    finally:
        draft.unlink(missing_ok=True)
    return done


def find_case(path: Path, case_id: str) -> Case | None:
    """The first row of a case as a Case; None when there is none. Raises CasesRefused."""
    with path.open("rb") as source:
        for frame, _readable in _Reader(source).frames():
            found = frame.filter(pl.col("case_id").str.strip_chars() == case_id.strip())
            if len(found):
                return Case.of_row(found.row(0, named=True))
    return None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_header(target: BinaryIO, kept: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*kept, *ADDED])
    target.write(text.getvalue().encode())


def _group(
    frame: pl.DataFrame, readable: npt.NDArray[np.bool_] | None, encoder: Encoder, compiled: Compiled, done: Done
) -> list[pl.Series]:
    numbers = outcomes(encoder.cases(frame, readable), compiled)
    table = pl.DataFrame(
        {
            "mdc": [outcome.mdc for outcome in compiled.outcomes],
            "adrg": [outcome.adrg for outcome in compiled.outcomes],
            "drg": [outcome.drg for outcome in compiled.outcomes],
            "status": [outcome.status.value for outcome in compiled.outcomes],
            "reason": [outcome.sentence for outcome in compiled.outcomes],
        }
    )
    added = table[numbers.astype(np.uint32)]
    done.rows += len(frame)
    for number, times in enumerate(np.bincount(numbers, minlength=len(compiled.outcomes)).tolist()):
        if times:
            done.statuses[compiled.outcomes[number].status] += times
            done.reasons[compiled.outcomes[number].reason] += times
    return _with_codes(frame, numbers, added, compiled).get_columns()


def _with_codes(
    frame: pl.DataFrame, numbers: npt.NDArray[np.int32], added: pl.DataFrame, compiled: Compiled
) -> pl.DataFrame:
    """Rows with a code that can't be mapped name it."""
    named = {compiled.outcome(reason): reason for reason in UNMAPPED}
    rows = np.flatnonzero(np.isin(numbers, list(named)))
    if not len(rows):
        return added
    some = frame[rows].to_dicts()
    words = [
        sentence(named[number], code=unmapped_code(compiled, row))
        for number, row in zip(numbers[rows].tolist(), some, strict=True)
    ]
    return added.with_columns(added["reason"].scatter(rows, words))


def _name_repeated(path: Path, repeats: Repeats, done: Done) -> None:
    """Which ids stand twice, by reading the file again: only their traces were kept."""
    seen: Counter[str] = Counter()
    with path.open("rb") as source:
        for frame, _readable in _Reader(source).frames():
            seen.update(repeats.suspects(frame["case_id"]))
    twice = [case_id for case_id, times in seen.items() if times > 1]
    done.repeated, done.repeated_in_all = twice[:20], len(twice)


class _Reader:
    """A CSV file in blocks of whole rows, every column as text, named as in the header."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.encoding = "utf-8"
        self.rest = b""
        self.header = self._header()

    def _header(self) -> list[str]:
        start = self.source.read(BLOCK)
        if not start.strip():
            raise CasesRefused(_("文件是空的。"))
        try:
            start[: start.rfind(b"\n") + 1 or None].decode("utf-8")
        except UnicodeDecodeError:
            self.encoding = "gb18030"
        start = start.removeprefix(b"\xef\xbb\xbf")
        line, _end, self.rest = start.partition(b"\n")
        names = [name.strip() for name in next(csv.reader([line.decode(self.encoding, "replace").strip("\r")]), [])]
        absent = [name for name in COLUMNS if name not in names]
        if absent:
            raise CasesRefused(
                _("缺少列：{absent}。表头应有：{columns}。").format(absent="、".join(absent), columns=",".join(COLUMNS))
            )
        if len(set(names)) < len(names):
            twice = "、".join(sorted({name for name in names if names.count(name) > 1}))
            raise CasesRefused(_("表头有重复的列：{twice}。").format(twice=twice))
        return names

    def frames(self) -> Iterator[tuple[pl.DataFrame, npt.NDArray[np.bool_] | None]]:
        """Frames of rows, and which of their rows could be read (None: all)."""
        while True:
            more = self.source.read(BLOCK)
            block, self.rest = self.rest + more, b""
            if more:
                cut = _last_row_end(block)
                if not cut and len(block) > LONGEST_ROW + BLOCK:
                    cut = block.rfind(b"\n") + 1 or len(block)  # a quote that is never closed must not swallow the file
                block, self.rest = block[:cut], block[cut:]
            if block.strip():
                yield self._frame(block)
            if not more:
                return

    def _frame(self, block: bytes) -> tuple[pl.DataFrame, npt.NDArray[np.bool_] | None]:
        if self.encoding != "utf-8":
            block = block.decode(self.encoding, "replace").encode()
        if block.count(b'"') % 2:
            return self._row_by_row(block)
        try:
            frame = pl.read_csv(
                io.BytesIO(block),
                has_header=False,
                new_columns=self.header,
                schema=dict.fromkeys(self.header, pl.String),
            )
        except (pl.exceptions.PolarsError, UnicodeDecodeError):
            return self._row_by_row(block)
        if b'"' in block and len(frame) != block.count(b"\n") + (not block.endswith(b"\n")):
            return self._row_by_row(block)  # fields over several lines: were their quotes meant so?
        return frame, None

    def _row_by_row(self, block: bytes) -> tuple[pl.DataFrame, npt.NDArray[np.bool_] | None]:
        """A block with a row that is not of the header's shape: the others are kept, that one is marked."""
        wide = len(self.header)
        rows: list[list[str]] = []
        readable: list[bool] = []
        for cells in _records(block.decode("utf-8", "replace").replace("\0", "\ufffd"), wide):
            readable.append(len(cells) == wide and "\ufffd" not in "".join(cells))
            if len(cells) > wide:
                cells = [*cells[: wide - 1], ",".join(cells[wide - 1 :])]
            rows.append([*cells, *[""] * (wide - len(cells))])
        frame = pl.DataFrame(rows, schema=dict.fromkeys(self.header, pl.String), orient="row")
        return frame, np.array(readable, dtype=np.bool_)


def _records(text: str, wide: int) -> Iterator[list[str]]:
    """Rows of CSV. A row over several lines with a wrong number of columns, or with text after a closing quote, began
    with a quote nobody closed: its lines are then rows of their own, so that a stray quote takes no other row with it.
    """
    lines = text.splitlines(keepends=True)
    done = 0
    while done < len(lines):
        reader = csv.reader((lines[place] for place in range(done, len(lines))), strict=True)
        taken = 0
        try:
            for cells in reader:
                several = reader.line_num - taken > 1
                if several and len(cells) != wide:
                    break
                taken = reader.line_num
                if cells:
                    yield cells
            else:
                return
        except csv.Error:
            pass
        line = lines[done + taken].rstrip("\r\n")
        done += taken + 1
        if line:
            yield _alone(line)


def _alone(line: str) -> list[str]:
    """The cells of one line, its quotes being ordinary characters."""
    return next(csv.reader([line], quoting=csv.QUOTE_NONE), [])


def _last_row_end(block: bytes) -> int:
    """Where the last whole row of a block ends: after a line end that stands in no quotes; 0 without any."""
    end = block.rfind(b"\n") + 1
    if not end or b'"' not in block:
        return end
    inside = block.count(b'"', 0, end) % 2 == 1
    while inside:
        before = block.rfind(b"\n", 0, end - 1) + 1
        if not before:
            return 0
        inside ^= block.count(b'"', before, end) % 2 == 1
        end = before
    return end


def summary(done: Done) -> dict[Status, int]:
    """Rows by status, every status named."""
    return {status: done.statuses.get(status, 0) for status in Status}
