"""Extracts: the tables a member institution sends, as data. A domain registers each with the function that stores it.

One table of columns per extract feeds everything: reading, the template to download, docs/intake-formats.md,
and the simulation that writes such files. Formats (CSV, XLSX, FHIR) produce the same canonical frame from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import polars as pl
from django.utils.functional import Promise

from yigongti.kernel.access.api import Actor

ROW = "row_no"
"""Column of every frame: the row's number in what was sent, as its sender counts (the header is row 1)."""

MOMENT = pl.Datetime("us", "Asia/Shanghai")


class Kind(StrEnum):
    """What a column holds, and the type it has in the canonical frame."""

    TEXT = "text"  # String, trimmed, never empty
    DAY = "day"  # Date
    MOMENT = "moment"  # Datetime[us, Asia/Shanghai]
    MONEY = "money"  # yuan when sent, Int64 fen in the frame; never negative unless the column may be
    WHOLE = "whole"  # Int64
    FLAG = "flag"  # Boolean
    CHOICE = "choice"  # String, one of the column's ``choices``


DTYPES: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.DAY: pl.Date(),
    Kind.MOMENT: MOMENT,
    Kind.MONEY: pl.Int64(),
    Kind.WHOLE: pl.Int64(),
    Kind.FLAG: pl.Boolean(),
    Kind.CHOICE: pl.String(),
}


@dataclass(frozen=True)
class Column:
    """One column of an extract.

    ``name`` is the English header, ``label`` the Chinese one. A ``required`` column must be in the file and hold a
    value in every row. ``key`` columns together are the sender's own number of the row. A day or moment after now
    is refused unless ``may_be_future``, a negative amount unless ``may_be_negative``. ``choices`` maps each code to the
    further spellings accepted for it.
    The values of a ``personal`` column are never repeated in a reason.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    required: bool = False
    key: bool = False
    aliases: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    may_be_future: bool = False
    may_be_negative: bool = False
    longest: int = 500
    personal: bool = False
    note: str | Promise = ""
    example: str = ""

    @property
    def field(self) -> str:
        """Its name in the canonical frame: money is sent as ``total_yuan`` and held as ``total_fen``."""
        return f"{self.name.removesuffix('_yuan')}_fen" if self.kind is Kind.MONEY else self.name

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header under which the column is known."""
        return (self.name, self.label, *self.aliases)


@dataclass(frozen=True)
class Check:
    """A rule over a whole row: rows where ``fails`` is true are refused with ``code``, pointing at ``column``."""

    code: str
    column: str
    fails: Callable[[], pl.Expr]


@dataclass(frozen=True)
class Stored:
    """What a sink did with a frame. ``refused`` has the schema REFUSAL; the numbers count rows and, with the refused
    rows, sum to the frame's height. ``months`` are the first days of the months whose facts changed."""

    stored: int
    updated: int
    unchanged: int
    refused: pl.DataFrame
    months: frozenset[date] = frozenset()


@dataclass
class Storing:
    """Where a frame comes from. ``memory`` lives as long as the batch is being read in this process: a sink may keep
    there what it found out in earlier chunks; the loop empties it when a chunk is rolled back."""

    batch_id: int
    source_id: int
    actor: Actor
    memory: dict[str, object] = field(default_factory=dict)


Sink = Callable[[pl.DataFrame, Storing], Stored]
"""Stores one checked frame inside the caller's transaction. Storing the same rows again must count as unchanged."""


@dataclass(frozen=True)
class Extract:
    """A table that can be sent in. Extracts of one batch are stored in the order of ``order``.

    ``prepare`` is work on a checked frame that needs no database: it is done while the chunk before is being stored,
    and may add columns for the sink. ``finished`` is called once per batch, in the transaction that ends it, with the
    months whose facts changed.
    """

    name: str
    label: str | Promise
    columns: tuple[Column, ...]
    sink: Sink
    checks: tuple[Check, ...] = ()
    prepare: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    finished: Callable[[tuple[date, ...]], None] | None = None
    order: int = 100
    note: str | Promise = ""

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns and types of the canonical frame. A frame has all of them; what was not sent is null."""
        return {ROW: pl.UInt32(), **{column.field: DTYPES[column.kind] for column in self.columns}}

    @property
    def key(self) -> tuple[str, ...]:
        """Frame columns that together number the row at its sender."""
        return tuple(column.field for column in self.columns if column.key)

    def frame(self, rows: Mapping[str, object] | pl.DataFrame) -> pl.DataFrame:
        """A canonical frame from part of its columns: missing ones are added as nulls, order and types are made right.

        Raises polars' own error for a column that isn't in the extract or has the wrong type.
        """
        given = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
        unknown = set(given.columns) - set(self.schema)
        if unknown:
            raise KeyError(f"{self.name} has no column {', '.join(sorted(unknown))}")
        return given.select(
            pl.col(name).cast(dtype) if name in given.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in self.schema.items()
        )


_extracts: dict[str, Extract] = {}


def register_extract(extract: Extract) -> Extract:
    """Make a table known to every format. Raises ValueError when the name is taken."""
    if extract.name in _extracts:
        raise ValueError(f"extract {extract.name} is registered twice")
    _extracts[extract.name] = extract
    return extract


def extracts() -> dict[str, Extract]:
    """All registered extracts by name, in the order they are stored."""
    return {e.name: e for e in sorted(_extracts.values(), key=lambda e: (e.order, e.name))}
