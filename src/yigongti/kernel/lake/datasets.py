"""What domains publish: named tables of facts with a schema, cut by month."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa


@dataclass(frozen=True)
class Dataset:
    """A table of the lake.

    ``select``: SQL that gives the columns of ``schema``, in that order, for the month from ``%(start)s`` up to
    (not including) ``%(end)s``. ``schema``'s types decide how the text PostgreSQL sends is read; a value that
    does not fit stops the publication. ``follows``: datasets made of the same facts; a month of theirs that is to
    be published again is one of this one too.

    Or, in place of ``select``, ``rows``: a function that works a month (its first day) out of what is published of the
    datasets ``reads``. It is called after each publication of a month of theirs. The same facts have to give the same
    rows in the same order.
    """

    name: str
    schema: pa.Schema
    select: str = ""
    follows: tuple[str, ...] = ()
    rows: Callable[[date], pa.Table] | None = None
    reads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.select) == bool(self.rows):
            raise ValueError(f"dataset {self.name} needs either a select or rows")


_datasets: dict[str, Dataset] = {}


def register_dataset(dataset: Dataset) -> Dataset:
    """Add a dataset. Raises ValueError for a second one of the same name."""
    if _datasets.setdefault(dataset.name, dataset) != dataset:
        raise ValueError(f"dataset {dataset.name} is registered twice")
    return dataset


def dataset_named(name: str) -> Dataset:
    """Raises KeyError when no domain publishes it."""
    return _datasets[name]


def followers(name: str) -> list[str]:
    """Names of the datasets that follow one, directly."""
    return sorted(other.name for other in _datasets.values() if name in other.follows)


def readers(name: str) -> list[str]:
    """Names of the datasets worked out of one, directly."""
    return sorted(other.name for other in _datasets.values() if name in other.reads)


def depth(name: str) -> int:
    """How many others, one worked out of another, a dataset stands on: 0 for one that is selected. Raises KeyError."""
    return max((depth(other) + 1 for other in _datasets[name].reads), default=0)


def datasets() -> list[Dataset]:
    """All datasets, by name."""
    return [_datasets[name] for name in sorted(_datasets)]
