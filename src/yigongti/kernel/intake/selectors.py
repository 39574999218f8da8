"""Receipts, as far as the reader's institutions reach."""

from collections.abc import Sequence

from django.db.models import QuerySet

from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.permissions import RECEIVE, VIEW
from yigongti.kernel.intake.sources import Source, sources


def batches(actor: Actor) -> QuerySet[Batch]:
    """Batches of the actor's institutions, newest first."""
    found: QuerySet[Batch] = Batch.objects.visible_to(actor, VIEW).order_by("-received_at", "-pk")
    return found


def batch(batch_id: int, actor: Actor) -> Batch:
    """One batch. Raises NotVisible for another institution's."""
    found = batches(actor).filter(pk=batch_id).first()
    if found is None:
        raise NotVisible
    return found


def may_send_for(actor: Actor) -> Sequence[Source]:
    """The institutions the actor may send for, in the order of the directory."""
    return sources(actor.organisations(RECEIVE))


def earlier(found: Batch) -> Batch | None:
    """The attempt before this one at the same file, if there was one."""
    if found.attempt == 1:
        return None
    return (
        Batch.objects.unscoped("of the same sender as a batch the reader may see")
        .filter(source_id=found.source_id, sha256=found.sha256, attempt=found.attempt - 1)
        .first()
    )
