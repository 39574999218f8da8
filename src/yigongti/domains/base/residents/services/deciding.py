"""What people decide about two entries: same or not the same; merging and undoing. No batch ever overturns it."""

from django.db import transaction

from yigongti.domains.base.residents.models import Decision, Merge, Resident, Review
from yigongti.domains.base.residents.permissions import DECIDE, MERGE
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

_WHY = "the entries to decide about"


class CannotMerge(ValueError):
    """The two can't be merged as things stand; ``str()`` is a code: same_entry, unknown, already_merged, has_merged."""


@transaction.atomic
def decide(review_id: int, same: bool, reason: str, *, actor: Actor) -> None:
    """Answer a question of the review list. "Same" merges the newer entry into the older.

    An earlier decision about the two is superseded, not erased. Raises Forbidden, CannotMerge, ValueError when the
    question was answered meanwhile.
    """
    actor.require(DECIDE)
    review = Review.objects.select_for_update().get(pk=review_id)
    if review.state != Review.State.OPEN:
        raise ValueError("answered")
    if review.candidate_id is None:
        state = Review.State.CHECKED
    else:
        state = Review.State.SAME if same else Review.State.NOT_SAME
        _write_decision(review.resident_id, review.candidate_id, same, reason, actor)
        if same:
            kept, absorbed = sorted((review.resident_id, review.candidate_id))
            merge(kept, absorbed, reason, actor=actor)
    review.state, review.closed_at, review.closed_by_id = state, clock.now(), actor.id
    review.save(update_fields=["state", "closed_at", "closed_by_id"])
    record(
        actor=actor,
        act="residents.decide",
        subject=f"review:{review_id}",
        resident_id=review.resident_id,
        detail={"verdict": str(state)},
    )


@transaction.atomic
def merge(kept_id: int, absorbed_id: int, reason: str, *, actor: Actor) -> int:
    """Let one entry stand for both: a pointer is set, nothing is moved. Returns the merge's id.

    Raises Forbidden, CannotMerge.
    """
    actor.require(MERGE)
    if kept_id == absorbed_id:
        raise CannotMerge("same_entry")
    rows = Resident.objects.unscoped(_WHY).select_for_update().filter(pk__in=(kept_id, absorbed_id)).order_by("pk")
    by_id = {row.pk: row for row in rows}
    if len(by_id) != 2:
        raise CannotMerge("unknown")
    kept, absorbed = by_id[kept_id], by_id[absorbed_id]
    if absorbed.merged_into_id is not None or kept.merged_into_id is not None:
        raise CannotMerge("already_merged")
    if Resident.objects.unscoped(_WHY).filter(merged_into_id=absorbed_id).exists():
        raise CannotMerge("has_merged")
    absorbed.merged_into_id = kept_id
    absorbed.save(update_fields=["merged_into"])
    made = Merge.objects.create(
        kept_id=kept_id, absorbed_id=absorbed_id, reason=reason, merged_at=clock.now(), merged_by_id=actor.id
    )
    record(
        actor=actor,
        act="residents.merge",
        subject=f"resident:{kept_id}",
        resident_id=kept_id,
        detail={"absorbed": absorbed_id, "reason": reason},
    )
    return int(made.pk)


@transaction.atomic
def undo_merge(merge_id: int, reason: str, *, actor: Actor) -> None:
    """Take a merge back: both entries are as they were, and the two count as decided "not the same".

    Raises Forbidden, ValueError when it was undone already.
    """
    actor.require(MERGE)
    made = Merge.objects.select_for_update().get(pk=merge_id)
    if made.undone_at is not None:
        raise ValueError("undone")
    absorbed = Resident.objects.unscoped(_WHY).select_for_update().get(pk=made.absorbed_id)
    absorbed.merged_into_id = None
    absorbed.save(update_fields=["merged_into"])
    made.undone_at, made.undone_by_id, made.undo_reason = clock.now(), actor.id, reason
    made.save(update_fields=["undone_at", "undone_by_id", "undo_reason"])
    _write_decision(made.kept_id, made.absorbed_id, False, reason, actor)
    record(
        actor=actor,
        act="residents.undo_merge",
        subject=f"resident:{made.kept_id}",
        resident_id=made.kept_id,
        detail={"absorbed": made.absorbed_id, "reason": reason},
    )


def _write_decision(one: int, other: int, same: bool, reason: str, actor: Actor) -> None:
    low, high = sorted((one, other))
    now = clock.now()
    standing = Decision.objects.select_for_update().filter(low_id=low, high_id=high, superseded_at=None)
    standing.update(superseded_at=now)
    Decision.objects.create(
        low_id=low,
        high_id=high,
        verdict=Decision.Verdict.SAME if same else Decision.Verdict.NOT_SAME,
        reason=reason,
        decided_at=now,
        decided_by_id=actor.id,
    )
