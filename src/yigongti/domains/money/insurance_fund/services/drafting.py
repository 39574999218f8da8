"""Opening a year with what is known, and entering what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.organisation.api import OrganisationView
from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.insurance_fund import claims, gathering, rules
from yigongti.domains.money.insurance_fund.formulas.distribution import LEVELS
from yigongti.domains.money.insurance_fund.homes import Homes
from yigongti.domains.money.insurance_fund.inputs import INSURANCE_KINDS
from yigongti.domains.money.insurance_fund.models import MOST_FEN, Closing, FundKind, FundYear, Participant, PastYear
from yigongti.domains.money.insurance_fund.permissions import PREPARE
from yigongti.domains.money.insurance_fund.services import carrying
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record
from yigongti.kernel.lake.api import snapshot
from yigongti.kernel.workflow.api import open_case

FIRST_YEAR, PAST_YEARS = 2020, 3
MOST_PERSONS = 100_000_000


class DraftRefused(Exception):
    """What was asked can't be done to the year. ``str()`` is a sentence for people; ``field`` is what to correct."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def payer_of(place: str) -> OrganisationView:
    """The insurance body of a place. Raises DraftRefused."""
    bodies = [view for view in organisation.institutions(place) if view.kind == "insurance_body"]
    if not bodies:
        raise DraftRefused(_("这里没有登记医疗保障机构。"))
    return bodies[0]


@transaction.atomic
def open_year(place: str, year: int, fund_kind: str, *, actor: Actor) -> FundYear:
    """Begin a year: who holds a budget and who belongs to them, insured persons as the index has them, past years as
    far as all their claims are there, last year's budgets, and what last year carried forward.

    Raises Forbidden, DraftRefused for a year that is there already or one that can't be.
    """
    payer = payer_of(place)
    actor.require(PREPARE, payer.id)
    if fund_kind not in FundKind.values:
        raise DraftRefused(_("请选择基金。"), "fund_kind")
    if not FIRST_YEAR <= year <= clock.today().year + 1:
        raise DraftRefused(_("年度不对。"), "year")
    rows = FundYear.objects.unscoped("one year of one fund")
    if rows.filter(place=place, year=year, fund_kind=fund_kind).exists():
        raise DraftRefused(_("这个年度已经有了。"), "year")
    at = rules.read(place, date(year, 1, 1))
    try:
        scope = gathering.scope(place, year, fund_kind, at)
    except rules.NotComputable as gap:
        raise DraftRefused(str(gap)) from None
    if not scope.homes.names:
        raise DraftRefused(_("这一年没有可以下达预算的单位：请先登记医共体或管理片区。"))
    made = open_case(FundYear(place=place, year=year, fund_kind=fund_kind, payer_id=payer.id), actor=actor)
    _participants(made, scope.homes)
    count_persons(made, actor=actor)
    _past(made, scope)
    _last_budgets(made)
    carrying.carry_into(made, actor=actor)
    return made


def _participants(year: FundYear, homes: Homes) -> None:
    last = date(year.year, 12, 31)
    pairs = list(homes.members())
    views = organisation.get_many([*homes.names, *(member for _h, member in pairs)], last)
    members = {holder: [views[m] for h, m in pairs if h == holder and m in views] for holder in homes.names}
    holders = {
        holder: Participant.objects.create(
            year=year, organisation_id=holder, name=views[holder].label, kind=views[holder].kind,
            lead_id=_lead(views[holder], members[holder]),
        )
        for holder in homes.names
        if holder in views
    }  # fmt: skip
    _add_members(year, [(holders[holder], view) for holder in holders for view in members[holder]])


def _add_members(year: FundYear, pairs: list[tuple[Participant, OrganisationView]]) -> None:
    Participant.objects.bulk_create(
        Participant(
            year=year, organisation_id=view.id, holder=holder, name=view.label, kind=view.kind, tier=view.tier
        )
        for holder, view in pairs
        if view.is_institution
    )  # fmt: skip


