"""What a bench is: a module in ``bench/`` with ``NAME``, ``AIM`` and ``run() -> list[Result]``.

``./yigongti bench [NAME]`` starts a PostgreSQL of its own (flushing to disk, as in production), sets Django up,
migrates, calls ``run()`` and prints one line per Result. A bench makes the data it needs, in its own database,
and measures its baseline in the same run, since a figure without one says more about the machine than the code.

A bench that needs size reads it from ``size(default)``, so that ``--size 0.01`` tries it out quickly.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Protocol


@dataclass(frozen=True)
class Result:
    """One line of the table.

    ``ours`` and ``baseline`` are in ``unit``; ``baseline`` is None where there is no peer. ``higher_is_better``
    says which way ratio and aim run: rows/s go up, seconds go down. ``aim`` is the most (or the least) that
    ``ratio`` may be, or, without a baseline, the figure itself; None where the line only informs.
    """

    path: str
    unit: str
    ours: float
    baseline: float | None = None
    aim: float | None = None
    higher_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times slower than the baseline (below 1: faster)."""
        if self.baseline is None or not self.ours or not self.baseline:
            return None
        return self.baseline / self.ours if self.higher_is_better else self.ours / self.baseline

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None without one."""
        if self.aim is None:
            return None
        if self.ratio is not None:
            return self.ratio <= self.aim
        return self.ours >= self.aim if self.higher_is_better else self.ours <= self.aim


class Bench(Protocol):
    """What ``./yigongti bench`` finds in a module of ``bench/``."""

    NAME: str
    AIM: str

    def run(self) -> list[Result]:
        """Measure; gives the lines of the table."""
        ...


def size(default: int) -> int:
    """The number of rows to measure with: the default, scaled by ``--size``."""
    return max(1, int(default * float(os.environ.get("YIGONGTI_BENCH_SIZE", "1"))))


def seconds(work: Callable[[], object], *, repeats: int = 3) -> float:
    """The shortest of several runs: what the work costs when nothing else is in the way."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def percentile(samples: list[float], share: int) -> float:
    """The value that ``share`` per cent of the samples do not exceed, e.g. 95 or 99."""
    if len(samples) < 2:
        return samples[0]
    return quantiles(samples, n=100, method="inclusive")[share - 1]


def table(results: list[Result]) -> str:
    """Results as aligned text: path, ours, baseline, ratio, aim, whether reached."""
    head = ("path", "ours", "baseline", "ratio", "aim", "", "note")
    rows = [head]
    for result in results:
        rows.append(
            (
                result.path,
                f"{_short(result.ours)} {result.unit}",
                f"{_short(result.baseline)} {result.unit}" if result.baseline is not None else "–",
                f"{result.ratio:.2f}×" if result.ratio is not None else "–",
                _aim(result),
                {True: "reached", False: "MISSED", None: ""}[result.reached],
                result.note,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths[:-1]), *lines[1:]])


def _aim(result: Result) -> str:
    if result.aim is None:
        return "–"
    if result.ratio is not None:
        return f"≤ {result.aim:g}×"
    return f"{'≥' if result.higher_is_better else '≤'} {result.aim:g} {result.unit}"


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
