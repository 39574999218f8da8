"""Files as member institutions export them: each sender's own style, and beside them the truth about every row.

Written as the chunks come. An XLSX file waits in memory until its institution is done, since it has to be small.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from yigongti.kernel.intake.api import Column, Kind, extracts
from yigongti.simulation import workbook
from yigongti.simulation.dirt import OUTCOME
from yigongti.simulation.draws import Draws, Table
from yigongti.simulation.parameters import Parameters

TRUTH = "_truth"
_SEX: Final = {
    "code": {1: "1", 2: "2"},
    "word": {1: "男", 2: "女"},
    "letter": {1: "M", 2: "F"},
}
_WORDS: Final = {
    "outpatient": "门诊",
    "emergency": "急诊",
    "inpatient": "住院",
    "home": "上门",
    "pharmacy": "药店",
}
_ROWS = pa.schema([("line", pa.int32()), ("person", pa.int64()), ("dirt", pa.string()), ("outcome", pa.string())])


@dataclass(frozen=True)
class Style:
    """How one institution writes its files."""

    file: str
    encoding: str
    header: str
    ends: str
    day: str
    moment: str
    sex: str
    words: str

    @property
    def newline(self) -> str:
        return "\r\n" if self.ends == "windows" else "\n"


def styles_of(senders: list[str], bureau: str | None, parameters: Parameters) -> dict[str, Style]:
    """A style for each sender, drawn from its key; the insurance bureau always has the first."""
    entries: list[dict[str, Any]] = parameters["styles"]
    known = [Style(**{k: v for k, v in entry.items() if k != "weight"}) for entry in entries]
    table = Table([entry["weight"] for entry in entries])
    return {
        sender: known[0] if sender == bureau else known[int(Draws("style", sender).pick(table, n=1)[0])]
        for sender in senders
    }


def in_style(frame: pl.DataFrame, extract: str, style: Style) -> pl.DataFrame:
    """The typed frame as text in the style, in the columns of the contract; empty text is null."""
    made = []
    for column in extracts()[extract].columns:
        if column.name in frame.columns:
            made.append(_text(column, frame[column.name], style).alias(column.name))
    return frame.select(*made, "_person")


def _text(column: Column, values: pl.Series, style: Style) -> pl.Expr:
    value = pl.col(column.name)
    if column.kind is Kind.DAY:
        return value.dt.strftime(style.day)
    if column.kind is Kind.MOMENT:
        return value.dt.strftime(style.moment)
    if column.kind is Kind.MONEY:
        cents = (value % 100).cast(pl.String).str.zfill(2)
        return pl.concat_str((value // 100).cast(pl.String), pl.lit("."), cents)
    if column.kind is Kind.FLAG:
        return pl.when(value).then(pl.lit("1")).otherwise(pl.lit("0"))
    if column.name == "sex":
        return value.replace_strict(_SEX[style.sex], return_dtype=pl.String)
    if column.name == "setting" and style.words == "chinese":
        return value.replace_strict(_WORDS, return_dtype=pl.String)
    if values.dtype != pl.String:
        return value.cast(pl.String)
    return pl.when(value != "").then(value)


def header_of(extract: str, columns: list[str], style: Style) -> list[str]:
    """The header line: English names or Chinese labels of the contract."""
    labels = {c.name: c.label for c in extracts()[extract].columns}
    return [labels[name] if style.header == "chinese" else name for name in columns]


class Outbox:
    """The folder of exports. Send it rows chunk by chunk, then ``close`` it."""

    def __init__(self, folder: Path, styles: Mapping[str, Style], limits: Mapping[str, int], *, truth: bool) -> None:
        self.folder, self._styles, self._limits, self._truth = folder, styles, limits, truth
        folder.mkdir(parents=True, exist_ok=True)
        if truth:
            (folder / TRUTH / "rows").mkdir(parents=True, exist_ok=True)
        self._files: dict[tuple[str, str], _File] = {}
        self._known: dict[str, pq.ParquetWriter] = {}
        self.counts: dict[str, dict[str, int]] = {}

    def send(self, sender: str, extract: str, rows: pl.DataFrame) -> None:
        """Append rows (text columns, ``_person``, ``_dirt``) to a sender's extract."""
        if not rows.height:
            return
        key = sender, extract
        if key not in self._files:
            self._files[key] = _File(self, sender, extract, self._styles[sender], self._limits)
        self._files[key].write(rows)

    def know(self, what: str, truth: pl.DataFrame) -> None:
        """Append to the truth about people, or whatever else no file says."""
        if not truth.height:
            return
        table = truth.to_arrow()
        if what not in self._known:
            path = self.folder / TRUTH / f"{what}.parquet"
            self._known[what] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._known[what].write_table(table)

    def close(self) -> None:
        """Finish every file."""
        for file in self._files.values():
            file.close()
        for writer in self._known.values():
            writer.close()


