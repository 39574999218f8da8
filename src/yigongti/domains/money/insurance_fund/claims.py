"""A year's claims of one fund: read in one pass over the lake, summed as the statement needs them, listed one by one.

Everything here works the same on the published months and on those a closed year has kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
from ibis.backends.duckdb import Backend

from yigongti.domains.money.insurance_fund.formulas.clearing import OTHER_HOLDER, OTHER_INSIDE, OUTSIDE, OWN, PHARMACY
from yigongti.domains.money.insurance_fund.homes import Homes
from yigongti.domains.money.insurance_fund.inputs import Cell, ClaimSums
from yigongti.kernel import clock
from yigongti.kernel.lake.api import Snapshot, engine, table

DATASET, REFERRALS = "claims", "claim_referrals"
COVERED = "covered"
SETTLED, SERVICE_ENDED = "settled_in_year", "service_ended_in_year"
NONE, ALL = "none", "all"


@dataclass(frozen=True)
class Scope:
    """Which claims are meant: of the fund's insured here, counted in the period [since, until).

    ``last``: by the day care ended, claims settled up to this day still belong to the period. ``as_originals``: what
    takes a claim back is the holder's who had that claim, though its institution has gone to another since (closings
    made before this was so don't have it).
    """

    place: str
    division: str
    insurance_kind: str
    since: date
    until: date
    homes: Homes
    counted_by: str = SETTLED
    last: date | None = None
    as_originals: bool = False

    @property
    def snapshot_until(self) -> date:
        """The first month whose claims are not needed."""
        if self.counted_by == SETTLED or self.last is None:
            return self.until
        return clock.next_month(clock.month_of(self.last))

    @property
    def months(self) -> list[date]:
        """The months that must be published for the period to be complete."""
        found, month = [], self.since
        while month < self.snapshot_until:
            found.append(month)
            month = clock.next_month(month)
        return found


@dataclass(frozen=True)
class Row:
    """One claim of a list. ``home`` and ``treated`` are holders' ids or None."""

    id: int
    record_no: str
    happened_on: date
    resident_id: int
    managing_id: int | None
    institution_id: int | None
    institution_name: str
    setting: str
    code: str
    total_fen: int
    fund_fen: int
    reverses: str
    certificate_no: str
    recorded_on: date
    certified: bool | None
    missed_fen: int


@dataclass(frozen=True)
class Counted:
    """One claim with all that says which cell it counts in; ``home`` and ``treated`` as on the claim's day."""

    id: int
    source_id: int
    record_no: str
    reverses: str
    happened_on: date
    recorded_on: date
    home: int | None
    institution_name: str
    stay: bool
    cell: Cell


@dataclass(frozen=True)
class Earned:
    """Fund payments for care at an institution of a holder in a month; ``own``: for the holder's own insured."""

    holder: int
    institution: int
    month: date
    stay: bool
    own: bool
    fund_fen: int


@dataclass(frozen=True)
class Which:
    """Claims below a figure. Each condition left out holds for all; ``home``: a holder's id, "none" or "all";
    ``certified``: "1" with a referral, "0" without one where it is needed, "exempt" where it isn't."""

    home: int | str = ALL
    treated: int | None = None
    institution: int | None = None
    where: str = ""
    month: date | None = None
    outside: bool | None = None
    certified: str = ""
    ids: tuple[int, ...] | None = None


