"""Stays of one person at one institution for the same group, soon after each other: which are paid together.

One fund does not pay another's: the stays were settled by the same payer, from the same fund.

A stay is a readmission when it began on the day of, or within so many days after, the end of an earlier one; the rule
is that of the day the later one was settled. Stays that overlap are no readmissions: they are one stay billed twice or
an error, which the screens of fund supervision name. The outcome depends on the stays alone, not on their order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from yigongti.domains.money.drg import policy
from yigongti.kernel.policy.api import history


@dataclass(frozen=True)
class Rule:
    """``same``: drg or adrg; ``planned``: beginnings of principal diagnoses that come again as planned."""

    rule: str
    days: int
    same: str
    planned: tuple[str, ...]

    @property
    def merges(self) -> bool:
        return self.rule != "none"

    def exempts(self, code: str) -> bool:
        return code.upper().startswith(self.planned)


def rule_of(place: str, on: date) -> Rule:
    """The rule in force at a place on a day. Raises PolicyGap."""
    listed = policy.READMISSION_PLANNED.at(place=place, as_of=on).value
    return Rule(
        policy.READMISSION_RULE.at(place=place, as_of=on).value,
        policy.READMISSION_DAYS.at(place=place, as_of=on).value,
        policy.READMISSION_SAME.at(place=place, as_of=on).value,
        tuple(part.strip().upper() for part in listed.split("、") if part.strip()),
    )


@dataclass(frozen=True)
class Stay:
    """A grouped claim as far as readmissions are concerned. ``end``: the day of leaving, else of settling."""

    claim_id: int
    record_no: str
    resident_id: int
    institution_id: int
    adrg: str
    drg: str
    code: str
    start: date
    end: date
    settled_on: date
    weight_e4: int
    fund: tuple[int, bool] = (0, False)
    """The payer, and whether it paid from the employees' fund."""

    @property
    def order(self) -> tuple[date, date, date, str, int]:
        return (self.start, self.end, self.settled_on, self.record_no, self.claim_id)


@dataclass
class Episode:
    """Stays that belong together, in order: ``paid`` are paid as one, ``unpaid`` not at all."""

    paid: list[Stay]
    unpaid: list[Stay] = field(default_factory=list)

    @property
    def carrier(self) -> Stay:
        """The claim on which the payment stands: the heaviest group's, of several the first."""
        return max(self.paid, key=lambda stay: stay.weight_e4)  # max keeps the first of equals

    @property
    def alone(self) -> bool:
        return len(self.paid) + len(self.unpaid) == 1


def episodes(stays: Iterable[Stay], rule_on: Callable[[date], Rule | None]) -> list[Episode]:
    """Stays put together; one that is no readmission is an episode of its own. ``rule_on``: None: nothing is said."""
    by_key: dict[tuple[int, int, str, tuple[int, bool]], list[Stay]] = {}
    for stay in stays:
        by_key.setdefault((stay.resident_id, stay.institution_id, stay.adrg, stay.fund), []).append(stay)
    found: list[Episode] = []
    for same in by_key.values():
        found += _of_one(sorted(same, key=lambda stay: stay.order), rule_on)
    return found


def _of_one(stays: list[Stay], rule_on: Callable[[date], Rule | None]) -> list[Episode]:
    found: list[Episode] = []
    of: dict[int, Episode] = {}
    for position, stay in enumerate(stays):
        rule = rule_on(stay.settled_on)
        before = _before(stay, stays[:position], rule) if rule is not None and rule.merges else None
        if before is None or rule is None:
            episode = Episode([stay])
            found.append(episode)
        else:
            episode = of[before.claim_id]
            (episode.unpaid if rule.rule == "second_unpaid" else episode.paid).append(stay)
        of[stay.claim_id] = episode
    return found


def _before(stay: Stay, earlier: list[Stay], rule: Rule) -> Stay | None:
    """The stay after which this one is a readmission: the last to end before it."""
    if rule.exempts(stay.code):
        return None
    near = [
        one
        for one in earlier
        if 0 <= (stay.start - one.end).days <= rule.days and (rule.same == "adrg" or one.drg == stay.drg)
    ]
    return max(near, key=lambda one: (one.end, one.order)) if near else None


def ever(place: str) -> bool:
    """Whether a place has, had or will have a rule that puts stays together."""
    return any(value.value != "none" for value in history(policy.READMISSION_RULE.name, place))
