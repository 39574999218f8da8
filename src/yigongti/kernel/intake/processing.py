"""The loop: chunk after chunk, each stored with its checkpoint in one transaction.

Killed at any point, a batch goes on behind its last stored chunk the next time it is processed; a chunk is stored
whole or not at all. Two processes never work on one batch: the second finds its lock taken.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, system_actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit
from yigongti.kernel.intake import uploads
from yigongti.kernel.intake.checking import check
from yigongti.kernel.intake.events import BatchStored
from yigongti.kernel.intake.extracts import ROW, Stored, Storing, extracts
from yigongti.kernel.intake.formats import Chunk, Format, Incoming, Part, Reader, Token, format_named, formats
from yigongti.kernel.intake.models import ORIGINAL_CONTEXT, Batch
from yigongti.kernel.intake.refusals import FileRefused
from yigongti.kernel.privacy.api import seal_many

log = logging.getLogger(__name__)

Progress = Callable[[float, int], None]
"""Called after each chunk with the share of the file read (0–1) and the rows so far."""

_LOCK_SPACE = 0x1A7E  # the first of the two numbers of this module's advisory locks
_LINES_AT_ONCE = 2_000
MOST_FAILURES = 5
TRIES = 3
_COPY_REFUSED = "COPY intake_refusedrow (batch_id, extract, place, row_no, original, faults) FROM STDIN"


class Overtaken(RuntimeError):
    """Another process has gone on with this batch."""


def process(batch_id: int, *, progress: Progress | None = None) -> Batch:
    """Read and store a batch up to its end, from wherever it stands; the finished batch comes back.

    A batch that is finished, or that another process works on, is returned as it is. A file that can't be taken
    ends as refused with nothing stored. Any other error leaves the batch where it stood, to be resumed, and is raised;
    after MOST_FAILURES of them the batch is stopped, so that it doesn't go round for ever.
    """
    with _only_here(batch_id) as free:
        batch = _load(batch_id)
        if not free or batch.finished:
            return batch
        actor = system_actor("intake", batch.source_id)
        try:
            return _read(batch, actor, progress)
        except FileRefused as refusal:
            return _refuse(batch, refusal, actor)
        except Overtaken:
            raise
        except Exception as error:
            _failed(batch.pk, error, actor)
            raise


def _read(batch: Batch, actor: Actor, progress: Progress | None) -> Batch:
    incoming = _incoming(batch)
    kind = _format_of(batch, incoming)
    reader = kind.open(incoming)
    _begin(batch, kind.name, reader)
    storing = Storing(batch.pk, batch.source_id, actor)
    chunks = map(_prepared, reader.chunks(batch.checkpoint))
    for chunk in _ahead(chunks) if getattr(reader, "needs_no_database", False) else chunks:
        _store_patiently(batch, chunk, storing)
        if progress:
            progress(batch.progress, batch.rows)
    return _finish(batch, actor)


@contextmanager
def _only_here(batch_id: int) -> Iterator[bool]:
    """Hold the batch's lock for as long as this connection lives; False when another process holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, batch_id % 2**31])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, batch_id % 2**31])


def _load(batch_id: int) -> Batch:
    batch: Batch = Batch.objects.unscoped("the job works for whoever sent the batch").get(pk=batch_id)
    return batch


def _incoming(batch: Batch) -> Incoming:
    path = uploads.folder() / batch.upload
    if not path.is_file():
        raise FileRefused("upload_lost")
    return Incoming(path, batch.file_name, batch.size, batch.extract_hint or None)


def _format_of(batch: Batch, incoming: Incoming) -> Format:
    if batch.format:
        return format_named(batch.format)
    for kind in formats():
        if kind.recognises(incoming):
            return kind
    raise FileRefused("unknown_format", name=batch.file_name)


def _begin(batch: Batch, kind: str, reader: Reader) -> None:
    batch.state = Batch.State.READING
    batch.format = kind
    batch.headers = {name: list(values) for name, values in reader.headers.items()}
    batch.notes = [[code, dict(details)] for code, details in reader.notes]
    batch.started_at = batch.started_at or clock.now()
    batch.touched_at = clock.now()
    batch.save()


@dataclass(frozen=True)
class _Checked:
    """A part whose rows passed the checks (``good``), with all refusals so far."""

    part: Part
    good: pl.DataFrame
    refused: pl.DataFrame


@dataclass(frozen=True)
class _Prepared:
    """A chunk ready to be stored."""

    parts: tuple[_Checked, ...]
    after: Token
    progress: float


def _prepared(chunk: Chunk) -> _Prepared:
    """Everything that needs no database."""
    known = extracts()
    parts = []
    for part in sorted(chunk.parts, key=lambda p: known[p.extract].order):
        extract = known[part.extract]
        good, bad = check(extract, part.frame)
        if extract.prepare is not None:
            good = extract.prepare(good)
        parts.append(_Checked(part, good, pl.concat([part.refused, bad])))
    return _Prepared(tuple(parts), chunk.after, chunk.progress)


def _ahead(chunks: Iterator[_Prepared]) -> Iterator[_Prepared]:
    """The same chunks, each read while the one before is being stored: the database and we have a core each."""
    context = copy_context()

    def following() -> _Prepared | None:
        return context.run(lambda: next(chunks, None))

    with ThreadPoolExecutor(1, "intake-reader") as reader:
        coming = reader.submit(following)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(following)
            yield chunk


