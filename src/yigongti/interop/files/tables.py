"""Rows of text, wherever they were read from → parts of a chunk; what CSV and XLSX have in common."""

from collections.abc import Iterable, Sequence

import polars as pl

from yigongti.interop.files.headers import Layout
from yigongti.interop.files.values import clean, typed
from yigongti.kernel.intake.api import REFUSAL, ROW, Part

OVERFLOW = "overflow"


def position(index: int) -> str:
    """Name of the column at a position in a frame of raw text."""
    return f"c{index}"


def positions(count: int) -> list[str]:
    """Names of the raw columns of a header with ``count`` entries, and of what stands to the right of them."""
    return [*(position(i) for i in range(count)), OVERFLOW]


def part_of(
    layout: Layout,
    raw: pl.DataFrame,
    *,
    conflicting: frozenset[int] | None = None,
    faults: Sequence[pl.DataFrame] = (),
    place: str = "",
) -> Part:
    """A part from raw text: ROW and ``positions(...)``. Rows with nothing in them are passed over.

    ``conflicting`` are hashes of keys that stand in the file with different contents: all their rows are refused.
    ``faults`` are refusals found before (formulas, merged cells).
    """
    width = len(layout.headers)
    if all(raw.select(_blank(name).any()).item() for name in positions(width)):  # else one is filled in every row
        raw = raw.filter(~pl.all_horizontal(_blank(name) for name in positions(width)))
    found = [fault for fault in faults if fault.height]
    overflowing = raw.filter(~_blank(OVERFLOW))
    if overflowing.height:
        found.append(_refusals(overflowing, "ragged"))
    named = raw.select(
        ROW,
        *(pl.col(position(i)).alias(c.name) for i, c in enumerate(layout.columns) if c is not None),
    )
    if conflicting:
        hashes = key_hashes(layout, raw)
        if hashes is not None:
            found.append(_refusals(raw.filter(hashes.is_in(list(conflicting))), "same_number"))
    before = pl.concat(found) if found else pl.DataFrame(schema=REFUSAL)
    if before.height:
        named = named.join(before, on=ROW, how="anti", maintain_order="left")
    frame, refused = typed(layout.extract, named)

    def original(rows: Sequence[int]) -> list[dict[str, str]]:
        wanted = pl.DataFrame({ROW: list(rows)}, schema={ROW: pl.UInt32()})
        lines = wanted.join(raw, on=ROW, how="left", maintain_order="left")
        return [
            {h: line[position(i)] or "" for i, h in enumerate(layout.headers)} for line in lines.iter_rows(named=True)
        ]

    before = before.filter(pl.col(ROW).is_in(raw[ROW].implode()))
    return Part(layout.extract.name, frame, original, pl.concat([before, refused]), place)


def _blank(name: str) -> pl.Expr:
    return pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "")


def _refusals(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    return rows.select(
        pl.col(ROW).cast(pl.UInt32),
        pl.lit(code).alias("code"),
        pl.lit(None, pl.String()).alias("column"),
        pl.lit(None, pl.String()).alias("value"),
    )


def key_hashes(layout: Layout, raw: pl.DataFrame) -> pl.Series | None:
    """A hash of each row's key; null where part of the key is missing. None for an extract without a key."""
    names = [position(i) for i, c in enumerate(layout.columns) if c is not None and c.key]
    if not names:
        return None
    keys = pl.DataFrame([clean(raw[name]) for name in sorted(names, key=lambda n: _key_order(layout, n))])
    whole = pl.all_horizontal(pl.all().is_not_null())
    return keys.select(pl.when(whole).then(pl.struct(pl.all()).hash(seed=7)).alias("key"))["key"]


def _key_order(layout: Layout, name: str) -> str:
    column = layout.columns[int(name[1:])]
    return column.name if column else ""


class Conflicts:
    """Finds keys that stand in a file more than once with different contents.

    Two looks at the file: all keys first (8 bytes of memory per row), then, only where keys repeat, the contents of
    those rows.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._keys: list[pl.Series] = []
        self._contents: list[pl.DataFrame] = []
        self._repeated: pl.Series | None = None

    @property
    def key_positions(self) -> list[str]:
        """The raw columns ``look_at_keys`` needs."""
        return [position(i) for i, c in enumerate(self._layout.columns) if c is not None and c.key]

    def look_at_keys(self, raw: pl.DataFrame) -> None:
        hashes = key_hashes(self._layout, raw)
        if hashes is not None:
            self._keys.append(hashes.drop_nulls())

    def repeated(self) -> bool:
        """Whether any key stands in the file more than once: then ``look_at_contents`` has to see all of it."""
        if not self._keys:
            return False
        keys = pl.concat(self._keys)
        self._keys = []
        if keys.n_unique() == keys.len():
            return False
        self._repeated = keys.filter(keys.is_duplicated()).unique()
        return True

    def look_at_contents(self, raw: pl.DataFrame) -> None:
        hashes = key_hashes(self._layout, raw)
        assert hashes is not None and self._repeated is not None
        contents = [position(i) for i, column in enumerate(self._layout.columns) if column is not None]
        rows = raw.with_columns(hashes.alias("key")).filter(pl.col("key").is_in(self._repeated.implode()))
        said = pl.struct(pl.col(contents).fill_null("").str.strip_chars()).hash(seed=11)
        self._contents.append(rows.select("key", said.alias("row")))

    def found(self) -> frozenset[int]:
        """Hashes of the keys whose rows differ."""
        if not self._contents:
            return frozenset()
        counted = pl.concat(self._contents).group_by("key").agg(pl.col("row").n_unique())
        return frozenset(counted.filter(pl.col("row") > 1)["key"].to_list())


def headers_of(values: Iterable[str | None]) -> tuple[str, ...]:
    """A header line without the empty cells at its right end."""
    found = [(value or "").strip() for value in values]
    while found and not found[-1]:
        found.pop()
    return tuple(found)
