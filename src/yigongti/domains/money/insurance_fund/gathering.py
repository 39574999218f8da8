"""What a year is computed from, gathered: rules, inputs and sums of claims; for a draft as things stand, for a closed
year as they were kept."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Sum

from yigongti.domains.money.insurance_fund import claims, computing, policy, rules
from yigongti.domains.money.insurance_fund.claims import Reading, Scope
from yigongti.domains.money.insurance_fund.homes import Homes, Stretch, homes
from yigongti.domains.money.insurance_fund.inputs import (
    FORM,
    INSURANCE_KINDS,
    Adjustment,
    Cell,
    ClaimSums,
    Corrected,
    Holder,
    Member,
    Past,
    YearInputs,
)
from yigongti.domains.money.insurance_fund.models import Closing, Correction, FundYear, Paid, Participant
from yigongti.domains.money.insurance_fund.rules import NotComputable, Rules
from yigongti.domains.money.insurance_fund.statement import Statement, digest
from yigongti.kernel.lake.api import Snapshot, engine, kept, snapshot
from yigongti.kernel.policy.api import place as place_named


@dataclass(frozen=True)
class Gathered:
    """A year with everything it is computed from. ``statement`` is None where not even the budget can be worked out,
    and ``why`` says why; ``sums`` is None while no claims of the year are published."""

    year: FundYear
    rules: Rules
    inputs: YearInputs
    scope: Scope | None
    snapshot: Snapshot | None
    sums: ClaimSums | None
    statement: Statement | None
    why: str
    frozen: bool = False
    referrals: Snapshot | None = None
    form: int = FORM

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Its claims, on an engine of their own. Only where some are published."""
        assert self.scope is not None and self.snapshot is not None
        with engine() as backend:
            yield Reading(backend, self.snapshot, self.scope, self.referrals)

    def trying(self, changed: Rules) -> Statement:
        """The statement under other rules. Raises NotComputable."""
        return computing.compute(changed, self.inputs, self.sums, self.form)


def rules_of(year: FundYear) -> Rules:
    """The rules frozen with the agreement; before it, those in force on the year's first day."""
    if year.rules is not None:
        return Rules.from_json(year.rules)
    return rules.read(year.place, date(year.year, 1, 1))


def inputs_of(year: FundYear) -> YearInputs:
    """What stands in the year's rows, in seven queries."""
    rows = list(
        Participant.objects.unscoped("of a year the reader has")
        .filter(year=year)
        .prefetch_related("past", "quarters", "changes")
        .order_by("pk")
    )
    holders = [row for row in rows if row.holder_id is None]
    persons: dict[int, int] = {}
    for row in rows:
        if row.holder_id is not None:
            persons[row.holder_id] = persons.get(row.holder_id, 0) + (row.persons or 0)
    by_pk = {row.pk: row.organisation_id for row in holders}
    paid: dict[int, list[tuple[int, int]]] = {}
    for one in Paid.objects.filter(year=year, what="prepayment").order_by("nth"):
        paid.setdefault(one.holder_id, []).append((one.nth, one.fen))
    return YearInputs(
        place=year.place,
        year=year.year,
        fund_kind=year.fund_kind,
        individual_fen=year.individual_fen,
        subsidy_fen=year.subsidy_fen,
        given_fen=year.given_fen,
        holders=tuple(
            replace(
                _holder(row, persons.get(row.pk, 0), year.overspend_choice),
                paid=tuple(paid.get(row.organisation_id, ())),
            )
            for row in holders
        ),
        members=tuple(
            Member(row.organisation_id, by_pk[row.holder_id], row.name, row.tier, row.points, row.persons or 0)
            for row in rows
            if row.holder_id is not None
        ),
        corrections=_corrections(year),
    )


CELL = ("home_id", "treated_id", "institution_id", "where", "month", "referred")
ADDED = ("services", "fund_fen", "total_fen", "missed_fen")


def _corrections(year: FundYear) -> tuple[Corrected, ...]:
    """What was taken into the year, by year, cause and cell."""
    rows = (
        Correction.objects.filter(into=year)
        .values_list("of_year__year", "cause", *CELL)
        .annotate(**{f"all_{name}": Sum(name) for name in ADDED})
        .order_by("of_year__year", "cause", *CELL)
    )
    return tuple(Corrected(of, cause, Cell(*cell)) for of, cause, *cell in rows if any(cell[len(CELL) :]))


def _holder(row: Participant, persons: int, overspend_choice: str) -> Holder:
    scores = {quarter.number: quarter.score for quarter in row.quarters.all()}
    return Holder(
        id=row.organisation_id,
        name=row.name,
        persons=persons,
        factor=row.factor,
        growth=row.growth,
        last_budget_fen=row.last_budget_fen,
        past=tuple(
            Past(p.year, p.payments_fen, p.services, p.source)
            for p in sorted(row.past.all(), key=lambda p: -p.year)
        ),
        score=row.score,
        quarters=tuple(scores.get(n) for n in range(1, 5)),
        adjustments=tuple(
            Adjustment(c.fen, c.reason, c.source, c.pk) for c in sorted(row.changes.all(), key=lambda c: c.pk)
        ),
        reasonable_fen=row.reasonable_fen,
        lead_id=row.lead_id,
        overspend_choice=overspend_choice,
    )  # fmt: skip


