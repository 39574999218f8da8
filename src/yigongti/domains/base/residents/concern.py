"""Whose resident somebody is, for those who decide about sameness: the index is the county's, a decision is not.

A resident concerns the institution that manages them and every institution that sent them or knows them under a
number of its own. Who decides about two entries must be concerned with both, unless the matcher itself asked about
the pair: then being concerned with one is enough, since somebody has to answer and no institution sees both.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from yigongti.domains.base.residents.models import Identifier, Resident, Review
from yigongti.domains.base.residents.permissions import DECIDE
from yigongti.domains.base.residents.selectors import cluster
from yigongti.kernel.access.api import Actor, NotVisible

_WHY = "asks whose resident somebody is"


@dataclass(frozen=True)
class Concern:
    """What two entries are to the actor: which of them are theirs, and whether the matcher asked about the pair."""

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
    one, other = _is_theirs(left, actor), _is_theirs(right, actor)
    if not one and not other:
        raise NotVisible
    return Concern(one, other, _was_asked(left, right))


def of(where: Collection[int], resident: str = "") -> Q:
    """The condition that a resident concerns one of these organisations; ``resident`` is the path to them."""
    to = f"{resident}__" if resident else ""
    known = Identifier.objects.filter(resident_id=OuterRef(f"{to}pk"), source_id__in=where)
    return Q(**{f"{to}managing_institution_id__in": where}) | Q(**{f"{to}source_id__in": where}) | Q(Exists(known))


def _is_theirs(entries: tuple[int, ...], actor: Actor) -> bool:
    if actor.everything:
        return True
    where = actor.organisations(DECIDE)
    return Resident.objects.unscoped(_WHY).filter(of(where), pk__in=entries).exists()


def _was_asked(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    between = Q(resident_id__in=left, candidate_id__in=right) | Q(resident_id__in=right, candidate_id__in=left)
    return Review.objects.filter(between, question=Review.Question.SAME).exists()
