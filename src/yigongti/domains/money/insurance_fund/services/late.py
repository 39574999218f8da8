"""What comes after a year is closed: late claims, corrections, reversals. They go to an adjustment of a later, open
year; the closed figures stay. And what people decided to carry forward."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import claims, gathering
from yigongti.domains.money.insurance_fund.claims import Reading
from yigongti.domains.money.insurance_fund.models import Change, Closing, FundYear, LateClaim
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.lake.api import engine, kept
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.table import Answers


@dataclass(frozen=True)
class Late:
    """A claim that was not in the closed year, or (``gone``) was and no longer is. ``fund_fen``: what that adds."""

    claim_id: int
    record_no: str
    gone: bool
    happened_on: date
    recorded_on: date
    home_id: int | None
    institution_name: str
    fund_fen: int


def since_closing(closing: Closing) -> list[Late]:
    """How the year's claims differ now from those it was closed by, whatever has been taken into account since.

    Compared by id: a corrected claim is a new one and its old version gone. Only months that are published now: a
    month that is not there says nothing about its claims.
    """
    files = kept(closing.kept_name)
    assert files is not None
    of = gathering.scope_from_json(closing.scope)
    now = gathering.published(of)
    was = files.snapshot(claims.DATASET)
    was = replace(was, files=tuple(one for one in was.files if one[0] in now.months))
    with engine() as backend:
        before, after = Reading(backend, was, of), Reading(backend, now, of)
        came = after.claims.anti_join(before.claims.select("id"), "id")
        went = before.claims.anti_join(after.claims.select("id"), "id")
        rows = [(row, False) for row in _read(came)] + [(row, True) for row in _read(went)]
    stretches = of.homes.stretches
    found = []
    for row, gone in rows:
        at = max(i for i, s in enumerate(stretches) if i == 0 or s.start <= row["counted_on"])
        found.append(
            Late(
                row["id"], row["record_no"], gone, row["happened_on"], row["recorded_on"],
                stretches[at].holder_of.get(row["managing_id"]), row["institution_name"],
                -row["fund"] if gone else row["fund"],
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.recorded_on, one.claim_id, one.gone))


def _read(rows: Any) -> list[dict[str, Any]]:
    wanted = rows.select(
        "id", "record_no", "happened_on", "recorded_on", "counted_on", "managing_id", "institution_name", "fund"
    )
    found: list[dict[str, Any]] = wanted.to_pyarrow().to_pylist()
    return found


def not_yet_taken(closing: Closing) -> list[Late]:
    """Of those, what no later year has taken up."""
    taken = set(LateClaim.objects.filter(year=closing.year_id).values_list("claim_id", "gone"))
    return [one for one in since_closing(closing) if (one.claim_id, one.gone) not in taken]


def take(case: FundYear, actor: Actor, answers: Answers) -> None:
    """Effect: what came late for earlier, closed years becomes an adjustment of each holder's amount of this year.

    A claim more takes away, one gone gives back.
    """
    earlier = Closing.objects.filter(
        year__place=case.place, year__fund_kind=case.fund_kind, year__year__lt=case.year
    ).select_related("year")
    holders = {row.organisation_id: row for row in case.holders()}
    taken = 0
    for closing in earlier:
        by_home: dict[int | None, list[Late]] = {}
        for one in not_yet_taken(closing):
            by_home.setdefault(one.home_id, []).append(one)
        for home, found in by_home.items():
            if home is None or home not in holders:
                continue  # of nobody who holds a budget this year: it stays open, and may find one
            change = Change.objects.create(
                holder=holders[home],
                fen=-sum(one.fund_fen for one in found),
                reason=_("%(year)d年度清算后到达或变更的结算单 %(n)d 笔")
                % {"year": closing.year.year, "n": len(found)},
                source="late",
                of_year=closing.year,
                made_at=clock.now(),
                made_by_id=actor.id,
            )
            _keep(closing, change, found)
            taken += len(found)
    case.lend_hand(actor)
    if not taken:
        raise StepRefused(_("没有迟到的结算单。"))


def _keep(closing: Closing, change: Change, found: Iterable[Late]) -> None:
    LateClaim.objects.bulk_create(
        LateClaim(year_id=closing.year_id, change=change, **vars(one)) for one in found
    )  # fmt: skip


# -- an overspend that is carried forward ---------------------------------------------------------------------------


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