def scope(place: str, year: int, fund_kind: str, at: Rules, *, since: date | None = None) -> Scope:
    """Which claims the year is cleared by. Raises NotComputable where a rule of it is missing."""
    first, until = since or date(year, 1, 1), date(year + 1, 1, 1)
    counted_by = at.option(policy.COUNTED_BY)
    last = claims.last_day(until, at.whole(policy.CUT_OFF_DAYS)) if counted_by == claims.SERVICE_ENDED else None
    return Scope(
        place=place,
        division=place_named(place).division,
        insurance_kind=INSURANCE_KINDS[fund_kind],
        since=first,
        until=until,
        homes=homes(place, at.option(policy.HOLDER), first, until, at.option(policy.MEMBERSHIP)),
        counted_by=counted_by,
        last=last,
        as_originals=True,
    )


def published(of: Scope, dataset: str = claims.DATASET) -> Snapshot:
    """The months of claims (or of how they stand to referrals) the scope needs, as far as they are published."""
    return snapshot(dataset, of.since, of.snapshot_until)


def gather(year: FundYear) -> Gathered:
    """A year as it stands: a draft from what there is now, a closed one from what was kept."""
    if year.frozen:
        return kept_year(year.closing)
    at = rules_of(year)
    return gather_with(year, at)


def gather_with(year: FundYear, at: Rules) -> Gathered:
    """A draft under these rules."""
    inputs = inputs_of(year)
    try:
        of = scope(year.place, year.year, year.fund_kind, at)
    except NotComputable as gap:
        return Gathered(year, at, inputs, None, None, None, None, str(gap))
    of = replace(of, homes=of.homes.only({h.id for h in inputs.holders}))
    taken, told = published(of), published(of, claims.REFERRALS)
    sums = summed(taken, of, told) if taken.files else None
    try:
        made, why = computing.compute(at, inputs, sums), ""
    except NotComputable as gap:
        made, why = None, str(gap)
    return Gathered(year, at, inputs, of, taken, sums, made, why, referrals=told)


def kept_year(closing: Closing) -> Gathered:
    """A closed year from its closing, nothing computed."""
    at = Rules.from_json(closing.rules)
    found = kept(closing.kept_name)
    return Gathered(
        year=closing.year,
        rules=at,
        inputs=YearInputs.from_json(closing.inputs),
        scope=scope_from_json(closing.scope),
        snapshot=found.snapshot(claims.DATASET) if found else None,
        sums=ClaimSums.from_json(closing.sums),
        statement=Statement.from_json(closing.statement, at),
        why="",
        frozen=True,
        referrals=found.snapshot(claims.REFERRALS) if found and closing.form > 1 else None,
        form=closing.form,
    )


# -- sums of the same files are worked out once per process -------------------------------------------------------

_lock = threading.Lock()
_summed: OrderedDict[str, ClaimSums] = OrderedDict()
_MOST = 8


def summed(taken: Snapshot, of: Scope, referrals: Snapshot | None = None) -> ClaimSums:
    """The sums of a snapshot; remembered, since the files of a snapshot never change."""
    files = [[str(month), file] for month, file in taken.files]
    told = [[str(month), file] for month, file in referrals.files] if referrals else None
    name = digest(files, told, scope_as_json(of))
    with _lock:
        if name in _summed:
            _summed.move_to_end(name)
            return _summed[name]
    found = claims.sums(taken, of, referrals)
    with _lock:
        _summed[name] = found
        while len(_summed) > _MOST:
            _summed.popitem(last=False)
    return found


def scope_as_json(of: Scope) -> dict[str, Any]:
    return {
        "place": of.place,
        "division": of.division,
        "insurance_kind": of.insurance_kind,
        "since": of.since.isoformat(),
        "until": of.until.isoformat(),
        "counted_by": of.counted_by,
        "last": of.last.isoformat() if of.last else None,
        "as_originals": of.as_originals,
        "stretches": [
            {"start": s.start.isoformat(), "holder_of": sorted(s.holder_of.items())} for s in of.homes.stretches
        ],
        "names": sorted(of.homes.names.items()),
    }


def scope_from_json(data: dict[str, Any]) -> Scope:
    stretches = tuple(Stretch(date.fromisoformat(s["start"]), dict(s["holder_of"])) for s in data["stretches"])
    return Scope(
        place=data["place"],
        division=data["division"],
        insurance_kind=data["insurance_kind"],
        since=date.fromisoformat(data["since"]),
        until=date.fromisoformat(data["until"]),
        homes=Homes(stretches, dict(data["names"])),
        counted_by=data["counted_by"],
        last=date.fromisoformat(data["last"]) if data["last"] else None,
        as_originals=data.get("as_originals", False),
    )
