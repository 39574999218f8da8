"""Reading the lake: a dataset as an Ibis table, over the months asked for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import ibis
from django.conf import settings
from ibis.backends.duckdb import Backend

from yigongti.kernel.lake.datasets import dataset_named
from yigongti.kernel.lake.models import Part, Stale


@dataclass(frozen=True)
class Snapshot:
    """Which files a reading was made from: the same snapshot gives the same figures for as long as its files stand."""

    dataset: str
    files: tuple[tuple[date, str], ...]
    published_at: datetime | None
    waiting: int

    @property
    def months(self) -> frozenset[date]:
        return frozenset(month for month, _ in self.files)


def snapshot(dataset: str, start: date | None = None, end: date | None = None) -> Snapshot:
    """The published months from ``start`` up to (not including) ``end``; ``waiting`` counts months out of date."""
    parts = Part.objects.filter(dataset=dataset).order_by("month")
    stale = Stale.objects.filter(dataset=dataset)
    if start:
        parts, stale = parts.filter(month__gte=start), stale.filter(month__gte=start)
    if end:
        parts, stale = parts.filter(month__lt=end), stale.filter(month__lt=end)
    rows = list(parts.values_list("month", "file", "published_at"))
    return Snapshot(
        dataset=dataset,
        files=tuple((month, file) for month, file, _ in rows),
        published_at=max((at for _, _, at in rows), default=None),
        waiting=stale.values("month").distinct().count(),
    )


_idle: list[tuple[int, Backend]] = []
_MOST_IDLE = 2
_VIEWS = "SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal"


@contextmanager
def engine() -> Iterator[Backend]:
    """An in-memory DuckDB through Ibis, the caller's alone: many processes read the same files without a lock.

    Opening one takes longer than most questions, so a process keeps the last few for whoever asks next, emptied.
    """
    try:
        process, backend = _idle.pop()  # not asked first whether there is one: another thread may take it in between
    except IndexError:
        process = None
    if process != os.getpid():  # a fork must not use its parent's
        backend = ibis.duckdb.connect(threads=min(os.cpu_count() or 1, 8), memory_limit="2GB")
    try:
        yield backend
    except BaseException:
        backend.disconnect()
        raise
    for names in backend.con.execute(_VIEWS).fetchall():
        backend.con.execute("DROP VIEW " + ".".join('"' + name.replace('"', '""') + '"' for name in names))
    if len(_idle) < _MOST_IDLE:
        _idle.append((os.getpid(), backend))
    else:
        backend.disconnect()


def table(backend: Backend, taken: Snapshot) -> ibis.Table:
    """A snapshot as a table (with no rows when nothing is published)."""
    schema = dataset_named(taken.dataset).schema
    if not taken.files:
        return ibis.memtable(schema.empty_table())
    return backend.read_parquet([str(settings.VAR / "lake" / file) for _, file in taken.files])
