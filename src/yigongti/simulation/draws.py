"""Random numbers that are the same on every machine.

Promises: a draw depends only on its key (seed, purpose, chunk) and its place in the sequence. NumPy promises the
raw stream of a bit generator for ever, but neither the streams of its distributions nor the last bit of a
vectorised logarithm; so everything here is made of raw 32-bit integers, integer thresholds and tables that are
worked out in exact decimal arithmetic. No float decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from statistics import NormalDist
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MILLION: Final = 1_000_000
_SCALE: Final = 1 << 31
_QUANTILES: Final = 4096
_POISSON_STEP_MILLI: Final = 20
_POISSON_LIMIT_MILLI: Final = 40_000


class Table:
    """Rows of weights to draw a column from. Weights are scaled to integers; a row of zeros raises ValueError."""

    def __init__(self, weights: Sequence[Sequence[float]] | Sequence[float]) -> None:
        rows = [[round(float(w) * 10_000) for w in row] for row in _as_rows(weights)]
        if any(sum(row) <= 0 or min(row) < 0 for row in rows):
            raise ValueError("every row of a table needs weights that are not negative and not all zero")
        cumulated = np.cumsum(np.array(rows, dtype=np.int64), axis=1)
        thresholds = [[int(c) * _SCALE // int(row[-1]) for c in row] for row in cumulated]
        self.columns = len(thresholds[0])
        starts = np.arange(len(thresholds), dtype=np.int64)[:, None] * _SCALE
        self._flat = (np.array(thresholds, dtype=np.int64) + starts).ravel()

    def column(self, raw: Ints, row: Ints | int = 0) -> Ints:
        """The column each 31-bit number of ``raw`` falls in, in the given row(s)."""
        row = np.asarray(row, dtype=np.int64)
        found = np.searchsorted(self._flat, raw + row * _SCALE, side="right") - row * self.columns
        return found.astype(np.int64)


def _as_rows(weights: Sequence[Sequence[float]] | Sequence[float]) -> list[Sequence[float]]:
    if isinstance(weights[0], Sequence):
        return [row for row in weights if isinstance(row, Sequence)]
    return [[weight for weight in weights if not isinstance(weight, Sequence)]]


class Draws:
    """A sequence of draws named by its key, for example ``Draws(7, "visits", chunk)``."""

    def __init__(self, *key: int | str) -> None:
        entropy = [crc32(part.encode()) if isinstance(part, str) else int(part) for part in key]
        self._bits = np.random.Philox(np.random.SeedSequence(entropy))

    def raw(self, n: int) -> Ints:
        """``n`` numbers from 0 to 2³¹ - 1."""
        return (self._bits.random_raw(n) >> np.uint64(33)).astype(np.int64)

    def below(self, bound: Ints | int, n: int | None = None) -> Ints:
        """A whole number from 0 to ``bound`` - 1 for each bound (or ``n`` for one bound; bounds up to 2³¹)."""
        size = len(bound) if n is None else n  # type: ignore[arg-type]
        return (self.raw(size) * np.asarray(bound, dtype=np.int64)) >> 31

    def between(self, low: Ints | int, high: Ints | int, n: int | None = None) -> Ints:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(np.asarray(high, dtype=np.int64) - low + 1, n)

    def chance(self, per_million: Ints | int, n: int | None = None) -> Bools:
        """True with the given chance in a million (one for each, or one for ``n``)."""
        size = len(per_million) if n is None else n  # type: ignore[arg-type]
        return self.below(MILLION, size) < per_million

    def pick(self, table: Table, row: Ints | int = 0, n: int | None = None) -> Ints:
        """A column of the table, by weight, for each row (or ``n`` times from one row)."""
        size = len(row) if n is None else n  # type: ignore[arg-type]
        return table.column(self.raw(size), row)

    def poisson(self, mean_milli: Ints) -> Ints:
        """A Poisson count for each mean (in thousandths; means over 40 are cut to 40)."""
        table = _poisson_table()
        row = np.clip(mean_milli, 0, _POISSON_LIMIT_MILLI) // _POISSON_STEP_MILLI
        # the part lost to the step is given back by chance, so that the mean stays what was asked for
        row += self.below(_POISSON_STEP_MILLI, len(row)) < np.clip(mean_milli, 0, None) % _POISSON_STEP_MILLI
        return self.pick(table, np.minimum(row, _POISSON_LIMIT_MILLI // _POISSON_STEP_MILLI))

    def normal_milli(self, n: int) -> Ints:
        """``n`` standard normal values in thousandths, between about -3 670 and 3 670."""
        return _normal_milli()[self.below(_QUANTILES, n)]

    def lognormal_ppm(self, sigma_percent: int, n: int) -> Ints:
        """``n`` factors in millionths with median 1 and the given sigma of the logarithm (in hundredths)."""
        return _lognormal_ppm(sigma_percent)[self.below(_QUANTILES, n)]

    def shuffled(self, n: int) -> Ints:
        """The numbers 0 to n - 1 in random order."""
        return np.lexsort((np.arange(n), self.raw(n))).astype(np.int64)


@cache
def _poisson_table() -> Table:
    rows: list[Sequence[float]] = []
    limit = 90
    with localcontext() as context:
        context.prec = 30
        for step in range(_POISSON_LIMIT_MILLI // _POISSON_STEP_MILLI + 1):
            mean = Decimal(step * _POISSON_STEP_MILLI) / 1000
            term = (-mean).exp()
            row = []
            for k in range(limit):
                row.append(int(term * 10**8))
                term = term * mean / (k + 1)
            rows.append(row)
    return Table(rows)


@cache
def _normal_milli() -> Ints:
    normal = NormalDist()
    return np.array([round(normal.inv_cdf((i + 0.5) / _QUANTILES) * 1000) for i in range(_QUANTILES)], dtype=np.int64)


@cache
def _lognormal_ppm(sigma_percent: int) -> Ints:
    with localcontext() as context:
        context.prec = 20
        return np.array(
            [int((Decimal(int(z)) * sigma_percent / 100_000).exp() * MILLION) for z in _normal_milli()],
            dtype=np.int64,
        )


def spread(total_ppm: int, factors: Ints, ceiling_ppm: int = 950_000) -> Ints:
    """Chances in a million that keep the proportions of ``factors`` and average ``total_ppm`` over the rows.

    Rows that would pass the ceiling are held there, and the rest is raised until the average is met or all are held.
    """
    if not len(factors):
        return factors
    factors = np.maximum(factors.astype(np.int64), 1)
    wanted = total_ppm * len(factors)
    held = np.zeros(len(factors), dtype=bool)
    chances = np.zeros(len(factors), dtype=np.int64)
    for _ in range(6):
        free = int(factors[~held].sum())
        left = max(0, wanted - ceiling_ppm * int(held.sum()))
        if not free:
            break
        # 20 bits behind the point: factor × scale stays inside 63 bits for a million rows
        scale = (left << 20) // free
        chances = np.where(held, ceiling_ppm, (factors * scale) >> 20)
        over = chances > ceiling_ppm
        if not over.any():
            break
        held |= over
    return np.minimum(chances, ceiling_ppm)


def expand(counts: Ints) -> Ints:
    """The index of each counted thing's owner: ``[2, 0, 1]`` → ``[0, 0, 2]``."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)
