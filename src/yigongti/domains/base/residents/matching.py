"""``match``: one incoming person against the whole index, with the reasons in words."""

from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.residents import candidates
from yigongti.domains.base.residents.candidates import NOBODY
from yigongti.domains.base.residents.cleaning import clean_few
from yigongti.domains.base.residents.judging import Outcome, judge
from yigongti.domains.base.residents.weights import Reason


@dataclass(frozen=True)
class Person:
    """What is known of somebody who comes in. Codes as in the extracts: sex GB/T 2261.1, id_type CV02.01.101."""

    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    id_type: str | None = None
    id_number: str | None = None
    phone: str | None = None
    card_no: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class MatchResult:
    """``outcome`` link, review or new. ``resident_id`` is the best candidate (None for none), ``score`` in bits."""

    outcome: Outcome
    resident_id: int | None
    score: float | None
    reasons: tuple[Reason, ...]


def match(person: Person) -> MatchResult:
    """Whether this person is somebody the index knows. Reads only; nothing is stored or linked."""
    [found] = match_many([person], wide=True)
    return found


def match_many(persons: list[Person], *, wide: bool = False) -> list[MatchResult]:
    """``match`` for several at once; ``wide`` also looks at everybody of the same birth date."""
    incoming = clean_few([vars(person) for person in persons])
    judged = judge(incoming, candidates.find(incoming, wide=wide))
    return [
        MatchResult(
            outcome,
            int(judged.resident_id[k]) if judged.resident_id[k] != NOBODY else None,
            round(float(judged.score[k]), 1) if judged.resident_id[k] != NOBODY else None,
            judged.reasons(k) if judged.resident_id[k] != NOBODY else (),
        )
        for k, outcome in enumerate(judged.outcome)
    ]
