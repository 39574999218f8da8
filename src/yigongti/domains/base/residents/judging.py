"""From candidate pairs to one verdict for each incoming record: link, review or new, with the reasons."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from yigongti.domains.base.residents import candidates, weights
from yigongti.domains.base.residents.candidates import NOBODY, Pairs
from yigongti.domains.base.residents.comparison import compare
from yigongti.domains.base.residents.incoming import Incoming
from yigongti.domains.base.residents.policy import CLEAR_BY, LINK_AT, REVIEW_AT
from yigongti.domains.base.residents.weights import Aspect, Levels, Number, Reason

UNSURE_BY = 16  # bits a name can be worth more or less than a typical one


class Outcome(StrEnum):
    LINK = "link"
    REVIEW = "review"
    NEW = "new"


@dataclass(frozen=True)
class Thresholds:
    """In bits; see ``policy``."""

    link_at: float
    review_at: float
    clear_by: float

    @classmethod
    def in_force(cls) -> "Thresholds":
        """As the place's policy says today. Raises PolicyGap."""
        return cls(float(LINK_AT.at().value), float(REVIEW_AT.at().value), float(CLEAR_BY.at().value))


@dataclass(frozen=True)
class Judged:
    """Per incoming record: the verdict, the best candidate (NOBODY for none), its score and levels."""

    outcome: list[Outcome]
    resident_id: NDArray[np.int64]
    score: NDArray[np.float64]
    levels: Levels
    strangers: NDArray[np.float64]
    relatives: NDArray[np.float64]

    def reasons(self, k: int) -> tuple[Reason, ...]:
        """Why record k is (or could be) the candidate, the weightiest first."""
        return weights.reasons(self.levels[k].tolist(), self.strangers[k].tolist(), self.relatives[k].tolist())


def judge(
    incoming: Incoming, pairs: Pairs, *, total: int | None = None, thresholds: Thresholds | None = None
) -> Judged:
    """Score all pairs and decide. Two candidates too close to call are a question for people, not a link."""
    limits = thresholds or Thresholds.in_force()
    count = len(incoming)
    levels = compare(incoming.persons, pairs.i, pairs.persons, pairs.j)
    total = max(total if total is not None else candidates.population(), 2)
    common = candidates.typical(pairs, total)
    first = weights.scores(levels, common)
    unsure = (first > limits.review_at - UNSURE_BY) & (first < limits.link_at + UNSURE_BY)
    if unsure.any():
        asked = Pairs(pairs.i[unsure], pairs.j[unsure], pairs.ids, pairs.persons)
        real = candidates.counted(incoming, asked, total)
        common.name[unsure], common.sound[unsure], common.born[unsure] = real.name, real.sound, real.born
    strangers, relatives = weights.bits(levels, common)
    score = weights.combined(strangers, relatives, total)

    order = np.lexsort((-score, pairs.i))
    ranked = pairs.i[order]
    first_of = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(order) else np.zeros(0, np.int64)
    best = order[first_of]
    second_score = np.full(len(best), -np.inf)
    has_second = first_of + 1 < np.r_[first_of[1:], len(order)]
    second_score[has_second] = score[order[first_of[has_second] + 1]]

    resident_id = np.full(count, NOBODY, np.int64)
    best_score = np.full(count, -np.inf)
    best_levels = np.zeros((count, len(Aspect)), np.int8)
    best_strangers, best_relatives = np.zeros((count, len(Aspect))), np.zeros((count, len(Aspect)))
    who = pairs.i[best]
    ids = np.array(pairs.ids, np.int64)
    resident_id[who] = ids[pairs.j[best]] if len(best) else 0
    best_score[who] = score[best]
    best_levels[who] = levels[best]
    best_strangers[who], best_relatives[who] = strangers[best], relatives[best]

    link = np.zeros(count, bool)
    link[who] = (score[best] >= limits.link_at) & (score[best] - second_score >= limits.clear_by)
    # An equal number is never "somebody new": either it is the person or one of the two was typed wrong. And who
    # has the number is not passed over for somebody else who fits well.
    equal = levels[:, Aspect.ID_NUMBER] == Number.EQUAL
    same_number = np.zeros(count, bool)
    same_number[pairs.i[equal]] = True
    link &= ~same_number | (best_levels[:, Aspect.ID_NUMBER] == Number.EQUAL)
    review = ~link & ((best_score >= limits.review_at) | same_number)
    outcome = [
        Outcome.LINK if linked else Outcome.REVIEW if asked_for else Outcome.NEW
        for linked, asked_for in zip(link.tolist(), review.tolist(), strict=True)
    ]
    return Judged(outcome, resident_id, best_score, best_levels, best_strangers, best_relatives)
