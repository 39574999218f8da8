"""Whose resident somebody is, for those who decide about sameness: the index is the county's, a decision is not.

A resident concerns the institution that manages them and every institution that sent them or knows them under a
number of its own. Who decides about two entries must be concerned with both, unless the matcher itself asks about
the pair and nobody has answered: then being concerned with one is enough, since somebody has to answer and no
institution sees both. To overturn an answer takes concern with both again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from yigongti.domains.base.residents.models import Decision, Identifier, Resident, Review
from yigongti.domains.base.residents.permissions import DECIDE
from yigongti.domains.base.residents.selectors import cluster
from yigongti.kernel.access.api import Actor, NotVisible

_WHY = "asks whose resident somebody is"


class NotPossible(Exception):
    """A decision that is not the actor's alone, or contradicts one that stands. ``str()`` is a sentence for people."""


@dataclass(frozen=True)
class Concern:
    """What two entries are to the actor: which of them are theirs, and whether the matcher asks about the pair."""

    one: bool
    other: bool
    asked: bool

    @property
    def may_decide(self) -> bool:
        """Whether the actor may say that the two are, or are not, one person."""
        return (self.one and self.other) or self.asked


def concern(one_id: int, other_id: int, *, actor: Actor) -> Concern:
    """What two entries are to the actor. Raises Forbidden, NotVisible where neither exists for them."""
    actor.require(DECIDE)
    left, right = cluster(one_id), cluster(other_id)
    if not left or not right:
        raise NotVisible
    one, other = bool(theirs(left, actor)), bool(theirs(right, actor))
    if not one and not other:
        raise NotVisible
    return Concern(one, other, _is_asked(left, right) and not _is_decided(one_id, other_id))


def of(where: Collection[int], resident: str = "") -> Q:
    """The condition that a resident concerns one of these organisations; ``resident`` is the path to them."""
    to = f"{resident}__" if resident else ""
    known = Identifier.objects.filter(resident_id=OuterRef(f"{to}pk"), source_id__in=where)
    return Q(**{f"{to}managing_institution_id__in": where}) | Q(**{f"{to}source_id__in": where}) | Q(Exists(known))


def theirs(entries: Iterable[int], actor: Actor) -> set[int]:
    """Those of some entries that concern the actor."""
    if actor.everything:
        return set(entries)
    known = Resident.objects.unscoped(_WHY).filter(of(actor.organisations(DECIDE)), pk__in=list(entries))
    return set(known.values_list("pk", flat=True))


def _is_asked(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    between = Q(resident_id__in=left, candidate_id__in=right) | Q(resident_id__in=right, candidate_id__in=left)
    return Review.objects.filter(between, question=Review.Question.SAME, state=Review.State.OPEN).exists()


def _is_decided(one_id: int, other_id: int) -> bool:
    low, high = sorted((one_id, other_id))
    return Decision.objects.filter(low_id=low, high_id=high, superseded_at=None).exists()
