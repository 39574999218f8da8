"""The lake, for everybody above."""

from yigongti.kernel.lake.datasets import Dataset, dataset_named, datasets, register_dataset
from yigongti.kernel.lake.keeping import Kept, KeptDamaged, keep, kept, verify
from yigongti.kernel.lake.selectors import Snapshot, engine, snapshot, table
from yigongti.kernel.lake.services import mark_stale, publish_month, publish_stale

__all__ = [
    "Dataset",
    "Kept",
    "KeptDamaged",
    "Snapshot",
    "dataset_named",
    "datasets",
    "engine",
    "keep",
    "kept",
    "mark_stale",
    "publish_month",
    "publish_stale",
    "register_dataset",
    "snapshot",
    "table",
    "verify",
]
