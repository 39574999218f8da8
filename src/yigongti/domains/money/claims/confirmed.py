"""What confirmed findings offer to clearing: how much the fund takes back of which claim. Nothing is deducted here.

A finding says how much of what is in question lies in which claim (screens.rules.ClaimRef); what was confirmed is
shared out in that proportion. Of it the fund takes back

- where what the fund paid is in question: just that;
- where charges are: nothing of what lies outside the insurance list, and of the rest the fund's share of what the
  list covers of the whole bill;

and never more than the fund's part of the claim that still stands, less what findings confirmed before took of it. A
finding that no longer stands carries nothing, nor does a claim that was sent anew or taken back, in part or whole,
after the finding was last seen: until a screening has looked at it again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.money.claims.findings import named
from yigongti.domains.money.claims.models import Finding
from yigongti.kernel import clock
from yigongti.kernel.access.api import ScopedQuerySet
from yigongti.kernel.money import split

Key = tuple[int, str]
FEW = 50


class FundPart(NamedTuple):
    """What the fund takes back of one claim. ``claim_id``: the version that stands, None where none does; 0 fen where
    the claim carries nothing (any more)."""

    source_id: int
    record_no: str
    claim_id: int | None
    fund_fen: int


@dataclass(frozen=True)
class ConfirmedAmount:
    """What a confirmed finding offers to clearing. Nothing has been deducted. ``stands``: a later screening still found
    it as it was confirmed; where not, somebody has to look again before it is used. ``amount_fen`` was confirmed;
    ``parts`` is what the fund takes back of it, by the claims in question."""

    finding_id: int
    screen: str
    payer_id: int
    institution_id: int | None
    institution_name: str
    amount_fen: int
    confirmed_on: date
    claims: tuple[Key, ...]
    stands: bool
    parts: tuple[FundPart, ...] = ()

    @property
    def fund_fen(self) -> int:
        """What the fund takes back, all in all."""
        return sum(part.fund_fen for part in self.parts)


@dataclass(frozen=True)
class _Now:
    """A claim as it stands: the fund's part and what the list covers, less what was taken back, and when last."""

    id: int
    fund_fen: int
    covered_fen: int
    taken_back_at: datetime | None


def confirmed_amounts(since: date, until: date, *, place: str | None = None) -> list[ConfirmedAmount]:
    """What was confirmed from ``since`` to ``until`` (both included), by day and number; for clearing's own sums: names
    no reader. Whoever clears decides what to do with it: nothing is deducted here."""
    rows: ScopedQuerySet = Finding.objects.unscoped("clearing sums over all of a place")
    start, end = (datetime.combine(day, time.min, clock.ZONE) for day in (since, until + timedelta(days=1)))
    rows = rows.filter(state="confirmed", confirmed_at__lt=end)
    if place:
        rows = rows.filter(place=place)
    asked = list(rows.filter(confirmed_at__gte=start).order_by("confirmed_at", "pk"))
    if not asked:
        return []
    claims = {(one["source_id"], one["record_no"]) for row in asked for one in row.claims}
    before = [
        row
        for row in _naming(rows.filter(confirmed_at__lt=start), claims).order_by("confirmed_at", "pk")
        if any((one["source_id"], one["record_no"]) in claims for one in row.claims)
    ]
    known = _now(claims)
    taken: defaultdict[Key, int] = defaultdict(int)
    for row in before:
        _parts(row, known, taken)
    return [_view(row, _parts(row, known, taken)) for row in asked]


def _naming(rows: ScopedQuerySet, claims: Collection[Key]) -> ScopedQuerySet:
    """Of findings those that may name one of these claims: for a few the index tells, for many all are read."""
    if len(claims) > FEW:
        return rows
    named_so = (Q(claims__contains=[{"source_id": payer, "record_no": number}]) for payer, number in claims)
    return rows.filter(reduce(or_, named_so, Q(pk__in=())))


def offered(row: Finding) -> ConfirmedAmount | None:
    """What one finding offers to clearing now; None for one that isn't confirmed."""
    if row.state != "confirmed" or row.confirmed_at is None:
        return None
    day = row.confirmed_at.astimezone(clock.ZONE).date()
    return next((one for one in confirmed_amounts(day, day, place=row.place) if one.finding_id == row.pk), None)


