"""What cases of a month are paid in the end: readmissions put together across months, special reviews, what lapses.

Runs while the month's new results stand in ``drg_new``. Stays of other months that belong to a stay of this month are
taken along: what becomes of them does not depend on which month was grouped first.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from yigongti.domains.money.drg import readmission
from yigongti.domains.money.drg.formulas import Bill, Kind, Payment, together
from yigongti.domains.money.drg.grouping.reasons import Status
from yigongti.domains.money.drg.models import GroupedClaim, SpecialReview
from yigongti.domains.money.drg.payment import EMPLOYEES, Rules, paid, payment_of
from yigongti.domains.money.drg.readmission import Episode, Stay, episodes
from yigongti.domains.money.drg.reasons import Lapse
from yigongti.domains.money.drg.services.pricing import Pricer
from yigongti.domains.money.drg.services.storing import NEW, Final, Span
from yigongti.kernel import clock
from yigongti.kernel.access.api import ScopedQuerySet


@dataclass(frozen=True)
class Finished:
    """``here`` by claim; ``elsewhere`` by the result's own id, with the ``months`` they lie in; reviews that lapse."""

    here: dict[int, Final]
    elsewhere: dict[int, Final]
    months: frozenset[date]
    lapsing: tuple[tuple[int, Lapse], ...]


@dataclass(frozen=True)
class _Case:
    """A case whose pay may depend on others. ``id``: of the result, for those of other months."""

    id: int | None
    claim_id: int
    record_no: str
    resident_id: int
    source_id: int
    institution_id: int | None
    settled_on: date
    service_start: date | None
    service_end: date | None
    tier: str
    insurance_kind: str
    code: str
    mdc: str
    adrg: str
    drg: str
    status: str
    weight_e4: int
    total_fen: int
    patient_fen: int
    stay_days: int
    outlier: str
    whole_fen: int
    payment_fen: int
    merged_into: int | None
    special_id: int | None

    @property
    def bill(self) -> Bill:
        return Bill(self.total_fen, self.patient_fen, self.stay_days)

    @property
    def final(self) -> Final:
        return Final(self.outlier, self.whole_fen, self.payment_fen, self.merged_into, self.special_id)

    @property
    def stay(self) -> Stay:
        end = self.service_end or self.settled_on
        return Stay(
            self.claim_id, self.record_no, self.resident_id, self.institution_id or 0, self.adrg, self.drg, self.code,
            self.service_start or end, end, self.settled_on, self.weight_e4,
            (self.source_id, self.insurance_kind == EMPLOYEES),
        )  # fmt: skip


_FIELDS = [name for name in _Case.__dataclass_fields__ if name != "id"]


def finish(span: Span, pricer: Pricer) -> Finished:
    """Work out what cases of the month, and those that belong to them, are paid in the end."""
    cases = {one.claim_id: one for one in _related(span)}
    reviews = _reviews(span, cases)
    cases |= {one.claim_id: one for one in _named([pk for pk in reviews if pk not in cases])}
    found = _Working(pricer, cases)
    final: dict[int, Final] = found.together()
    lapsing = []
    for claim_id, review in sorted(reviews.items()):
        basis = found.basis(claim_id)
        if basis is None or basis != review.basis:
            lapsing.append((review.pk, Lapse.GONE if basis is None else Lapse.REGROUPED))
        elif not review.is_of(found.bill(claim_id)):
            lapsing.append((review.pk, Lapse.COST))
        elif review.state == "granted":
            rules = found.rules(cases[claim_id])
            if rules is not None:
                payment = payment_of(review.outcome, review.decided_fen, found.bill(claim_id), rules)
                group = final[claim_id]  # a decision takes nothing from what the group pays
                if payment.whole_fen > group.whole_fen and payment.fund_fen >= group.payment_fen:
                    final[claim_id] = Final(payment.kind.value, payment.whole_fen, payment.fund_fen, None, review.pk)
    here = {pk: one for pk, one in final.items() if cases[pk].id is None and one != cases[pk].final}
    away = [(cases[pk], one) for pk, one in final.items() if cases[pk].id is not None and one != cases[pk].final]
    return Finished(
        here,
        {case.id: one for case, one in away if case.id is not None},
        frozenset(clock.month_of(case.settled_on) for case, _final in away),
        tuple(lapsing),
    )


