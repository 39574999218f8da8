"""What comes after a year is closed, and what two people confirmed as paid wrongly, is use of a later, open year.

For each claim number of a closed year and each cell of its sums there is a **target**: what is published now less what
the year was closed with. What corrections of that year hold already is taken from it, and only the difference is
stored. So a claim that is corrected twice, withdrawn, or sent again comes to the true difference, however often it is
taken.
For a confirmed finding the target is what the fund takes back, for as long as the finding stands.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from logging import getLogger

import duckdb
from django.utils.translation import gettext as _

from yigongti.domains.money.claims import api as claims_api
from yigongti.domains.money.insurance_fund import claims, gathering
from yigongti.domains.money.insurance_fund.claims import Counted, Reading, Scope
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.models import Closing, Correction, FundYear
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import Snapshot, engine, kept, snapshot
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers

logger = getLogger(__name__)
Number = tuple[int, str]  # payer, claim number
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class Slot:
    """A claim number in one cell of a year's sums, by what it is corrected."""

    source_id: int
    record_no: str
    finding_id: int | None
    home_id: int | None
    treated_id: int | None
    institution_id: int | None
    where: str
    month: date
    referred: bool | None
    stay: bool

    @property
    def number(self) -> Number:
        return self.source_id, self.record_no


@dataclass(frozen=True)
class Amounts:
    """What is added to use: services, and the rest in fen."""

    services: int = 0
    fund_fen: int = 0
    total_fen: int = 0
    missed_fen: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(*(a - b for a, b in zip(self.parts, other.parts, strict=True)))

    def __bool__(self) -> bool:
        return any(self.parts)

    @property
    def parts(self) -> tuple[int, int, int, int]:
        return self.services, self.fund_fen, self.total_fen, self.missed_fen


@dataclass(frozen=True)
class Told:
    """The claim a difference is told of: the latest there is of its number."""

    claim_id: int
    happened_on: date
    recorded_on: date
    institution_name: str
    gone: bool = False


@dataclass(frozen=True)
class Difference:
    """What one slot of a year differs by: in all, and how much of it later years have taken."""

    of_year_id: int
    cause: str
    slot: Slot
    told: Told
    target: Amounts
    taken: Amounts

    @property
    def open(self) -> Amounts:
        return self.target - self.taken

    def has_a_budget(self, holders: Collection[int]) -> bool:
        """Whether the holders concerned have a budget in a year that would take it."""
        return self.slot.home_id in holders and (self.slot.treated_id is None or self.slot.treated_id in holders)


# -- claims that came, changed or went after closing --------------------------------------------------------------


def since_closing(closing: Closing) -> list[Difference]:
    """How the year's claims differ now from those it was closed by, whatever has been taken of it since.

    Compared by id: a corrected claim is a new one and its old version gone; one that was cancelled since is a service
    less. A person is looked after by whoever did when the claim, or the one it takes back, was first counted. Only
    months that are published now: one that is not there says nothing about its claims. Raises OSError when what was
    kept is gone.
    """
    files = kept(closing.kept_name)
    if files is None:
        raise FileNotFoundError(closing.kept_name)
    of = gathering.scope_from_json(closing.scope)
    was, was_told = files.snapshot(claims.DATASET), gathering.kept_year(closing).referrals
    now = _published(of)
    now_told = None if was_told is None else snapshot(claims.REFERRALS, of.since, _until(of))
    there = replace(was, files=tuple(one for one in was.files if one[0] in now.months))
    with engine() as backend:
        before = Reading(backend, there, of, was_told)
        after = Reading(backend, now, replace(of, last=None), now_told)
        same = ["id", "visits"]
        went = before.counted(before.claims.anti_join(after.claims.select(same), same))
        came = after.counted(after.claims.anti_join(before.claims.select(same), same))
        numbers = {no for one in came for no in (one.record_no, one.reverses) if no}
        known = Reading(backend, was, of, was_told).numbered(numbers)
    homes = _homes(closing, known)
    cells = {one.id: one for one in went}
    target: dict[Slot, Amounts] = defaultdict(Amounts)
    told: dict[Number, Told] = {}
    for one in went:
        slot = _slot(one, one.home)
        target[slot] -= _amounts(one)
        told[slot.number] = _told(one, gone=True)
    new: dict[Number, int | None] = {}
    for one in sorted(came, key=lambda one: bool(one.reverses)):  # what is taken back before what takes it back
        first = cells.get(one.id)  # the same claim: where it stood stays
        home = first.home if first else _home(one, homes, new)
        new[one.source_id, one.record_no] = home
        slot = _slot(first or one, home)
        target[slot] += _amounts(one) if first is None else replace(_amounts(one), missed_fen=first.cell.missed_fen)
        told[slot.number] = _told(one)
    return _differences(closing.year_id, Correction.LATE, target, told, now.months)


def _until(of: Scope) -> date | None:
    """By the day care ended, a claim belongs to its year however late it is settled."""
    return of.snapshot_until if of.counted_by == claims.SETTLED else None