def stands(row: Finding) -> bool:
    """Whether the last screening found it as it was confirmed."""
    return row.gone_at is None and row.digest == row.proposed_digest


def _view(row: Finding, parts: tuple[FundPart, ...]) -> ConfirmedAmount:
    assert row.confirmed_fen is not None and row.confirmed_at is not None  # the database holds to it
    return ConfirmedAmount(
        finding_id=row.pk,
        screen=row.screen,
        payer_id=row.payer_id,
        institution_id=row.institution_id,
        institution_name=row.institution_name,
        amount_fen=row.confirmed_fen,
        confirmed_on=row.confirmed_at.astimezone(clock.ZONE).date(),
        claims=named(row),
        stands=stands(row),
        parts=parts,
    )


def _parts(row: Finding, known: Mapping[Key, _Now], taken: defaultdict[Key, int]) -> tuple[FundPart, ...]:
    """The fund's part of each claim in question; adds it to what is ``taken`` of each."""
    concerned = [one for one in row.claims if _weight(one, row) > 0]
    if not concerned:
        return ()
    found = []
    shares = split(row.confirmed_fen or 0, [_weight(one, row) for one in concerned])
    for one, share in zip(concerned, shares, strict=True):
        key = one["source_id"], one["record_no"]
        now = known.get(key)
        fund = 0
        if now is not None and stands(row) and _as_seen(one, now, row):
            fund = max(min(_of_the_fund(one, share, now), now.fund_fen - taken[key]), 0)
        taken[key] += fund
        found.append(FundPart(*key, now.id if now else None, fund))
    return tuple(found)


def _weight(one: Mapping[str, Any], row: Finding) -> int:
    """How much of what is in question lies in a claim; a finding from before that was kept says it by its order."""
    if "fen" in one:
        return int(one["fen"])
    return int(len(row.claims) == 1 or one is not row.claims[0])


def _as_seen(one: Mapping[str, Any], now: _Now, row: Finding) -> bool:
    """Whether a claim is as it was when the finding was last seen."""
    return now.id == one["id"] and (now.taken_back_at is None or now.taken_back_at <= row.seen_at)


def _of_the_fund(one: Mapping[str, Any], share: int, now: _Now) -> int:
    """What of an amount in question the fund has paid."""
    listed = one.get("list_fen")
    if listed is None:
        return share
    base = max(now.covered_fen, now.fund_fen)
    if base <= 0 or now.fund_fen <= 0 or listed <= 0:
        return 0
    rate = Fraction(now.fund_fen, base) * Fraction(listed, one["fen"])
    return split(share, [rate, 1 - rate])[0]


def _now(claims: Collection[Key]) -> dict[Key, _Now]:
    """These claims as they stand, less what was taken back of them: two queries a payer, however many."""
    by_payer: defaultdict[int, list[str]] = defaultdict(list)
    for source_id, record_no in claims:
        by_payer[source_id].append(record_no)
    found = {}
    for source_id, numbers in by_payer.items():
        back: defaultdict[str, list[health_record.ClaimFact]] = defaultdict(list)
        for one in health_record.claims_reversing(source_id, numbers):
            back[one.reverses].append(one)
        for number, claim in health_record.claims_numbered(source_id, numbers).items():
            together = [claim, *back[number]]
            found[source_id, number] = _Now(
                id=claim.fact.id,
                fund_fen=sum(one.fact.fund_fen or 0 for one in together),
                covered_fen=sum(_covered(one) for one in together),
                taken_back_at=max((one.recorded_at for one in _came(back[number])), default=None),
            )
    return found


def _came(reversals: Iterable[health_record.ClaimFact]) -> list[health_record.ClaimFact]:
    """Those that take anything back."""
    return [one for one in reversals if one.fact.total_fen or one.fact.fund_fen]


def _covered(one: health_record.ClaimFact) -> int:
    return (one.fact.total_fen or 0) - int(one.fact.detail.get("self_expense_fen") or 0)
