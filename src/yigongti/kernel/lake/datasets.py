"""What domains publish: named tables of facts with a schema, cut by month."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Dataset:
    """A table of the lake.

    ``select``: SQL that gives the columns of ``schema``, in that order, for the month from ``%(start)s`` up to
    (not including) ``%(end)s``. ``schema``'s types decide how the text PostgreSQL sends is read; a value that
    does not fit stops the publication. ``follows``: datasets made of the same facts; a month of theirs that is to
    be published again is one of this one too.
    """

    name: str
    schema: pa.Schema
    select: str
    follows: tuple[str, ...] = ()


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


def datasets() -> list[Dataset]:
    """All datasets, by name."""
    return [_datasets[name] for name in sorted(_datasets)]