def _published(of: Scope) -> Snapshot:
    return snapshot(claims.DATASET, of.since, _until(of))


def _homes(closing: Closing, known: Iterable[Counted]) -> dict[Number, int | None]:
    """Whose insured the people of these claim numbers were: when the year was closed, or when they were taken since."""
    taken = Correction.objects.filter(of_year=closing.year_id, cause=Correction.LATE).order_by("pk")
    homes: dict[Number, int | None] = {
        (source, number): home for source, number, home in taken.values_list("source_id", "record_no", "home_id")
    }
    return homes | {(one.source_id, one.record_no): one.home for one in known}


def _home(one: Counted, homes: Mapping[Number, int | None], new: Mapping[Number, int | None]) -> int | None:
    for known in (homes, new):
        for number in (one.record_no, one.reverses):
            if number and (one.source_id, number) in known:
                return known[one.source_id, number]
    return one.home


def _slot(one: Counted, home: int | None, *, finding_id: int | None = None) -> Slot:
    cell = one.cell
    pharmacy, inside = cell.where == claims.PHARMACY, cell.where != claims.OUTSIDE
    there = cell.where if home == cell.home else claims.where(home, cell.treated, pharmacy, inside)
    return Slot(one.source_id, one.record_no, finding_id, home, cell.treated, cell.institution, there, cell.month,
                cell.certified, one.stay)  # fmt: skip


def _amounts(one: Counted) -> Amounts:
    return Amounts(one.cell.services, one.cell.fund_fen, one.cell.total_fen, one.cell.missed_fen)


def _told(one: Counted, *, gone: bool = False) -> Told:
    return Told(one.id, one.happened_on, one.recorded_on, one.institution_name, gone)


def _differences(
    year_id: int, cause: str, target: Mapping[Slot, Amounts], told: Mapping[Number, Told], months: Collection[date]
) -> list[Difference]:
    """Targets beside what is taken of them; what was taken and has no target any more is to be given back."""
    rows = Correction.objects.filter(of_year=year_id, cause=cause).order_by("pk")
    taken: dict[Slot, Amounts] = defaultdict(Amounts)
    silent: set[Number] = set()
    known = dict(told)
    for row in rows:
        slot = slot_of(row)
        taken[slot] += Amounts(row.services, row.fund_fen, row.total_fen, row.missed_fen)
        if row.happened_on.replace(day=1) not in months:
            silent.add(slot.number)
        if slot.number not in told:
            day = row.taken_at.astimezone(clock.ZONE).date()
            known[slot.number] = Told(row.claim_id, row.happened_on, day, row.institution_name, gone=True)
    found = [
        Difference(year_id, cause, slot, known[slot.number], target.get(slot, Amounts()), taken.get(slot, Amounts()))
        for slot in target.keys() | taken.keys()
        if slot.number not in silent
    ]
    found = [one for one in found if one.target or one.taken]
    return sorted(found, key=lambda one: (one.told.recorded_on, one.told.claim_id, repr(one.slot)))


def slot_of(row: Correction) -> Slot:
    return Slot(row.source_id, row.record_no, row.finding_id, row.home_id, row.treated_id, row.institution_id,
                row.where, row.month, row.referred, row.stay)  # fmt: skip


# -- what two people confirmed -------------------------------------------------------------------------------------


def confirmed(case: FundYear) -> list[Difference]:
    """Confirmed findings over claims of this year, and of earlier ones that are closed: what the fund takes back, and
    how much of it is taken. One that was overturned, or whose claim was taken back since, is to be given back."""
    wanted: dict[Number, list[tuple[int, int]]] = defaultdict(list)
    for one in claims_api.confirmed_amounts(FIRST_DAY, clock.today() + timedelta(days=1), place=case.place):
        for source_id, record_no, _claim, fund_fen in one.parts:
            if fund_fen:
                wanted[source_id, record_no].append((one.finding_id, fund_fen))
    earlier = list(_closed_before(case))
    years = [case.pk, *(closing.year_id for closing in earlier)]
    taken = list(Correction.objects.filter(cause=Correction.FINDING, of_year_id__in=years).order_by("pk"))
    if not wanted and not taken:
        return []
    slots: dict[int, dict[Slot, Amounts]] = {year: defaultdict(Amounts) for year in years}
    told: dict[Number, Told] = {}
    for number, (year_id, slot, claim) in _located(case, earlier, wanted.keys(), taken).items():
        for finding_id, fund_fen in wanted[number]:
            slots[year_id][replace(slot, finding_id=finding_id)] += Amounts(fund_fen=-fund_fen)
            told[number] = claim
    every = {row.happened_on.replace(day=1) for row in taken}  # the finding says what stands, whatever is published
    return [one for year_id in years for one in _differences(year_id, Correction.FINDING, slots[year_id], told, every)]


