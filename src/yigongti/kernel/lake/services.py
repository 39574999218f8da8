"""Publishing: from PostgreSQL to Parquet, a month at a time, each month switched whole."""

import io
import logging
import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection, transaction

from yigongti.kernel import clock
from yigongti.kernel.lake.datasets import Dataset, dataset_named, depth, followers, readers
from yigongti.kernel.lake.models import Part, Stale

log = logging.getLogger(__name__)

NULL = "\\N"
OLD_FILES_KEPT = 2  # readers that began before a switch still find the file they began with

Progress = Callable[[str, int, int], None]


def mark_stale(dataset: str, months: Iterable[date], *, soon: bool = True) -> None:
    """Say, in the transaction that changes facts, which months must be published again; queues the job that does.

    Not ``soon``: the job is queued by the one that looks every five minutes; for changes by the thousand, each of which
    would queue it or find it queued.
    """
    from yigongti.kernel.jobs.api import defer
    from yigongti.kernel.lake.tasks import publish

    now = clock.now()
    changed = sorted({m.replace(day=1) for m in months})
    marks = [Stale(dataset=n, month=m, marked_at=now) for n in (dataset, *followers(dataset)) for m in changed]
    if marks:
        Stale.objects.bulk_create(marks)
        if soon:
            defer(publish, once="lake.publish")


def publish_stale(progress: Progress | None = None) -> int:
    """Publish every month that waits, and then what is worked out of them; returns how many. Safe to kill and to run
    beside another.

    A month that can't be published keeps no other from it; the first such error is raised at the end.
    """
    failed: list[Exception] = []
    tried: set[tuple[str, date]] = set()
    while waiting := [pair for pair in _waiting() if pair not in tried]:
        total = len(tried) + len(waiting)
        for name, month in waiting:
            tried.add((name, month))
            try:
                publish_month(dataset_named(name), month)
            except Exception as error:
                log.exception("%s of %s could not be published", name, month)
                failed.append(error)
            if progress:
                progress(name, len(tried), total)
    if failed:
        raise failed[0]
    return len(tried)


def _waiting() -> list[tuple[str, date]]:
    """What is worked out of others comes after them."""
    found = Stale.objects.values_list("dataset", "month").distinct()
    return sorted(found, key=lambda pair: (_depth(pair[0]), *pair))


def _depth(name: str) -> int:
    try:
        return depth(name)
    except KeyError:  # no domain publishes it any more: said when it is its turn
        return 0


@transaction.atomic
def publish_month(dataset: Dataset, month: date) -> int:
    """Write one month's file and switch readers to it; returns its rows.

    One process publishes a month at a time. A mark set while the facts are read stays, so a change made
    meanwhile is published next time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lake.{dataset.name}.{month}"])
    marks = list(Stale.objects.filter(dataset=dataset.name, month=month).values_list("pk", flat=True))
    rows = _read(dataset, month) if dataset.rows is None else _worked_out(dataset, dataset.rows(month))
    now = clock.now()
    file = f"{dataset.name}/{month:%Y-%m}.{uuid4().hex[:12]}.parquet"
    _write(rows, settings.VAR / "lake" / file)
    Part.objects.update_or_create(
        dataset=dataset.name, month=month, defaults={"file": file, "rows": rows.num_rows, "published_at": now}
    )
    Stale.objects.filter(pk__in=marks).delete()
    for other in readers(dataset.name):
        mark_stale(other, [month], soon=False)
    transaction.on_commit(lambda: _sweep(dataset.name, month, keep=file))
    count: int = rows.num_rows
    return count


def _read(dataset: Dataset, month: date) -> pa.Table:
    """One month of a dataset, straight from COPY into Arrow, without a Python object per row."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        query = cursor.mogrify(dataset.select, {"start": month, "end": clock.next_month(month)})
        text = io.BytesIO()
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, NULL '{NULL}', FORCE_QUOTE *)") as copy:
            for block in copy:
                text.write(block)
    text.seek(0)
    if not text.getbuffer().nbytes:
        return dataset.schema.empty_table()
    return csv.read_csv(
        text,
        read_options=csv.ReadOptions(column_names=dataset.schema.names, block_size=16 << 20),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dataset.schema,
            null_values=[NULL],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _worked_out(dataset: Dataset, rows: pa.Table) -> pa.Table:
    """In one piece, so that equal rows make equal files. Raises ValueError, ArrowInvalid for rows of another schema."""
    return rows.select(dataset.schema.names).cast(dataset.schema).combine_chunks()


def _write(rows: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    pq.write_table(rows, draft, compression="zstd", row_group_size=256 * 1024)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too, is to outlive a power cut
    finally:
        os.close(folder)


def _sweep(name: str, month: date, keep: str) -> None:
    """Remove files of a month that nobody has read for long: all but the newest few and the present one."""
    folder: Path = settings.VAR / "lake" / name
    found = sorted(folder.glob(f"{month:%Y-%m}.*.parquet"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in found[OLD_FILES_KEPT:]:
        if f"{name}/{path.name}" != keep:
            path.unlink(missing_ok=True)
