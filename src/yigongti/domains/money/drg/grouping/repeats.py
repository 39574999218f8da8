"""Which ids stand twice in a file of any length: their 64-bit traces go to disk, in parts small enough to sort."""

import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import polars as pl

PARTS = 64


class Repeats:
    """Used as a context: ``add`` ids, ``found`` says whether any trace came twice, ``suspects`` which ids have one."""

    def __init__(self, beside: Path) -> None:
        self._files = [tempfile.TemporaryFile(dir=beside.parent) for _ in range(PARTS)]  # noqa: SIM115
        self._twice: npt.NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)

    def __enter__(self) -> "Repeats":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, ids: pl.Series) -> None:
        """Empty ids are no ids."""
        traces = _traces(ids.filter(ids.fill_null("") != ""))
        part = (traces >> np.uint64(58)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(PARTS + 1))
        traces = traces[order]
        for number, file in enumerate(self._files):
            if bounds[number] < bounds[number + 1]:
                file.write(traces[bounds[number] : bounds[number + 1]].tobytes())

    def found(self) -> bool:
        """Whether any trace came twice."""
        twice = []
        for file in self._files:
            file.seek(0)
            values, times = np.unique(np.frombuffer(file.read(), dtype=np.uint64), return_counts=True)
            twice.append(values[times > 1])
        self._twice = np.concatenate(twice)
        return bool(len(self._twice))

    @property
    def twice(self) -> int:
        """How many traces came twice."""
        return len(self._twice)

    def suspects(self, ids: pl.Series) -> list[str]:
        """Those of some ids whose trace came twice."""
        kept = ids.filter(ids.fill_null("") != "")
        return kept.filter(pl.Series(np.isin(_traces(kept), self._twice))).to_list()


def _traces(ids: pl.Series) -> npt.NDArray[np.uint64]:
    return ids.hash(7).to_numpy()