class Reading:
    """A snapshot's claims of a scope, on an engine of the caller's.

    ``referrals``: what is published of how claims stand to certificates; None counts a certificate that a claim names
    as one (closings of form 1).
    """

    def __init__(self, backend: Backend, snapshot: Snapshot, scope: Scope, referrals: Snapshot | None = None) -> None:
        self.scope, self.snapshot, self.referrals = scope, snapshot, referrals
        self._backend = backend
        self.all: Any = table(backend, snapshot)
        claims = self.all.filter(self.all.place == scope.place)
        day = claims.happened_on
        if scope.counted_by == SERVICE_ENDED:
            day = ibis.coalesce(claims.service_end, claims.service_start, claims.happened_on)
        counted = claims.mutate(counted_on=day, fund=claims.fund_fen.fill_null(0), total=claims.total_fen.fill_null(0))
        counted = self._placed(counted)
        insured_here = counted.insured_division.isin(["", scope.division])
        mine = (counted.insurance_kind == scope.insurance_kind) & insured_here
        self.before: Any = counted.filter(mine, counted.counted_on < scope.since)  # care that ended in an earlier year
        counted = counted.filter(counted.counted_on >= scope.since, counted.counted_on < scope.until)
        if scope.last is not None and scope.counted_by == SERVICE_ENDED:
            counted = counted.filter(counted.happened_on <= scope.last)
        self.here: Any = counted  # of every fund
        insured_here = counted.insured_division.isin(["", scope.division])
        self.claims: Any = counted.filter(counted.insurance_kind == scope.insurance_kind, insured_here)

    def _placed(self, claims: Any) -> Any:
        """With ``placed_on``, the day whose tree says whose a claim is: of one taken back, the day of that one."""
        claims = claims.mutate(placed_on=claims.counted_on)
        if not (self.scope.as_originals and self.scope.homes.cuts):
            return claims
        back = claims.filter(claims.reverses.fill_null("") != "").select("source_id", record_no=claims.reverses)
        first = claims.semi_join(back.distinct(), ["source_id", "record_no"])
        first = first.group_by(of_source=first.source_id, of_number=first.record_no).aggregate(
            of_day=first.counted_on.min()
        )
        both = claims.left_join(first, [claims.source_id == first.of_source, claims.reverses == first.of_number])
        return both.mutate(placed_on=ibis.coalesce(both.of_day, both.counted_on)).drop(
            "of_source", "of_number", "of_day"
        )

    def _stretch(self, claims: Any) -> Any:
        """Which stretch of the tree the day of a claim lies in, from 0."""
        number = ibis.literal(0)
        for cut in self.scope.homes.cuts:
            number = number + (claims.placed_on >= cut).cast("int32")
        return number

    def sums(self) -> ClaimSums:
        """The claims summed, in one pass."""
        claims = self._referred(self.claims)
        grouped = claims.group_by(
            managing=claims.managing_id,
            institution=claims.institution_id,
            stretch=self._stretch(claims),
            month=claims.counted_on.truncate("M"),
            pharmacy=claims.setting == "pharmacy",
            inside=claims.inside_county,
            certified=claims.certified,
        ).aggregate(
            services=claims.visits.sum(),
            fund=claims.fund.sum(),
            total=claims.total.sum(),
            missed=claims.missed.sum(),
        )
        cells: dict[tuple[Any, ...], list[int]] = {}
        data = grouped.to_pyarrow().to_pydict()
        names = ("managing", "institution", "stretch", "month", "pharmacy", "inside", "certified", "services", "fund",
                 "total", "missed")  # fmt: skip
        holders = [stretch.holder_of for stretch in self.scope.homes.stretches]
        for managing, institution, at, month, pharmacy, inside, certified, *amounts in zip(
            *(data[name] for name in names), strict=True
        ):
            home, treated = holders[at].get(managing), holders[at].get(institution)
            cell = (home, treated, institution, where(home, treated, pharmacy, inside), month, certified)
            sums = cells.setdefault(cell, [0, 0, 0, 0])
            for n, amount in enumerate(amounts):
                sums[n] += amount
        return ClaimSums(tuple(Cell(*key, *cells[key]) for key in sorted(cells, key=_order)), self.months())

    def _referred(self, claims: Any) -> Any:
        """With ``certified`` (None: none is needed) and ``missed``, what the fund would have paid more with a referral.

        A claim out of the county is without one as long as nothing is published of its month.
        """
        if self.referrals is None:
            return claims.mutate(certified=claims.certificate_no != "", missed=ibis.literal(0, "int64"))
        needs: Any = ibis.null("boolean")
        if unknown := sorted(self.snapshot.months - self.referrals.months):
            lacking = ~claims.inside_county & claims.happened_on.truncate("M").isin(unknown)
            needs = ibis.ifelse(lacking, ibis.literal(False), needs)
        claims = claims.mutate(certified=needs, missed=ibis.literal(0, "int64"))
        if not self.referrals.files:
            return claims
        told = table(self._backend, self.referrals)
        covered = told.match == COVERED
        more = ibis.ifelse(covered, 0, told.with_fen - told.without_fen)
        told = told.select(of_claim=told.id, covered=covered, more=more)
        both = claims.left_join(told, claims.id == told.of_claim)
        both = both.mutate(certified=ibis.coalesce(both.covered, both.certified), missed=both.more.fill_null(0))
        return both.drop("of_claim", "covered", "more")

    def counted(self, claims: Any) -> list[Counted]:
        """Claims of this reading one by one, each with its cell."""
        claims = self._referred(claims)
        rows = claims.select(
            "id", "source_id", "record_no", "reverses", "happened_on", "recorded_on", "counted_on", "placed_on",
            "managing_id", "institution_id", "institution_name", "setting", "inside_county", "certified", "visits",
            "fund", "total", "missed",
        ).order_by("recorded_on", "id")  # fmt: skip
        found = []
        for row in rows.to_pyarrow().to_pylist():
            holder_of = self.scope.homes.on(row["placed_on"])
            home, treated = holder_of.get(row["managing_id"]), holder_of.get(row["institution_id"])
            there = where(home, treated, row["setting"] == "pharmacy", row["inside_county"])
            cell = Cell(home, treated, row["institution_id"], there, row["counted_on"].replace(day=1),
                        row["certified"], row["visits"], row["fund"], row["total"], row["missed"])  # fmt: skip
            found.append(
                Counted(row["id"], row["source_id"], row["record_no"], row["reverses"], row["happened_on"],
                        row["recorded_on"], home, row["institution_name"], row["setting"] == "inpatient", cell)
            )  # fmt: skip
        return found

    def numbered(self, numbers: Iterable[str]) -> list[Counted]:
        """The claims of these numbers, of whatever payer."""
        wanted = sorted(set(numbers))
        if not wanted:
            return []
        return self.counted(self.claims.semi_join(ibis.memtable({"record_no": wanted}), "record_no"))

    def earned(self) -> list[Earned]:
        """What care at the holders' institutions earned by month, in one pass; care elsewhere is nobody's earning."""
        claims = self.claims
        grouped = claims.group_by(
            managing=claims.managing_id,
            institution=claims.institution_id,
            stretch=self._stretch(claims),
            month=claims.counted_on.truncate("M"),
            stay=claims.setting == "inpatient",
        ).aggregate(fund=claims.fund.sum())
        names = ("managing", "institution", "stretch", "month", "stay", "fund")
        data = grouped.to_pyarrow().to_pydict()
        holders = [stretch.holder_of for stretch in self.scope.homes.stretches]
        return [
            Earned(treated, institution, month, stay, holders[at].get(managing) == treated, fund)
            for managing, institution, at, month, stay, fund in zip(*(data[name] for name in names), strict=True)
            if (treated := holders[at].get(institution)) is not None
        ]

    def months(self) -> tuple[date, ...]:
        """The months of the period that are published."""
        return tuple(month for month in self.scope.months if month in self.snapshot.months)

    def diseases(self) -> list[tuple[int | None, str, int]]:
        """Fund payments by home holder and three-character ICD-10 category."""
        claims = self.claims
        grouped = claims.group_by(
            managing=claims.managing_id, stretch=self._stretch(claims), category=claims.category
        ).aggregate(fund=claims.fund.sum())
        data = grouped.to_pyarrow().to_pydict()
        holders = [stretch.holder_of for stretch in self.scope.homes.stretches]
        sums: dict[tuple[int | None, str], int] = {}
        for managing, at, category, fund in zip(
            data["managing"], data["stretch"], data["category"], data["fund"], strict=True
        ):
            key = (holders[at].get(managing), category)
            sums[key] = sums.get(key, 0) + fund
        return [(home, category, fund) for (home, category), fund in sums.items()]

    def narrowed(self, which: Which) -> Any:
        """The claims below a figure."""
        claims = self.claims
        if which.ids is not None:
            return claims.filter(claims.id.isin(list(which.ids)))
        if which.home == NONE:
            claims = claims.filter(~self._under(claims, claims.managing_id))
        elif isinstance(which.home, int):
            claims = claims.filter(self._under(claims, claims.managing_id, which.home))
        if which.treated is not None:
            claims = claims.filter(self._under(claims, claims.institution_id, which.treated))
        if which.institution is not None:
            claims = claims.filter(claims.institution_id == which.institution)
        if which.month is not None:
            claims = claims.filter(claims.counted_on.truncate("M") == which.month)
        if which.certified:
            claims = self._referred(claims)
            asked = {"1": claims.certified, "0": ~claims.certified, "exempt": claims.certified.isnull()}
            claims = claims.filter(asked[which.certified].fill_null(False)).drop("certified", "missed")
        if which.where and isinstance(which.home, int):
            claims = claims.filter(self._where(claims, which.home, which.where))
        if which.outside is not None:
            outside = self._away(claims) & (claims.setting != "pharmacy") & ~claims.inside_county
            claims = claims.filter(outside == which.outside)
        return claims

    def _under(self, claims: Any, column: Any, holder: int | None = None) -> Any:
        """Whether an organisation stands under a holder (under any) on the claim's day."""
        at, found = self._stretch(claims), ibis.literal(False)
        for number, stretch in enumerate(self.scope.homes.stretches):
            ids = [o for o, h in stretch.holder_of.items() if holder is None or h == holder]
            if ids:
                found = found | ((at == number) & column.isin(ids).fill_null(False))
        return found

    def _away(self, claims: Any) -> Any:
        """Treated at nobody who stands under a holder."""
        return ~self._under(claims, claims.institution_id)

    def _where(self, claims: Any, home: int, asked: str) -> Any:
        own = self._under(claims, claims.institution_id, home)
        if asked == OWN:
            return own
        if asked == OTHER_HOLDER:
            return ~own & ~self._away(claims)
        pharmacy = claims.setting == "pharmacy"
        rest = {
            PHARMACY: pharmacy,
            OUTSIDE: ~pharmacy & ~claims.inside_county,
            OTHER_INSIDE: ~pharmacy & claims.inside_county,
        }
        return self._away(claims) & rest[asked]

    @staticmethod
    def _within(claims: Any, within: frozenset[int] | None) -> Any:
        if within is None:
            return claims
        ids = sorted(within)
        return claims.filter(claims.institution_id.isin(ids) | claims.managing_id.isin(ids))

    def count(self, which: Which, *, within: frozenset[int] | None = None) -> tuple[int, int]:
        """How many claims lie below a figure, and what the fund paid for them; ``within`` as for ``rows``."""
        claims = self._within(self.narrowed(which), within)
        found = claims.aggregate(n=claims.count(), fund=claims.fund.sum()).to_pyarrow().to_pylist()[0]
        return int(found["n"]), int(found["fund"] or 0)

    def rows(self, which: Which, *, limit: int = 50, within: frozenset[int] | None = None) -> list[Row]:
        """Claims below a figure, the most expensive first; ``within``: only those treated at these institutions, or of
        people these look after."""
        claims = self._within(self.narrowed(which), within)
        first = self._referred(claims.order_by(claims.fund.desc(), claims.id).limit(limit))
        return read_rows(first.order_by(first.fund.desc(), first.id))


