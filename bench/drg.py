"""Grouping cases: the batch path on one core against the one-case path; a file against reading and writing it."""

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from tests.support import samples

from bench.harness import Result, seconds, size
from yigongti.domains.money.drg.api import Case, Scheme, group, load_scheme
from yigongti.domains.money.drg.catalogue import SHIPPED
from yigongti.domains.money.drg.grouping.batch import outcomes
from yigongti.domains.money.drg.grouping.case import COLUMNS
from yigongti.domains.money.drg.grouping.compiled import Compiled
from yigongti.domains.money.drg.grouping.encoding import Encoder
from yigongti.domains.money.drg.grouping.files import group_file

NAME = "drg"
AIM = "≥ 200,000 cases/s on one core through the batch path; files too; one case under 1 ms"

ROWS = 1_000_000
DISTINCT = 20_000
AT_LEAST = 200_000


def run() -> list[Result]:
    """By the national tables where the sample folder has them, else by the demonstration scheme; one core for all."""
    found = samples.folder()
    national = found / "chs-drg-1.1" if found else None
    folder = national if national is not None and national.is_dir() else SHIPPED[0]
    scheme = load_scheme(folder)
    compiled = Compiled(scheme)
    rows = size(ROWS)
    few = _cases(scheme, min(DISTINCT, rows))
    frame = few.sample(rows, with_replacement=True, seed=3)
    note = f"{len(scheme.drgs)} groups, {rows:,} cases, one core"
    with _one_core(), tempfile.TemporaryDirectory() as place:
        cases = Encoder(compiled).cases(frame)
        some = [Case.of_row(row) for row in few.head(2_000).to_dicts()]
        _agree(few, scheme, compiled)
        one = seconds(lambda: [group(case, scheme) for case in some], repeats=2) / len(some)
        batch = rows / seconds(lambda: outcomes(cases, compiled))
        text = rows / seconds(lambda: outcomes(Encoder(compiled).cases(frame), compiled))
        path, out = Path(place) / "in.csv", Path(place) / "out.csv"
        frame.write_csv(path)
        file = seconds(lambda: group_file(path, out, compiled), repeats=2)
        plain = seconds(lambda: pl.read_csv(path, infer_schema=False).write_csv(out), repeats=2)
        _with_odd_rows(frame, path)
        odd = seconds(lambda: group_file(path, out, compiled), repeats=2)
    return [
        Result("batch against the one-case loop", "cases/s", batch, 1 / one, aim=0.1, higher_is_better=True, note=note),
        Result("batch path, typed arrays", "cases/s", batch, aim=AT_LEAST, higher_is_better=True),
        Result("batch path, columns of text", "cases/s", text, aim=AT_LEAST, higher_is_better=True),
        Result("CSV in, CSV out", "cases/s", rows / file, aim=AT_LEAST, higher_is_better=True),
        Result("CSV in, CSV out, against reading and writing it", "s", file, plain),
        Result(
            "CSV with a line break in quotes and a stray quote in 5,000 rows",
            "cases/s",
            rows / odd,
            aim=AT_LEAST,
            higher_is_better=True,
        ),
        Result("one case with its path", "ms", one * 1000, aim=1),
    ]


def _with_odd_rows(frame: pl.DataFrame, path: Path) -> None:
    """As people's programs write them: a note over two lines, and one with a quote nobody meant as such."""
    place = pl.int_range(pl.len()) % 5_000
    note = pl.when(place == 7).then(pl.lit("two\nlines")).when(place == 4_007).then(pl.lit("5 in.")).otherwise(None)
    frame.with_columns(note.alias("note")).write_csv(path)
    path.write_bytes(path.read_bytes().replace(b"5 in.", b'5"'))


def _agree(few: pl.DataFrame, scheme: Scheme, compiled: Compiled) -> None:
    numbers = outcomes(Encoder(compiled).cases(few), compiled).tolist()
    for row, number in zip(few.head(2_000).to_dicts(), numbers, strict=False):
        if group(Case.of_row(row), scheme).drg != compiled.outcomes[number].drg:
            raise AssertionError(f"the two paths do not agree: {row}")


def _cases(scheme: Scheme, rows: int) -> pl.DataFrame:
    """Cases drawn around the scheme's own lists: each group's diagnoses and procedures, complications beside them."""
    chance = random.Random(11)
    adrgs = [(mdc, adrg) for mdc in scheme.mdcs for adrg in mdc.adrgs]
    sorted_once = {one.code: sorted(one.diagnoses) for one in (*scheme.mdcs, *scheme.adrgs.values())}
    procedures = {adrg.code: [sorted(codes) for codes in adrg.procedures.values()] for _, adrg in adrgs}
    complications, everything = sorted(scheme.complications), sorted(scheme.listed_diagnoses)
    made = []
    for number in range(rows):
        mdc, adrg = chance.choice(adrgs)
        principal = chance.choice(sorted_once[adrg.code] or sorted_once[mdc.code] or everything)
        done = [chance.choice(codes) for codes in procedures[adrg.code]]
        others = [
            chance.choice(complications if chance.random() < 0.5 else everything) for _ in range(chance.randint(0, 6))
        ]
        infant = mdc.code == "P"
        made.append(
            (
                str(number),
                chance.choice("12"),
                "0" if infant else str(chance.randint(1, 95)),
                str(chance.randint(0, 60)) if infant else "",
                str(chance.randint(900, 4000)) if infant else "",
                principal,
                "|".join(others),
                done[0] if done else "",
                "|".join(done[1:]),
            )
        )
    return pl.DataFrame(made, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


@contextmanager
def _one_core() -> Iterator[None]:
    """This process on one processor, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