def _store_patiently(batch: Batch, chunk: _Prepared, storing: Storing) -> None:
    """Store a chunk; when the database broke it off because two batches stood in each other's way, once more."""
    for left in reversed(range(TRIES)):
        try:
            return _store(batch, chunk, storing)
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
            storing.memory.clear()  # what was learnt in the chunk that was rolled back isn't so


@transaction.atomic
def _store(batch: Batch, chunk: _Prepared, storing: Storing) -> None:
    held = (
        Batch.objects.unscoped("locked by the loop")
        .select_for_update()
        .filter(pk=batch.pk, chunks=batch.chunks, state=Batch.State.READING)
        .first()
    )
    if held is None:
        raise Overtaken(f"batch {batch.pk} moved on elsewhere")
    for checked in chunk.parts:
        counts = held.by_extract.setdefault(checked.part.extract, {})
        stored, refused = _store_part(held, checked, storing)
        for name, number in (
            ("stored", stored.stored),
            ("updated", stored.updated),
            ("unchanged", stored.unchanged),
            ("refused", refused),
        ):
            setattr(held, name, getattr(held, name) + number)
            counts[name] = counts.get(name, 0) + number
        held.months = sorted(set(held.months) | {str(month) for month in stored.months})
    held.chunks += 1
    held.checkpoint = dict(chunk.after)
    held.progress = chunk.progress
    held.touched_at = clock.now()
    held.save()
    batch.__dict__.update({k: v for k, v in held.__dict__.items() if k != "_state"})


def _store_part(batch: Batch, checked: _Checked, storing: Storing) -> tuple[Stored, int]:
    extract = extracts()[checked.part.extract]
    stored = extract.sink(checked.good, storing)
    accounted = stored.stored + stored.updated + stored.unchanged + stored.refused[ROW].n_unique()
    if accounted != checked.good.height:
        raise AssertionError(f"{extract.name}: {checked.good.height} rows went in, {accounted} are accounted for")
    return stored, _keep_refused(batch, checked.part, pl.concat([checked.refused, stored.refused]))


def _keep_refused(batch: Batch, part: Part, refused: pl.DataFrame) -> int:
    """Keep the refused rows as they were sent; returns how many."""
    if refused.is_empty():
        return 0
    faults: dict[int, list[dict[str, str | None]]] = {}
    for row in refused.sort(ROW, maintain_order=True).iter_rows(named=True):
        faults.setdefault(row[ROW], []).append(_fault(row))
    numbers = list(faults)
    place = part.place[:200]
    with connection.cursor() as cursor, cursor.copy(_COPY_REFUSED) as copy:
        for start in range(0, len(numbers), _LINES_AT_ONCE):
            some = numbers[start : start + _LINES_AT_ONCE]
            originals = [msgspec.json.encode(original).decode() for original in part.original(some)]
            sealed = seal_many(originals, ORIGINAL_CONTEXT)
            for number, original in zip(some, sealed, strict=True):
                found = msgspec.json.encode(faults[number]).decode()
                copy.write_row((batch.pk, part.extract, place, number, original, found))
    return len(numbers)


def _fault(row: dict[str, Any]) -> dict[str, str | None]:
    value: str | None = row["value"]
    return {"code": row["code"], "column": row["column"], "value": value.replace("\0", "") if value else value}


@transaction.atomic
def _finish(batch: Batch, actor: Actor) -> Batch:
    batch.state = Batch.State.DONE
    batch.progress = 1
    batch.finished_at = batch.touched_at = clock.now()
    batch.save()
    for name in batch.by_extract:
        if finished := extracts()[name].finished:
            finished(batch.month_days)
    record(
        actor=actor,
        act="intake.store",
        subject=f"batch:{batch.pk}",
        organisation_id=batch.source_id,
        detail={name: getattr(batch, name) for name in ("stored", "updated", "unchanged", "refused")},
    )
    emit(BatchStored(batch.pk, batch.source_id, batch.month_days))
    transaction.on_commit(lambda: uploads.discard(batch.upload))
    return batch


def _failed(batch_id: int, error: Exception, actor: Actor) -> None:
    """Count an unexpected error; the last one allowed stops the batch."""
    if not connection.is_usable():
        return
    with transaction.atomic():
        batch = Batch.objects.unscoped("locked by the loop").select_for_update().get(pk=batch_id)
        batch.failures += 1
        batch.touched_at = clock.now()
        if batch.failures >= MOST_FAILURES:
            _end(batch, Batch.State.STOPPED, FileRefused("stopped", error=type(error).__name__), actor)
        else:
            batch.save()


def _refuse(batch: Batch, refusal: FileRefused, actor: Actor) -> Batch:
    """The file can't be taken. Once rows of it are stored, it is stopped rather than refused."""
    with transaction.atomic():
        return _end(batch, Batch.State.STOPPED if batch.chunks else Batch.State.REFUSED, refusal, actor)


def _end(batch: Batch, state: Batch.State, refusal: FileRefused, actor: Actor) -> Batch:
    batch.state = state
    batch.refusal_code, batch.refusal_details = refusal.code, refusal.details
    batch.finished_at = batch.touched_at = clock.now()
    batch.save()
    for name in batch.by_extract:
        if finished := extracts()[name].finished:
            finished(batch.month_days)
    record(
        actor=actor,
        act="intake.store",
        subject=f"batch:{batch.pk}",
        organisation_id=batch.source_id,
        detail={"reason": refusal.code},
        outcome="refused",
    )
    transaction.on_commit(lambda: uploads.discard(batch.upload))
    return batch
