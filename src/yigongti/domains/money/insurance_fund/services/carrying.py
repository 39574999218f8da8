"""An overspend that people decided to carry forward: which later year's amount it comes off."""

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Change, FundYear
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.workflow.api import StepRefused

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


def carry_on(settled: FundYear, *, actor: Actor) -> None:
    """What a year carries forward goes to the first later one that is open. Raises StepRefused where there is none."""
    if settled.overspend_choice != "carry_forward":
        return
    after = FundYear.objects.unscoped("the years after").filter(
        place=settled.place, fund_kind=settled.fund_kind, year__gt=settled.year, state__in=OPEN
    )
    if left := _carry(settled, list(after.order_by("year").select_for_update()), actor):
        raise StepRefused(
            _("%(names)s的超支要结转，但以后没有还在编制或执行的年度，请先建立下一年度。") % {"names": "、".join(left)}
        )


def _carry(settled: FundYear, years: list[FundYear], actor: Actor) -> list[str]:
    """Put each holder's overspend to the first of the years it holds a budget in; gives whose found none."""
    found = gathering.kept_year(settled.closing)
    assert found.statement is not None
    rows = [{row.organisation_id: row for row in year.holders()} for year in years]
    carried = Change.objects.filter(source="carried", of_year=settled)
    done = set(carried.values_list("holder__organisation_id", flat=True))
    left = []
    for holder in found.inputs.holders:
        line = found.statement.get("overspend_borne", holder.id)
        if line is None or not line.fen or holder.id in done:
            continue
        row = next((of_year[holder.id] for of_year in rows if holder.id in of_year), None)
        if row is None:
            left.append(holder.name)
            continue
        Change.objects.create(
            holder=row, fen=-line.fen, reason=_("%(year)d年度超支结转") % {"year": settled.year}, source="carried",
            of_year=settled, made_at=clock.now(), made_by_id=actor.id,
        )  # fmt: skip
    return left