def complete_members(year: FundYear) -> int:
    """Add who joined a holder since the year was drawn up, so that what they did is theirs at the end. Gives how many.

    They bring no insured persons of their own into a budget that is agreed.
    """
    at = gathering.rules_of(year)
    homes = gathering.scope(year.place, year.year, year.fund_kind, at).homes
    holders = {row.organisation_id: row for row in year.holders()}
    known = {(row.holder_id, row.organisation_id) for row in year.members()}
    new = [
        (holders[holder], member)
        for holder, member in homes.members()
        if holder in holders and (holders[holder].pk, member) not in known
    ]
    views = organisation.get_many([member for _h, member in new], date(year.year, 12, 31))
    joined = [(holder, views[member]) for holder, member in new if member in views and views[member].is_institution]
    _add_members(year, joined)
    return len(joined)


def _lead(holder: OrganisationView, members: list[OrganisationView]) -> int | None:
    """Whom the prepayment goes to: the hospital that leads, else the highest hospital among the members."""
    if holder.led_by:
        return holder.led_by[0]
    order = list(LEVELS)
    hospitals = [view for view in members if view.tier in order and view.legal_person]
    return min(hospitals, key=lambda v: order.index(v.tier)).id if hospitals else None


@transaction.atomic
def count_persons(year: FundYear, *, actor: Actor) -> int:
    """Take the insured persons of all members from the index as it is now; entered figures stay. Gives all of them.

    Raises Forbidden, DraftRefused once the budget has been proposed.
    """
    _may_enter(year, actor)
    counts = residents.insured_counts(INSURANCE_KINDS[year.fund_kind], clock.today())
    try:
        homes = gathering.scope(year.place, year.year, year.fund_kind, gathering.rules_of(year)).homes
    except rules.NotComputable as gap:
        raise DraftRefused(str(gap)) from None
    last = homes.stretches[-1].holder_of  # a member of two holders: counted where it is at the end
    changed = []
    for row in year.members():
        if row.source == "index":
            there = row.holder is not None and last.get(row.organisation_id) == row.holder.organisation_id
            row.persons = counts.get(row.organisation_id, 0) if there else 0
            changed.append(row)
    Participant.objects.unscoped("of a year one prepares").bulk_update(changed, ["persons"])
    return sum(row.persons or 0 for row in year.members())


def _past(year: FundYear, scope: claims.Scope) -> None:
    """Past years that are over and of which every month is published, by the tree of this year's first stretch."""
    holders = {row.organisation_id: row for row in year.holders()}
    homes = Homes(scope.homes.stretches[:1], scope.homes.names)
    for n in range(1, PAST_YEARS + 1):
        first = date(year.year - n, 1, 1)
        of = claims.Scope(
            scope.place, scope.division, scope.insurance_kind, first, date(year.year - n + 1, 1, 1), homes
        )
        taken = snapshot(claims.DATASET, of.since, of.until)
        if of.until > clock.today() or not set(of.months) <= taken.months:
            return  # an earlier year without this one would be of no use
        sums = gathering.summed(taken, of)
        PastYear.objects.bulk_create(
            PastYear(
                holder=row, year=year.year - n, source="claims",
                payments_fen=sum(c.fund_fen for c in sums.cells if c.home == holder),
                services=sum(c.services for c in sums.cells if c.treated == holder),
            )
            for holder, row in holders.items()
        )  # fmt: skip


def _last_budgets(year: FundYear) -> None:
    before = Closing.objects.filter(
        year__place=year.place, year__fund_kind=year.fund_kind, year__year=year.year - 1
    ).first()
    if before is None:
        return
    closed = gathering.kept_year(before)
    for row in year.holders():
        line = closed.statement.get("budget", row.organisation_id) if closed.statement else None
        if line is not None:
            row.last_budget_fen = line.fen
            row.save(update_fields=["last_budget_fen"])


# -- entering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HolderEntry:
    """What is entered of a holder; None leaves a past year out."""

    factor: Decimal
    growth: Decimal
    last_budget_fen: int | None
    past: Mapping[int, tuple[int, int] | None]