@dataclass
class _File:
    outbox: Outbox
    sender: str
    extract: str
    style: Style
    limits: Mapping[str, int]
    part: int = 1
    rows: int = 0
    _waiting: list[pl.DataFrame] = field(default_factory=list)
    _stream: IO[bytes] | None = None
    _rows_of_truth: pq.ParquetWriter | None = None

    @property
    def stem(self) -> str:
        part = "" if self.part == 1 else f"part{self.part:02d}__"
        return f"{self.sender}__{part}{self.extract}"

    def write(self, rows: pl.DataFrame) -> None:
        if self.style.file == "xlsx":
            self._waiting.append(rows)
            if sum(waiting.height for waiting in self._waiting) > self.limits["xlsx"]:
                # too large for a workbook: this institution's system gives CSV instead
                self.style = Style(**{**self.style.__dict__, "file": "csv", "encoding": "gb18030", "ends": "windows"})
                waiting, self._waiting = self._waiting, []
                for earlier in waiting:
                    self._write_csv(earlier)
            return
        self._write_csv(rows)

    def close(self) -> None:
        if self._waiting:
            self._write_xlsx(pl.concat(self._waiting))
            self._waiting = []
        self._finish()

    def _write_csv(self, rows: pl.DataFrame) -> None:
        if self.rows and self.rows + rows.height > self.limits["csv"]:
            self._finish()
            self.part, self.rows = self.part + 1, 0
        texts = rows.select(pl.exclude("_person", "_dirt"))
        if self._stream is None:
            self._stream = (self.outbox.folder / f"{self.stem}.csv").open("wb")
            header = ",".join(header_of(self.extract, texts.columns, self.style)) + self.style.newline
            self._stream.write(header.encode(self.style.encoding))
        buffer = io.BytesIO()
        texts.write_csv(buffer, include_header=False, line_terminator=self.style.newline)
        encoding = "utf-8" if self.style.encoding == "utf-8-sig" else self.style.encoding
        self._stream.write(buffer.getvalue() if encoding == "utf-8" else buffer.getvalue().decode().encode(encoding))
        self._record(f"{self.stem}.csv", rows)

    def _write_xlsx(self, rows: pl.DataFrame) -> None:
        texts = rows.select(pl.exclude("_person", "_dirt"))
        header = header_of(self.extract, texts.columns, self.style)
        workbook.write(self.outbox.folder / f"{self.stem}.xlsx", header, texts)
        self._record(f"{self.stem}.xlsx", rows)

    def _record(self, name: str, rows: pl.DataFrame) -> None:
        """Add the rows to the truth: the line each stands on (the header is line 1), and what becomes of it."""
        counts = self.outbox.counts.setdefault(name, {})
        counts["rows"] = counts.get("rows", 0) + rows.height
        for dirt, number in rows["_dirt"].value_counts(sort=True).rows():
            counts[dirt or "clean"] = counts.get(dirt or "clean", 0) + number
        if self.outbox._truth:
            if self._rows_of_truth is None:
                path = self.outbox.folder / TRUTH / "rows" / f"{name}.parquet"
                self._rows_of_truth = pq.ParquetWriter(path, _ROWS, compression="zstd")
            truth = rows.select(
                pl.int_range(self.rows + 2, self.rows + 2 + rows.height, dtype=pl.Int32).alias("line"),
                pl.col("_person").alias("person"),
                pl.col("_dirt").alias("dirt"),
                pl.col("_dirt").replace_strict(OUTCOME).alias("outcome"),
            )
            self._rows_of_truth.write_table(truth.to_arrow().cast(_ROWS))
        self.rows += rows.height

    def _finish(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._rows_of_truth is not None:
            self._rows_of_truth.close()
            self._rows_of_truth = None
