"""Grouping a CSV file of cases into another: in pieces, so that memory does not grow with the file; no row is lost.

A row that can't be read or grouped stands in the output with its reason. The output appears whole or not at all.
"""

import csv
import fcntl
import io
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import polars as pl

from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import Case
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder, unmapped_code
from yigongti.domains.money.drg.grouping.reasons import UNMAPPED, Reason, Status, sentence
from yigongti.domains.money.drg.grouping.repeats import Repeats
from yigongti.domains.money.drg.grouping.rows import CasesRefused, Reader

__all__ = ["ADDED", "CasesRefused", "Done", "Progress", "find_case", "group_file", "summary"]

ADDED = ("mdc", "adrg", "drg", "status", "reason")
Progress = Callable[[int, int, int], None]
"""Called with rows done, bytes done, bytes in all."""


@dataclass
class Done:
    """What became of a file. ``repeated``: case ids that stand in more than one row (the first twenty) and how many;
    ``encoding``: what it was read as, "" where all of it is ASCII.
    """

    rows: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    repeated: list[str] = field(default_factory=list)
    repeated_in_all: int = 0
    encoding: str = ""


def group_file(path: Path, out: Path, compiled: Compiled, progress: Progress | None = None) -> Done:
    """Group every row of ``path`` into ``out``. Raises CasesRefused when the header is not that of cases."""
    done, encoder = Done(), Encoder(compiled)
    size = path.stat().st_size
    _clear_drafts(out)
    draft = out.with_name(f"{_draft_start(out)}{uuid4().hex[:8]}{DRAFT}")
    try:
        with path.open("rb") as source, draft.open("wb") as target, Repeats(draft.with_suffix(".ids")) as repeats:
            fcntl.flock(target, fcntl.LOCK_EX)  # says that somebody is at work on it
            reader = Reader(source)
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
            done.encoding = reader.encoding
            if repeats.found():
                _name_repeated(path, repeats, done)
            draft.replace(out)
        _sync(out.parent)
    finally:
        draft.unlink(missing_ok=True)
    return done


DRAFT = ".draft"


def _draft_start(out: Path) -> str:
    return f".{out.name}."


def _clear_drafts(out: Path) -> None:
    """Remove what a run for the same output left behind when it was killed; not what another is still writing."""
    for left in out.parent.iterdir():
        if left.name.startswith(_draft_start(out)) and left.name.endswith(DRAFT):
            with suppress(OSError), left.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()


def find_case(path: Path, case_id: str) -> tuple[Case, bool] | None:
    """The first row of a case as a Case, and whether the row could be read; None when there is none. Raises
    CasesRefused.
    """
    with path.open("rb") as source:
        for frame, readable in Reader(source).frames():
            found = np.flatnonzero((frame["case_id"].str.strip_chars() == case_id.strip()).fill_null(False).to_numpy())
            if len(found):
                place = int(found[0])
                return Case.of_row(frame.row(place, named=True)), readable is None or bool(readable[place])
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
    """Which ids stand twice, by reading the file again: only their traces were kept.

    Where there are more than can be named, their traces count them (two ids of one trace among a thousand million
    rows: once in a hundred files), and the first of them are named.
    """
    seen: Counter[str] = Counter()
    many = repeats.twice > MOST_COUNTED
    with path.open("rb") as source:
        for frame, _readable in Reader(source).frames():
            seen.update(repeats.suspects(frame["case_id"]))
            if many and len(seen) >= MOST_NAMED:
                break
    twice = [case_id for case_id, times in seen.items() if many or times > 1]
    done.repeated, done.repeated_in_all = twice[:MOST_NAMED], repeats.twice if many else len(twice)


MOST_NAMED, MOST_COUNTED = 20, 10_000


def summary(done: Done) -> dict[Status, int]:
    """Rows by status, every status named."""
    return {status: done.statuses.get(status, 0) for status in Status}