def _located(
    case: FundYear, earlier: Iterable[Closing], numbers: Collection[Number], taken: Iterable[Correction]
) -> dict[Number, tuple[int, Slot, Told]]:
    """In which year and cell claims count: as the open year reads them, as what came late was taken, as a closed year
    kept them, or as they were when something was taken back before."""
    found: dict[Number, tuple[int, Slot, Told]] = {}

    def look(read: Reading, year_id: int) -> None:
        left = {number[1] for number in numbers if number not in found}
        for one in read.numbered(left):
            number = one.source_id, one.record_no
            if number in numbers:
                found.setdefault(number, (year_id, _slot(one, one.home), _told(one)))

    if not numbers:
        return found
    own = gathering.gather(case)
    if own.snapshot is not None and own.snapshot.files:
        with own.reading() as read:
            look(read, case.pk)
    late = Correction.objects.filter(
        cause=Correction.LATE, of_year_id__in=[closing.year_id for closing in earlier],
        record_no__in=[number[1] for number in numbers],
    )  # fmt: skip
    rows = list(late.order_by("pk"))
    left: dict[tuple[int, Slot], int] = defaultdict(int)
    for row in rows:
        left[row.of_year_id, slot_of(row)] += row.fund_fen
    standing = [row for row in reversed(rows) if left[row.of_year_id, slot_of(row)] > 0]
    _as_taken(found, numbers, standing)  # a claim that was moved since closing is where it was moved to
    for closing in earlier:
        closed = gathering.kept_year(closing)
        if closed.snapshot is not None and any(number not in found for number in numbers):
            with closed.reading() as read:
                look(read, closing.year_id)
    _as_taken(found, numbers, [*reversed(rows), *reversed(list(taken))])
    return found


def _as_taken(
    found: dict[Number, tuple[int, Slot, Told]], numbers: Collection[Number], rows: Iterable[Correction]
) -> None:
    """Add where claims not found yet counted when they were taken, by these rows, the first of a number first."""
    for row in rows:
        number = row.source_id, row.record_no
        if number in numbers:
            day = row.taken_at.astimezone(clock.ZONE).date()
            one = Told(row.claim_id, row.happened_on, day, row.institution_name)
            found.setdefault(number, (row.of_year_id, replace(slot_of(row), finding_id=None), one))


# -- taking them ----------------------------------------------------------------------------------------------------


def _closed_before(case: FundYear) -> Iterable[Closing]:
    rows = Closing.objects.filter(
        year__place=case.place, year__fund_kind=case.fund_kind, year__year__lt=case.year
    )  # fmt: skip
    found: Iterable[Closing] = rows.select_related("year").order_by("year__year")
    return found


def _lock_before(case: FundYear) -> list[Closing]:
    """The closed years before, each held until the transaction ends: no other year takes of them meanwhile."""
    rows = Closing.objects.filter(pk__in=[closing.pk for closing in _closed_before(case)])
    list(rows.order_by("pk").select_for_update())
    return list(_closed_before(case))


@contextmanager
def kept_claims() -> Iterator[None]:
    """Within the block claims of closed years are read. Raises StepRefused in words where what was kept is gone."""
    try:
        yield
    except (duckdb.Error, OSError) as gone:
        logger.error("kept claims of a closed year: %s", gone)
        raise StepRefused(_("冻结时保存的结算数据已经丢失或被改动，请立即联系平台运维。")) from gone


def take_late(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: what earlier, closed years differ by since becomes use of this one, whose insured and where it was."""
    with kept_claims():
        found = [one for closing in _lock_before(case) for one in since_closing(closing)]
    if not _take(case, found, actor):
        raise StepRefused(_("没有迟到的结算单。"))


def take_findings(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: what was confirmed as paid wrongly is taken off the use of this year, and off what was earned by it."""
    _lock_before(case)
    with kept_claims():
        found = confirmed(case)
    if not _take(case, found, actor):
        raise StepRefused(_("没有尚未计入的核实金额。"))


def _take(case: FundYear, found: Iterable[Difference], actor: Actor) -> int:
    """Store what is open; what concerns nobody who holds a budget in this year stays open, and may find one."""
    holders = {row.organisation_id for row in case.holders()}
    rows = [
        Correction(
            into=case, of_year_id=one.of_year_id, cause=one.cause, claim_id=one.told.claim_id,
            happened_on=one.told.happened_on, institution_name=one.told.institution_name[:200],
            taken_at=clock.now(), taken_by_id=actor.id, **vars(one.slot), **vars(one.open),
        )
        for one in found
        if one.open and one.has_a_budget(holders)
    ]  # fmt: skip
    Correction.objects.bulk_create(rows)
    case.lend_hand(actor)
    return len(rows)


@dataclass(frozen=True)
class Waiting:
    """What could be taken into a year now: how many claims, and what they add to use in fen."""

    claims: int
    fund_fen: int


def waiting(found: Gathered) -> Waiting:
    """Confirmed findings that this year could take and has not. Raises StepRefused as the step would."""
    holders = {holder.id for holder in found.inputs.holders}
    with kept_claims():
        every = confirmed(found.year)
    rows = [one for one in every if one.open and one.has_a_budget(holders)]
    return Waiting(len({one.slot.number for one in rows}), sum(one.open.fund_fen for one in rows))
