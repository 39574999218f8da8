"""What if: other values for a few rules, and what each holder and member would have then, beside what they have now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from yigongti.domains.money.insurance_fund import computing, gathering, policy
from yigongti.domains.money.insurance_fund.claims import DATASET
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.homes import Homes
from yigongti.domains.money.insurance_fund.inputs import ClaimSums
from yigongti.domains.money.insurance_fund.rules import NotComputable, Plain, understood
from yigongti.domains.money.insurance_fund.statement import Statement
from yigongti.kernel.lake.api import snapshot
from yigongti.kernel.policy.api import Parameter

GROUPS: tuple[tuple[str, tuple[Parameter[Any], ...]], ...] = (
    ("budget", (policy.PERSONS_WEIGHT, policy.SERVICES_WEIGHT, policy.ALLOCATION, policy.FLOOR, policy.CAP,
                policy.GROWTH_CAP, policy.COVERS)),
    ("set_aside", (policy.RISK_RATE, policy.DEPOSIT_RATE, policy.ILLNESS_HEAD)),
    ("outcome", (policy.SURPLUS, policy.OVERSPEND, policy.REASONABLE_LIMIT, policy.OVERSPEND_FUND_SHARE,
                 policy.BAND_LOWER, policy.BAND_UPPER, policy.BAND_KEPT, policy.BAND_FUND)),
    ("deposit", (policy.DEPOSIT_RULE, policy.DEPOSIT_FULL, policy.DEPOSIT_NONE)),
    ("distribution", (policy.DISTRIBUTION, policy.WITHIN_TIER, policy.GRASSROOTS_SHARE, policy.RATIO_COUNTY,
                      policy.RATIO_TOWN, policy.RATIO_VILLAGE)),
)  # fmt: skip
"""The rules that can be tried out, as the page groups them."""
OFFERED = tuple(parameter for _name, group in GROUPS for parameter in group)

HOLDER_LINES = ("budget", "use", "delta", "surplus_kept", "overspend_fund", "overspend_borne", "deposit_returned",
                "balance")  # fmt: skip
MEMBER_LINES = ("distribution", "bears")


@dataclass(frozen=True)
class Compared:
    """One figure now and then; None where there is none."""

    of: int
    nth: int | None
    name: str
    now: int | None
    then: int | None

    @property
    def change(self) -> int | None:
        if self.now is None and self.then is None:
            return None
        return (self.then or 0) - (self.now or 0)

    def as_json(self) -> dict[str, Any]:
        return {"of": self.of, "nth": self.nth, "name": self.name, "now": self.now, "then": self.then}


@dataclass(frozen=True)
class Trial:
    """The comparison, on the claims of ``claims_of`` (a year). ``why`` where the other rules give no result."""

    claims_of: int
    complete: bool
    rows: tuple[Compared, ...]
    lacking: tuple[str, ...]
    why: str = ""

    def of_holder(self, holder: int) -> dict[str, Compared]:
        return {row.name: row for row in self.rows if row.of == holder and row.nth is None}


def changes_from(asked: Mapping[str, str], found: Gathered) -> tuple[dict[str, Plain], dict[str, str]]:
    """What was asked that differs from the present, and what could not be read, by parameter."""
    changes: dict[str, Plain] = {}
    wrong: dict[str, str] = {}
    for parameter in OFFERED:
        text = asked.get(parameter.name, "").replace("\0", "").strip()
        if not text:
            continue
        try:
            value = understood(parameter.name, text)
        except ValueError:
            wrong[parameter.name] = text[:40]
            continue
        known = found.rules.values.get(parameter.name)
        if known is None or known.value != value:
            changes[parameter.name] = value
    return changes, wrong


def basis(found: Gathered) -> tuple[ClaimSums | None, int, bool]:
    """The claims to try on: the year's own when all of them are there, else last year's real ones with this year's
    holders, else what there is of this year's. With their year, and whether they are complete."""
    of = found.scope
    if of is None or found.frozen:
        return found.sums, found.year.year, found.sums is not None
    if found.sums is not None and set(of.months) <= set(found.sums.months):
        return found.sums, found.year.year, True
    before = replace(
        of, since=date(found.year.year - 1, 1, 1), until=date(found.year.year, 1, 1), counted_by="settled_in_year",
        last=None, homes=Homes(of.homes.stretches[:1], of.homes.names),
    )  # fmt: skip
    taken = snapshot(DATASET, before.since, before.until)
    if set(before.months) <= taken.months:
        return gathering.summed(taken, before), found.year.year - 1, True
    return found.sums, found.year.year, False


def attempt(found: Gathered, changes: Mapping[str, Plain]) -> Trial:
    """Every holder's and member's figures now and under the changes."""
    sums, claims_of, complete = basis(found)
    try:
        now = computing.compute(found.rules, found.inputs, sums, found.form)
    except NotComputable as gap:
        return Trial(claims_of, complete, (), (), str(gap))
    try:
        then = computing.compute(found.rules.trying(changes), found.inputs, sums, found.form) if changes else now
    except NotComputable as gap:
        return Trial(claims_of, complete, (), (), str(gap))
    rows = [
        Compared(holder.id, None, name, _fen(now, name, holder.id), _fen(then, name, holder.id))
        for holder in found.inputs.holders
        for name in HOLDER_LINES
    ]
    rows += [
        Compared(m.id, m.holder_id, name, _fen(now, name, m.id, m.holder_id), _fen(then, name, m.id, m.holder_id))
        for m in found.inputs.members
        for name in MEMBER_LINES
    ]
    return Trial(claims_of, complete, tuple(rows), tuple(why for _key, why in then.lacking))


def _fen(made: Statement, name: str, of: int, nth: int | None = None) -> int | None:
    line = made.get(name, of, nth)
    return line.fen if line else None
