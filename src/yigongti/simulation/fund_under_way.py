"""The fund's year the demo accounts have run: budget agreed, every month paid, scored. The clearing is left to whoever
tries the platform, and so is its approval, by a second person.

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
QUARTERS = ("91.5", "93", "89.5", "94")


@dataclass(frozen=True)
class Officers:
    """Who prepares, and who approves."""

    first: Actor
    second: Actor


@transaction.atomic
def begin(officers: Officers, place: str, year: int, say: Say) -> None:
    """Run the year, unless it is there. Raises insurance_fund.DraftRefused where the place can't have one."""
    first, second = officers.first, officers.second
    if insurance_fund.find(place, year, FUND, actor=first) is not None:
        return
    made = insurance_fund.begin(
        place,
        year,
        FUND,
        individual_fen=INDIVIDUAL_FEN,
        subsidy_fen=SUBSIDY_FEN,
        past={year - n: figures for n, figures in PAST.items()},
        actor=first,
    )
    insurance_fund.step(made, "propose", actor=first)
    insurance_fund.step(made, "approve_budget", actor=second, answers={"seen": "yes"})
    signed = {"agreement_no": f"医保协〔{year}〕1号", "agreed_on": date(year, 1, 20)}
    insurance_fund.step(made, "sign", actor=first, answers=signed)
    holders = insurance_fund.holders(made, actor=first)
    for month in range(1, 13):
        paid = {"month": str(month), "on": date(year, month, 25)}
        insurance_fund.step(made, "pay_month", actor=first, answers=paid)
        if month % 3 == 0:
            quarter = month // 3
            for place_in_list, holder in enumerate(holders):
                score = Decimal(QUARTERS[quarter - 1]) - place_in_list
                said = {"holder": str(holder.organisation_id), "quarter": str(quarter), "score": str(score)}
                insurance_fund.step(made, "assess", actor=first, answers=said)
    for place_in_list, holder in enumerate(holders):
        said = {"holder": str(holder.organisation_id), "score": str(95 - 3 * place_in_list)}
        insurance_fund.step(made, "score", actor=first, answers=said)
    say(f"the fund's year {year}: run, waiting for its clearing")
