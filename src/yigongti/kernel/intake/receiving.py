"""Taking a file in: kept on disk, recognised if it was here before, queued."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction

from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.intake import uploads
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.permissions import RECEIVE
from yigongti.kernel.intake.refusals import FileRefused
from yigongti.kernel.jobs.api import defer
from yigongti.kernel.privacy.api import mask_id_number

_IDENTITY = re.compile(r"(?<!\d)(\d{15}|\d{17}[\dXx])(?!\d)")


@dataclass(frozen=True)
class Received:
    """The batch of a file; ``again`` when this very file had been received before and nothing new was begun."""

    batch: Batch
    again: bool = False


def receive(
    stream: BinaryIO,
    *,
    file_name: str,
    size: int,
    source_id: int,
    actor: Actor,
    extract: str = "",
    queue: bool = True,
) -> Received:
    """Take a file from a sender. When this returns, the file is on disk and its batch in the database.

    The same bytes from the same sender give the batch they gave before. Only where rows had been refused is it looked
    at anew (an institution may have been entered in the directory since), or where reading had stopped; rows already
    stored then count as unchanged.
    A file too large or empty gives a batch that is refused. With ``queue`` off, the caller runs ``process`` itself.
    Raises Forbidden.
    """
    actor.require(RECEIVE, source_id)
    name = _plain(file_name)
    try:
        uploads.refuse_if_too_large(size)
        upload = uploads.keep(stream)
    except FileRefused as refusal:
        return Received(_refused(name, size, source_id, actor, refusal))
    try:
        received = _enter(upload, name, source_id, actor, extract, queue)
    except BaseException:
        uploads.discard(upload.name)
        raise
    if received.batch.upload != upload.name:
        uploads.discard(upload.name)
    return received


def _plain(file_name: str) -> str:
    """The last part of a file's name, as text any database and any page can hold, identity numbers in it masked."""
    text = _IDENTITY.sub(lambda number: mask_id_number(number[0]), file_name.encode("utf-8", "replace").decode())
    return "".join(c for c in Path(text.replace("\\", "/")).name if c.isprintable())[-255:] or "?"


@transaction.atomic
def _enter(upload: uploads.Upload, name: str, source_id: int, actor: Actor, extract: str, queue: bool) -> Received:
    with connection.cursor() as cursor:  # two uploads of one file at once: the second finds the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"intake.{source_id}.{upload.sha256}"])
    known = (
        Batch.objects.unscoped("the permission for this sender has been checked")
        .filter(source_id=source_id, sha256=upload.sha256)
        .exclude(state=Batch.State.REFUSED)
        .order_by("-attempt")
        .first()
    )
    if known is not None and not known.finished:
        if queue:
            queue_processing(known.pk)
        return Received(known, again=True)
    if known is not None and known.state == Batch.State.DONE and known.refused == 0:
        record(actor=actor, act="intake.receive_again", subject=f"batch:{known.pk}", organisation_id=source_id)
        return Received(known, again=True)
    now = clock.now()
    batch = Batch.objects.create(
        source_id=source_id,
        file_name=name,
        size=upload.size,
        sha256=upload.sha256,
        attempt=known.attempt + 1 if known else 1,
        extract_hint=extract,
        upload=upload.name,
        received_at=now,
        touched_at=now,
        received_by_id=actor.id,
        received_by_name=actor.name,
    )
    record(
        actor=actor,
        act="intake.receive",
        subject=f"batch:{batch.pk}",
        organisation_id=source_id,
        detail={"file": name, "sha256": upload.sha256, "bytes": upload.size},
    )
    if queue:
        queue_processing(batch.pk)
    return Received(batch)


@transaction.atomic
def _refused(name: str, size: int, source_id: int, actor: Actor, refusal: FileRefused) -> Batch:
    now = clock.now()
    batch: Batch = Batch.objects.create(
        source_id=source_id,
        file_name=name,
        size=size,
        state=Batch.State.REFUSED,
        refusal_code=refusal.code,
        refusal_details=refusal.details,
        received_at=now,
        touched_at=now,
        finished_at=now,
        received_by_id=actor.id,
        received_by_name=actor.name,
    )
    record(
        actor=actor,
        act="intake.receive",
        subject=f"batch:{batch.pk}",
        organisation_id=source_id,
        detail={"file": name, "bytes": size, "reason": refusal.code},
        outcome="refused",
    )
    return batch


def queue_processing(batch_id: int) -> None:
    """Queue the job that reads a batch, once; stored exactly if the current transaction is."""
    from yigongti.kernel.intake.tasks import read_batch

    defer(read_batch, once=f"intake.{batch_id}", batch_id=batch_id)
