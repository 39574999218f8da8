"""Who manages a resident, where two institutions say they do: the one that does so far hands over, or doesn't.

Managing somebody opens their record, so a file can claim a resident nobody manages, but not one of another's.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import questions
from yigongti.domains.base.residents.concern import NotPossible
from yigongti.domains.base.residents.events import ResidentHandedOver
from yigongti.domains.base.residents.intake import MANAGED_ELSEWHERE
from yigongti.domains.base.residents.models import Resident, Review
from yigongti.domains.base.residents.selectors import cluster
from yigongti.domains.base.residents.services.storing import Origin
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.events import emit

_WHY = "the question was visible to the actor"


def ask_for_handover(claims: Mapping[int, int], origin: Origin) -> None:
    """Ask the managing institutions of these residents whether those named (by resident) are to take over.

    Asked once; a "no" stands for as long as the one that said it manages the resident. After a "yes" it can be asked
    anew. The caller holds a transaction.
    """
    if not claims:
        return
    now = clock.now()
    asked = {
        (review.resident_id, review.institution_id): review
        for review in Review.objects.filter(question=Review.Question.MANAGER, resident_id__in=claims)
    }
    again = [asked[pair].pk for pair in claims.items() if pair in asked]
    refused_by_another = Q(state=Review.State.KEPT) & ~Q(answered_for=F("resident__managing_institution"))
    Review.objects.filter(Q(state=Review.State.HANDED_OVER) | refused_by_another, pk__in=again).update(
        state=Review.State.OPEN, opened_at=now, closed_at=None, closed_by_id=None, answered_for=None
    )
    Review.objects.bulk_create(
        [
            Review(
                resident_id=resident_id,
                institution_id=institution_id,
                question=Review.Question.MANAGER,
                reasons=[MANAGED_ELSEWHERE],
                source_id=origin.source_id,
                batch_id=origin.batch_id,
                opened_at=now,
            )
            for resident_id, institution_id in claims.items()
            if (resident_id, institution_id) not in asked
        ]
    )


@transaction.atomic
def answer(review_id: int, *, hand_over: bool, reason: str, actor: Actor) -> None:
    """Hand the resident over to the institution that claims them, with every entry of theirs that the present manager
    manages, or don't.

    Raises Forbidden, NotVisible for a question that is not the actor's to answer, NotPossible for one answered.
    """
    visible = questions.reviews(actor).filter(pk=review_id, question=Review.Question.MANAGER)
    if not visible.exists():
        raise NotVisible
    review = Review.objects.select_for_update().get(pk=review_id)
    if review.state != Review.State.OPEN:
        raise NotPossible(_("这个问题已经有人回答过了。"))
    review.state = Review.State.HANDED_OVER if hand_over else Review.State.KEPT
    review.closed_at, review.closed_by_id = clock.now(), actor.id
    resident = Resident.objects.unscoped(_WHY).select_for_update().get(pk=review.resident_id)
    before = review.answered_for_id = resident.managing_institution_id
    review.save(update_fields=["state", "closed_at", "closed_by_id", "answered_for"])
    if hand_over:
        Resident.objects.unscoped(_WHY).filter(pk__in=cluster(resident.pk), managing_institution_id=before).update(
            managing_institution_id=review.institution_id
        )
        emit(ResidentHandedOver(resident.pk))
    record(
        actor=actor,
        act="residents.hand_over" if hand_over else "residents.keep",
        subject=f"resident:{resident.pk}",
        resident_id=resident.pk,
        organisation_id=before,
        detail={"from": before, "to": review.institution_id, "reason": reason},
    )
