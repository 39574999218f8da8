"""The fund's year the demo accounts have run: budget agreed, every month paid and settled, scored. The clearing is left
to whoever tries the platform, and so is its approval, by a second person.

All of it is one transaction: it is there, or it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from yigongti.domains.money.insurance_fund import api as insurance_fund
from yigongti.kernel.access.api import Actor

Say = Callable[[str], None]
FUND = "residents"
# Yuan a head and year, and what past years came to per insured person: invented, so that one part of the county
# saves and another spends a little too much.
INDIVIDUAL_FEN, SUBSIDY_FEN = 520_00, 1_480_00
PAST = {1: (1_050_00, 9), 2: (980_00, 8), 3: (930_00, 8)}
LOOK_AFTER = ("community_centre", "township_health_centre", "village_clinic")
QUARTERS = ("91.5", "93", "89.5", "94")


@dataclass(frozen=True)
class Officers:
    """Who prepares, and who approves."""

    first: Actor
    second: Actor


@transaction.atomic
def begin(officers: Officers, place: str, year: int, say: Say) -> None:
    """Run the year, unless it is there. Raises insurance_fund.DraftRefused where the place can't have one."""
    first = officers.first
    if any((one.place, one.year, one.fund_kind) == (place, year, FUND) for one in insurance_fund.years(first)):
        return
    made = insurance_fund.open_year(place, year, FUND, actor=first).id
    holders = _agree(made, year, officers)
    for month in range(1, 13):
        paid = {"month": str(month), "on": date(year, month, 25)}
        insurance_fund.take(made, "pay_month", actor=first, answers=paid)
        insurance_fund.take(made, "settle_month", actor=first, answers={"on": date(year, month, 28)})
        if month % 3 == 0:
            quarter = month // 3
            for place_in_list, holder in enumerate(holders):
                score = Decimal(QUARTERS[quarter - 1]) - place_in_list
                said = {"holder": str(holder), "quarter": str(quarter), "score": str(score)}
                insurance_fund.take(made, "assess", actor=first, answers=said)
    for place_in_list, holder in enumerate(holders):
        said = {"holder": str(holder), "score": str(95 - 3 * place_in_list)}
        insurance_fund.take(made, "score", actor=first, answers=said)
    say(f"the fund's year {year}: run, waiting for its clearing")


def _agree(made: int, year: int, officers: Officers) -> list[int]:
    """Enter what is known, have the budget approved and signed; gives the ids of the organisations that hold one."""
    first, second = officers.first, officers.second
    rows = insurance_fund.holders(made, actor=first)
    # in a very small county nobody insured may live near one of them
    lacking = {row.id: 1 for row in rows if row.kind in LOOK_AFTER and not row.persons}
    insured = {row.id: 0 for row in rows if row.holder_id is None}
    for row in rows:
        if row.holder_id is not None:
            insured[row.holder_id] += row.persons or lacking.get(row.id, 0)
    entries = {
        pk: insurance_fund.HolderEntry(
            Decimal(1), Decimal(0), None, {year - n: (fen * many, visits * many) for n, (fen, visits) in PAST.items()}
        )
        for pk, many in insured.items()
    }
    insurance_fund.enter(
        made, individual_fen=INDIVIDUAL_FEN, subsidy_fen=SUBSIDY_FEN, holders=entries, persons=lacking, actor=first
    )
    insurance_fund.take(made, "propose", actor=first)
    insurance_fund.take(made, "approve_budget", actor=second, answers={"seen": "yes"})
    signed = {"agreement_no": f"医保协〔{year}〕1号", "agreed_on": date(year, 1, 20)}
    insurance_fund.take(made, "sign", actor=first, answers=signed)
    return [row.organisation_id for row in rows if row.holder_id is None]
