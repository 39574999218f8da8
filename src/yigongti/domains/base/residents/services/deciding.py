"""People decide who is who: same, not the same, merge, undo. What a person decided, only a person changes.

A merge sets one pointer and nothing else; numbers, phones and facts stay with the entry they came in under. So
undoing it, in whatever order, restores exactly what was.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import questions
from yigongti.domains.base.residents.concern import NotPossible, concern
from yigongti.domains.base.residents.events import MergeUndone, ResidentsMerged
from yigongti.domains.base.residents.models import Decision, Identifier, IdentifierKind, Merge, Resident, Review
from yigongti.domains.base.residents.permissions import DECIDE, MERGE
from yigongti.domains.base.residents.selectors import cluster, whole
from yigongti.domains.base.residents.services import storing
from yigongti.domains.base.residents.services.handover import ask_for_handover
from yigongti.domains.base.residents.services.storing import Origin
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit

_WHY = "whoever decides was found to be concerned with both entries"


@transaction.atomic
def decide(one_id: int, other_id: int, verdict: str, *, reason: str, actor: Actor) -> Merge | None:
    """Record that two entries are the same person (and merge them) or are not; closes open questions about them.

    An earlier decision about the same two is superseded, not erased. Raises Forbidden, NotVisible for two entries
    neither of which concerns the actor, NotPossible: where one doesn't and no question about the pair is open, for two
    that stand merged already, or where "same" would also join two entries that somebody decided are not the same.
    """
    actor.require(DECIDE)
    verdict = Decision.Verdict(verdict)
    storing.queue()  # before looking whether the question is open: somebody may be answering it just now
    if not concern(one_id, other_id, actor=actor).may_decide:
        raise NotPossible(_("其中一条记录属于其他机构。请由该机构或上级机构的数据管理员一起判定。"))
    low, high = sorted((one_id, other_id))
    one, other = _whole(one_id), _whole(other_id)
    if one == other:
        raise NotPossible(_("这两条记录已经合并为同一人。要改判，请先撤销合并。"))
    same = verdict == Decision.Verdict.SAME
    now = clock.now()
    Decision.objects.filter(low_id=low, high_id=high, superseded_at=None).update(superseded_at=now)
    if same:
        _refuse_if_contradicted(cluster(one), cluster(other))
    Decision.objects.create(
        low_id=low, high_id=high, verdict=verdict, reason=reason, decided_at=now, decided_by_id=actor.id
    )
    _questions_between([low], [high]).filter(state=Review.State.OPEN).update(
        state=Review.State.SAME if same else Review.State.NOT_SAME, closed_at=now, closed_by_id=actor.id
    )
    for resident_id, with_id in ((low, high), (high, low)):
        record(
            actor=actor,
            act="residents.decide",
            subject=f"resident:{resident_id}",
            resident_id=resident_id,
            detail={"other": with_id, "verdict": verdict.value, "reason": reason},
        )
    return _merge(one, other, reason, actor) if same else None


@transaction.atomic
def merge(one_id: int, other_id: int, *, reason: str, actor: Actor) -> Merge:
    """Decide that two entries are the same person, with the permission to merge. Raises as ``decide`` does."""
    actor.require(MERGE)
    made = decide(one_id, other_id, Decision.Verdict.SAME, reason=reason, actor=actor)
    if made is None:
        raise AssertionError("a decision of sameness merges")
    return made


@transaction.atomic
def undo(merge_id: int, *, reason: str, actor: Actor) -> Merge:
    """Take a merge back: the absorbed entry stands for itself, the decision is superseded, its questions reopen.

    Raises Forbidden, NotVisible for a merge of nobody who concerns the actor, NotPossible for one undone already.
    """
    if not questions.merges(actor).filter(pk=merge_id).exists():
        raise NotVisible
    storing.queue()
    made = Merge.objects.select_for_update().get(pk=merge_id)
    if made.undone_at is not None:
        raise NotPossible(_("这次合并已经撤销过了。"))
    now = clock.now()
    made.undone_at, made.undone_by_id, made.undo_reason = now, actor.id, reason
    made.save(update_fields=["undone_at", "undone_by_id", "undo_reason"])
    left, right = _both_sides(made)
    Resident.objects.unscoped(_WHY).filter(pk=made.absorbed_id).update(merged_into=None)
    claimed = _managers(made.absorbed_id)[made.absorbed_id]
    absorbed = Resident.objects.unscoped(_WHY).filter(merged_into_id=made.kept_id, managing_institution_id=claimed)
    if not absorbed.exists():  # nobody's claim any more, unless a file asked
        Review.objects.filter(
            question=Review.Question.MANAGER,
            state=Review.State.OPEN,
            resident_id=made.kept_id,
            institution_id=claimed,
            batch_id=None,
        ).delete()
    # Every decision that held the two sides together falls with the merge; "not the same" decisions never did.
    _decisions_between(left, right).filter(verdict=Decision.Verdict.SAME).update(superseded_at=now)
    _questions_between(left, right).filter(state=Review.State.SAME).update(
        state=Review.State.OPEN, closed_at=None, closed_by_id=None
    )
    for resident_id in (made.kept_id, made.absorbed_id):
        record(
            actor=actor,
            act="residents.undo_merge",
            subject=f"resident:{resident_id}",
            resident_id=resident_id,
            detail={"merge": made.pk, "reason": reason},
        )
    emit(MergeUndone(made.kept_id, made.absorbed_id))
    return made


@transaction.atomic
def close_details(review_id: int, *, actor: Actor) -> None:
    """Staff have looked at contradicting details and had set right what was wrong. Raises Forbidden, NotVisible."""
    if not questions.reviews(actor).filter(pk=review_id, question=Review.Question.DETAILS).exists():
        raise NotVisible
    review = Review.objects.select_for_update().get(pk=review_id)
    if review.state == Review.State.OPEN:
        review.state, review.closed_at, review.closed_by_id = Review.State.CHECKED, clock.now(), actor.id
        review.save(update_fields=["state", "closed_at", "closed_by_id"])
        record(
            actor=actor,
            act="residents.check_details",
            subject=f"resident:{review.resident_id}",
            resident_id=review.resident_id,
        )


def better_kept(one_id: int, other_id: int) -> tuple[int, int]:
    """Which of two persons' entries should stand, and then the other: the one with an identity card, else the older.

    Who manages the standing entry manages the person. So where the two have different managers, the managed one stands,
    or else the person who was known first: an institution gains no resident by a later file and a decision of its own.
    """
    managers = _managers(one_id, other_id)
    if len(set(managers.values())) > 1:
        first, second = sorted((one_id, other_id), key=lambda pk: (managers[pk] is None, min(cluster(pk))))
        return first, second
    numbered = set(
        Identifier.objects.filter(
            resident_id__in=(one_id, other_id), kind=IdentifierKind.ID_CARD, active=True
        ).values_list("resident_id", flat=True)
    )
    first, second = sorted((one_id, other_id), key=lambda pk: (pk not in numbered, pk))
    return first, second


def _merge(one: int, other: int, reason: str, actor: Actor) -> Merge:
    kept, absorbed = better_kept(one, other)
    Resident.objects.unscoped(_WHY).filter(pk=absorbed).update(merged_into=kept)
    made = Merge.objects.create(
        kept_id=kept, absorbed_id=absorbed, reason=reason, merged_at=clock.now(), merged_by_id=actor.id
    )
    managers = _managers(kept, absorbed)
    if (claimed := managers[absorbed]) is not None and claimed != managers[kept]:
        ask_for_handover({kept: claimed}, Origin(actor.home_organisation_id, None, actor.id))
    for resident_id in (kept, absorbed):
        record(
            actor=actor,
            act="residents.merge",
            subject=f"resident:{resident_id}",
            resident_id=resident_id,
            detail={"kept": kept, "absorbed": absorbed, "reason": reason},
        )
    emit(ResidentsMerged(kept, absorbed))
    return made


def _managers(*resident_ids: int) -> dict[int, int | None]:
    rows = Resident.objects.unscoped(_WHY).filter(pk__in=resident_ids)
    return dict(rows.values_list("pk", "managing_institution_id"))


def _both_sides(made: Merge) -> tuple[list[int], list[int]]:
    """All other entries of the person, and those under the absorbed one, while the merge still stands."""
    person = set(cluster(made.kept_id))
    under, fresh = {made.absorbed_id}, {made.absorbed_id}
    while fresh:
        below = Resident.objects.unscoped(_WHY).filter(merged_into_id__in=fresh)
        fresh = set(below.values_list("pk", flat=True))
        under |= fresh
    return sorted(person - under), sorted(under)


def _refuse_if_contradicted(left: Iterable[int], right: Iterable[int]) -> None:
    if _decisions_between(list(left), list(right)).filter(verdict=Decision.Verdict.NOT_SAME).exists():
        raise NotPossible(_("其中有记录曾被判定为“不是同一人”，不能合并。请先改判那一对记录。"))


def _decisions_between(left: list[int], right: list[int]) -> QuerySet[Decision]:
    """Decisions that stand about one entry of each side."""
    between = Q(low_id__in=left, high_id__in=right) | Q(low_id__in=right, high_id__in=left)
    return Decision.objects.filter(between, superseded_at=None)


def _questions_between(left: list[int], right: list[int]) -> QuerySet[Review]:
    between = Q(resident_id__in=left, candidate_id__in=right) | Q(resident_id__in=right, candidate_id__in=left)
    return Review.objects.filter(between, question=Review.Question.SAME)


def _whole(resident_id: int) -> int:
    found = whole(resident_id)
    if found is None:
        raise NotVisible
    return found