class _Working:
    def __init__(self, pricer: Pricer, cases: dict[int, _Case]) -> None:
        self._pricer, self._cases = pricer, cases
        self._own: dict[int, Payment | None] = {pk: self._price(case, case.bill) for pk, case in cases.items()}
        stays = [case.stay for pk, case in cases.items() if self._may_merge(case, self._own[pk])]
        self._episodes: dict[int, Episode] = {}
        for episode in episodes(stays, pricer.readmission):
            for stay in (*episode.paid, *episode.unpaid):
                self._episodes[stay.claim_id] = episode

    def rules(self, case: _Case) -> Rules | None:
        return self._pricer.rules(case.settled_on, case.tier, case.insurance_kind, case.institution_id)

    def _price(self, case: _Case, bill: Bill) -> Payment | None:
        rules = self.rules(case)
        # a case without a weight has its worth by item, and no weight to put together with another's
        return paid(case.status, case.mdc, case.weight_e4 or None, bill, rules.terms) if rules else None

    @staticmethod
    def _may_merge(case: _Case, own: Payment | None) -> bool:
        """By the day, a second stay gains nothing; what has no group or weight has nothing to be the same as."""
        return (
            case.status == Status.GROUPED
            and case.institution_id is not None
            and own is not None
            and own.kind not in (Kind.BED_DAY, Kind.UNPRICED)
        )

    def bill(self, claim_id: int) -> Bill:
        """The bill a case is priced on: with the stays paid with it."""
        episode = self._episodes.get(claim_id)
        if episode is None or episode.carrier.claim_id != claim_id:
            return self._cases[claim_id].bill
        return together(self._cases[stay.claim_id].bill for stay in episode.paid)

    def together(self) -> dict[int, Final]:
        """What each case is paid, its own where it came back for nothing."""
        final = {}
        for claim_id, case in self._cases.items():
            episode, own = self._episodes.get(claim_id), self._own[claim_id]
            carrier = episode.carrier.claim_id if episode is not None else claim_id
            if episode is not None and carrier != claim_id:
                unpaid = any(stay.claim_id == claim_id for stay in episode.unpaid)
                kind = Kind.READMISSION if unpaid else Kind.MERGED
                final[claim_id] = Final(kind.value, 0, 0, carrier, None)
                continue
            if episode is not None and len(episode.paid) > 1:
                own = self._price(case, self.bill(claim_id))
            if own is None:
                final[claim_id] = Final(Kind.NO_RULE.value, 0, 0, None, None)
            else:
                final[claim_id] = Final(own.kind.value, own.whole_fen, own.fund_fen, None, None)
        return final

    def basis(self, claim_id: int) -> str | None:
        """What a decision on a case rests on; None where the claim stands no more."""
        case = self._cases.get(claim_id)
        if case is None:
            return None
        episode = self._episodes.get(claim_id)
        members = {stay.claim_id for stay in (*episode.paid, *episode.unpaid)} if episode else {claim_id}
        return basis_of(case.drg, episode.carrier.claim_id if episode else claim_id, members)


def basis_of(drg: str, carrier_id: int, members: set[int]) -> str:
    """A group, the claim that carries the payment and those paid with it."""
    return f"{drg}:{carrier_id}:{','.join(str(one) for one in sorted(members))}"[:500]


def _related(span: Span) -> list[_Case]:
    """Cases of the month that share person, institution and ADRG with another, and those others in other months; also
    those that did until now. None where no rule has ever put stays together here."""
    rows: ScopedQuerySet = GroupedClaim.objects.unscoped("payment asks for no reader")
    merged = rows.filter(stands=True, place=span.place, merged_into__isnull=False)
    if not (readmission.ever(span.place) or merged.exists()):
        return []
    table, key = GroupedClaim._meta.db_table, "resident_id, institution_id, adrg"
    names = ", ".join(_FIELDS)
    of_month = "stands AND place = %s AND settled_on >= %s AND settled_on < %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH keys AS (
                SELECT {key} FROM {NEW} WHERE status = 'grouped' AND institution_id IS NOT NULL
                UNION
                SELECT {key} FROM {table}
                WHERE {of_month} AND status = 'grouped' AND institution_id IS NOT NULL
            ), both_sides AS (
                SELECT NULL::bigint AS id, {names} FROM {NEW} WHERE status = 'grouped' AND institution_id IS NOT NULL
                UNION ALL
                SELECT g.id, {", ".join("g." + name for name in _FIELDS)} FROM {table} g JOIN keys USING ({key})
                WHERE g.stands AND g.place = %s AND g.status = 'grouped'
                  AND NOT (g.settled_on >= %s AND g.settled_on < %s)
            ), counted AS (
                SELECT *, count(*) OVER (PARTITION BY {key}) AS n FROM both_sides
            )
            SELECT id, {names} FROM counted WHERE n > 1 OR id IS NOT NULL
            """,  # noqa: S608 (names of this file)
            [*span.values, *span.values],
        )
        return [_Case(*row) for row in cursor.fetchall()]


def _named(claim_ids: list[int]) -> list[_Case]:
    """Cases of the month by claim."""
    if not claim_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT NULL::bigint, {', '.join(_FIELDS)} FROM {NEW} WHERE claim_id = ANY (%s)",  # noqa: S608
            [claim_ids],
        )
        return [_Case(*row) for row in cursor.fetchall()]


def _reviews(span: Span, cases: dict[int, _Case]) -> dict[int, Any]:
    """Reviews of the month's claims, and of those taken along, that are under way or whose decision is in force."""
    rows: ScopedQuerySet = SpecialReview.objects.unscoped("payment asks for no reader")
    live = rows.filter(place=span.place, lapsed_at=None, state__in=("applied", "hearing", "proposed", "granted"))
    month = live.filter(settled_on__gte=span.month, settled_on__lt=clock.next_month(span.month))
    away = live.filter(claim_id__in=[pk for pk, case in cases.items() if case.id is not None])
    return {one.claim_id: one for one in (*month, *away)}