@transaction.atomic
def enter(
    year: FundYear,
    *,
    actor: Actor,
    individual_fen: int,
    subsidy_fen: int,
    given_fen: int | None,
    holders: Mapping[int, HolderEntry],
    persons: Mapping[int, int | None],
    points: Mapping[int, Decimal | None],
) -> None:
    """Store what was entered: contributions, holders' figures (by participant), members' insured persons and points.

    Raises Forbidden, DraftRefused once the budget has been proposed, or for an amount beyond reason.
    """
    _may_enter(year, actor)
    for amount in (individual_fen, subsidy_fen, given_fen or 0):
        if not 0 <= amount <= MOST_FEN:
            raise DraftRefused(_("金额不对。"))
    year.individual_fen, year.subsidy_fen, year.given_fen = individual_fen, subsidy_fen, given_fen
    year.save(update_fields=["individual_fen", "subsidy_fen", "given_fen"])
    for row in year.holders():
        entry = holders.get(row.pk)
        if entry is None:
            continue
        row.factor, row.growth, row.last_budget_fen = entry.factor, entry.growth, entry.last_budget_fen
        row.save(update_fields=["factor", "growth", "last_budget_fen"])
        for past_year, figures in entry.past.items():
            _enter_past(row, past_year, figures)
    changed = []
    for member in year.members():
        if member.pk in persons and persons[member.pk] != member.persons:
            member.persons, member.source = persons[member.pk], "entered"
        if member.pk in points:
            member.points = points[member.pk]
        changed.append(member)
    Participant.objects.unscoped("of a year one prepares").bulk_update(changed, ["persons", "source", "points"])
    record(actor=actor, act="insurance_fund.inputs", subject=f"insurance_fund.year:{year.pk}")


@transaction.atomic
def enter_persons(year: FundYear, persons: Mapping[int, int], *, actor: Actor) -> int:
    """Store members' insured persons alone, by participant. Gives how many changed.

    Raises Forbidden, DraftRefused once the budget has been proposed, or for a number beyond reason.
    """
    _may_enter(year, actor)
    changed = []
    for member in year.members():
        if member.pk in persons:
            if not 0 <= persons[member.pk] <= MOST_PERSONS:
                raise DraftRefused(_("参保人数要填不小于零的整数"))
            member.persons, member.source = persons[member.pk], "entered"
            changed.append(member)
    Participant.objects.unscoped("of a year one prepares").bulk_update(changed, ["persons", "source"])
    record(actor=actor, act="insurance_fund.inputs", subject=f"insurance_fund.year:{year.pk}",
           detail={"persons": len(changed)})  # fmt: skip
    return len(changed)


def _enter_past(row: Participant, past_year: int, figures: tuple[int, int] | None) -> None:
    known = row.past.filter(year=past_year).first()
    if figures is None:
        if known is not None:
            known.delete()
        return
    payments, services = figures
    if not (0 <= payments <= MOST_FEN and 0 <= services <= 10**12):
        raise DraftRefused(_("金额不对。"))
    if known is not None and (known.payments_fen, known.services) == figures:
        return
    row.past.update_or_create(
        year=past_year, defaults={"payments_fen": payments, "services": services, "source": "entered"}
    )


@transaction.atomic
def set_points(year: FundYear, points: Mapping[int, Decimal | None], *, actor: Actor) -> None:
    """Members' assessment points, which may come until the clearing is prepared. Raises Forbidden, DraftRefused."""
    actor.require(PREPARE, year.payer_id)
    locked = lock(year)
    if locked.state not in ("drafting", "running"):
        raise DraftRefused(_("现在不能再修改考核得分。"))
    lend_hand(year, locked, actor)
    changed = []
    for member in year.members():
        if member.pk in points:
            member.points = points[member.pk]
            changed.append(member)
    Participant.objects.unscoped("of a year one prepares").bulk_update(changed, ["points"])
    record(actor=actor, act="insurance_fund.inputs", subject=f"insurance_fund.year:{year.pk}",
           detail={"points": len(changed)})  # fmt: skip


def _may_enter(year: FundYear, actor: Actor) -> None:
    actor.require(PREPARE, year.payer_id)
    locked = lock(year)
    if locked.state != "drafting":
        raise DraftRefused(_("预算已经提交，不能再修改。需要修改的，请审批人退回。"))
    lend_hand(year, locked, actor)


def lock(year: FundYear) -> FundYear:
    """The year's row as it is now, held until the transaction ends: no step is taken meanwhile."""
    locked: FundYear = FundYear.objects.unscoped("the caller checks the side").select_for_update().get(pk=year.pk)
    return locked


def lend_hand(year: FundYear, locked: FundYear, actor: Actor) -> None:
    """Remember that the account had a hand in the year, outside of a step: it approves none of it."""
    locked.lend_hand(actor)
    locked.save(update_fields=["hand_ids"])
    year.hand_ids = locked.hand_ids
