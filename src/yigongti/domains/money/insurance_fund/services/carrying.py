"""An overspend that people decided to carry forward: which later year's amount it comes off."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Change, FundYear, Paid, Participant
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused

BORNE = "borne"
OPEN = ("drafting", "approved", "running")
"""States of a year in which an overspend can be put to it: nobody is being asked to approve its figures."""


def carry_into(year: FundYear, *, actor: Actor) -> None:
    """A new year takes over what a settled year before it carried forward and no other year has."""
    before = FundYear.objects.unscoped("the years before").filter(
        place=year.place, fund_kind=year.fund_kind, year__lt=year.year, state="settled",
        overspend_choice="carry_forward",
    )  # fmt: skip
    for settled in before.order_by("year"):
        _carry(settled, [year], actor)


def carry_on(settled: FundYear, answer: str, *, actor: Actor) -> dict[int, int]:
    """What a year carries forward goes to the first later one that is open and in which its holder has a budget.

    Where there is none, ``answer`` says what becomes of it: the holder of an open year that takes it over, or BORNE: it
    is borne at settlement after all. Gives that, in fen by holder. Raises StepRefused while nobody has said.
    """
    if settled.overspend_choice != "carry_forward":
        return {}
    left = _carry(settled, list(open_after(settled).select_for_update()), actor)
    if not left:
        return {}
    if answer == BORNE:
        return {holder: fen for holder, (_name, fen) in left.items()}
    row = takers(settled).get(answer)
    if row is None:
        raise StepRefused(
            _(
                "%(names)s的超支要结转，但以后没有还在编制或执行的年度。请先建立下一年度，或选择由谁接收、还是由本单位承担。"
            )
            % {"names": "、".join(name for name, _fen in left.values())}
        )
    for holder, (name, fen) in left.items():
        words = _("接收%(name)s%(year)d年度超支结转") % {"name": name, "year": settled.year}
        _put(row, holder, fen, words, settled, actor)
    return {}


def open_after(settled: FundYear) -> QuerySet[FundYear]:
    """Later years of the fund to which an overspend can be put, the next first."""
    rows: QuerySet[FundYear] = FundYear.objects.unscoped("the years after").filter(
        place=settled.place, fund_kind=settled.fund_kind, year__gt=settled.year, state__in=OPEN
    )
    return rows.order_by("year")


def takers(settled: FundYear) -> dict[str, Participant]:
    """Who may take an overspend over that its own holder can't: the holders of open years, by how they are chosen."""
    rows = Participant.objects.unscoped("of the years after").filter(year__in=open_after(settled), holder=None)
    ordered = rows.select_related("year").order_by("year__year", "pk")
    return {f"{row.year_id}:{row.organisation_id}": row for row in ordered}


def _put(row: Participant, whose: int, fen: int, reason: str, settled: FundYear, actor: Actor) -> None:
    Change.objects.create(
        holder=row, fen=-fen, reason=reason[:500], source="carried", of_year=settled, whose_id=whose,
        made_at=clock.now(), made_by_id=actor.id,
    )  # fmt: skip


def _carry(settled: FundYear, years: list[FundYear], actor: Actor) -> dict[int, tuple[str, int]]:
    """Put each holder's overspend to the first of the years it holds a budget in; gives (name, fen) of those that found
    none."""
    found = gathering.kept_year(settled.closing)
    assert found.statement is not None
    rows = [{row.organisation_id: row for row in year.holders()} for year in years]
    carried = Change.objects.filter(source="carried", of_year=settled)
    borne = Paid.objects.filter(year=settled, what=BORNE)
    done = {*carried.values_list("whose_id", flat=True), *borne.values_list("holder_id", flat=True)}
    left = {}
    for holder in found.inputs.holders:
        line = found.statement.get("overspend_borne", holder.id)
        if line is None or not line.fen or holder.id in done:
            continue
        row = next((of_year[holder.id] for of_year in rows if holder.id in of_year), None)
        if row is None:
            left[holder.id] = (holder.name, line.fen)
            continue
        _put(row, holder.id, line.fen, _("%(year)d年度超支结转") % {"year": settled.year}, settled, actor)
    return left