def read_rows(claims: Any) -> list[Row]:
    """Claims of a query as rows."""
    wanted = claims.select(
        "id", "record_no", "happened_on", "resident_id", "managing_id", "institution_id", "institution_name", "setting",
        "code", "total", "fund", "reverses", "certificate_no", "recorded_on", "certified", "missed",
    ).rename(total_fen="total", fund_fen="fund", missed_fen="missed")  # fmt: skip
    return [Row(**row) for row in wanted.to_pyarrow().to_pylist()]


def where(home: int | None, treated: int | None, pharmacy: bool, inside: bool) -> str:
    """Where somebody was treated, as the budget of the home sees it."""
    if treated is not None:
        return OWN if treated == home else OTHER_HOLDER
    if pharmacy:
        return PHARMACY
    return OTHER_INSIDE if inside else OUTSIDE


def sums(snapshot: Snapshot, scope: Scope, referrals: Snapshot | None = None) -> ClaimSums:
    """The sums of a snapshot, on an engine of their own."""
    with engine() as backend:
        return Reading(backend, snapshot, scope, referrals).sums()


def last_day(until: date, days: int) -> date:
    """The last day on which a claim of a period that ended may be settled and still belong to it."""
    return until + timedelta(days=days - 1)


def _order(key: Iterable[Any]) -> tuple[Any, ...]:
    return tuple((value is None, value or 0) if not isinstance(value, str) else (False, value) for value in key)
